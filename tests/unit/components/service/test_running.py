"""The service that runs now: where its tasks are, and which target group clients have to reach."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from unittest import mock

import pulumi
import pytest

from components.lib.names import Names
from components.lib.provider import ProviderArgs, aws_provider
from components.service import running as running_service
from components.service.capacity import CapacityProvider
from components.service.running import RunningService, find_service, find_zones, target_states
from recording.deployment import Deployment
from recording.fake_aws import PRODUCTION_RULE, FakeAws, RunningTasks
from recording.mocks import deploy
from tests.support.boto import answering, refusal

FIRST, OTHER = "arn:first", "arn:other"
HEALTHY = ["healthy"]


def find(answers: FakeAws) -> tuple[RunningService | None, Deployment]:
    found: list[RunningService | None] = []

    def program() -> None:
        provider = aws_provider(ProviderArgs("eu-north-1", "dev", "dev", {}, ()))
        found.append(find_service(provider, "eu-north-1", Names("dev")))

    return (run := deploy(program, stack="dev", answers=answers)) and (found[0], run)


def running(targets: Mapping[str, Sequence[str]], **more: Any) -> RunningService:
    service, _ = find(FakeAws(service=RunningTasks(targets, **more), zones=3))
    assert service
    return service


def test_stack_without_a_service() -> None:
    service, run = find(FakeAws())
    assert service is None
    [(_, arguments, provider)] = run.calls
    assert arguments == {"clusterArn": "voiceter-cluster-dev", "serviceName": "voiceter-backend-dev"}
    assert "::aws::" in provider


@pytest.mark.parametrize("status", ["DRAINING", "INACTIVE"])
def test_deleted_service_is_none(status: str) -> None:
    service, _ = find(FakeAws(service=RunningTasks({FIRST: [], OTHER: HEALTHY}, status=status)))
    assert service is None


@pytest.mark.parametrize(
    "failure",
    [
        "reading ECS Service: no matching ECS Service found",
        "operation error ECS: DescribeServices, ClusterNotFoundException: Cluster not found.",
    ],
)
def test_missing_service_or_cluster_is_none(failure: str) -> None:
    assert find(FakeAws(failures={"getService": failure}))[0] is None


def test_capacity_providers_of_the_service() -> None:
    capacity = [
        {"capacityProvider": "FARGATE_SPOT", "base": 0, "weight": 70},
        {"capacityProvider": "FARGATE", "base": 1, "weight": 30},
    ]
    service, _ = find(FakeAws(service=RunningTasks(capacity=capacity)))
    assert service and service.settings
    assert service.settings.capacity == {CapacityProvider("FARGATE", 1, 30), CapacityProvider("FARGATE_SPOT", 0, 70)}


@pytest.mark.parametrize("public_ips", [False, True])
def test_subnets_and_target_groups_of_the_service(public_ips: bool) -> None:
    settings = running({FIRST: HEALTHY}, subnets=("b", "a"), public_ips=public_ips).settings
    assert settings
    assert (settings.subnets, settings.public_ips) == ({"a", "b"}, public_ips)
    assert settings.load_balancers == {(FIRST, None, None)}
    shifting = running({FIRST: HEALTHY, OTHER: []}).settings
    assert shifting
    assert shifting.load_balancers == {(FIRST, OTHER, PRODUCTION_RULE)}


def test_service_with_one_target_group_asks_for_no_targets() -> None:
    with mock.patch.object(running_service, "target_states", side_effect=AssertionError):
        assert running({FIRST: HEALTHY}) == RunningService(zones=2, settings=mock.ANY)


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


def test_without_tasks_and_without_a_rule_no_group_is_active() -> None:
    assert running({FIRST: [], OTHER: []}) == RunningService(zones=2, settings=mock.ANY)


def test_lost_rule_during_a_deployment_is_refused() -> None:
    with pytest.raises(pulumi.RunError, match=r"deployment of voiceter-backend-dev is under way.*WAIT=3600.*--refresh"):
        running({FIRST: HEALTHY, OTHER: HEALTHY})


@pytest.mark.parametrize(("states", "in_use"), [([], False), (["draining"], True), (HEALTHY, True)])
def test_draining_targets_use_the_alternate_group(states: list[str], in_use: bool) -> None:
    assert running({FIRST: HEALTHY, OTHER: states}, weights={FIRST: 100}).alternate_in_use is in_use


@pytest.mark.parametrize(("deployments", "zones"), [(1, 2), (2, 3)])
def test_during_a_deployment_tasks_may_be_in_all_zones_of_the_load_balancer(deployments: int, zones: int) -> None:
    assert running({FIRST: HEALTHY}, deployments=deployments).zones == zones


@pytest.mark.parametrize(
    ("function", "targets"),
    [
        ("getService", {FIRST: HEALTHY}),
        ("getListenerRule", {FIRST: [], OTHER: []}),
    ],
)
def test_failed_lookup_is_an_error(function: str, targets: dict[str, list[str]]) -> None:
    answers = FakeAws(service=RunningTasks(targets), failures={function: "AccessDenied: not authorized"})
    with pytest.raises(pulumi.RunError, match=r"cannot look up the .*: AWS does not allow"):
        find(answers)


@pytest.mark.parametrize("zones", [2, 3])
def test_zones_of_the_load_balancer(zones: int) -> None:
    assert stack_zones(FakeAws(zones=zones)) == zones


@pytest.mark.parametrize(
    "failure",
    [
        "reading ELBv2 Load Balancers: couldn't find resource",
        "Search returned 0 results, please revise so only one is returned",
        "operation error Elastic Load Balancing v2: DescribeLoadBalancers, LoadBalancerNotFound: not found",
    ],
)
def test_stack_without_a_load_balancer_has_no_zones(failure: str) -> None:
    assert stack_zones(FakeAws(zones=3, failures={"getLoadBalancer": failure})) == 0


def test_zones_that_cannot_be_looked_up_are_an_error() -> None:
    with pytest.raises(pulumi.RunError, match="cannot look up the load balancer 'voiceter-backend-dev'"):
        stack_zones(FakeAws(failures={"getLoadBalancer": "ThrottlingException: Rate exceeded"}))


def stack_zones(answers: FakeAws) -> int:
    found: list[int] = []

    def program() -> None:
        provider = aws_provider(ProviderArgs("eu-north-1", "dev", "dev", {}, ()))
        found.append(find_zones(provider, Names("dev")))

    deploy(program, stack="dev", answers=answers)
    return found[0]


# The targets of a target group, as Elastic Load Balancing describes them

GROUP = "arn:aws:elasticloadbalancing:eu-north-1:123456789012:targetgroup/app/0a1b"


def test_states_in_the_region_of_the_stack() -> None:
    answer = {"TargetHealthDescriptions": [{"TargetHealth": {"State": state}} for state in ("healthy", "draining")]}
    with answering("describe_target_health", return_value=answer) as client:
        assert target_states("eu-north-1", GROUP) == ["healthy", "draining"]
    client.assert_called_once_with("elbv2", region_name="eu-north-1")
    client.return_value.describe_target_health.assert_called_once_with(TargetGroupArn=GROUP)


def test_deleted_group_has_no_targets() -> None:
    with answering("describe_target_health", side_effect=refusal("DescribeTargetHealth", "TargetGroupNotFound")):
        assert target_states("eu-north-1", GROUP) == []


def test_failure_names_the_group_and_the_permission() -> None:
    named = f"{GROUP} (elasticloadbalancing:DescribeTargetHealth): "
    with (
        answering("describe_target_health", side_effect=refusal("DescribeTargetHealth", "Throttling")),
        pytest.raises(pulumi.RunError, match=re.escape(named)),
    ):
        target_states("eu-north-1", GROUP)
