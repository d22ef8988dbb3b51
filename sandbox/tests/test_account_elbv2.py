"""Load balancers in the account: names, listeners, targets, deletion protection, and the buckets of their logs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.cli.fixtures import import_certificate
from sandbox.tests.account_world import (
    ACCOUNT,
    NOT_FOUND,
    REGION,
    World,
    client,
    empty_account,
    refused,
)
from sandbox.tls_policies import TLS_POLICIES


@pytest.fixture
def world() -> Iterator[World]:
    with empty_account():
        yield World()


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


def test_listener_takes_the_security_policies_of_aws(world: World) -> None:
    https = {"Protocol": "HTTPS", "Port": 443, "DefaultActions": NOT_FOUND, "LoadBalancerArn": world.balancer}
    https["Certificates"] = [{"CertificateArn": import_certificate(client("acm"), "app.example.com")}]
    (made,) = world.elb.create_listener(**https)["Listeners"]
    assert made["SslPolicy"] == "ELBSecurityPolicy-2016-08", "the default of the API"
    for policy in TLS_POLICIES:
        (changed,) = world.elb.modify_listener(ListenerArn=made["ListenerArn"], SslPolicy=policy)["Listeners"]
        assert changed["SslPolicy"] == policy


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
