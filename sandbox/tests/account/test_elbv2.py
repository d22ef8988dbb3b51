"""Load balancers in the account: names, listeners, targets, deletion protection, and the buckets of their logs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.elbv2.ssl_policies import SSL_POLICIES

from sandbox.provider.tls_policies import TLS_POLICIES
from sandbox.tests.account.world import (
    ACCOUNT,
    NOT_FOUND,
    REGION,
    World,
    client,
    refused,
)


def states(world: World) -> dict[str, str]:
    """The network of each target of the first group -> its state."""
    described = world.elb.describe_target_health(TargetGroupArn=world.groups[0])["TargetHealthDescriptions"]
    return {one["Target"]["Id"].rpartition(".")[0]: one["TargetHealth"]["State"] for one in described}


def test_targets_outside_the_zones_of_the_load_balancer_or_behind_no_rule_are_unused(world: World) -> None:
    world.create(world.task("1"))
    assert states(world) == {"10.0.0": "healthy", "10.0.1": "healthy"}
    kept, _ = world.subnets
    world.elb.set_subnets(LoadBalancerArn=world.balancer, Subnets=[kept, world.subnet(2, "c")])
    assert states(world) == {"10.0.0": "healthy", "10.0.1": "unused"}
    world.elb.delete_rule(RuleArn=world.rule)
    assert {*states(world).values()} == {"unused"}


def test_port_has_one_listener(world: World) -> None:
    elb, used = world.elb, world.listener
    of_balancer = {"LoadBalancerArn": world.balancer, "Protocol": "HTTP", "DefaultActions": NOT_FOUND}
    with refused("DuplicateListener"):
        elb.create_listener(**of_balancer, Port=80)
    other = elb.create_listener(**of_balancer, Port=81)["Listeners"][0]["ListenerArn"]
    with refused("DuplicateListener"):
        elb.modify_listener(ListenerArn=other, Port=80, DefaultActions=NOT_FOUND)
    for port in (82, 82):
        elb.modify_listener(ListenerArn=other, Port=port, DefaultActions=NOT_FOUND)
    assert used != other


def test_http_listener_has_no_security_policy(world: World) -> None:
    (listener,) = world.elb.describe_listeners(ListenerArns=[world.listener])["Listeners"]
    assert (listener["Protocol"], listener.get("SslPolicy")) == ("HTTP", None)


def test_application_load_balancer_balances_across_zones(world: World) -> None:
    attributes = world.elb.describe_load_balancer_attributes(LoadBalancerArn=world.balancer)["Attributes"]
    assert {"Key": "load_balancing.cross_zone.enabled", "Value": "true"} in attributes


def test_internet_facing_load_balancer_needs_an_internet_gateway(world: World) -> None:
    with refused("InvalidSubnet.*has no internet gateway"):
        world.new_balancer("public", "internet-facing")
    assert world.gateway
    world.new_balancer("public", "internet-facing")


def test_load_balancer_needs_subnets_in_two_zones(world: World) -> None:
    first, second = world.subnet(1, "a"), world.subnet(2, "a")
    with refused("two subnets in two different Availability Zones"):
        world.elb.create_load_balancer(Name="app", Subnets=[first], Scheme="internal")
    with refused("multiple subnets in the same Availability Zone"):
        world.elb.create_load_balancer(Name="app", Subnets=[first, second], Scheme="internal")


def test_rule_with_two_target_groups_has_their_cookie(world: World) -> None:
    first, second = world.groups
    attributes = [{"Key": "stickiness.enabled", "Value": "true"}]
    world.elb.modify_target_group_attributes(TargetGroupArn=second, Attributes=attributes)

    def create(priority: int, *groups: str, **more: Any) -> None:
        forward = {"TargetGroups": [{"TargetGroupArn": arn, "Weight": 1} for arn in groups], **more}
        world.elb.create_rule(
            ListenerArn=world.listener,
            Priority=priority,
            Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}],
            Actions=[{"Type": "forward", "ForwardConfig": forward}],
        )

    with refused("InvalidConfigurationRequest.*You must enable group stickiness on a rule"):
        create(1, first, second)
    create(1, first, second, TargetGroupStickinessConfig={"Enabled": True, "DurationSeconds": 60})
    create(2, second)


def test_load_balancer_with_deletion_protection_is_not_deleted(world: World) -> None:
    def protect(value: str) -> None:
        attributes = [{"Key": "deletion_protection.enabled", "Value": value}]
        world.elb.modify_load_balancer_attributes(LoadBalancerArn=world.balancer, Attributes=attributes)

    protect("true")
    with refused("OperationNotPermitted"):
        world.elb.delete_load_balancer(LoadBalancerArn=world.balancer)
    protect("false")
    world.elb.delete_load_balancer(LoadBalancerArn=world.balancer)
    assert world.elb.describe_load_balancers()["LoadBalancers"] == []


def test_account_knows_the_security_policies_that_the_provider_accepts() -> None:
    assert {*TLS_POLICIES} <= SSL_POLICIES.keys()


BUCKET = f"logs-{ACCOUNT}"
ADMITS: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
    "Action": ["s3:PutObject"],
    "Resource": [f"arn:aws:s3:::{BUCKET}/AWSLogs/{ACCOUNT}/*"],
    "Condition": {
        "ArnLike": {"aws:SourceArn": f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/*"},
    },
}
TLS_ONLY: dict[str, Any] = {
    "Effect": "Deny",
    "Principal": {"AWS": "*"},
    "Action": "s3:*",
    "Resource": f"arn:aws:s3:::{BUCKET}/*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def bucket(region: str = REGION) -> None:
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    client("s3", region).create_bucket(Bucket=BUCKET, **place)


def admit(*statements: dict[str, Any]) -> None:
    """Gives the bucket a policy."""
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    client("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))


def turn_on(world: World, log: str) -> None:
    attributes = {f"{log}.s3.enabled": "true", f"{log}.s3.bucket": BUCKET}
    sent = [{"Key": key, "Value": value} for key, value in attributes.items()]
    world.elb.modify_load_balancer_attributes(LoadBalancerArn=world.balancer, Attributes=sent)


@pytest.mark.parametrize("log", ["access_logs", "connection_logs"])
def test_logs_go_to_a_bucket_that_admits_the_load_balancer(world: World, log: str) -> None:
    with refused("does not exist"):
        turn_on(world, log)
    bucket()
    with refused("Access Denied for bucket"):
        turn_on(world, log)
    admit(ADMITS, TLS_ONLY)
    turn_on(world, log)


@pytest.mark.parametrize(
    "statements",
    [
        [{**ADMITS, "Principal": {"Service": "delivery.logs.amazonaws.com"}}],
        [{**ADMITS, "Action": "s3:GetObject"}],
        [{**ADMITS, "Resource": f"arn:aws:s3:::{BUCKET}/AWSLogs/210987654321/*"}],
        [{**ADMITS, "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:elasticloadbalancing:us-east-1:1:*"}}}],
        [{**ADMITS, "Condition": {"StringEquals": {"aws:SourceOrgID": "o-1"}}}],
        [ADMITS, {key: value for key, value in TLS_ONLY.items() if key != "Condition"}],
    ],
)
def test_bucket_that_does_not_admit_the_load_balancer_is_refused(
    world: World, statements: list[dict[str, Any]]
) -> None:
    bucket()
    admit(*statements)
    with refused("Access Denied for bucket"):
        turn_on(world, "access_logs")


def test_bucket_with_a_kms_key_or_in_another_region_is_refused(world: World) -> None:
    bucket("us-east-1")
    with refused("not located in the same region"):
        turn_on(world, "access_logs")
    client("s3", "us-east-1").delete_bucket(Bucket=BUCKET)
    bucket()
    admit(ADMITS)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    client("s3").put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    with refused("Access Denied for bucket"):
        turn_on(world, "access_logs")
