"""What an update starts: a new deployment, an update of the service without a deployment, or nothing of the service.

docs/releases.md lists it for every key; tests/program/test_what_deploys.py derives it for every key. Here the account
shows it for changes of the strategy, of numbers and of the capacity: what ECS gets, and who owns the weights.
test_releases.py shows it for a release.

The tests are one story and run in this order. The strategies change as in the transcripts of docs/releases.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
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
from tests.live.transcripts import BACK_TO_ROLLING, BLUE_GREEN, changes_shown, follow
from tests.live.watch import Watch

pytestmark = pytest.mark.live

SERVICE = "ecs/service:Service service"


def observed(dev: Stack, update: Callable[[], Mapping[str, str]]) -> tuple[int, Mapping[str, str]]:
    """Runs an update, which has to keep the service; how many deployments it started, and what it changed."""

    def service() -> tuple[Any, Any]:
        return dev.service()["serviceArn"], dev.service()["createdAt"]

    before, started = service(), len(dev.service_deployments())
    changes = update()
    assert service() == before
    return len(dev.service_deployments()) - started, changes


def providers(dev: Stack) -> dict[str, tuple[int, int]]:
    """The base and the weight of each capacity provider of the service."""
    strategy: list[dict[str, Any]] = dev.service()["capacityProviderStrategy"]
    return {one["capacityProvider"]: (one.get("base", 0), one["weight"]) for one in strategy}


def test_change_to_blue_green_and_another_capacity_are_one_deployment_of_the_same_revision(
    dev: Stack, tmp_path: Path
) -> None:
    deployment = dev.service()["deploymentConfiguration"]
    assert deployment["strategy"] == "ROLLING"
    assert deployment["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    ((group, _),) = weights(dev, 80, 90).items()
    assert healthy_in(dev, group) == dev.service()["desiredCount"]
    assert providers(dev) == {"FARGATE_SPOT": (0, 100)}
    dev.sandbox.set("dev", spotPercent="0")
    dev.sandbox.succeeds("pulumi stack select dev")
    deployments, changes = observed(dev, lambda: changes_shown(follow(dev.sandbox, tmp_path, BLUE_GREEN)))
    assert deployments == 1
    # Of what serves, only the old listener rule goes, last.
    assert {name for name, sign in changes.items() if sign not in "+~"} == {"lb:ListenerRule everything-http"}
    assert not {name for name in changes if name.startswith(("ecs:TaskDefinition", "iam:"))}
    assert providers(dev) == {"FARGATE": (0, 100)}
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
    dev.sandbox.set("dev", **strategy, **counts, **others)
    deployments, changes = observed(dev, lambda: dev.sandbox.changed("dev", "--refresh"))
    assert deployments == 0
    assert changes[SERVICE] == "update"
    assert set(changes.values()) == {"update"}
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


def test_change_to_rolling_is_refused_until_the_first_group_serves(dev: Stack, tmp_path: Path) -> None:
    """With a slow image: at the end, old tasks run beside the new ones."""
    dev.sandbox.image("dev", "slow", "slow")
    dev.sandbox.set("dev", imageTag="slow")
    move_tasks_to_the_alternate_group(dev)
    first, alternate = groups(dev)
    with Watch(dev):
        follow(dev.sandbox, tmp_path, BACK_TO_ROLLING)
    assert rules(dev).keys() == {(80, 90)}
    assert weights(dev, 80, 90).keys() == {first}
    assert healthy_in(dev, first) == dev.service()["desiredCount"] == 2
    assert "advancedConfiguration" not in dev.service()["loadBalancers"][0]
    left = {one["TargetGroupArn"] for one in dev.client("elbv2").describe_target_groups()["TargetGroups"]}
    assert first in left
    assert alternate not in left


def test_capacity_that_was_changed_outside_is_found_by_an_update_without_a_refresh(dev: Stack) -> None:
    """As docs/recovery.md says: the provider refuses a refresh before that."""
    both = [{"capacityProvider": name, "weight": 1} for name in ("FARGATE", "FARGATE_SPOT")]
    deploy_again(dev, capacityProviderStrategy=both)
    assert observed(dev, lambda: dev.sandbox.changed("dev")) == (1, {SERVICE: "update"})


def test_changed_capacity_is_one_deployment_of_the_same_revision_and_changes_nothing_else(dev: Stack) -> None:
    """With a refresh, so nothing is left of the updates before. The last test of this file: it restores the numbers."""
    dev.sandbox.set("dev", spotPercent="100", onDemandBase="0")
    assert observed(dev, lambda: dev.sandbox.changed("dev", "--refresh")) == (1, {SERVICE: "update"})
    assert providers(dev) == {"FARGATE_SPOT": (0, 100)}
    dev.restore()
