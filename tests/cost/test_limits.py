"""The limits of a stack, against figures worked out by hand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest

from components.lib import quotas
from components.lib.quotas import Quota
from cost.limits import Limit, limits
from cost.load import Load
from cost.resources import Stack
from tests.cost.conftest import LARGE, SMALL, recorded

ROOT: Final = Path(__file__).parents[2]
THOUSAND: Final = Load(sessions=1000, minutes=10)
# With each place of tasks and each way to deploy.
STACKS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (("prod", {}), ("dev", {}), ("prod", LARGE), ("prod", SMALL))


def limit(stack: Stack, what: str) -> Limit:
    [found, *_] = [one for one in limits(stack) if one.what.startswith(what)]
    return found


@pytest.mark.parametrize(
    ("what", "needed", "sessions"),
    [
        # 1,000 sessions, 30 for a task, are 34 tasks; 10 tasks serve 300 sessions.
        ("Tasks that the autoscaler may run", 34, 300),
        ("Tasks of the service", 34, 5000 * 30),
        # Twice the tasks of one vCPU; 6 vCPUs are 3 tasks.
        ("Fargate on demand", 68, 90),
        ("Targets of a target group", 68, 500 * 30),
        ("Targets of the load balancer", 68, 500 * 30),
        # 1,000 sessions x 4.48 MB a minute x 60.
        ("Capacity of the load balancer", 268.8, 55_803),
        ("Network interfaces", 68, 2500 * 30),
        # Three zones; a /19 has 8,192 addresses, of which AWS keeps five: 12,280 tasks and their successors.
        ("IP addresses", 68 / 3, 12_280 * 30),
        ("Connections of a NAT gateway", 1000 / 3, 55_000 * 3),
        # 4.48 MB a minute are 0.000597 Gbit/s.
        ("Bandwidth of a NAT gateway", 1000 * 4.48e-3 * 8 / 60 / 3, 502_232),
        # Eight writes a minute.
        ("Writes of the table transcripts", 8000 / 60, 40_000 * 60 / 8),
        ("Writes of the table transcripts while it is new", 8000 / 60, 30_000),
        ("Writes of one questionnaire", 2000 / 60, 1000 * 60 / 2),
        ("Streams of the speech model", 1000, 20),
        # 100 sessions end a minute, each with 3,500 tokens.
        ("Tokens of the model", 350_000, None),
    ],
)
def test_prod(what: str, needed: float, sessions: float | None) -> None:
    found = limit(recorded("prod"), what)
    assert found.need(THOUSAND) == pytest.approx(needed)
    assert found.sessions(minutes=10) == sessions


@pytest.mark.parametrize(
    ("keys", "what", "load", "needed"),
    [
        # 45 sessions a task are 23 tasks, of two vCPUs each.
        (LARGE, "Tasks of the service", THOUSAND, 23),
        (LARGE, "Fargate on demand", THOUSAND, 2 * 23 * 2),
        # The new tasks of a release are in a second group.
        (LARGE, "Targets of a target group", THOUSAND, 23),
        (LARGE, "Targets of the load balancer", THOUSAND, 2 * 23),
        ({"natGateways": "single"}, "Connections of a NAT gateway", THOUSAND, 1000),
        (SMALL, "Tasks of the service", Load(1, 10), 5),
        # 34 tasks: one, and half of the others.
        (SMALL, "Fargate on demand", THOUSAND, 2 * (1 + 16.5)),
        (SMALL, "Fargate Spot", THOUSAND, 2 * 16.5),
    ],
)
def test_config_changes_the_need(keys: dict[str, Any], what: str, load: Load, needed: float) -> None:
    assert limit(recorded("prod", **keys), what).need(load) == needed


def test_stack_has_the_limits_of_what_it_registers() -> None:
    assert [one.what for one in limits(recorded("dev")) if "Fargate" in one.what] == ["Fargate Spot, in a release"]
    assert not [one for one in limits(recorded("dev")) if "NAT" in one.what]


@pytest.mark.parametrize(
    ("keys", "addresses"),
    [(SMALL, 128 - 5), ({"natGateways": "none"}, 4096 - 5 - 8)],  # the second shares a subnet with the load balancer
)
def test_addresses_of_a_zone(keys: dict[str, Any], addresses: int) -> None:
    assert limit(recorded("prod", **keys), "IP addresses").most == addresses


@pytest.mark.parametrize(("stack", "keys"), STACKS)
def test_limit_has_a_source_and_is_reached_at_its_number_of_sessions(stack: str, keys: dict[str, Any]) -> None:
    for one in limits(recorded(stack, **keys)):
        sessions = one.sessions(minutes=10)
        if sessions is not None and one.most is not None:
            assert one.need(Load(sessions, 10)) <= one.most or not sessions, one.what
            assert one.need(Load(sessions + 1, 10)) > one.most, one.what
        is_address = re.fullmatch(r"https://(docs\.aws\.amazon\.com|repost\.aws)/[\w/.-]+", one.source)
        assert is_address or (ROOT / one.source).is_file(), one.what
        assert one.moved_by
        if one.most is None:
            assert one.uncertain, one.what
        if one.quota:
            assert (one.most, one.source) == (one.quota.default, one.quota.source)
            assert one.quota.name in one.moved_by


def test_every_quota_that_grows_with_the_load_is_a_limit() -> None:
    of_limits = {one.quota for stack, keys in STACKS for one in limits(recorded(stack, **keys)) if one.quota}
    declared = {one for one in vars(quotas).values() if isinstance(one, Quota)}
    # A stack takes a VPC and Elastic IPs whatever the load, and the launches make a deployment longer.
    assert declared - of_limits == {quotas.VPCS, quotas.ELASTIC_IPS, quotas.TASK_LAUNCHES}


def test_only_limits_of_the_stack_grow_with_another_stack() -> None:
    of_account = {one.what for one in limits(recorded("prod")) if one.of_account}
    assert of_account == {
        "Fargate on demand, in a release",
        "Network interfaces, in a release",
        "Streams of the speech model",
        "Tokens of the model that extracts the answers",
    }
