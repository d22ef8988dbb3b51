"""The task definition and the service."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.access.identity import Roles
from components.edge.load_balancer import Target
from components.lib.timeline import Timeline
from components.network import Placement
from components.service.capacity import Capacity, CapacityProvider
from components.service.service import Service, ServiceArgs
from components.service.state_check import RevisionSettings
from components.service.strategy import Strategy
from recording.deployment import Deployment
from recording.mocks import deploy
from tests.support.container import CONTAINER

ARGS = ServiceArgs(
    name="voiceter-backend-dev",
    cluster_arn="arn:cluster",
    container=CONTAINER,
    version="1.0",
    cpu=1024,
    memory=2048,
    cpu_architecture="ARM64",
    capacity=Capacity(desired_count=2, on_demand_base=2, spot_percent=0),
    running=None,
    placement=Placement("vpc-1", ["subnet-1", "subnet-2"], "sg-1"),
    roles=Roles(execution_arn="arn:execution", task_arn="arn:task"),
    target=Target("arn:target-group"),
    strategy=Strategy("rolling", 10, 10, 25),
    infrastructure_role_arn="arn:infrastructure",
    timeline=Timeline(deregistration_delay_seconds=1860, stop_timeout_seconds=45, shift_minutes=0),
    enable_exec=False,
    rollback_alarms=["high-error-rate", "target-5xx"],
    protect=True,
    after=[],
)


def build(**changes: Any) -> Deployment:
    def program() -> None:
        service = Service("service", replace(ARGS, **changes))
        pulumi.export("outputs", [service.name, service.task_family, service.task_definition_arn])

    return deploy(program)


def with_variable(value: str) -> Deployment:
    """Builds a service whose container has one more variable."""
    return build(container=replace(CONTAINER, environment={**CONTAINER.environment, "MORE": value}))


def test_container_definition_beyond_the_limit_of_ecs_is_refused() -> None:
    least = len(json.dumps(with_variable("").containers(), separators=(",", ":")))
    longest = "é" * ((64 * 1024 - least) // 2)  # two bytes each
    with_variable(longest)
    with pytest.raises(pulumi.RunError, match="and ECS takes a task definition of 65,536: shorten the values"):
        with_variable(f"{longest}é")


def service(run: Deployment) -> Any:
    return run.one("ecs/service:Service")


def test_deployment_that_no_ci_job_can_wait_for_is_warned_of() -> None:
    [warning] = build(timeline=replace(ARGS.timeline, shift_minutes=400)).warnings
    assert warning.startswith("a deployment may take 614 minutes, of which traffic shifts for 400: ")
    assert "GitHub ends a job after 360 minutes" in warning
    assert build(timeline=replace(ARGS.timeline, shift_minutes=40)).warnings == []


SPOT = CapacityProvider("FARGATE_SPOT", base=0, weight=100)
ON_DEMAND = CapacityProvider("FARGATE", base=0, weight=100)


def test_capacity_provider_strategy_is_registered() -> None:
    inputs = service(build(capacity=Capacity(2, on_demand_base=1, spot_percent=70))).inputs
    assert inputs["capacityProviderStrategies"] == [
        {"capacityProvider": "FARGATE", "base": 1, "weight": 30},
        {"capacityProvider": "FARGATE_SPOT", "weight": 70},
    ]
    assert "launchType" not in inputs


def runs_on(*providers: CapacityProvider) -> RevisionSettings:
    return RevisionSettings(capacity=frozenset(providers))


@pytest.mark.parametrize(
    ("running", "forced"),
    [(None, False), (runs_on(ON_DEMAND), False), (runs_on(SPOT), True), (runs_on(ON_DEMAND, SPOT), True)],
)
def test_only_another_capacity_forces_a_deployment(running: RevisionSettings | None, forced: bool) -> None:
    assert service(build(running=running)).inputs["forceNewDeployment"] is forced


def test_update_of_a_running_service_is_checked_against_the_state() -> None:
    assert service(build(running=runs_on(ON_DEMAND))).before_update == ("refuse-outdated-state",)
    assert service(build(running=None)).before_update == ()


def test_service_waits_for_everything_inside_a_component() -> None:
    def program() -> None:
        class Needed(pulumi.ComponentResource):
            def __init__(self) -> None:
                super().__init__("voiceter:test:Needed", "needed")
                aws.cloudwatch.LogGroup("inside", opts=pulumi.ResourceOptions(parent=self))

        Service("service", replace(ARGS, after=[Needed()]))

    run = deploy(program)
    assert run.one(":LogGroup").urn in service(run).depends_on
