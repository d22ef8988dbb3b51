"""Load balancers in the account: their names, listeners, targets and deletion protection."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from sandbox.tests.account_world import NOT_FOUND, World, client, empty_account, refused
from sandbox.tls_policies import TLS_POLICIES


@pytest.fixture
def world() -> Iterator[World]:
    with empty_account():
        world = World()
        world.create(world.task("1"))
        yield world


def states(world: World) -> dict[str, str]:
    """The network of each target of the first group -> its state."""
    described = world.elb.describe_target_health(TargetGroupArn=world.groups[0])["TargetHealthDescriptions"]
    return {one["Target"]["Id"].rpartition(".")[0]: one["TargetHealth"]["State"] for one in described}


def test_targets_in_a_zone_that_leaves_the_load_balancer_are_unused(world: World) -> None:
    assert states(world) == {"10.0.0": "healthy", "10.0.1": "healthy"}
    kept, _ = world.subnets
    world.elb.set_subnets(LoadBalancerArn=world.balancer, Subnets=[kept, world.subnet(2, "c")])
    assert states(world) == {"10.0.0": "healthy", "10.0.1": "unused"}


def test_targets_behind_no_rule_are_unused(world: World) -> None:
    world.elb.delete_rule(RuleArn=world.rule)
    assert set(states(world).values()) == {"unused"}


def test_load_balancer_with_deletion_protection_is_not_deleted(world: World) -> None:
    def protect(value: str) -> None:
        attributes = [{"Key": "deletion_protection.enabled", "Value": value}]
        world.elb.modify_load_balancer_attributes(LoadBalancerArn=world.balancer, Attributes=attributes)

    protect("true")
    with pytest.raises(ClientError, match="OperationNotPermitted"):
        world.elb.delete_load_balancer(LoadBalancerArn=world.balancer)
    protect("false")
    world.elb.delete_load_balancer(LoadBalancerArn=world.balancer)
    assert world.elb.describe_load_balancers()["LoadBalancers"] == []


def test_name_of_a_load_balancer_is_given_once(world: World) -> None:
    (before,) = world.elb.describe_load_balancers()["LoadBalancers"]
    with refused("DuplicateLoadBalancerName"):
        world.new_balancer("app")
    assert world.elb.describe_load_balancers()["LoadBalancers"] == [before]
    world.new_balancer("other")


def test_listener_takes_the_security_policies_of_aws_and_no_others(world: World) -> None:
    certificate = client("acm").request_certificate(DomainName="app.example.com")["CertificateArn"]
    https = {"Protocol": "HTTPS", "Port": 443, "DefaultActions": NOT_FOUND, "LoadBalancerArn": world.balancer}
    https["Certificates"] = [{"CertificateArn": certificate}]
    unknown = "ELBSecurityPolicy-TLS13-1-2-2021-07"
    with refused("SSLPolicyNotFound"):
        world.elb.create_listener(**https, SslPolicy=unknown)
    (made,) = world.elb.create_listener(**https)["Listeners"]
    assert made["SslPolicy"] == "ELBSecurityPolicy-2016-08", "the default of the API"
    for policy in TLS_POLICIES:
        (changed,) = world.elb.modify_listener(ListenerArn=made["ListenerArn"], SslPolicy=policy)["Listeners"]
        assert changed["SslPolicy"] == policy
    with refused("SSLPolicyNotFound"):
        world.elb.modify_listener(ListenerArn=made["ListenerArn"], SslPolicy=unknown)
