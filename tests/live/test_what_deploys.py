"""What an update starts: a release, an update of the service without a deployment, or nothing of the service.

docs/releases.md lists it for every key; tests/program/test_what_deploys.py derives it for every key. Here the account
shows it for keys of each kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.live.harness import Stack

pytestmark = pytest.mark.live

SERVICE = "ecs/service:Service service"
TASK = "ecs/taskDefinition:TaskDefinition task"


@dataclass(frozen=True)
class Effect:
    """What an update did to the service: how many deployments it started, and what became of its resources."""

    deployments: int
    service: str | None  # the operation; None if it did nothing
    task: str | None  # on the task definition


def deployments(dev: Stack) -> list[str]:
    found = dev.client("ecs").list_service_deployments(
        cluster=dev.named("voiceter-cluster"), service=dev.named("voiceter-backend")
    )
    return [one["serviceDeploymentArn"] for one in found["serviceDeployments"]]


def update(dev: Stack, **config: str) -> Effect:
    """Sets and deploys keys. The service stays the same object."""
    service, before = dev.service()["serviceArn"], deployments(dev)
    created = dev.service()["createdAt"]
    if config:
        dev.sandbox.set(dev.name, **config)
    changes = dev.sandbox.changed(dev.name)
    assert (dev.service()["serviceArn"], dev.service()["createdAt"]) == (service, created)
    return Effect(len(deployments(dev)) - len(before), changes.get(SERVICE), changes.get(TASK))


NOTHING = Effect(0, None, None)
UPDATE = Effect(0, "update", None)  # of the service alone, without a deployment
RELEASE = Effect(1, "update", "replace")  # of a new revision
FORCED = Effect(1, "update", None)  # a new deployment of the same revision


def providers(dev: Stack) -> dict[str, tuple[int, int]]:
    """The base and the weight of each capacity provider of the service."""
    strategy: list[dict[str, Any]] = dev.service()["capacityProviderStrategy"]
    return {one["capacityProvider"]: (one.get("base", 0), one["weight"]) for one in strategy}


def test_numbers_of_the_autoscaler_and_of_the_load_balancer_leave_the_service_alone(dev: Stack) -> None:
    counts = {"minCount": "2", "desiredCount": "2", "maxCount": "3", "cpuTargetPercent": "60"}
    assert update(dev, **counts, idleTimeoutSeconds="400", logRetentionDays="14") == NOTHING
    # The autoscaler has raised the count to the new minimum, and says why.
    assert dev.service()["desiredCount"] == 2
    resource = f"service/{dev.named('voiceter-cluster')}/{dev.named('voiceter-backend')}"
    scaling = dev.client("application-autoscaling")
    [activity] = scaling.describe_scaling_activities(ServiceNamespace="ecs", ResourceId=resource)["ScalingActivities"]
    assert activity["Cause"] == "minimum capacity was set to 2"


def test_changed_variable_is_a_release(dev: Stack) -> None:
    assert update(dev, logLevel="DEBUG") == RELEASE


def test_changed_capacity_is_a_forced_deployment_of_the_same_service(dev: Stack) -> None:
    assert providers(dev) == {"FARGATE_SPOT": (0, 100)}
    assert update(dev, spotPercent="50") == FORCED
    assert providers(dev) == {"FARGATE": (0, 50), "FARGATE_SPOT": (0, 50)}
    assert update(dev, spotPercent="0") == FORCED
    assert providers(dev) == {"FARGATE": (0, 100)}
    # The next update takes the flag back, which starts nothing. Without Spot the base is not part of the capacity.
    assert update(dev, onDemandBase="2", minCount="1", deregistrationDelaySeconds="40") == UPDATE
    assert providers(dev) == {"FARGATE": (0, 100)}
    assert update(dev) == NOTHING


def test_capacity_that_was_changed_outside_is_restored_in_two_updates(dev: Stack) -> None:
    """As docs/recovery.md says."""
    dev.client("ecs").update_service(
        cluster=dev.named("voiceter-cluster"),
        service=dev.named("voiceter-backend"),
        capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        forceNewDeployment=True,
    )
    refusal = dev.sandbox.fails(f"pulumi refresh -s {dev.name} --preview-only --non-interactive")
    assert "force_new_deployment should be true when capacity_provider_strategy is being updated" in refusal
    assert update(dev) == FORCED
    dev.sandbox.updated(dev.name, "--refresh")
    assert providers(dev) == {"FARGATE": (0, 100)}


def test_traffic_that_begins_to_shift_is_a_forced_deployment(dev: Stack) -> None:
    assert update(dev, deploymentStrategy="canary") == FORCED


def test_figures_of_the_strategy_start_no_deployment(dev: Stack) -> None:
    assert update(dev, bakeTimeMinutes="20", canaryPercent="20") == UPDATE
    configuration = dev.service()["deploymentConfiguration"]
    assert configuration["bakeTimeInMinutes"] == 20
    assert configuration["canaryConfiguration"] == {"canaryPercent": 20.0, "canaryBakeTimeInMinutes": 20}
    assert dev.service()["deploymentConfiguration"]["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    dev.sandbox.unchanged(dev.name)
    # The traffic returns to the first target group, so that the strategy can be rolling again.
    dev.client("ecs").update_service(
        cluster=dev.named("voiceter-cluster"), service=dev.named("voiceter-backend"), forceNewDeployment=True
    )
