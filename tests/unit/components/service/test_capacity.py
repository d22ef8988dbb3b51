"""Capacity providers: the strategy for a capacity, and the lookup of the running service's."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.service.capacity import Capacity, CapacityProvider, find_capacity_providers
from tests.support.mocks import FakeAws, deploy

RUNNING = [
    {"capacityProvider": "FARGATE_SPOT", "base": 0, "weight": 70},
    {"capacityProvider": "FARGATE", "base": 1, "weight": 30},
]


@pytest.mark.parametrize(
    ("on_demand_base", "spot_percent", "strategy"),
    [
        (0, 100, [("FARGATE_SPOT", 0, 100)]),
        (2, 100, [("FARGATE", 2, 0), ("FARGATE_SPOT", 0, 100)]),
        (1, 70, [("FARGATE", 1, 30), ("FARGATE_SPOT", 0, 70)]),
        (0, 1, [("FARGATE", 0, 99), ("FARGATE_SPOT", 0, 1)]),
    ],
)
def test_strategy_has_no_provider_that_would_get_no_task(
    on_demand_base: int, spot_percent: int, strategy: list[tuple[str, int, int]]
) -> None:
    found = Capacity(2, on_demand_base, spot_percent).providers
    assert [(one.name, one.base, one.weight) for one in found] == strategy
    # Amazon ECS API Reference, CapacityProviderStrategyItem: at least one weight above zero.
    assert any(one.weight for one in found)


@pytest.mark.parametrize("on_demand_base", [0, 1, 20])
def test_without_spot_the_base_does_not_change_the_strategy(on_demand_base: int) -> None:
    assert Capacity(2, on_demand_base, 0).providers == [CapacityProvider("FARGATE", base=0, weight=100)]


def find(answers: FakeAws) -> tuple[list[CapacityProvider] | None, Any]:
    found: list[list[CapacityProvider] | None] = []

    def program() -> None:
        found.append(find_capacity_providers(aws.Provider("aws"), "voiceter-cluster", "voiceter-backend"))

    deployment = deploy(program, answers=answers)
    return found[0], deployment.calls


def test_capacity_of_the_running_service_is_looked_up_through_the_provider() -> None:
    found, [(function, inputs, provider)] = find(FakeAws(capacity=RUNNING))
    assert found == [CapacityProvider("FARGATE", 1, 30), CapacityProvider("FARGATE_SPOT", 0, 70)]
    assert function == "aws:ecs/getService:getService"
    assert inputs == {"clusterArn": "voiceter-cluster", "serviceName": "voiceter-backend"}
    assert "$pulumi:providers:aws::aws::" in provider


@pytest.mark.parametrize(
    "failure",
    [
        "reading ECS Service: no matching ECS Service found",
        "operation error ECS: DescribeServices, ClusterNotFoundException: Cluster not found.",
    ],
)
def test_missing_service_or_cluster_is_none(failure: str) -> None:
    assert find(FakeAws(failures={"getService": failure}))[0] is None


def test_deleted_service_that_ecs_still_shows_is_none() -> None:
    assert find(FakeAws(capacity=RUNNING, service_status="INACTIVE"))[0] is None


def test_failed_lookup_is_an_error() -> None:
    with pytest.raises(pulumi.RunError, match=r"capacity providers of the service 'voiceter-backend': .*AccessDenied"):
        find(FakeAws(failures={"getService": "AccessDeniedException: not authorized"}))
