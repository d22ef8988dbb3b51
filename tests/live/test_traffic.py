"""Clients reach healthy tasks whatever changes while the traffic shifts: listeners, rules, rights, zones, strategies.

The steps are config changes that operators make one after another, on one stack and in this order:

- The strategies come in the order in which operators try them.
- HTTPS comes alone, goes with a release, comes with one that ECS rolls back, and goes with another.
- What ECS restores beside the revision (listener rule, subnets, capacity) comes in a release that ECS rolls back, with
  a good release after it, and goes in one that is set back.

The good images are slow, as on AWS: after each shift of the traffic, the update waits while the old tasks drain.
"""

from __future__ import annotations

import pytest

from sandbox.cli.fixtures import import_certificate
from tests.live.rights import OTHER_MODEL, SPEECH_MODEL, models, policies, secrets
from tests.live.stack import Stack
from tests.live.traffic import (
    groups,
    healthy_in,
    listeners,
    move_tasks_to_the_alternate_group,
    redirect,
    rules,
    weights,
)
from tests.live.watch import CutOffError, Watch

pytestmark = pytest.mark.live

NAME = "voice.example.com"
GOOD, BAD, BETTER = "3.0.0", "3.1.0", "3.2.0"


def assert_clients_reach_the_tasks(dev: Stack, port: int) -> None:
    live, idle = sorted(groups(dev), key=lambda group: -healthy_in(dev, group))
    assert (healthy_in(dev, live), healthy_in(dev, idle)) == (1, 0)
    assert weights(dev, port, {80: 30, 443: 50}[port]) == {live: 100, idle: 0}


def assert_https(dev: Stack) -> None:
    assert rules(dev).keys() == {(443, 40), (443, 50)}
    assert redirect(dev)["Priority"] == "10"
    assert_clients_reach_the_tasks(dev, 443)


def https(dev: Stack) -> dict[str, str]:
    """The keys that turn HTTPS on, with a certificate."""
    return {"domainName": NAME, "certificateArn": import_certificate(dev.client("acm"), NAME)}


def zones(dev: Stack) -> tuple[int, int, int]:
    """The number of zones of the load balancer and of the service, and of the subnets of the network."""
    balancer = dev.load_balancer()
    network = dev.service()["networkConfiguration"]["awsvpcConfiguration"]
    subnets = dev.client("ec2").describe_subnets(Filters=[{"Name": "vpc-id", "Values": [balancer["VpcId"]]}])
    return len(balancer["AvailabilityZones"]), len(network["subnets"]), len(subnets["Subnets"])


def capacity(dev: Stack) -> tuple[str, set[str]]:
    """Whether the tasks have public IP addresses, and the capacity providers."""
    service = dev.service()
    providers = {one["capacityProvider"] for one in service["capacityProviderStrategy"]}
    return service["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"], providers


def updated(dev: Stack, *options: str) -> str:
    """Runs `pulumi up`, which must not cut clients off; its output."""
    with Watch(dev):
        return dev.sandbox.updated("dev", *options)


def rolled_back(dev: Stack) -> None:
    """Deploys the bad image, which must not cut clients off."""
    dev.sandbox.set("dev", imageTag=BAD)
    with Watch(dev):
        run = dev.sandbox.update("dev")
    assert run.status != 0
    assert "the deployment failed" in run.output, run.output


def test_release_with_blue_green_one_more_zone_and_more_rights(dev: Stack) -> None:
    dev.sandbox.image("dev", GOOD, "slow")
    dev.sandbox.image("dev", BAD, "unhealthy")
    dev.sandbox.image("dev", BETTER, "slow")
    shifting = {"deploymentStrategy": "blue-green", "bakeTimeMinutes": "1", "availabilityZones": "3"}
    plain = {**shifting, "imageTag": GOOD, "enableXrayTracing": "true"}
    dev.sandbox.configure("dev", plain=plain, secret={"secrets.FIRST": "one"})
    updated(dev)
    assert zones(dev) == (3, 3, 6)
    assert secrets(dev) == {"FIRST"}
    for group in groups(dev):
        answer = dev.client("elbv2").describe_target_group_attributes(TargetGroupArn=group)
        attributes = {one["Key"]: one["Value"] for one in answer["Attributes"]}
        assert attributes["load_balancing.algorithm.type"] == "least_outstanding_requests"
    for rule in rules(dev).values():
        cookie = rule["Actions"][0]["ForwardConfig"]["TargetGroupStickinessConfig"]
        assert cookie["DurationSeconds"] <= 60 * dev.service()["deploymentConfiguration"]["bakeTimeInMinutes"]


def test_https_on_while_the_tasks_are_in_the_alternate_group(dev: Stack) -> None:
    move_tasks_to_the_alternate_group(dev)
    dev.sandbox.set("dev", **https(dev))
    updated(dev)
    assert_https(dev)


def test_canary_release_without_https_a_zone_and_rights(dev: Stack) -> None:
    """The listener on port 80 stays, and gets new rules."""
    move_tasks_to_the_alternate_group(dev)
    dev.sandbox.remove("dev", "domainName", "certificateArn", "secrets", "enableXrayTracing")
    dev.sandbox.set("dev", deploymentStrategy="canary", availabilityZones="2")
    assert "availabilityZones = 2: this update moves the tasks out of a zone" in updated(dev)
    assert rules(dev).keys() == {(80, 20), (80, 30)}
    assert redirect(dev)["Priority"] == "200"
    assert_clients_reach_the_tasks(dev, 80)
    assert not secrets(dev)
    assert "task-XRay" not in policies(dev, "task")
    assert zones(dev) == (3, 2, 6)


def test_bad_canary_release_with_https_nat_less_spot_and_another_model(dev: Stack) -> None:
    changed = {"natGateways": "single", "spotPercent": "50", "bedrockModelId": OTHER_MODEL}
    dev.sandbox.set("dev", **changed, **https(dev))
    rolled_back(dev)
    assert models(dev) == {SPEECH_MODEL, OTHER_MODEL}
    assert capacity(dev) == ("ENABLED", {"FARGATE_SPOT"})


def test_good_release_after_it_needs_a_refresh(dev: Stack) -> None:
    """ECS has restored what Pulumi's state has no more. Besides, the zone leaves the load balancer after its tasks."""
    dev.sandbox.set("dev", imageTag=BETTER)
    refusal = dev.sandbox.fails("pulumi preview -s dev --non-interactive")
    outdated = "the service runs with other listener rule and target groups, subnets, capacity providers"
    assert f"{outdated} than Pulumi's state says" in refusal
    assert "pulumi up --refresh" in refusal
    updated(dev, "--refresh")
    assert_https(dev)
    assert models(dev) == {OTHER_MODEL}
    assert capacity(dev) == ("DISABLED", {"FARGATE", "FARGATE_SPOT"})
    assert zones(dev) == (2, 2, 4)


def test_rollback_from_there_skips_the_bad_release(dev: Stack) -> None:
    """The rollback ends with its preview, which refuses the configuration."""
    with dev.sandbox.temporary_config("dev", cpu="1"):
        run = dev.sandbox.operate("rollback", "dev")
    assert run.status == 1
    assert f"dev from {BETTER} to {GOOD}" in run.output
    assert "the configuration of the stack dev has 1 mistake; nothing was changed." in run.output
    assert f"Nothing was changed, and imageTag is {BETTER} again." in run.output


def test_what_is_deleted_by_hand_comes_back_with_the_weights_that_are_live(dev: Stack) -> None:
    """A listener with its rules, the rule of another one, and the rights of the app."""
    move_tasks_to_the_alternate_group(dev)
    elb, iam, role = dev.client("elbv2"), dev.client("iam"), dev.named("voiceter-backend-task-role")
    elb.delete_rule(RuleArn=redirect(dev)["RuleArn"])
    elb.delete_listener(ListenerArn=listeners(dev)[443])
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role, PolicyName=policy)
    with pytest.raises(CutOffError) as cut_off, Watch(dev):
        dev.sandbox.updated("dev", "--refresh")
    # Nothing led to a task until the rules were there. From then on they did.
    assert "no listener leads to a healthy task" in str(cut_off.value)
    assert "forwards to a group without healthy targets" not in str(cut_off.value)
    assert f"{role} may not dynamodb:GetItem" in str(cut_off.value)
    with Watch(dev) as watch:
        watch.wait_for_readings()
    assert_https(dev)


def test_bad_linear_release_without_https_nat_and_spot(dev: Stack) -> None:
    dev.sandbox.remove("dev", "domainName", "certificateArn", "bedrockModelId")
    dev.sandbox.set("dev", deploymentStrategy="linear", natGateways="none", spotPercent="0")
    rolled_back(dev)
    assert models(dev) == {SPEECH_MODEL, OTHER_MODEL}
    assert capacity(dev) == ("DISABLED", {"FARGATE", "FARGATE_SPOT"})


def test_everything_but_the_strategy_is_set_back(dev: Stack) -> None:
    """With a refresh, as the capacity is set back too: without one, the provider refuses that (test_replacement.py)."""
    changed = {"natGateways": "single", "spotPercent": "50", "bedrockModelId": OTHER_MODEL, "imageTag": BETTER}
    dev.sandbox.set("dev", **changed, **https(dev))
    updated(dev, "--refresh")
    assert_https(dev)
    assert models(dev) == {OTHER_MODEL}
    assert capacity(dev) == ("DISABLED", {"FARGATE", "FARGATE_SPOT"})
    deployment = dev.service()["deploymentConfiguration"]
    assert deployment["strategy"] == "LINEAR"
    assert deployment["linearConfiguration"] == {"stepPercent": 25.0, "stepBakeTimeInMinutes": 1}


def test_without_the_service_the_strategy_may_be_rolling_again(dev: Stack) -> None:
    """Without an image there are no tasks that could move to the first group."""
    move_tasks_to_the_alternate_group(dev)
    dev.sandbox.remove("dev", "imageTag")
    dev.sandbox.updated("dev")
    dev.restore()  # the committed config, whose strategy is rolling
    ((group, weight),) = weights(dev, 80, 90).items()
    assert (weight, healthy_in(dev, group)) == (100, 1)
