"""Where the load balancer of a stack sends its clients, and which tasks are there."""

from __future__ import annotations

import time
from typing import Any

from tests.live.stack import Stack

DEADLINE_SECONDS = 30


def listeners(stack: Stack) -> dict[int, str]:
    """The ARN of each listener, by port."""
    balancer = stack.load_balancer()["LoadBalancerArn"]
    found = stack.client("elbv2").describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    return {listener["Port"]: listener["ListenerArn"] for listener in found}


def rules(stack: Stack) -> dict[tuple[int, int], dict[str, Any]]:
    """The rules that forward, by the listener's port and their priority."""
    elb = stack.client("elbv2")
    return {
        (port, int(rule["Priority"])): rule
        for port, arn in listeners(stack).items()
        for rule in elb.describe_rules(ListenerArn=arn)["Rules"]
        if not rule["IsDefault"] and rule["Actions"][0]["Type"] == "forward"
    }


def redirect(stack: Stack) -> dict[str, Any]:
    """The rule of the HTTP listener that redirects."""
    found = stack.client("elbv2").describe_rules(ListenerArn=listeners(stack)[80])["Rules"]
    (rule,) = (one for one in found if not one["IsDefault"] and one["Actions"][0]["Type"] == "redirect")
    return rule


def weights(stack: Stack, port: int, priority: int) -> dict[str, int]:
    """Target group -> its weight in a rule."""
    config = rules(stack)[port, priority]["Actions"][0]["ForwardConfig"]
    return {group["TargetGroupArn"]: group["Weight"] for group in config["TargetGroups"]}


def groups(stack: Stack) -> tuple[str, str]:
    """The service's first and its alternate target group."""
    (entry,) = stack.service()["loadBalancers"]
    return entry["targetGroupArn"], entry["advancedConfiguration"]["alternateTargetGroupArn"]


def healthy_in(stack: Stack, group: str) -> int:
    """How many healthy targets a target group has."""
    described = stack.client("elbv2").describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return sum(one["TargetHealth"]["State"] == "healthy" for one in described)


def deploy_again(stack: Stack, **changes: Any) -> None:
    """Deploys the same revision once more, until the deployment ends. ECS then exchanges the target groups."""
    stack.client("ecs").update_service(**stack.its_service, forceNewDeployment=True, **changes)
    wait_for_deployment(stack)


def wait_for_deployment(stack: Stack) -> None:
    """Waits until no deployment is in progress."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while any(one["rolloutState"] == "IN_PROGRESS" for one in stack.service()["deployments"]):
        assert time.monotonic() < deadline, stack.service()["deployments"]
        time.sleep(0.3)


def move_tasks_to_the_alternate_group(stack: Stack) -> None:
    """Deploys the same revision again, if the tasks are in the first group."""
    first, alternate = groups(stack)
    if healthy_in(stack, first):
        deploy_again(stack)
    assert healthy_in(stack, first) == 0 < healthy_in(stack, alternate)
