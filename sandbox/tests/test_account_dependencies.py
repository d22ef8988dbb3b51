"""Checks of load balancers, clusters, certificates and roles in the account, and of what they depend on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.tests.account_world import ACCOUNT, NOT_FOUND, World, client, empty_account, refused


@pytest.fixture
def world() -> Iterator[World]:
    with empty_account():
        yield World()


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


def test_cluster_with_a_service_cannot_be_deleted(world: World) -> None:
    world.create(world.task("1"), loadBalancers=[])
    with refused("ClusterContainsServicesException"):
        world.ecs.delete_cluster(cluster="app")
    world.ecs.delete_service(cluster="app", service="app", force=True)
    world.ecs.delete_cluster(cluster="app")


def test_certificate_of_a_listener_cannot_be_deleted(world: World) -> None:
    acm = client("acm")
    arn = acm.request_certificate(DomainName="app.example.com")["CertificateArn"]
    listener = world.elb.create_listener(
        LoadBalancerArn=world.balancer,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": arn}],
        DefaultActions=NOT_FOUND,
    )["Listeners"][0]["ListenerArn"]
    with refused("ResourceInUseException"):
        acm.delete_certificate(CertificateArn=arn)
    world.elb.delete_listener(ListenerArn=listener)
    acm.delete_certificate(CertificateArn=arn)


def test_inline_policies_of_a_role_have_a_limit_in_all(world: World) -> None:
    iam = client("iam")
    iam.create_role(RoleName="app", AssumeRolePolicyDocument="{}")
    statements = ",".join(f'{{"Effect": "Allow", "Action": "s3:{"x" * 40}{n}", "Resource": "*"}}' for n in range(60))
    policy = f'{{"Version": "2012-10-17", "Statement": [{statements}]}}'
    for _ in range(2):
        iam.put_role_policy(RoleName="app", PolicyName="first", PolicyDocument=policy)
    with refused("LimitExceeded.*Maximum policy size of 10240 bytes exceeded for role app"):
        iam.put_role_policy(RoleName="app", PolicyName="second", PolicyDocument=policy)


def test_permissions_boundary_of_a_role_exists(world: World) -> None:
    iam, missing = client("iam"), f"arn:aws:iam::{ACCOUNT}:policy/missing"
    with refused(f"NoSuchEntity.*Scope ARN: {missing} does not exist"):
        iam.create_role(RoleName="app", AssumeRolePolicyDocument="{}", PermissionsBoundary=missing)
    allow = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
    arn = iam.create_policy(PolicyName="boundary", PolicyDocument=allow)["Policy"]["Arn"]
    iam.create_role(RoleName="app", AssumeRolePolicyDocument="{}", PermissionsBoundary=arn)
    with refused("NoSuchEntity"):
        iam.put_role_permissions_boundary(RoleName="app", PermissionsBoundary=missing)
    assert iam.get_role(RoleName="app")["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
