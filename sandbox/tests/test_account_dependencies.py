"""Checks of load balancers, clusters, certificates and roles in the account, and of what they depend on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.cli.fixtures import import_certificate
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
    arn = import_certificate(client("acm"), "app.example.com")
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


@pytest.mark.filterwarnings("ignore:Exception")  # botocore's model lacks UnsupportedCertificate
def test_listener_needs_a_certificate_whose_validation_record_exists(world: World) -> None:
    acm, route53 = client("acm"), client("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="test")["HostedZone"]["Id"]
    arn = acm.request_certificate(DomainName="app.example.com", ValidationMethod="DNS")["CertificateArn"]
    https = {"Protocol": "HTTPS", "Port": 443, "DefaultActions": NOT_FOUND, "LoadBalancerArn": world.balancer}

    def described() -> Any:
        return acm.describe_certificate(CertificateArn=arn)["Certificate"]

    with refused("CertificateNotFound"):
        world.elb.create_listener(**https, Certificates=[{"CertificateArn": f"{arn}0"}])
    with refused("UnsupportedCertificate.*must have a fully-qualified domain name"):
        world.elb.create_listener(**https, Certificates=[{"CertificateArn": arn}])
    other = world.elb.create_listener(
        **https, Certificates=[{"CertificateArn": import_certificate(client("acm"), "app.example.com")}]
    )["Listeners"][0]
    with refused("UnsupportedCertificate"):
        world.elb.modify_listener(ListenerArn=other["ListenerArn"], Certificates=[{"CertificateArn": arn}])
    assert described()["Status"] == "PENDING_VALIDATION"
    record = described()["DomainValidationOptions"][0]["ResourceRecord"]
    records = {"Name": record["Name"], "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": record["Value"]}]}
    changes = [{"Action": "CREATE", "ResourceRecordSet": records}]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    assert described()["Status"] == "ISSUED"
    world.elb.modify_listener(ListenerArn=other["ListenerArn"], Certificates=[{"CertificateArn": arn}])


def test_certificate_for_a_name_in_no_zone_of_the_account_is_issued(world: World) -> None:
    client("route53").create_hosted_zone(Name="example.com", CallerReference="test")
    acm = client("acm")
    arn = acm.request_certificate(DomainName="voice.example.org", ValidationMethod="DNS")["CertificateArn"]
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] == "ISSUED"


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
