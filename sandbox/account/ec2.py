"""Amazon EC2: zones, dependency checks, network interfaces, endpoint policies, changes of security group rules, and the
bucket of a flow log.

moto deletes a subnet, a security group or a gateway that something still uses. EC2 answers DependencyViolation. moto
also has no network interface for a load balancer, a task or a cache, so every security group looks unused.

Source: Amazon EC2 API Reference: "Error codes" (DependencyViolation, InvalidIPAddress.InUse, InvalidServiceName,
RouteAlreadyExists), CreateVpcEndpoint, ModifyVpcEndpoint, DescribeNetworkInterfaces, DetachInternetGateway,
AuthorizeSecurityGroupIngress, DescribeSecurityGroupRules, ModifySecurityGroupRules; EC2 User Guide, "Local Zones"; VPC
User Guide, "Amazon S3 bucket permissions for flow logs".
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from moto.ec2.exceptions import DependencyViolationError, EC2ClientError, InvalidSecurityGroupNotFoundError
from moto.ec2.models import EC2Backend
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend, Zone
from moto.ec2.models.security_groups import SecurityGroupBackend
from moto.ec2.models.vpcs import VPCEndPoint
from moto.ec2.responses.elastic_network_interfaces import ElasticNetworkInterfaces
from moto.ec2.responses.vpcs import VPCs
from moto.ecs.models import ecs_backends
from moto.elasticache.models import elasticache_backends
from moto.elbv2.models import elbv2_backends

from sandbox.account import bucket_policy
from sandbox.account.patching import replaces

# Somebody has opted in to a Local Zone of us-west-2. Its name comes before those of the region's Availability Zones.
RegionsAndZonesBackend.zones["us-west-2"].append(
    Zone(region_name="us-west-2", name="us-west-2-lax-1a", zone_id="usw2-lax1-az1", zone_type="local-zone")
)
# AWS gives the zones of us-east-1 other letters in each account. Here the zone use1-az3 has an early letter.
_EARLY, _LATE = (zone for zone in RegionsAndZonesBackend.zones["us-east-1"] if zone.name[-1] in "be")
_EARLY.zone_id, _LATE.zone_id = _LATE.zone_id, _EARLY.zone_id


@dataclass(frozen=True)
class _Interfaces:
    """The network interfaces of one load balancer, service, NAT gateway or cache."""

    owner: str  # the id or ARN of what they belong to
    subnets: list[str]
    security_groups: list[str]
    public: bool = False
    attached_by: str = "amazon-aws"
    by_moto: bool = False  # whether moto creates them


def _interfaces(ec2: Any) -> Iterator[_Interfaces]:
    account, region = ec2.account_id, ec2.region_name
    for balancer in elbv2_backends[account][region].load_balancers.values():
        public = balancer.scheme != "internal"
        subnets = [one.id for one in balancer.subnets]
        yield _Interfaces(balancer.arn, subnets, balancer.security_groups or [], public, attached_by="amazon-elb")
    for service in ecs_backends[account][region].services.values():
        if service.status == "ACTIVE" and service.desired_count:
            network: dict[str, Any] = (service.network_configuration or {}).get("awsvpcConfiguration", {})
            public = network.get("assignPublicIp") == "ENABLED"
            groups = network.get("securityGroups", [])
            yield _Interfaces(service.arn, network.get("subnets", []), groups, public)
    for nat in _nat_gateways(ec2):
        yield _Interfaces(nat.id, [nat.subnet_id], [], public=True, by_moto=True)
    caches = elasticache_backends[account][region]
    for group in caches.replication_groups.values():
        subnet_group = caches.cache_subnet_groups.get(group.cache_subnet_group_name or "")
        subnets = subnet_group.subnet_ids if subnet_group else []
        yield _Interfaces(group.replication_group_id, subnets, group.security_group_ids or [])


def _nat_gateways(ec2: Any) -> list[Any]:
    return [nat for nat in ec2.nat_gateways.values() if nat.state == "available"]


def internet_gateways(ec2: Any, vpc_id: str) -> list[str]:
    """Returns the ids of the internet gateways that are attached to a VPC."""
    return [gateway.id for gateway in ec2.internet_gateways.values() if gateway.vpc and gateway.vpc.id == vpc_id]


@replaces(ElasticNetworkInterfaces)
def describe_network_interfaces(original: Callable[..., Any], response: Any) -> Any:
    """Lists one network interface in each subnet of a load balancer, service and cache, beside those of moto.

    An id selects interfaces of moto's alone.
    """
    answer = original()
    if response._get_param("NetworkInterfaceIds", []):
        return answer
    ec2, filters = response.ec2_backend, response._filters_from_querystring()
    others = [one for one in _interfaces(ec2) if not one.by_moto]
    described = [_described(ec2, one, subnet) for one in others for subnet in one.subnets]
    answer.result["NetworkInterfaces"] += [one for one in described if _matches(one, filters)]
    return answer


def _described(ec2: Any, interfaces: _Interfaces, subnet_id: str) -> dict[str, Any]:
    subnet = ec2.get_subnet(subnet_id)
    number = hashlib.sha256(f"{interfaces.owner} {subnet_id}".encode()).hexdigest()[:17]
    groups = [ec2.get_security_group_from_id(group) for group in interfaces.security_groups]
    return {
        "NetworkInterfaceId": f"eni-{number}",
        "InterfaceType": "interface",
        "Description": interfaces.owner,
        "SubnetId": subnet_id,
        "VpcId": subnet.vpc_id,
        "AvailabilityZone": subnet.availability_zone,
        "OwnerId": ec2.account_id,
        "RequesterManaged": True,
        "Status": "in-use",
        "Attachment": {"InstanceOwnerId": interfaces.attached_by, "Status": "attached"},
        "Groups": [{"GroupId": group.id, "GroupName": group.name} for group in groups if group],
    }


def _matches(described: dict[str, Any], filters: dict[str, list[str]]) -> bool:
    """Returns whether an interface is among those that the filters of a request select."""
    values = {
        "vpc-id": [described["VpcId"]],
        "subnet-id": [described["SubnetId"]],
        "group-id": [group["GroupId"] for group in described["Groups"]],
        "description": [described["Description"]],
    }
    return all(not set(values.get(name, [])).isdisjoint(selected) for name, selected in filters.items())


@replaces(EC2Backend)
def delete_subnet(original: Callable[..., Any], ec2: Any, subnet_id: str) -> Any:
    """Refuses while the subnet has network interfaces."""
    if any(subnet_id in one.subnets for one in _interfaces(ec2)):
        raise DependencyViolationError(f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")
    return original(subnet_id)


@replaces(EC2Backend)
def delete_security_group(
    original: Callable[..., None], ec2: Any, name: str | None = None, group_id: str | None = None
) -> None:
    """Refuses while a network interface or a rule of another group refers to the group."""
    others = [group for groups in ec2.groups.values() for group in groups.values() if group.id != group_id]
    rules: list[Any] = [rule for group in others for rule in (*group.ingress_rules, *group.egress_rules)]
    in_rule = any(rule.source_group and rule.source_group.get("GroupId") == group_id for rule in rules)
    if in_rule or any(group_id in one.security_groups for one in _interfaces(ec2)):
        raise DependencyViolationError(f"resource {group_id} has a dependent object")
    original(name, group_id)


@replaces(EC2Backend)
def delete_vpc(original: Callable[..., Any], ec2: Any, vpc_id: str) -> Any:
    """Refuses while the VPC has an internet gateway or security groups beside its default one."""
    groups = [group for group in ec2.groups.get(vpc_id, {}).values() if group.name != "default"]
    if groups or internet_gateways(ec2, vpc_id):
        raise DependencyViolationError(f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
    return original(vpc_id)


@replaces(EC2Backend)
def detach_internet_gateway(original: Callable[..., None], ec2: Any, internet_gateway_id: str, vpc_id: str) -> None:
    """Refuses while something in the VPC has a public address."""
    public_subnets = [subnet for one in _interfaces(ec2) if one.public for subnet in one.subnets]
    if any(ec2.get_subnet(subnet).vpc_id == vpc_id for subnet in public_subnets):
        raise DependencyViolationError(
            f"Network {vpc_id} has some mapped public address(es). Please unmap those public address(es) before"
            " detaching the gateway."
        )
    original(internet_gateway_id, vpc_id)


@replaces(EC2Backend)
def delete_nat_gateway(original: Callable[[str], Any], ec2: Any, nat_gateway_id: str) -> Any:
    """Deletes a NAT gateway with its network interface, which moto keeps."""
    nat = original(nat_gateway_id)
    ec2.delete_network_interface(nat._eni.id)
    return nat


@replaces(EC2Backend)
def release_address(
    original: Callable[..., None], ec2: Any, address: str | None = None, allocation_id: str | None = None
) -> None:
    """Refuses while a NAT gateway uses the address."""
    used = [one.get("allocationId") for nat in _nat_gateways(ec2) for one in nat.address_set]
    if allocation_id and allocation_id in used:
        raise EC2ClientError("InvalidIPAddress.InUse", f"Address with allocation id {allocation_id} is in use.")
    original(address, allocation_id)


@replaces(EC2Backend)
def create_vpc_endpoint(
    original: Callable[..., Any], ec2: Any, service_name: str, route_table_ids: list[str], **more: Any
) -> Any:
    """Refuses a second gateway endpoint for a service in a route table, and a service of another region."""
    if service_name not in (f"com.amazonaws.{ec2.region_name}.{name}" for name in ("dynamodb", "s3")):
        message = f"The Vpc Endpoint Service '{service_name}' does not exist"
        raise EC2ClientError("InvalidServiceName", message)
    for endpoint in ec2.vpc_end_points.values():
        shared = set(endpoint.route_table_ids or []) & set(route_table_ids or [])
        if endpoint.state == "available" and endpoint.service_name == service_name and shared:
            message = f"route table {min(shared)} already has a route with destination-prefix-list-id"
            raise EC2ClientError("RouteAlreadyExists", f"{message} {endpoint.destination_prefix_list_id}")
    return original(service_name=service_name, route_table_ids=route_table_ids, **more)


@replaces(EC2Backend)
def create_flow_logs(original: Callable[..., Any], ec2: Any, *args: Any, **more: Any) -> Any:
    """Writes the policy that the delivery needs to the bucket of a flow log, over the existing policy.

    AWS does so if the caller may write the bucket's policy, and in the sandbox every caller may.
    """
    created, refused = original(*args, **more)
    for flow_log in created:
        if flow_log.log_destination_type == "s3":
            name = flow_log.log_destination.split(":", 5)[5].partition("/")[0]
            bucket = bucket_policy.bucket_of(ec2.account_id, name)
            bucket.policy = json.dumps(_delivery_policy(ec2, name)).encode()
    return created, refused


def _delivery_policy(ec2: Any, bucket: str) -> dict[str, Any]:
    account = ec2.account_id
    source = {"ArnLike": {"aws:SourceArn": f"arn:aws:logs:{ec2.region_name}:{account}:*"}}
    service = {"Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"}}
    owner = {"aws:SourceAccount": account}
    return {
        "Version": "2012-10-17",
        "Id": "AWSLogDeliveryWrite20150319",
        "Statement": [
            {
                **service,
                "Sid": "AWSLogDeliveryWrite",
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::{bucket}/AWSLogs/{account}/*",
                "Condition": {**source, "StringEquals": {**owner, "s3:x-amz-acl": "bucket-owner-full-control"}},
            },
            {
                **service,
                "Sid": "AWSLogDeliveryAclCheck",
                "Action": "s3:GetBucketAcl",
                "Resource": f"arn:aws:s3:::{bucket}",
                "Condition": {**source, "StringEquals": owner},
            },
        ],
    }


@replaces(VPCs)
def modify_vpc_endpoint(original: Callable[..., Any], response: Any) -> Any:
    """Resets the policy to full access if the request asks for it."""
    answer = original()
    if response._get_bool_param("ResetPolicy"):
        endpoint = response.ec2_backend.vpc_end_points[response._get_param("VpcEndpointId")]
        endpoint.policy_document = json.dumps(VPCEndPoint.DEFAULT_POLICY)
    return answer


# moto stores the description of a rule for a group inside the group's pair. There DescribeSecurityGroupRules does not
# find it, and a rule that differs in its description alone counts as another rule. The functions below store it where
# moto stores the description of a rule for addresses: in `ip_range`.


@replaces(SecurityGroupBackend)
def _iterate_security_rules(
    original: Callable[..., Iterator[Any]],
    _ec2: Any,
    ip_protocol: str,
    group_id: str,
    from_port: str,
    to_port: str,
    ip_ranges: list[Any],
    source_groups: list[Any],
    prefix_list_ids: list[Any],
    **more: Any,
) -> Iterator[Any]:
    """Yields the rules of a permission, each with its description."""
    targets = (ip_ranges, source_groups, prefix_list_ids)
    rules = original(ip_protocol, group_id, from_port, to_port, *targets, **more)
    for rule, target in zip(rules, [*ip_ranges, *source_groups, *prefix_list_ids], strict=True):
        rule.source_group = {name: value for name, value in rule.source_group.items() if name != "Description"}
        if target.get("Description"):
            rule.ip_range["Description"] = target["Description"]
        yield rule


@replaces(EC2Backend)
def modify_security_group_rules(
    original: Callable[..., None], ec2: Any, group_id: str, rules: dict[str, dict[str, Any]]
) -> None:
    """Changes rules, also the group that a rule refers to."""
    referenced = {rule_id: rule["ReferencedGroupId"] for rule_id, rule in rules.items() if "ReferencedGroupId" in rule}
    for group in referenced.values():
        if ec2.get_security_group_by_name_or_id(group) is None:
            raise InvalidSecurityGroupNotFoundError(group)
    original(group_id, rules)
    held = ec2.get_security_group_by_name_or_id(group_id)
    for rule_id, group in referenced.items():
        rule = held.get_rule(rule_id)
        rule.source_group = {**rule.source_group, "GroupId": group}
