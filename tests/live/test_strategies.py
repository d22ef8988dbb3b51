"""Deployment strategies on a stack that is up: what ECS gets, who owns the weights, and every change of strategy."""

from __future__ import annotations

from typing import Any

import pytest

from tests.live.harness import ACCOUNT_ID, Stack

pytestmark = pytest.mark.live

SERVICE = "ecs/service:Service service"


def switch(dev: Stack, strategy: str) -> dict[str, str]:
    """Sets and deploys the strategy; what the update changed."""
    dev.sandbox.set("dev", deploymentStrategy=strategy)
    return dev.sandbox.changed("dev")


def deploy_again(dev: Stack) -> None:
    """Starts a new deployment of the same revision."""
    dev.client("ecs").update_service(
        cluster="voiceter-cluster-dev", service="voiceter-backend-dev", forceNewDeployment=True
    )


def weights(dev: Stack) -> dict[int, list[tuple[str, int]]]:
    """Priority of each listener rule that forwards -> its target groups and their weights."""
    elb = dev.client("elbv2")
    (balancer,) = elb.describe_load_balancers(Names=["voiceter-backend-dev"])["LoadBalancers"]
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


def test_rolling_is_the_default(dev: Stack) -> None:
    deployment = dev.service()["deploymentConfiguration"]
    assert deployment["strategy"] == "ROLLING"
    assert deployment["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    ((group, _),) = weights(dev)[90]
    assert healthy(dev, group) == 1


def test_change_to_blue_green_keeps_the_service(dev: Stack) -> None:
    before = dev.service()
    changes = switch(dev, "blue-green")
    # The service is updated in place; of what serves, only the old listener rule goes, last.
    assert changes[SERVICE] == "update"
    replaced_or_deleted = {name for name, operation in changes.items() if operation not in ("create", "update")}
    assert replaced_or_deleted == {"lb/listenerRule:ListenerRule everything-http"}
    assert not {name for name in changes if "taskDefinition" in name or "iam/" in name}
    after = dev.service()
    assert after["serviceArn"] == before["serviceArn"]
    deployment = after["deploymentConfiguration"]
    assert (deployment["strategy"], deployment["bakeTimeInMinutes"]) == ("BLUE_GREEN", 10)
    assert deployment["alarms"]["rollback"] is True
    assert deployment["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    (balancer,) = after["loadBalancers"]
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
    assert (healthy(dev, live), healthy(dev, idle)) == (1, 0)
    dev.sandbox.updated("dev", "--refresh", "--expect-no-changes")
    assert weights(dev) == after


@pytest.mark.parametrize(
    ("strategy", "configuration"),
    [
        ("canary", {"canaryConfiguration": {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 10}}),
        ("linear", {"linearConfiguration": {"stepPercent": 25.0, "stepBakeTimeInMinutes": 10}}),
    ],
)
def test_change_between_shifting_strategies_updates_only_the_service(
    dev: Stack, strategy: str, configuration: dict[str, Any]
) -> None:
    assert switch(dev, strategy) == {SERVICE: "update"}
    deployment = dev.service()["deploymentConfiguration"]
    assert deployment["strategy"] == strategy.upper()
    assert deployment["bakeTimeInMinutes"] == 10
    assert configuration.items() <= deployment.items()


def test_change_to_rolling_is_refused_while_the_alternate_group_serves(dev: Stack) -> None:
    alternate = dev.service()["loadBalancers"][0]["advancedConfiguration"]["alternateTargetGroupArn"]
    if dict(weights(dev)[30])[alternate] == 0:
        deploy_again(dev)
    before = weights(dev)
    dev.sandbox.set("dev", deploymentStrategy="rolling")
    refusal = dev.sandbox.refuses("pulumi up -s dev --yes --skip-preview --non-interactive")
    assert "deploymentStrategy = 'rolling'" in refusal
    assert "make redeploy" in refusal
    assert weights(dev) == before
    assert dev.service()["deploymentConfiguration"]["strategy"] == "LINEAR"


def test_change_to_rolling_once_the_first_group_serves(dev: Stack) -> None:
    deploy_again(dev)
    before = dev.service()
    assert switch(dev, "rolling")[SERVICE] == "update"
    dev.sandbox.unchanged("dev")
    assert dev.service()["serviceArn"] == before["serviceArn"]
    rules = weights(dev)
    assert set(rules) == {90}
    ((group, _),) = rules[90]
    assert group == before["loadBalancers"][0]["targetGroupArn"]
    assert healthy(dev, group) == 1
    assert "advancedConfiguration" not in dev.service()["loadBalancers"][0]
    groups = dev.client("elbv2").describe_target_groups()["TargetGroups"]
    # The account may have other stacks, whose target groups have names of the same form.
    assert [found["TargetGroupArn"] for found in groups if found["VpcId"] == dev.outputs["vpcId"]] == [group]
