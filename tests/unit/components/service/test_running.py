"""The service that runs now: where its tasks are, and which target group clients have to reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from unittest import mock

import pulumi
import pytest

from components.service.capacity import CapacityProvider
from components.service.running import RunningService
from recording.fake_aws import PRODUCTION_RULE, RunningTasks
from tests.support.lookups import look_up

FIRST, OTHER = "arn:first", "arn:other"
HEALTHY = ["healthy"]


def find(service: RunningTasks) -> object:
    return look_up(lambda aws: aws.service(), service=service, zones=3)[0]


def running(targets: Mapping[str, Sequence[str]], **more: Any) -> RunningService:
    service = find(RunningTasks(targets, **more))
    assert isinstance(service, RunningService)
    return service


@pytest.mark.parametrize("status", ["DRAINING", "INACTIVE"])
def test_deleted_service_is_none(status: str) -> None:
    assert find(RunningTasks({FIRST: [], OTHER: HEALTHY}, status=status)) is None


def test_capacity_providers_of_the_service() -> None:
    capacity = [
        {"capacityProvider": "FARGATE_SPOT", "base": 0, "weight": 70},
        {"capacityProvider": "FARGATE", "base": 1, "weight": 30},
    ]
    settings = running({FIRST: HEALTHY}, capacity=capacity).settings
    assert settings
    assert settings.capacity == {CapacityProvider("FARGATE", 1, 30), CapacityProvider("FARGATE_SPOT", 0, 70)}


@pytest.mark.parametrize("public_ips", [False, True])
def test_subnets_and_target_groups_of_the_service(public_ips: bool) -> None:
    settings = running({FIRST: HEALTHY}, subnets=("b", "a"), public_ips=public_ips).settings
    assert settings
    assert (settings.subnets, settings.public_ips) == ({"a", "b"}, public_ips)
    assert settings.load_balancers == {(FIRST, None, None)}
    shifting = running({FIRST: HEALTHY, OTHER: []}).settings
    assert shifting
    assert shifting.load_balancers == {(FIRST, OTHER, PRODUCTION_RULE)}


@pytest.mark.parametrize("targets", [{FIRST: HEALTHY}, {FIRST: [], OTHER: []}], ids=["one group", "no tasks"])
def test_without_a_rule_no_group_is_active_if_there_is_one_or_none_has_tasks(targets: dict[str, list[str]]) -> None:
    assert running(targets) == RunningService(zones=2, settings=mock.ANY)


@pytest.mark.parametrize("state", ["initial", "healthy", "unhealthy", "unused", "unavailable"])
@pytest.mark.parametrize("active", [FIRST, OTHER])
@pytest.mark.parametrize("left", [[], ["draining"]])
def test_group_with_the_tasks_is_active_whatever_the_weights_are(active: str, state: str, left: list[str]) -> None:
    idle = OTHER if active == FIRST else FIRST
    targets = {group: ["draining", state] if group == active else left for group in (FIRST, OTHER)}
    assert running(targets, weights={idle: 100, active: 0}).active_group == active


@pytest.mark.parametrize("states", [[], ["draining"], HEALTHY], ids=["none", "draining", "both"])
@pytest.mark.parametrize("weights", [{FIRST: 100, OTHER: 0}, {FIRST: 10, OTHER: 90}])
def test_weights_decide_while_no_group_or_both_groups_have_tasks(states: list[str], weights: dict[str, int]) -> None:
    service = running({FIRST: states, OTHER: states}, weights=weights)
    assert service.active_group == (FIRST if weights[FIRST] == 100 else OTHER)


def test_lost_rule_during_a_deployment_is_refused() -> None:
    with pytest.raises(pulumi.RunError, match=r"deployment of voiceter-backend-dev is under way.*WAIT=3600.*--refresh"):
        running({FIRST: HEALTHY, OTHER: HEALTHY})


@pytest.mark.parametrize(("states", "in_use"), [([], False), (["draining"], True), (HEALTHY, True)])
def test_draining_targets_use_the_alternate_group(states: list[str], in_use: bool) -> None:
    assert running({FIRST: HEALTHY, OTHER: states}, weights={FIRST: 100}).alternate_in_use is in_use


@pytest.mark.parametrize(("deployments", "zones"), [(1, 2), (2, 3)])
def test_during_a_deployment_tasks_may_be_in_all_zones_of_the_load_balancer(deployments: int, zones: int) -> None:
    assert running({FIRST: HEALTHY}, deployments=deployments).zones == zones
