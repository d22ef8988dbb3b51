"""What an update starts: a release, an update of the service without a deployment, or nothing of the service.

docs/releases.md lists it for every key; tests/program/test_what_deploys.py derives it for every key. Here the account
shows it for keys of each kind, and for every change of strategy: what ECS gets, and who owns the weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.live.harness import ACCOUNT_ID, Stack

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
    return Effect(len(deployments(dev)) - len(before), changes.get(SERVICE), changes.get(TASK), changes)


NOTHING = Effect(0, None, None)
UPDATE = Effect(0, "update", None)  # of the service alone, without a deployment
RELEASE = Effect(1, "update", "replace")  # of a new revision
FORCED = Effect(1, "update", None)  # a new deployment of the same revision


def providers(dev: Stack) -> dict[str, tuple[int, int]]:
    """The base and the weight of each capacity provider of the service."""
    strategy: list[dict[str, Any]] = dev.service()["capacityProviderStrategy"]
    return {one["capacityProvider"]: (one.get("base", 0), one["weight"]) for one in strategy}


def deploy_again(dev: Stack) -> None:
    """Starts a new deployment of the same revision."""
    dev.client("ecs").update_service(
        cluster=dev.named("voiceter-cluster"), service=dev.named("voiceter-backend"), forceNewDeployment=True
    )


def weights(dev: Stack) -> dict[int, list[tuple[str, int]]]:
    """Priority of each listener rule that forwards -> its target groups and their weights."""
    elb = dev.client("elbv2")
    (balancer,) = elb.describe_load_balancers(Names=[dev.named("voiceter-backend")])["LoadBalancers"]
    (listener,) = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    return {
        int(rule["Priority"]): [
            (group["TargetGroupArn"], group["Weight"]) for group in rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
        ]
        for rule in elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
        if not rule["IsDefault"] and rule["Actions"][0]["Type"] == "forward"
    }


def healthy(dev: Stack, group: str) -> int:
    """How many healthy targets a target group has."""
    targets = dev.client("elbv2").describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return sum(target["TargetHealth"]["State"] == "healthy" for target in targets)


def test_numbers_of_the_autoscaler_and_of_the_load_balancer_leave_the_service_alone(dev: Stack) -> None:
    counts = {"minCount": "2", "desiredCount": "2", "maxCount": "3", "cpuTargetPercent": "60"}
    assert update(dev, **counts, idleTimeoutSeconds="400", logRetentionDays="14") == NOTHING
    # The autoscaler has raised the count to the new minimum, and says why.
    assert dev.service()["desiredCount"] == 2
    resource = f"service/{dev.named('voiceter-cluster')}/{dev.named('voiceter-backend')}"
    scaling = dev.client("application-autoscaling")
    activities = scaling.describe_scaling_activities(ServiceNamespace="ecs", ResourceId=resource)["ScalingActivities"]
    assert activities[0]["Cause"] == "minimum capacity was set to 2"


def test_changed_variable_is_a_release(dev: Stack) -> None:
    assert update(dev, logLevel="DEBUG") == RELEASE


def test_changed_capacity_is_a_forced_deployment_of_the_same_service(dev: Stack) -> None:
    assert providers(dev) == {"FARGATE_SPOT": (0, 100)}
    assert update(dev, spotPercent="0") == FORCED
    assert providers(dev) == {"FARGATE": (0, 100)}
    # The next update takes the flag back, which starts nothing. Without Spot the base is not part of the capacity.
    assert update(dev, onDemandBase="2", minCount="1", deregistrationDelaySeconds="40") == UPDATE
    assert providers(dev) == {"FARGATE": (0, 100)}


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


def test_change_to_blue_green_is_a_forced_deployment_of_the_same_service(dev: Stack) -> None:
    deployment = dev.service()["deploymentConfiguration"]
    assert deployment["strategy"] == "ROLLING"
    assert deployment["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    ((group, _),) = weights(dev)[90]
    assert healthy(dev, group) == dev.service()["desiredCount"]
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
    (balancer,) = dev.service()["loadBalancers"]
    rules = weights(dev)
    assert set(rules) == {20, 30}
    assert {arn for arn, _ in rules[30]} == {
        balancer["targetGroupArn"],
        balancer["advancedConfiguration"]["alternateTargetGroupArn"],
    }
    role = balancer["advancedConfiguration"]["roleArn"]
    assert role == f"arn:aws:iam::{ACCOUNT_ID}:role/voiceter-backend-infrastructure-role-dev"
    policies = dev.client("iam").list_attached_role_policies(RoleName=role.rpartition("/")[2])["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in policies] == ["AmazonECSInfrastructureRolePolicyForLoadBalancers"]


def test_weights_that_ecs_moves_are_not_drift(dev: Stack) -> None:
    before = weights(dev)
    deploy_again(dev)
    after = weights(dev)
    assert before[30] != after[30]
    assert sorted(weight for _, weight in after[30]) == [0, 100]
    (live,) = [group for group, weight in after[30] if weight == 100]
    (idle,) = [group for group, weight in after[30] if weight == 0]
    assert (healthy(dev, live), healthy(dev, idle)) == (dev.service()["desiredCount"], 0)
    dev.sandbox.updated(dev.name, "--refresh", "--expect-no-changes")
    assert weights(dev) == after


@pytest.mark.parametrize(
    ("config", "configuration"),
    [
        (
            {"deploymentStrategy": "canary", "bakeTimeMinutes": "20", "canaryPercent": "20"},
            {"bakeTimeInMinutes": 20, "canaryConfiguration": {"canaryPercent": 20.0, "canaryBakeTimeInMinutes": 20}},
        ),
        (
            {"deploymentStrategy": "linear", "bakeTimeMinutes": "10"},
            {"bakeTimeInMinutes": 10, "linearConfiguration": {"stepPercent": 25.0, "stepBakeTimeInMinutes": 10}},
        ),
    ],
    ids=["canary", "linear"],
)
def test_another_shifting_strategy_and_its_figures_start_no_deployment(
    dev: Stack, config: dict[str, str], configuration: dict[str, Any]
) -> None:
    effect = update(dev, **config)
    assert effect == UPDATE
    assert effect.changes == {SERVICE: "update"}
    deployment = dev.service()["deploymentConfiguration"]
    assert deployment["strategy"] == config["deploymentStrategy"].upper()
    assert deployment["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert configuration.items() <= deployment.items()


def test_change_to_rolling_is_refused_while_the_alternate_group_serves(dev: Stack) -> None:
    alternate = dev.service()["loadBalancers"][0]["advancedConfiguration"]["alternateTargetGroupArn"]
    if dict(weights(dev)[30])[alternate] == 0:
        deploy_again(dev)
    before = weights(dev)
    dev.sandbox.set(dev.name, deploymentStrategy="rolling")
    refusal = dev.sandbox.fails(f"pulumi up -s {dev.name} --yes --skip-preview --non-interactive")
    assert "deploymentStrategy = 'rolling'" in refusal
    assert "make redeploy" in refusal
    assert weights(dev) == before
    assert dev.service()["deploymentConfiguration"]["strategy"] == "LINEAR"


def test_change_to_rolling_once_the_first_group_serves(dev: Stack) -> None:
    deploy_again(dev)
    before = dev.service()
    assert update(dev).service == "update"
    dev.sandbox.unchanged(dev.name)
    rules = weights(dev)
    assert set(rules) == {90}
    ((group, _),) = rules[90]
    assert group == before["loadBalancers"][0]["targetGroupArn"]
    assert healthy(dev, group) == dev.service()["desiredCount"]
    assert "advancedConfiguration" not in dev.service()["loadBalancers"][0]
    groups = dev.client("elbv2").describe_target_groups()["TargetGroups"]
    # The account may have other stacks, whose target groups have names of the same form.
    assert [found["TargetGroupArn"] for found in groups if found["VpcId"] == dev.outputs["vpcId"]] == [group]
