"""Dependency checks and security group rules of Amazon EC2 in the account."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.tests.account.world import REGION, World, client, refused


def cache(world: World) -> None:
    """Creates a replication group of ElastiCache in the subnets, with the security group."""
    caches = client("elasticache")
    caches.create_cache_subnet_group(
        CacheSubnetGroupName="app", CacheSubnetGroupDescription="app", SubnetIds=world.subnets
    )
    caches.create_replication_group(
        ReplicationGroupId="app",
        ReplicationGroupDescription="app",
        Engine="redis",
        NumCacheClusters=1,
        CacheSubnetGroupName="app",
        SecurityGroupIds=[world.security_group],
    )


def balancer(world: World) -> None:
    assert world.balancer


def service(world: World) -> None:
    world.create(world.task("1"), loadBalancers=[])


@pytest.mark.parametrize(
    ("use", "attached_by"), [(balancer, "amazon-elb"), (service, "amazon-aws"), (cache, "amazon-aws")]
)
def test_subnet_and_group_in_use_have_network_interfaces_and_cannot_be_deleted(
    world: World, use: Callable[[World], object], attached_by: str
) -> None:
    def listed(**selected: str) -> list[Any]:
        filters = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in selected.items()]
        return world.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]

    before = {one["NetworkInterfaceId"] for one in listed()}
    use(world)
    added = listed(vpc_id=world.vpc, group_id=world.security_group)
    assert added == [one for one in listed() if one["NetworkInterfaceId"] not in before]
    assert len(listed(subnet_id=world.subnets[0], group_id=world.security_group)) == 1
    assert listed(group_id="sg-0") == []
    assert {one["SubnetId"] for one in added} == {*world.subnets}
    assert {one["Attachment"]["InstanceOwnerId"] for one in added} == {attached_by}
    assert {group["GroupId"] for one in added for group in one["Groups"]} == {world.security_group}
    assert {one["VpcId"] for one in added} == {world.vpc}
    with refused("DependencyViolation"):
        world.ec2.delete_subnet(SubnetId=world.subnets[0])
    with refused("DependencyViolation"):
        world.ec2.delete_security_group(GroupId=world.security_group)


def test_subnet_group_and_network_can_be_deleted_after_their_users(world: World) -> None:
    service(world)
    world.ecs.delete_service(cluster="app", service="app", force=True)
    for subnet in world.subnets:
        world.ec2.delete_subnet(SubnetId=subnet)
    with refused("DependencyViolation"):
        world.ec2.delete_vpc(VpcId=world.vpc)
    world.ec2.delete_security_group(GroupId=world.security_group)
    assert world.gateway
    with refused("DependencyViolation"):
        world.ec2.delete_vpc(VpcId=world.vpc)
    world.ec2.detach_internet_gateway(InternetGatewayId=world.gateway, VpcId=world.vpc)
    world.ec2.delete_vpc(VpcId=world.vpc)


def test_security_group_in_the_rule_of_another_group_cannot_be_deleted(world: World) -> None:
    other, group = world.new_security_group("other"), world.security_group
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": group}]}
    world.ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[permission])
    with refused("DependencyViolation"):
        world.ec2.delete_security_group(GroupId=group)
    world.ec2.revoke_security_group_ingress(GroupId=other, IpPermissions=[permission])
    world.ec2.delete_security_group(GroupId=group)


def test_gateway_cannot_be_detached_while_something_has_a_public_address(world: World) -> None:
    which = {"InternetGatewayId": world.gateway, "VpcId": world.vpc}
    network = {"subnets": world.subnets, "securityGroups": [world.security_group], "assignPublicIp": "ENABLED"}
    world.create(world.task("1"), loadBalancers=[], networkConfiguration={"awsvpcConfiguration": network})
    with refused("some mapped public address"):
        world.ec2.detach_internet_gateway(**which)
    world.update(desiredCount=0)
    public = world.new_balancer("public", "internet-facing")
    with refused("some mapped public address"):
        world.ec2.detach_internet_gateway(**which)
    world.elb.delete_load_balancer(LoadBalancerArn=public)
    world.ec2.detach_internet_gateway(**which)


def test_nat_gateway_holds_its_subnet_and_its_address(world: World) -> None:
    before = len(world.ec2.describe_network_interfaces()["NetworkInterfaces"])
    subnet, address = world.subnets[0], world.ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = world.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    assert len(world.ec2.describe_network_interfaces()["NetworkInterfaces"]) == before + 1
    with refused("DependencyViolation"):
        world.ec2.delete_subnet(SubnetId=subnet)
    with refused("InvalidIPAddress.InUse"):
        world.ec2.release_address(AllocationId=address)
    world.ec2.delete_nat_gateway(NatGatewayId=nat)
    assert len(world.ec2.describe_network_interfaces()["NetworkInterfaces"]) == before
    world.ec2.release_address(AllocationId=address)


@pytest.mark.parametrize("service", ["com.amazonaws.us-east-1.s3", f"com.amazonaws.{REGION}.s4", "s3"])
def test_endpoint_of_a_service_that_the_region_lacks_is_refused(world: World, service: str) -> None:
    with refused("InvalidServiceName"):
        world.ec2.create_vpc_endpoint(VpcId=world.vpc, ServiceName=service)


def test_policy_of_an_endpoint_is_reset_to_full_access(world: World) -> None:
    service = f"com.amazonaws.{REGION}.s3"
    made = world.ec2.create_vpc_endpoint(VpcId=world.vpc, ServiceName=service)["VpcEndpoint"]
    endpoint = made["VpcEndpointId"]

    def policy() -> dict[str, Any]:
        (found,) = world.ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"]
        return json.loads(found["PolicyDocument"])

    full_access = policy()
    assert [(one["Effect"], one["Principal"], one["Action"]) for one in full_access["Statement"]] == [
        ("Allow", "*", "*")
    ]
    world.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, PolicyDocument='{"Statement": []}')
    assert policy() == {"Statement": []}
    world.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, ResetPolicy=True)
    assert policy() == full_access


def test_new_flow_log_writes_the_policy_of_its_bucket(world: World) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="flows", CreateBucketConfiguration={"LocationConstraint": REGION})
    other = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::flows/*"}
    s3.put_bucket_policy(Bucket="flows", Policy=json.dumps({"Version": "2012-10-17", "Statement": [other]}))
    world.ec2.create_flow_logs(
        ResourceType="VPC",
        ResourceIds=[world.vpc],
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination="arn:aws:s3:::flows",
    )
    policy = json.loads(s3.get_bucket_policy(Bucket="flows")["Policy"])
    assert [one["Sid"] for one in policy["Statement"]] == ["AWSLogDeliveryWrite", "AWSLogDeliveryAclCheck"]
