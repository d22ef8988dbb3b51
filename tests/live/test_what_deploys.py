"""What an update starts: a release, an update of the service without a deployment, or nothing of the service.

docs/releases.md lists it for every key; tests/program/test_what_deploys.py derives it for every key. Here the account
shows it for keys of each kind, and for changes of the strategy: what ECS gets, and who owns the weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.live.harness import ACCOUNT_ID
from tests.live.stack import Stack
from tests.live.traffic import (
    deploy_again,
    groups,
    healthy_in,
    move_tasks_to_the_alternate_group,
    rules,
    weights,
)
from tests.live.watch import Watch

pytestmark = pytest.mark.live

SERVICE = "ecs/service:Service service"
TASK = "ecs/taskDefinition:TaskDefinition task"


@dataclass(frozen=True)
class Effect:
    """What an update did to the service: how many deployments it started, and what became of its resources."""

    deployments: int
    service: str | None  # the operation; None if it did nothing
    task: str | None  # on the task definition
    changes: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)  # of all resources


def deployments(dev: Stack) -> list[str]:
    found = dev.client("ecs").list_service_deployments(**dev.its_service)
    return [one["serviceDeploymentArn"] for one in found["serviceDeployments"]]


def update(dev: Stack, *options: str, **config: str) -> Effect:
    """Sets and deploys keys. The service stays the same object."""
    service, before = dev.service()["serviceArn"], deployments(dev)
    created = dev.service()["createdAt"]
    if config:
        dev.sandbox.set(dev.name, **config)
    changes = dev.sandbox.changed(dev.name, *options)
    assert (dev.service()["serviceArn"], dev.service()["createdAt"]) == (service, created)
    return Effect(len(deployments(dev)) - len(before), changes.get(SERVICE), changes.get(TASK), changes)


UPDATE = Effect(0, "update", None)  # of the service alone, without a deployment
RELEASE = Effect(1, "update", "replace")  # of a new revision
FORCED = Effect(1, "update", None)  # a new deployment of the same revision


def providers(dev: Stack) -> dict[str, tuple[int, int]]:
    """The base and the weight of each capacity provider of the service."""
    strategy: list[dict[str, Any]] = dev.service()["capacityProviderStrategy"]
    return {one["capacityProvider"]: (one.get("base", 0), one["weight"]) for one in strategy}


def test_changed_variable_is_a_release(dev: Stack) -> None:
    """With a slow image: at the end, old tasks run beside the new ones."""
    dev.sandbox.image(dev.name, "slow", "slow")
    assert update(dev, logLevel="DEBUG", imageTag="slow") == RELEASE


def test_changed_capacity_is_a_forced_deployment_of_the_same_service(dev: Stack) -> None:
    assert providers(dev) == {"FARGATE_SPOT": (0, 100)}
    assert update(dev, spotPercent="0") == FORCED
    assert providers(dev) == {"FARGATE": (0, 100)}


def test_change_to_blue_green_is_a_forced_deployment_of_the_same_service(dev: Stack) -> None:
    deployment = dev.service()["deploymentConfiguration"]
    assert deployment["strategy"] == "ROLLING"
    assert deployment["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    ((group, _),) = weights(dev, 80, 90).items()
    assert healthy_in(dev, group) == dev.service()["desiredCount"]
    effect = update(dev, deploymentStrategy="blue-green")
    assert effect == FORCED
    # Of what serves, only the old listener rule goes, last.
    replaced_or_deleted = {name for name, operation in effect.changes.items() if operation not in ("create", "update")}
    assert replaced_or_deleted == {"lb/listenerRule:ListenerRule everything-http"}
    assert not {name for name in effect.changes if "iam/" in name}
    deployment = dev.service()["deploymentConfiguration"]
    assert (deployment["strategy"], deployment["bakeTimeInMinutes"]) == ("BLUE_GREEN", 10)
    assert deployment["alarms"]["rollback"] is True
    assert deployment["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert rules(dev).keys() == {(80, 20), (80, 30)}
    assert weights(dev, 80, 30).keys() == set(groups(dev))
    role = dev.service()["loadBalancers"][0]["advancedConfiguration"]["roleArn"]
    assert role == f"arn:aws:iam::{ACCOUNT_ID}:role/voiceter-backend-infrastructure-role-dev"
    policies = dev.client("iam").list_attached_role_policies(RoleName=role.rpartition("/")[2])["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in policies] == ["AmazonECSInfrastructureRolePolicyForLoadBalancers"]


def test_another_shifting_strategy_and_numbers_start_no_deployment(dev: Stack) -> None:
    """Numbers of the autoscaler and of the load balancer. The update also takes back the flag of the forced deployment.

    The weights, which ECS has moved before, are no drift.
    """
    before = weights(dev, 80, 30)
    deploy_again(dev)
    moved = weights(dev, 80, 30)
    assert sorted(moved.values()) == [0, 100]
    assert moved != before
    live, idle = sorted(moved, key=lambda group: -moved[group])
    assert (healthy_in(dev, live), healthy_in(dev, idle)) == (dev.service()["desiredCount"], 0)

    strategy = {"deploymentStrategy": "canary", "bakeTimeMinutes": "20", "canaryPercent": "20"}
    counts = {"minCount": "2", "desiredCount": "2", "maxCount": "3", "onDemandBase": "2", "cpuTargetPercent": "60"}
    others = {"idleTimeoutSeconds": "400", "logRetentionDays": "14", "deregistrationDelaySeconds": "40"}
    effect = update(dev, "--refresh", **strategy, **counts, **others)
    assert effect == UPDATE
    assert set(effect.changes.values()) == {"update"}
    assert weights(dev, 80, 30) == moved
    deployment = dev.service()["deploymentConfiguration"]
    assert (deployment["strategy"], deployment["bakeTimeInMinutes"]) == ("CANARY", 20)
    assert deployment["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert deployment["canaryConfiguration"] == {"canaryPercent": 20.0, "canaryBakeTimeInMinutes": 20}
    # Without Spot the base is not part of the capacity.
    assert providers(dev) == {"FARGATE": (0, 100)}
    # The autoscaler has raised the count to the new minimum, and says why.
    assert dev.service()["desiredCount"] == 2
    resource = f"service/{dev.named('voiceter-cluster')}/{dev.named('voiceter-backend')}"
    scaling = dev.client("application-autoscaling")
    activities = scaling.describe_scaling_activities(ServiceNamespace="ecs", ResourceId=resource)["ScalingActivities"]
    assert activities[0]["Cause"] == "minimum capacity was set to 2"


def test_change_to_rolling_is_refused_while_the_alternate_group_serves(dev: Stack) -> None:
    move_tasks_to_the_alternate_group(dev)
    before = weights(dev, 80, 30)
    dev.sandbox.set(dev.name, deploymentStrategy="rolling")
    refusal = dev.sandbox.fails(f"pulumi up -s {dev.name} --yes --skip-preview --non-interactive")
    assert "deploymentStrategy = 'rolling'" in refusal
    assert "make redeploy" in refusal
    assert weights(dev, 80, 30) == before
    assert dev.service()["deploymentConfiguration"]["strategy"] == "CANARY"


def test_change_to_rolling_once_the_first_group_serves(dev: Stack) -> None:
    first, alternate = groups(dev)
    with Watch(dev):
        deploy_again(dev)
        assert update(dev).service == "update"
    dev.sandbox.unchanged(dev.name)
    assert rules(dev).keys() == {(80, 90)}
    assert weights(dev, 80, 90).keys() == {first}
    assert healthy_in(dev, first) == dev.service()["desiredCount"]
    assert "advancedConfiguration" not in dev.service()["loadBalancers"][0]
    left = {one["TargetGroupArn"] for one in dev.client("elbv2").describe_target_groups()["TargetGroups"]}
    assert first in left
    assert alternate not in left


def test_update_without_a_refresh_finds_capacity_that_was_changed_outside(dev: Stack) -> None:
    """As docs/recovery.md says: the provider refuses a refresh before that."""
    both = [{"capacityProvider": name, "weight": 1} for name in ("FARGATE", "FARGATE_SPOT")]
    deploy_again(dev, capacityProviderStrategy=both)
    assert update(dev) == FORCED
    dev.restore()  # with a refresh, as the config has changed
    assert providers(dev) == {"FARGATE_SPOT": (0, 100)}
