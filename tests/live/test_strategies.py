"""Deployment strategies on the sandbox: what ECS is told, who owns the weights, and the way from each to another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.live import ACCOUNT_ID, LiveSandbox, live_sandbox

CLUSTER, SERVICE = "voiceter-cluster-dev", "voiceter-backend-dev"
NO_CHANGES = "pulumi up -s dev --yes --non-interactive --expect-no-changes --suppress-outputs"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSandbox]:
    with live_sandbox(tmp_path_factory.mktemp("strategies")) as sandbox:
        sandbox.up("dev")
        yield sandbox


def switch(sandbox: LiveSandbox, strategy: str) -> dict[str, str]:
    """Sets the strategy, deploys it, and gives what the preview said would happen: type and name -> operation."""
    sandbox.succeeded(sandbox.shell(f"pulumi config set deploymentStrategy {strategy} -s dev"))
    plan = json.loads(sandbox.succeeded(sandbox.shell("pulumi preview -s dev --json --non-interactive")))
    sandbox.succeeded(sandbox.shell("pulumi up -s dev --yes --skip-preview --non-interactive --suppress-outputs"))
    sandbox.succeeded(sandbox.shell(NO_CHANGES))
    return {
        step["urn"].rpartition("$")[2].rpartition("/")[2]: step["op"]
        for step in plan["steps"]
        if step["op"] not in ("same", "read")
    }


def service(sandbox: LiveSandbox) -> dict[str, Any]:
    (found,) = sandbox.client("ecs").describe_services(cluster=CLUSTER, services=[SERVICE])["services"]
    return found


def deploy_again(sandbox: LiveSandbox) -> None:
    """A new deployment of the same version."""
    sandbox.client("ecs").update_service(cluster=CLUSTER, service=SERVICE, forceNewDeployment=True)


def weights(sandbox: LiveSandbox) -> dict[int, list[tuple[str, int]]]:
    """Priority of each rule -> the target groups that it forwards to, and their weights."""
    elb = sandbox.client("elbv2")
    (balancer,) = elb.describe_load_balancers(Names=[SERVICE])["LoadBalancers"]
    (listener,) = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    return {
        int(rule["Priority"]): [
            (group["TargetGroupArn"], group["Weight"]) for group in rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
        ]
        for rule in elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
        if not rule["IsDefault"]
    }


def healthy(sandbox: LiveSandbox, group: str) -> int:
    targets = sandbox.client("elbv2").describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return sum(target["TargetHealth"]["State"] == "healthy" for target in targets)


def test_rolling_is_the_default(sandbox: LiveSandbox) -> None:
    deployment = service(sandbox)["deploymentConfiguration"]
    assert deployment["strategy"] == "ROLLING"
    assert deployment["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    ((group, _),) = weights(sandbox)[100]
    assert healthy(sandbox, group) == 1


def test_to_blue_green_on_a_live_stack(sandbox: LiveSandbox) -> None:
    before = service(sandbox)
    changes = switch(sandbox, "blue-green")
    # Nothing that serves is replaced or taken away: the service is changed in place, the old rule goes last.
    assert changes["service:Service::service"] == "update"
    assert {name for name, operation in changes.items() if operation not in ("create", "update")} == {
        "listenerRule:ListenerRule::everything"
    }
    assert not {name for name in changes if name.startswith("taskDefinition")}
    after = service(sandbox)
    assert after["serviceArn"] == before["serviceArn"]
    deployment = after["deploymentConfiguration"]
    assert (deployment["strategy"], deployment["bakeTimeInMinutes"]) == ("BLUE_GREEN", 10)
    assert deployment["alarms"]["rollback"] is True
    assert deployment["deploymentCircuitBreaker"] == {"enable": False, "rollback": False}
    (balancer,) = after["loadBalancers"]
    rules = weights(sandbox)
    assert set(rules) == {40, 50}
    assert {arn for arn, _ in rules[50]} == {
        balancer["targetGroupArn"],
        balancer["advancedConfiguration"]["alternateTargetGroupArn"],
    }
    role = balancer["advancedConfiguration"]["roleArn"]
    assert role == f"arn:aws:iam::{ACCOUNT_ID}:role/voiceter-backend-infrastructure-role-dev"
    policies = sandbox.client("iam").list_attached_role_policies(RoleName=role.rpartition("/")[2])["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in policies] == ["AmazonECSInfrastructureRolePolicyForLoadBalancers"]


def test_ecs_owns_the_weights(sandbox: LiveSandbox) -> None:
    before = weights(sandbox)
    deploy_again(sandbox)
    after = weights(sandbox)
    assert before[50] != after[50]
    assert sorted(weight for _, weight in after[50]) == [0, 100]
    (live,) = [group for group, weight in after[50] if weight == 100]
    (idle,) = [group for group, weight in after[50] if weight == 0]
    assert (healthy(sandbox, live), healthy(sandbox, idle)) == (1, 0)
    # They are no drift: neither an up nor a refresh, nor an up after it, moves them.
    sandbox.succeeded(sandbox.shell(NO_CHANGES))
    sandbox.succeeded(sandbox.shell("pulumi refresh -s dev --yes --non-interactive --suppress-outputs"))
    sandbox.succeeded(sandbox.shell(NO_CHANGES))
    assert weights(sandbox) == after


@pytest.mark.parametrize(
    ("strategy", "configuration"),
    [
        ("canary", {"canaryConfiguration": {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 10}}),
        ("linear", {"linearConfiguration": {"stepPercent": 25.0, "stepBakeTimeInMinutes": 10}}),
    ],
)
def test_from_one_shift_to_another_is_one_change(
    sandbox: LiveSandbox, strategy: str, configuration: dict[str, Any]
) -> None:
    assert switch(sandbox, strategy) == {"service:Service::service": "update"}
    deployment = service(sandbox)["deploymentConfiguration"]
    assert deployment["strategy"] == strategy.upper()
    assert deployment["bakeTimeInMinutes"] == 10
    assert configuration.items() <= deployment.items()


def test_the_way_back_is_refused_while_the_alternate_group_serves(sandbox: LiveSandbox) -> None:
    alternate = service(sandbox)["loadBalancers"][0]["advancedConfiguration"]["alternateTargetGroupArn"]
    if dict(weights(sandbox)[50])[alternate] == 0:
        deploy_again(sandbox)
    before = weights(sandbox)
    sandbox.succeeded(sandbox.shell("pulumi config set deploymentStrategy rolling -s dev"))
    for command in ("preview", "up --yes --skip-preview"):
        refused = sandbox.shell(f"pulumi {command} -s dev --non-interactive")
        assert refused.status != 0
        assert "deploymentStrategy = 'rolling'" in refused.output
        assert "make redeploy" in refused.output
        assert "Traceback" not in refused.output
    assert weights(sandbox) == before
    assert service(sandbox)["deploymentConfiguration"]["strategy"] == "LINEAR"


def test_the_way_back_once_the_first_group_serves(sandbox: LiveSandbox) -> None:
    """Last in this module."""
    deploy_again(sandbox)
    before = service(sandbox)
    changes = switch(sandbox, "rolling")
    assert changes["service:Service::service"] == "update"
    assert service(sandbox)["serviceArn"] == before["serviceArn"]
    rules = weights(sandbox)
    assert set(rules) == {100}
    ((group, _),) = rules[100]
    assert group == before["loadBalancers"][0]["targetGroupArn"]
    assert healthy(sandbox, group) == 1
    assert "advancedConfiguration" not in service(sandbox)["loadBalancers"][0]
    groups = sandbox.client("elbv2").describe_target_groups()["TargetGroups"]
    assert [found["TargetGroupArn"] for found in groups] == [group]
    roles = {role["RoleName"] for role in sandbox.client("iam").list_roles()["Roles"]}
    assert "voiceter-backend-infrastructure-role-dev" not in roles
