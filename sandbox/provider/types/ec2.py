"""Amazon VPC: networks, gateways, routes and endpoints."""

from collections.abc import Iterator
from typing import Any

from ..account import AccountError
from ..resource import Call, Context, Read, Resource, Tags, parts_of_id
from ..rules import Fault, document, matches, network_address, resource_statements
from ..values import Values


def _network_block_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon EC2 API Reference: CreateVpc, CreateSubnet."""
    yield from matches(inputs, "cidrBlock", r"[\d.]+/(1[6-9]|2[0-8])", "must be an IPv4 block of /16 to /28")
    yield from network_address(inputs, "cidrBlock")


def _vpc_endpoint_policy_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon VPC User Guide, "Amazon VPC quotas": the size of an endpoint policy."""
    yield from document(inputs, "policy", 20 * 1024)
    yield from resource_statements(inputs, "policy")


def tags_of(kind: str) -> Tags:
    """How EC2 tags objects of a kind."""
    return Tags("CreateTags", "DeleteTags", list="", params=lambda it: {"Resources": [it.id]}, kind=kind)


def _is_deleted(found: Any) -> bool:
    return found["State"] in ("deleted", "deleting")


def _default_of_network(it: Context) -> Values:
    return {"Filters": [{"Name": "vpc-id", "Values": [it.id]}, {"Name": "default", "Values": ["true"]}]}


VPC = Resource(
    "aws:ec2/vpc:Vpc",
    service="ec2",
    create=Call("CreateVpc", ("cidrBlock",)),
    id=lambda answer, _: answer["Vpc"]["VpcId"],
    identity=lambda it: {"VpcId": it.id},
    read=(
        Read("DescribeVpcs", at="Vpcs"),
        Read("DescribeNetworkAcls", at="NetworkAcls", params=_default_of_network),
    ),
    delete=(Call("DeleteVpc"),),
    shown_as={"defaultNetworkAclId": "NetworkAclId"},
    outputs=("cidrBlock", "defaultNetworkAclId"),
    tags=tags_of("vpc"),
    rules=_network_block_rules,
)


def _public_ip(values: Values, _: Context) -> Values:
    return {"mapPublicIpOnLaunch": {"value": values["mapPublicIpOnLaunch"]}}


SUBNET = Resource(
    "aws:ec2/subnet:Subnet",
    service="ec2",
    create=Call("CreateSubnet", ("vpcId", "cidrBlock", "availabilityZone")),
    id=lambda answer, _: answer["Subnet"]["SubnetId"],
    identity=lambda it: {"SubnetId": it.id},
    read=(Read("DescribeSubnets", at="Subnets"),),
    after_create=(Call("ModifySubnetAttribute", ("mapPublicIpOnLaunch",), prepare=_public_ip),),
    delete=(Call("DeleteSubnet"),),
    outputs=("availabilityZone", "cidrBlock"),
    defaults={"mapPublicIpOnLaunch": False},
    tags=tags_of("subnet"),
    rules=_network_block_rules,
)


def _old_network(values: Values, it: Context) -> Values | list[Values]:
    """An internet gateway is detached from one network before it is attached to another."""
    old = it.olds.get("vpcId")
    return values if it.offline else [{"vpcId": old}] if old else []


INTERNET_GATEWAY = Resource(
    "aws:ec2/internetGateway:InternetGateway",
    service="ec2",
    create=Call("CreateInternetGateway"),
    id=lambda answer, _: answer["InternetGateway"]["InternetGatewayId"],
    identity=lambda it: {"InternetGatewayId": it.id},
    read=(Read("DescribeInternetGateways", at="InternetGateways"),),
    update=(Call("DetachInternetGateway", ("vpcId",), prepare=_old_network),),
    after_create=(Call("AttachInternetGateway", ("vpcId",)),),
    delete=(
        Call("DetachInternetGateway", params=lambda it: {"InternetGatewayId": it.id, "VpcId": it["vpcId"]}),
        Call("DeleteInternetGateway"),
    ),
    shown_as={"vpcId": "Attachments.VpcId"},
    outputs=("vpcId",),
    tags=tags_of("internet-gateway"),
)

ROUTE_TABLE = Resource(
    "aws:ec2/routeTable:RouteTable",
    service="ec2",
    create=Call("CreateRouteTable", ("vpcId",)),
    id=lambda answer, _: answer["RouteTable"]["RouteTableId"],
    identity=lambda it: {"RouteTableId": it.id},
    read=(Read("DescribeRouteTables", at="RouteTables"),),
    delete=(Call("DeleteRouteTable"),),
    tags=tags_of("route-table"),
)


ROUTE = Resource(
    "aws:ec2/route:Route",
    service="ec2",
    create=Call("CreateRoute", ("routeTableId", "destinationCidrBlock", "gatewayId", "natGatewayId")),
    id=lambda _, it: f"{it['routeTableId']}_{it['destinationCidrBlock']}",
    parse_id=parts_of_id("_", "routeTableId", "destinationCidrBlock"),
    identity=lambda it: {"RouteTableId": it["routeTableId"], "DestinationCidrBlock": it["destinationCidrBlock"]},
    read=(Read("DescribeRouteTables", at="RouteTables.Routes"),),
    update=(Call("ReplaceRoute", ("gatewayId", "natGatewayId")),),
    delete=(Call("DeleteRoute"),),
)

# A subnet has one route table. AWS gives an association that moves to another table a new id, and the engine keeps the
# id of what it updates; so a change replaces, and the old association goes first.
ROUTE_TABLE_ASSOCIATION = Resource(
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    service="ec2",
    create=Call("AssociateRouteTable", ("routeTableId", "subnetId")),
    id=lambda answer, _: answer["AssociationId"],
    identity=lambda it: {"AssociationId": it.id},
    read=(
        Read(
            "DescribeRouteTables",
            at="RouteTables.Associations",
            params=lambda it: {
                "Filters": [{"Name": "association.route-table-association-id", "Values": [it.id]}],
            },
            find=lambda association, it: association["RouteTableAssociationId"] == it.id,
        ),
    ),
    delete=(Call("DisassociateRouteTable"),),
    delete_before_replace=True,
)

ELASTIC_IP = Resource(
    "aws:ec2/eip:Eip",
    service="ec2",
    create=Call("AllocateAddress"),
    id=lambda answer, _: answer["AllocationId"],
    identity=lambda it: {"AllocationId": it.id},
    read=(Read("DescribeAddresses", at="Addresses"),),
    delete=(Call("ReleaseAddress"),),
    outputs=("allocationId",),
    tags=tags_of("elastic-ip"),
)

NAT_GATEWAY = Resource(
    "aws:ec2/natGateway:NatGateway",
    service="ec2",
    create=Call("CreateNatGateway", ("subnetId", "allocationId")),
    id=lambda answer, _: answer["NatGateway"]["NatGatewayId"],
    identity=lambda it: {"NatGatewayId": it.id},
    read=(Read("DescribeNatGateways", at="NatGateways", gone=_is_deleted),),
    delete=(Call("DeleteNatGateway"),),
    shown_as={"allocationId": "NatGatewayAddresses.AllocationId"},
    tags=tags_of("natgateway"),
)


def _endpoint_changes(values: Values, it: Context) -> Values:
    """An update names the route tables to add and those to remove."""
    wanted, had = set(values.get("routeTableIds") or ()), set(it.olds.get("routeTableIds", ()))
    return {"addRouteTableIds": sorted(wanted - had), "removeRouteTableIds": sorted(had - wanted)}


_READ_ENDPOINT = Read("DescribeVpcEndpoints", at="VpcEndpoints", gone=_is_deleted)

VPC_ENDPOINT = Resource(
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    service="ec2",
    create=Call("CreateVpcEndpoint", ("vpcId", "serviceName", "vpcEndpointType", "routeTableIds")),
    id=lambda answer, _: answer["VpcEndpoint"]["VpcEndpointId"],
    identity=lambda it: {"VpcEndpointId": it.id},
    read=(_READ_ENDPOINT,),
    update=(Call("ModifyVpcEndpoint", ("routeTableIds",), prepare=_endpoint_changes),),
    delete=(Call("DeleteVpcEndpoints"),),
    outputs=("routeTableIds",),
    defaults={"vpcEndpointType": "Gateway"},
    tags=tags_of("vpc-endpoint"),
)


def _flow_log_id(answer: Any, it: Context) -> str:
    """EC2 answers a flow log that it does not create as an unsuccessful item, and with status 200."""
    for item in answer.get("Unsuccessful", []):
        raise AccountError("CreateFlowLogs", item["Error"]["Code"], item["Error"]["Message"])
    return answer["FlowLogIds"][0]


FLOW_LOG = Resource(
    "aws:ec2/flowLog:FlowLog",
    service="ec2",
    create=Call(
        "CreateFlowLogs",
        ("vpcId", "trafficType", "logDestinationType", "logDestination"),
        params=lambda _: {"ResourceType": "VPC"},
        rename={"vpcId": "ResourceIds"},
    ),
    id=_flow_log_id,
    identity=lambda it: {"FlowLogId": it.id},
    read=(Read("DescribeFlowLogs", at="FlowLogs"),),
    delete=(Call("DeleteFlowLogs"),),
    shown_as={"vpcId": "ResourceId"},
    outputs=("logDestination",),
    defaults={"logDestinationType": "cloud-watch-logs"},
    tags=tags_of("vpc-flow-log"),
)

# The AWS provider sets the policy of an endpoint that exists, and resets it instead of deleting it
# (terraform-provider-aws, internal/service/ec2/vpc_endpoint_policy.go).
VPC_ENDPOINT_POLICY = Resource(
    "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy",
    service="ec2",
    create=Call("ModifyVpcEndpoint", ("vpcEndpointId", "policy")),
    id=lambda _, it: it["vpcEndpointId"],
    parse_id=lambda id: {"vpcEndpointId": id},
    identity=lambda it: {"VpcEndpointId": it.id},
    read=(_READ_ENDPOINT,),
    update=(Call("ModifyVpcEndpoint", ("policy",)),),
    delete=(Call("ModifyVpcEndpoint", params=lambda it: {"VpcEndpointId": it.id, "ResetPolicy": True}),),
    rename={"policy": "PolicyDocument"},
    keeps=("policy",),
    rules=_vpc_endpoint_policy_rules,
)

RESOURCES = (
    *(VPC, SUBNET, INTERNET_GATEWAY, ROUTE_TABLE, ROUTE, ROUTE_TABLE_ASSOCIATION, ELASTIC_IP, NAT_GATEWAY),
    *(VPC_ENDPOINT, VPC_ENDPOINT_POLICY, FLOW_LOG),
)
