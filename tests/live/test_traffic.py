"""Clients reach the tasks whatever changes at the load balancer: listeners, rules, target groups and zones.

The image is slow, as on AWS: after each shift of the traffic, the update waits while the old tasks drain.
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.live.harness import Stack
from tests.live.watch import CutOffError, Watch

pytestmark = pytest.mark.live

NAME = "voice.example.com"
DEADLINE_SECONDS = 30


def listeners(dev: Stack) -> dict[int, str]:
    """The ARN of each listener, by port."""
    elb = dev.client("elbv2")
    (balancer,) = elb.describe_load_balancers(Names=["voiceter-backend-dev"])["LoadBalancers"]
    found = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    return {listener["Port"]: listener["ListenerArn"] for listener in found}


def rules(dev: Stack) -> dict[tuple[int, int], dict[str, Any]]:
    """The rules that forward, by the listener's port and their priority."""
    elb = dev.client("elbv2")
    return {
        (port, int(rule["Priority"])): rule
        for port, arn in listeners(dev).items()
        for rule in elb.describe_rules(ListenerArn=arn)["Rules"]
        if not rule["IsDefault"] and rule["Actions"][0]["Type"] == "forward"
    }


def redirect(dev: Stack) -> dict[str, Any]:
    """The rule of the HTTP listener that redirects."""
    found = dev.client("elbv2").describe_rules(ListenerArn=listeners(dev)[80])["Rules"]
    (rule,) = (one for one in found if not one["IsDefault"] and one["Actions"][0]["Type"] == "redirect")
    return rule


def weights(dev: Stack, port: int, priority: int) -> dict[str, int]:
    """Target group -> its weight in a rule."""
    config = rules(dev)[port, priority]["Actions"][0]["ForwardConfig"]
    return {group["TargetGroupArn"]: group["Weight"] for group in config["TargetGroups"]}


def groups(dev: Stack) -> tuple[str, str]:
    """The service's first and its alternate target group."""
    (entry,) = dev.service()["loadBalancers"]
    return entry["targetGroupArn"], entry["advancedConfiguration"]["alternateTargetGroupArn"]


def healthy_in(dev: Stack, group: str) -> int:
    described = dev.client("elbv2").describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return sum(one["TargetHealth"]["State"] == "healthy" for one in described)


def wait_for_deployment(dev: Stack) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while dev.service()["deployments"][0]["rolloutState"] == "IN_PROGRESS":
        assert time.monotonic() < deadline, dev.service()["deployments"]
        time.sleep(0.1)


def move_tasks_to_the_alternate_group(dev: Stack) -> None:
    """Deploys the same revision again, if the tasks are in the first group."""
    first, alternate = groups(dev)
    if healthy_in(dev, first):
        dev.client("ecs").update_service(
            cluster="voiceter-cluster-dev", service="voiceter-backend-dev", forceNewDeployment=True
        )
        wait_for_deployment(dev)
    assert (healthy_in(dev, first), healthy_in(dev, alternate)) == (0, 1)


def assert_clients_reach_the_tasks(dev: Stack, port: int) -> None:
    live, idle = sorted(groups(dev), key=lambda group: -healthy_in(dev, group))
    assert (healthy_in(dev, live), healthy_in(dev, idle)) == (1, 0)
    assert weights(dev, port, {80: 30, 443: 50}[port]) == {live: 100, idle: 0}


def certificate(dev: Stack) -> str:
    return dev.client("acm").request_certificate(DomainName=NAME)["CertificateArn"]


def zones(dev: Stack) -> tuple[int, int, int]:
    """The number of zones of the load balancer and of the service, and of the subnets of the network."""
    (balancer,) = dev.client("elbv2").describe_load_balancers(Names=["voiceter-backend-dev"])["LoadBalancers"]
    network = dev.service()["networkConfiguration"]["awsvpcConfiguration"]
    subnets = dev.client("ec2").describe_subnets(Filters=[{"Name": "vpc-id", "Values": [balancer["VpcId"]]}])
    return len(balancer["AvailabilityZones"]), len(network["subnets"]), len(subnets["Subnets"])


def updated(dev: Stack) -> str:
    """Runs `pulumi up`, which must not cut clients off; its output."""
    with Watch(dev):
        return dev.sandbox.updated("dev")


def test_change_to_blue_green_and_one_more_zone(dev: Stack) -> None:
    dev.sandbox.image("dev", "slow", "slow")
    dev.sandbox.set("dev", imageTag="slow", deploymentStrategy="blue-green", bakeTimeMinutes="1", availabilityZones="3")
    updated(dev)
    assert zones(dev) == (3, 3, 6)
    for group in groups(dev):
        answer = dev.client("elbv2").describe_target_group_attributes(TargetGroupArn=group)
        attributes = {one["Key"]: one["Value"] for one in answer["Attributes"]}
        assert attributes["load_balancing.algorithm.type"] == "least_outstanding_requests"
    for rule in rules(dev).values():
        cookie = rule["Actions"][0]["ForwardConfig"]["TargetGroupStickinessConfig"]
        assert cookie["DurationSeconds"] <= 60 * dev.service()["deploymentConfiguration"]["bakeTimeInMinutes"]


def test_https_on_while_the_tasks_are_in_the_alternate_group(dev: Stack) -> None:
    move_tasks_to_the_alternate_group(dev)
    dev.sandbox.set("dev", domainName=NAME, certificateArn=certificate(dev))
    updated(dev)
    assert rules(dev).keys() == {(443, 40), (443, 50)}
    assert redirect(dev)["Priority"] == "10"
    assert_clients_reach_the_tasks(dev, 443)


def test_what_is_deleted_by_hand_comes_back_with_the_weights_that_are_live(dev: Stack) -> None:
    """A listener with its rules, and the rule of another one."""
    move_tasks_to_the_alternate_group(dev)
    elb = dev.client("elbv2")
    elb.delete_rule(RuleArn=redirect(dev)["RuleArn"])
    elb.delete_listener(ListenerArn=listeners(dev)[443])
    with pytest.raises(CutOffError) as cut_off, Watch(dev):
        dev.sandbox.updated("dev", "--refresh")
    # Nothing led to a task until the rules were there. From then on they did.
    assert "no listener leads to a healthy task" in str(cut_off.value)
    assert "forwards to a group without healthy targets" not in str(cut_off.value)
    dev.sandbox.unchanged("dev")
    assert redirect(dev)["Priority"] == "10"
    assert_clients_reach_the_tasks(dev, 443)


def test_https_off_while_the_tasks_are_in_the_alternate_group(dev: Stack) -> None:
    """The listener on port 80 stays, and gets new rules."""
    move_tasks_to_the_alternate_group(dev)
    dev.sandbox.remove("dev", "domainName", "certificateArn")
    updated(dev)
    assert rules(dev).keys() == {(80, 20), (80, 30)}
    assert redirect(dev)["Priority"] == "200"
    assert_clients_reach_the_tasks(dev, 80)


def test_without_the_service_the_strategy_may_be_rolling_again(dev: Stack) -> None:
    """Without an image there are no tasks that could move to the first group."""
    move_tasks_to_the_alternate_group(dev)
    tag = dev.sandbox.succeeds("pulumi config get imageTag -s dev").strip()
    dev.sandbox.remove("dev", "imageTag")
    dev.sandbox.updated("dev")
    dev.sandbox.set("dev", deploymentStrategy="rolling", imageTag=tag, desiredCount="2", minCount="2")
    dev.sandbox.updated("dev")
    ((group, weight),) = weights(dev, 80, 90).items()
    assert (weight, healthy_in(dev, group)) == (100, 2)


def test_zone_leaves_the_load_balancer_after_its_tasks_have_left_it(dev: Stack) -> None:
    assert zones(dev) == (3, 3, 6)
    dev.sandbox.set("dev", availabilityZones="2", redisEnabled="true")
    dev.sandbox.succeeds("openssl rand -hex 32 | pulumi config set --secret redisAuthToken -s dev")
    refusal = dev.sandbox.fails("pulumi preview -s dev --non-interactive")
    assert "availabilityZones = 2: takes a zone away in which Redis may have a node" in refusal
    dev.sandbox.remove("dev", "redisEnabled", "redisAuthToken")
    assert "availabilityZones = 2: this update moves the tasks out of the zone that goes" in updated(dev)
    assert zones(dev) == (3, 2, 6)
    updated(dev)
    assert zones(dev) == (2, 2, 4)
    dev.sandbox.unchanged("dev")
