"""The monthly bill of the committed stacks."""

from __future__ import annotations

import pytest

from cost.estimate import Estimate
from cost.load import WRITES_PER_MINUTE, Load
from cost.quantities import FREE, PRICED, When
from tests.cost.conftest import Bill, recorded

STACKS = ("prod", "staging", "dev")
REGIONS = ("us-east-1", "us-west-2", "ap-northeast-1", "eu-north-1")
TEN = Load(sessions=10, minutes=10)
REDIS = {"redisEnabled": True, "redisAuthToken": {"secure": "v1:AAAA"}}


def items(estimate: Estimate) -> dict[str, float | None]:
    return {row.quantity.item: row.usd for row in estimate.rows}


def amount(estimate: Estimate, item: str) -> float:
    [row] = [row for row in estimate.rows if row.quantity.item == item]
    return row.quantity.amount


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
    types = {resource.type for resource in recorded(stack).resources if resource.type.startswith("aws")}
    assert types <= {*PRICED, *FREE}
    assert not PRICED.keys() & FREE.keys()


@pytest.mark.parametrize("stack", STACKS)
def test_load_adds_to_what_the_stack_costs_at_rest(stack: str, bill: Bill) -> None:
    rest, loaded = bill(stack), bill(stack, TEN)
    assert loaded.sum(When.AT_REST) == pytest.approx(rest.sum())
    assert not rest.of(When.UNDER_LOAD, When.BEDROCK)
    assert loaded.sum(When.UNDER_LOAD) > 0


def test_every_price_is_known_in_the_first_region(bill: Bill) -> None:
    for keys in ({}, REDIS, {"cpuArchitecture": "ARM64"}, {"enableAudioRecording": True}):
        assert bill("prod", TEN, **keys).missing == []
    assert bill("dev", TEN).missing == []


def test_missing_price_is_named_and_left_out_of_the_sums(bill: Bill) -> None:
    estimate = bill("prod", region="eu-north-1", cpuArchitecture="ARM64")
    assert estimate.missing == ["dynamodb-reads", "fargate-arm-memory", "fargate-arm-vcpu"]
    assert items(estimate)["Fargate on demand ARM: vCPU"] is None
    assert estimate.sum() == pytest.approx(sum(usd for usd in items(estimate).values() if usd))


def test_tasks_grow_with_the_load_up_to_the_most(bill: Bill) -> None:
    more = "Fargate on demand, more tasks: vCPU"
    hours = 730  # of one vCPU in a month
    assert more not in items(bill("prod", Load(60, 10)))  # two tasks of thirty sessions
    assert amount(bill("prod", Load(61, 10)), more) == hours
    assert amount(bill("prod", Load(5000, 10)), more) == 8 * hours  # maxCount is 10
    assert amount(bill("prod", Load(61, 10), sessionsPerTaskTarget=10), more) == 5 * hours


def test_spot_is_split_as_the_strategy_says(bill: Bill) -> None:
    estimate = bill("prod", minCount=5, desiredCount=5, onDemandBase=1, spotPercent=50)
    assert amount(estimate, "Fargate on demand: vCPU") == 3 * 730
    assert amount(estimate, "Fargate Spot: vCPU") == 2 * 730
    assert items(estimate)["Fargate Spot: vCPU"] == pytest.approx(2 * 730 * 0.04048 * 0.3)


def test_arm_is_priced_as_arm(bill: Bill) -> None:
    assert items(bill("prod", cpuArchitecture="ARM64"))["Fargate on demand ARM: vCPU"] == pytest.approx(1460 * 0.03238)


@pytest.mark.parametrize(("gateways", "count"), [("one-per-az", 3), ("single", 1), ("none", 0)])
def test_nat_gateways(gateways: str, count: int, bill: Bill) -> None:
    found = items(bill("prod", TEN, natGateways=gateways))
    assert found.get("NAT gateways", 0) == pytest.approx(count * 730 * 0.045)
    assert found.get("Public IPv4 of NAT gateways", 0) == pytest.approx(count * 730 * 0.005)
    assert ("NAT gateways: data" in found) == (count > 0)
    assert ("Public IPv4 of tasks" in found) == (count == 0)


def test_data_of_a_session(bill: Bill) -> None:
    """A minute has 1.92 MB of PCM in and, as the model speaks half of it, 1.44 MB out; in base64, a third more."""
    estimate = bill("prod", Load(sessions=1, minutes=10))
    minutes = 730 * 60
    assert amount(estimate, "Data to the internet") == pytest.approx(minutes * 1.92e-3)
    assert amount(estimate, "NAT gateways: data") == pytest.approx(minutes * (2.56e-3 + 1.92e-3))
    assert amount(estimate, "Load balancer: capacity units") == pytest.approx(60 * 4.48e-3 * 730)


def test_capacity_units_follow_the_dimension_that_is_used_most(bill: Bill) -> None:
    # A session a second: ten requests of the 25 new connections a second that a unit has.
    estimate = bill("prod", Load(sessions=0.1, minutes=0.1 / 60))
    assert amount(estimate, "Load balancer: capacity units") == pytest.approx(0.4 * 730)


def test_speech_tokens(bill: Bill) -> None:
    found = items(bill("prod", Load(sessions=1, minutes=10)))
    assert found["Bedrock, speech model: speech input"] == pytest.approx(43_800 * 1500 / 1e6 * 3)
    assert found["Bedrock, speech model: speech output"] == pytest.approx(43_800 * 750 / 1e6 * 12)
    assert bill("prod", TEN, bedrockModelId="amazon.other-v1:0").missing == [
        f"bedrock-amazon.other-v1:0-{kind}" for kind in ("speech-input", "speech-output", "text-input", "text-output")
    ]


def test_index_doubles_writes(bill: Bill) -> None:
    estimate = bill("prod", Load(sessions=1, minutes=10))
    assert amount(estimate, "Table transcripts: writes") == pytest.approx(43_800 * 8 / 1e6)
    assert amount(estimate, "Table sessions: writes") == pytest.approx(43_800 * 2 * 2 / 1e6)


def test_writes_of_every_table_are_stated() -> None:
    tables = {resource.name for resource in recorded("prod").all("aws:dynamodb/table:Table")}
    assert tables == WRITES_PER_MINUTE.keys()


def test_health_checks_read_the_sessions(bill: Bill) -> None:
    # Two tasks, asked by three zones and by ECS every 30 s, half a unit each.
    assert amount(bill("prod"), "Tables: reads by health checks") == pytest.approx(2 * 4 * 2 * 60 * 730 / 2 / 1e6)


def test_web_acl_of_prod(bill: Bill) -> None:
    estimate = bill("prod", TEN)
    assert (amount(estimate, "WAF: web ACL"), amount(estimate, "WAF: rules")) == (1, 5)
    # Its log group is not taken for another log of the app.
    without = bill("prod", TEN, accessLogs=False, flowLogs=False)
    assert amount(estimate, "Log: ingestion") == amount(without, "Log: ingestion")


def test_zone_costs_a_health_check_and_its_features(bill: Bill) -> None:
    zone = bill("prod", domainName="voice.example.com", hostedZoneId="Z1D633PJN98FT9")
    amounts = [amount(zone, item) for item in ("Health checks", "Health checks: HTTPS", "Health checks: latency")]
    assert amounts == [1, 1, 1]
    assert not [row for row in bill("prod").rows if row.quantity.item.startswith("Health checks")]


def test_log_retention(bill: Bill) -> None:
    short, long = (amount(bill("prod", TEN, logRetentionDays=days), "Log: storage") for days in (30, 90))
    assert long == pytest.approx(3 * short)


def test_recordings_cost_while_they_are_kept(bill: Bill) -> None:
    assert "Recordings: storage" not in items(bill("prod", TEN))
    days = 90 + 90  # and then as an old version
    stored = 10 * 43_800 * 3.36e-3 / (730 / 24) * days
    assert amount(bill("prod", TEN, enableAudioRecording=True), "Recordings: storage") == pytest.approx(stored)


def test_metrics_of_the_app_are_priced_only_where_it_sends_them(bill: Bill) -> None:
    assert "The app's metrics" in items(bill("prod", TEN))
    assert "The app's metrics" not in items(bill("dev", TEN))


@pytest.mark.parametrize(
    ("insights", "usd"), [("enhanced", (37 + 2 * 24) * 0.07), ("enabled", 37 * 0.30), ("disabled", 0)]
)
def test_container_insights(insights: str, usd: float, bill: Bill) -> None:
    found = items(bill("prod", containerInsights=insights))
    assert sum(cost or 0 for item, cost in found.items() if item.startswith("Container Insights")) == pytest.approx(usd)


def test_alarm_costs_for_each_metric(bill: Bill) -> None:
    alarms = recorded("dev").all("aws:cloudwatch/metricAlarm:MetricAlarm")
    queries = [
        len([one for one in alarm.inputs.get("metricQueries", [{"metric": {}}]) if "metric" in one]) for alarm in alarms
    ]
    assert len(alarms) == 10
    assert amount(bill("dev"), "Alarms") == sum(queries) > 10  # one of them watches several metrics


def test_secrets_keys_and_redis(bill: Bill) -> None:
    found = items(bill("prod", **REDIS))
    assert found["Secrets"] == pytest.approx(0.40)  # REDIS_URL
    assert found["Redis, cache.t4g.small"] == pytest.approx(2 * 730 * 0.0256)
    assert found["KMS keys"] == pytest.approx(2)
