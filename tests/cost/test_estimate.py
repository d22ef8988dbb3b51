"""The monthly bill of the committed stacks."""

from __future__ import annotations

from typing import Any

import pytest

from cost.estimate import Estimate
from cost.free import FREE
from cost.load import WRITES_PER_MINUTE, Load
from cost.quantities import PRICED, When
from tests.cost.conftest import LARGE, SMALL, Bill, recorded

STACKS = ("prod", "staging", "dev")
HOURS = 730  # of a month
MINUTES = 60 * HOURS
REGIONS = ("us-east-1", "us-west-2", "ap-northeast-1", "eu-north-1")
ONE, TEN = Load(sessions=1, minutes=10), Load(sessions=10, minutes=10)
ARM = {"cpuArchitecture": "ARM64"}


def items(estimate: Estimate) -> dict[str, float | None]:
    return {row.quantity.item: row.usd for row in estimate.rows}


def amount(estimate: Estimate, item: str) -> float | None:
    return next((row.quantity.amount for row in estimate.rows if row.quantity.item == item), None)


@pytest.mark.parametrize(
    ("stack", "usd"), [("prod", (209, 209, 265, 219)), ("staging", (132, 132, 164, 141)), ("dev", (33, 33, 35, 34))]
)
def test_fargate_nat_load_balancer_and_ipv4_at_rest(stack: str, usd: tuple[int, ...], bill: Bill) -> None:
    """The sums were worked out by hand, from the price pages and the stack files."""
    for region, expected in zip(REGIONS, usd, strict=True):
        rows = bill(stack, region=region).of(When.AT_REST)
        parts = [
            row for row in rows if row.quantity.price.startswith(("fargate-", "nat-gateway", "alb", "public-ipv4"))
        ]
        assert all(row.price for row in parts)
        assert round(sum(row.usd or 0 for row in parts)) == expected, region


def test_dev_costs_at_most_50_usd_at_rest(bill: Bill) -> None:
    estimate = bill("dev")
    assert estimate.sum() <= 50
    assert estimate.missing == []


@pytest.mark.parametrize("stack", STACKS)
def test_every_type_is_priced_or_free(stack: str) -> None:
    registered = recorded(stack)
    types = {resource.type for resource in registered.resources if resource.type.startswith("aws")}
    assert types - {*PRICED, *FREE} == set(), "these types need a cost in PRICED, or a reason in cost/free.py"
    assert not PRICED.keys() & FREE.keys()
    endpoints = registered.all("aws:ec2/vpcEndpoint:VpcEndpoint")
    assert {one.inputs["vpcEndpointType"] for one in endpoints} == {"Gateway"}, "others cost something"


@pytest.mark.parametrize("stack", STACKS)
def test_load_adds_to_what_the_stack_costs_at_rest(stack: str, bill: Bill) -> None:
    rest, loaded = bill(stack), bill(stack, TEN)
    assert loaded.sum(When.AT_REST) == pytest.approx(rest.sum())
    assert not rest.of(When.UNDER_LOAD, When.BEDROCK)
    assert loaded.sum(When.UNDER_LOAD) > 0
    # Amounts under load rest on what load.py assumes about a session.
    assert all(row.quantity.assumed for row in loaded.of(When.UNDER_LOAD, When.BEDROCK))


def test_every_price_is_known_in_the_first_region(bill: Bill) -> None:
    for keys in ({}, LARGE, ARM):
        assert bill("prod", TEN, **keys).missing == []
    assert bill("dev", TEN).missing == []
    assert bill("prod", TEN, **SMALL).missing == [
        f"bedrock-amazon.other-v1:0-{kind}" for kind in ("speech-input", "speech-output", "text-input", "text-output")
    ]


def test_missing_price_is_named_and_left_out_of_the_sums(bill: Bill) -> None:
    estimate = bill("prod", region="eu-north-1", **ARM)
    assert estimate.missing == ["dynamodb-reads", "fargate-arm-memory", "fargate-arm-vcpu"]
    assert items(estimate)["Fargate on demand ARM: vCPU"] is None
    assert estimate.sum() == pytest.approx(sum(usd for usd in items(estimate).values() if usd))


MORE_TASKS = "Fargate on demand, more tasks: vCPU"
CAPACITY = "Load balancer: capacity units"


@pytest.mark.parametrize(
    ("load", "keys", "item", "expected"),
    [
        # Two tasks of thirty sessions; maxCount is 10.
        (Load(60, 10), {}, MORE_TASKS, None),
        (Load(61, 10), {}, MORE_TASKS, HOURS),
        (Load(5000, 10), {}, MORE_TASKS, 8 * HOURS),
        # 45 sessions for a task of two vCPUs.
        (Load(91, 10), LARGE, MORE_TASKS, 2 * HOURS),
        # One task on demand, and half of the other four.
        (None, SMALL, "Fargate on demand: vCPU", 3 * HOURS),
        (None, SMALL, "Fargate Spot: vCPU", 2 * HOURS),
        # A minute has 1.92 MB of PCM in and, as the model speaks half of it, 1.44 MB out; in base64, a third more.
        (ONE, {}, "Data to the internet", MINUTES * 1.92e-3),
        (ONE, {}, "NAT gateways: data", MINUTES * (2.56e-3 + 1.92e-3)),
        (ONE, {}, CAPACITY, 60 * 4.48e-3 * HOURS),
        # A session a second: ten requests of the 25 new connections a second that a unit has.
        (Load(sessions=0.1, minutes=0.1 / 60), {}, CAPACITY, 0.4 * HOURS),
        (ONE, {}, "Table transcripts: writes", MINUTES * 8 / 1e6),
        (ONE, {}, "Table sessions: writes", MINUTES * 2 * 2 / 1e6),  # its index doubles them
        # Items of 500 bytes for 90 days. The index doubles the storage, not the backups.
        (ONE, {}, "Table sessions: storage", 2 * MINUTES * 2 * 500 / (HOURS / 24) * 90 / 1e9),
        (ONE, {}, "Table sessions: point-in-time recovery", MINUTES * 2 * 500 / (HOURS / 24) * 90 / 1e9),
        # Two tasks, asked by three zones and by ECS every 30 s, half a unit each.
        (None, {}, "Tables: reads by health checks", 2 * 4 * 2 * 60 * HOURS / 2 / 1e6),
        (None, {}, "WAF: web ACL", 1),
        (None, {}, "WAF: rules", 5),
        (None, LARGE, "Health checks", 1),
        (None, LARGE, "Health checks: HTTPS", 1),
        (None, LARGE, "Health checks: latency", 1),
        (None, {}, "Health checks", None),
        # Ninety days, and ninety more as an old version.
        (TEN, LARGE, "Recordings: storage", 10 * MINUTES * 3.36e-3 / (HOURS / 24) * 180),
        (TEN, {}, "Recordings: storage", None),
    ],
)
def test_quantity(load: Load | None, keys: dict[str, Any], item: str, expected: float | None, bill: Bill) -> None:
    assert amount(bill("prod", load, **keys), item) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("load", "keys", "item", "usd"),
    [
        (None, SMALL, "Fargate Spot: vCPU", 2 * HOURS * 0.04048 * 0.3),
        (None, ARM, "Fargate on demand ARM: vCPU", 2 * HOURS * 0.03238),
        (ONE, {}, "Bedrock, speech model: speech input", MINUTES * 1500 / 1e6 * 3),
        (ONE, {}, "Bedrock, speech model: speech output", MINUTES * 750 / 1e6 * 12),
        (None, LARGE, "Secrets", 2 * 0.40),  # REDIS_URL and TOKEN
        (None, LARGE, "Redis, cache.t4g.small", 2 * HOURS * 0.0256),
        (None, LARGE, "KMS keys", 2),
    ],
)
def test_cost(load: Load | None, keys: dict[str, Any], item: str, usd: float, bill: Bill) -> None:
    assert items(bill("prod", load, **keys))[item] == pytest.approx(usd)


@pytest.mark.parametrize(("gateways", "count"), [("one-per-az", 3), ("single", 1), ("none", 0)])
def test_nat_gateways(gateways: str, count: int, bill: Bill) -> None:
    found = items(bill("prod", TEN, **({} if count == 3 else {"natGateways": gateways})))
    assert found.get("NAT gateways", 0) == pytest.approx(count * HOURS * 0.045)
    assert found.get("Public IPv4 of NAT gateways", 0) == pytest.approx(count * HOURS * 0.005)
    assert ("NAT gateways: data" in found) == (count > 0)
    # A single gateway is in another zone than two of three tasks. AWS charges both ends of what crosses.
    between = 10 * MINUTES * 4.48e-3 * 2 / 3 * 2 * 0.01
    assert found.get("NAT gateways: data between zones", 0) == pytest.approx(between if count == 1 else 0)
    assert ("Public IPv4 of tasks" in found) == (count == 0)


def test_writes_of_every_table_are_stated() -> None:
    tables = {resource.name for resource in recorded("prod").all("aws:dynamodb/table:Table")}
    assert tables == WRITES_PER_MINUTE.keys(), "WRITES_PER_MINUTE of cost/load.py has to name every table"


def test_logs(bill: Bill) -> None:
    prod = bill("prod", TEN)
    # The log of the web ACL is not taken for another log of the app.
    assert amount(prod, "Log: ingestion") == amount(bill("prod", TEN, **SMALL), "Log: ingestion")
    week = amount(bill("prod", TEN, logRetentionDays=7), "Log: storage")
    assert week and amount(prod, "Log: storage") == pytest.approx(90 / 7 * week)


def test_metrics_of_the_app_are_priced_only_where_it_sends_them(bill: Bill) -> None:
    assert "The app's metrics" in items(bill("prod", TEN))
    assert "The app's metrics" not in items(bill("dev", TEN))


@pytest.mark.parametrize(
    ("insights", "usd"), [("enhanced", (37 + 2 * 24) * 0.07), ("enabled", 37 * 0.30), ("disabled", 0)]
)
def test_container_insights(insights: str, usd: float, bill: Bill) -> None:
    found = items(bill("prod", **({} if insights == "enhanced" else {"containerInsights": insights})))
    assert sum(cost or 0 for item, cost in found.items() if item.startswith("Container Insights")) == pytest.approx(usd)


def test_alarm_costs_for_each_metric(bill: Bill) -> None:
    alarms = recorded("dev").all("aws:cloudwatch/metricAlarm:MetricAlarm")
    queries = [
        len([one for one in alarm.inputs.get("metricQueries", [{"metric": {}}]) if "metric" in one]) for alarm in alarms
    ]
    assert len(alarms) == 10
    assert amount(bill("dev"), "Alarms") == sum(queries) > 10  # one of them watches several metrics
