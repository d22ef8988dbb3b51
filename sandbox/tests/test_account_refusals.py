"""What AWS refuses because of what else there is, the account refuses too: asked as the AWS CLI asks."""

from __future__ import annotations

from typing import Any

import pytest
from moto.elbv2.models import ELBv2Backend

from sandbox.account import additions as account_additions
from sandbox.tests.provider_harness import REGION, Engine, Refused, client, reset
from sandbox.tests.provider_samples import (
    CACHE,
    CERTIFICATE,
    CLUSTER,
    GATEWAY,
    GROUP,
    LISTENER,
    LOAD_BALANCER,
    RULE,
    SERVICE,
    SUBNET,
    TARGET_GROUP,
    VPC,
    World,
)

_EIP, _NAT = "aws:ec2/eip:Eip", "aws:ec2/natGateway:NatGateway"
_TABLE, _ASSOCIATION = "aws:ec2/routeTable:RouteTable", "aws:ec2/routeTableAssociation:RouteTableAssociation"
_ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"


@pytest.fixture
def world(endpoint: str) -> World:
    """A new account."""
    reset(endpoint)
    return World(Engine(endpoint), endpoint)


@pytest.mark.parametrize(
    ("used", "user", "code"),
    [
        (SUBNET, LOAD_BALANCER, "DependencyViolation"),
        (SUBNET, SERVICE, "DependencyViolation"),
        (SUBNET, _NAT, "DependencyViolation"),
        (SUBNET, CACHE, "DependencyViolation"),
        (GROUP, LOAD_BALANCER, "DependencyViolation"),
        (GROUP, SERVICE, "DependencyViolation"),
        (GROUP, CACHE, "DependencyViolation"),
        (VPC, GROUP, "DependencyViolation"),
        (VPC, GATEWAY, "DependencyViolation"),
        (GATEWAY, LOAD_BALANCER, "DependencyViolation: Network vpc-.* has some mapped public address"),
        (_EIP, _NAT, "InvalidIPAddress.InUse"),
        (CLUSTER, SERVICE, "ClusterContainsServicesException"),
    ],
    ids=lambda value: value.rpartition(":")[2],
)
def test_what_is_in_use_is_not_ended(world: World, used: str, user: str, code: str) -> None:
    world.make(user)
    with pytest.raises(Refused, match=code):
        world.engine.delete(world.made[used], timeout=0.1)
    world.clear()  # once its user is gone, it goes


def _interface_endpoint(world: World) -> tuple[str, str]:
    group, subnet = world.make(GROUP).id, world.make(SUBNET).id
    client(world.engine.endpoint, "ec2").create_vpc_endpoint(
        VpcId=world.make(VPC).id,
        ServiceName=f"com.amazonaws.{REGION}.logs",
        VpcEndpointType="Interface",
        SubnetIds=[subnet],
        SecurityGroupIds=[group],
    )
    return group, subnet


def _refused(code: str, call: Any, **params: Any) -> None:
    with pytest.raises(Exception, match=code):  # botocore's, which has no types
        call(**params)


def test_an_interface_endpoint_uses_its_subnet_and_group(world: World) -> None:
    group, subnet = _interface_endpoint(world)
    ec2 = client(world.engine.endpoint, "ec2")
    _refused("DependencyViolation", ec2.delete_security_group, GroupId=group)
    _refused("DependencyViolation", ec2.delete_subnet, SubnetId=subnet)


def test_a_group_that_another_one_names_stays(world: World) -> None:
    ec2, group = client(world.engine.endpoint, "ec2"), world.make(GROUP).id
    other = ec2.create_security_group(GroupName="other", Description="other", VpcId=world.make(VPC).id)["GroupId"]
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": group}]}
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[permission])
    _refused("DependencyViolation", ec2.delete_security_group, GroupId=group)
    ec2.revoke_security_group_ingress(GroupId=other, IpPermissions=[permission])
    ec2.delete_security_group(GroupId=group)


def test_tasks_with_public_addresses_hold_the_gateway(world: World) -> None:
    made = world.make(SERVICE)
    ec2, ecs = (client(world.engine.endpoint, name) for name in ("ec2", "ecs"))
    elb = client(world.engine.endpoint, "elbv2")
    elb.delete_load_balancer(LoadBalancerArn=world.make(LOAD_BALANCER).id)
    which = {"InternetGatewayId": world.make(GATEWAY).id, "VpcId": world.make(VPC).id}
    network = {**made.inputs["networkConfiguration"], "assignPublicIp": "ENABLED"}
    service = {"cluster": made.inputs["cluster"], "service": made.id}
    ecs.update_service(**service, networkConfiguration={"awsvpcConfiguration": network})
    _refused("some mapped public address", ec2.detach_internet_gateway, **which)
    ecs.update_service(**service, desiredCount=0)
    ec2.detach_internet_gateway(**which)


def test_a_certificate_stays_as_long_as_a_listener_has_it(world: World) -> None:
    acm, elb = client(world.engine.endpoint, "acm"), client(world.engine.endpoint, "elbv2")
    arn = world.make(CERTIFICATE).id
    forward = [{"Type": "forward", "TargetGroupArn": world.make(TARGET_GROUP).id}]
    listener = elb.create_listener(
        LoadBalancerArn=world.make(LOAD_BALANCER).id,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": arn}],
        DefaultActions=forward,
    )["Listeners"][0]["ListenerArn"]
    _refused("ResourceInUseException", acm.delete_certificate, CertificateArn=arn)
    elb.delete_listener(ListenerArn=listener)
    acm.delete_certificate(CertificateArn=arn)


def test_a_port_has_one_listener(world: World) -> None:
    elb, made = client(world.engine.endpoint, "elbv2"), world.make(LISTENER)
    nothing = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
    of_balancer = {"LoadBalancerArn": made.inputs["loadBalancerArn"], "Protocol": "HTTP", "DefaultActions": nothing}
    _refused("DuplicateListener", elb.create_listener, **of_balancer, Port=80)
    other = elb.create_listener(**of_balancer, Port=81)["Listeners"][0]["ListenerArn"]
    _refused("DuplicateListener", elb.modify_listener, ListenerArn=other, Port=80, DefaultActions=nothing)
    elb.modify_listener(ListenerArn=other, Port=82, DefaultActions=nothing)
    elb.modify_listener(ListenerArn=other, Port=82, DefaultActions=nothing)


def test_a_load_balancer_that_faces_the_internet_needs_a_gateway(world: World) -> None:
    elb = client(world.engine.endpoint, "elbv2")
    subnets = [world.make(SUBNET).id, world.make("second subnet").id]
    _refused("InvalidSubnet.*has no internet gateway", elb.create_load_balancer, Name="out", Subnets=subnets)
    elb.create_load_balancer(Name="in", Subnets=subnets, Scheme="internal")
    world.make(GATEWAY)
    elb.create_load_balancer(Name="out", Subnets=subnets)


def test_a_service_is_made_once_and_behind_a_load_balancer(world: World) -> None:
    ecs, elb = client(world.engine.endpoint, "ecs"), client(world.engine.endpoint, "elbv2")
    made = world.make(SERVICE)
    again = {
        "cluster": made.inputs["cluster"],
        "taskDefinition": made.inputs["taskDefinition"],
        "launchType": "FARGATE",
    }
    where = {"subnets": [world.make(SUBNET).id], "securityGroups": [world.make(GROUP).id]}
    again["networkConfiguration"] = {"awsvpcConfiguration": where}
    _refused("not idempotent", ecs.create_service, serviceName="app", **again)
    elb.delete_rule(RuleArn=world.make(RULE).id)
    behind = {**again, "loadBalancers": made.inputs["loadBalancers"]}
    nowhere = "does not have an associated load balancer"
    _refused(nowhere, ecs.create_service, serviceName="other", **behind)
    update = {"service": made.id, "cluster": made.inputs["cluster"], "loadBalancers": made.inputs["loadBalancers"]}
    _refused(nowhere, ecs.update_service, **update)
    ecs.delete_service(cluster=made.inputs["cluster"], service=made.id, force=True)
    ecs.create_service(serviceName="app", **again)


def test_a_network_has_one_gateway_and_a_subnet_one_route_table(world: World) -> None:
    ec2, vpc = client(world.engine.endpoint, "ec2"), world.make(VPC).id
    world.make(GATEWAY)
    other = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    already = f"Network {vpc} already has an internet gateway attached"
    _refused(already, ec2.attach_internet_gateway, InternetGatewayId=other, VpcId=vpc)

    held = world.make(_ASSOCIATION)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    subnet = held.inputs["subnetId"]
    _refused("Resource.AlreadyAssociated", ec2.associate_route_table, RouteTableId=table, SubnetId=subnet)
    again = ec2.associate_route_table(RouteTableId=held.inputs["routeTableId"], SubnetId=subnet)
    assert again["AssociationId"] == held.id


def test_a_route_table_has_one_way_to_a_service(world: World) -> None:
    ec2, made = client(world.engine.endpoint, "ec2"), world.make(_ENDPOINT)
    given = {"VpcId": made.inputs["vpcId"], "ServiceName": made.inputs["serviceName"]}
    tables = [world.make(_TABLE).id]
    _refused("RouteAlreadyExists", ec2.create_vpc_endpoint, **given, RouteTableIds=tables)
    ec2.create_vpc_endpoint(**given, RouteTableIds=[])
    ec2.delete_vpc_endpoints(VpcEndpointIds=[made.id])
    ec2.create_vpc_endpoint(**given, RouteTableIds=tables)


def test_the_looks_are_put_in_once() -> None:
    account_additions.install()
    looked_at = ELBv2Backend.create_listener
    account_additions.install()
    assert ELBv2Backend.create_listener is looked_at
