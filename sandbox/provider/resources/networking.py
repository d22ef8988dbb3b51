"""VPC: networks, gateways, routes, endpoints."""

from typing import Any

from ..convert import capital, members, uncapital
from ..spec import Call, Context, Resource, pairs
from ..values import Values
from .ec2 import arn, tags

_VPC_SWITCHES = ("enableDnsSupport", "enableDnsHostnames", "enableNetworkAddressUsageMetrics")
_SUBNET_SWITCHES = ("mapPublicIpOnLaunch", "assignIpv6AddressOnCreation")


def _switch(name: str) -> Call:
    """A read of one of a VPC's attributes."""
    said = f"DescribeVpcAttribute VpcId={{id}} Attribute={name}"
    return Call(said, take=lambda answer, _: {name: answer[capital(name)]["Value"]})


def _of_vpc(said: str, name: str, key: str, by: str, value: str = "true") -> Call:
    """A read of what AWS makes along with a VPC: property `name` is the member `key` of what a filter finds."""
    filters = [{"Name": "vpc-id", "Values": ["{id}"]}, {"Name": by, "Values": [value]}]
    return Call(said, {"Filters": filters}, take=lambda found, _: {name: found[0][key]})


def _endpoint_lists(endpoint: Any, _: Context) -> Values:
    entries = [members(entry, "dnsName hostedZoneId") for entry in endpoint[0].get("DnsEntries", [])]
    return {
        "securityGroupIds": [group["GroupId"] for group in endpoint[0].get("Groups", [])],
        "dnsEntries": [{name: value for name, value in entry.items() if value} for entry in entries],
    }


def _endpoint_changes(values: Values, context: Context) -> Values:
    """Lists become what to add and what to remove."""
    built = dict(values)
    for name in {"routeTableIds", "subnetIds", "securityGroupIds"} & values.keys():
        wanted, had = set(built.pop(name)), set(context.olds.get(name, []))
        built[f"add{capital(name)}"], built[f"remove{capital(name)}"] = sorted(wanted - had), sorted(had - wanted)
    return built


def _route(table: Any, context: Context) -> Values | None:
    """The one route of the table that goes to this destination."""
    for route in table[0].get("Routes", []):
        for name in ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"):
            if name in route and route[name] == context[uncapital(name)]:
                return {uncapital(member): value for member, value in route.items() if value}
    return None


def _association(table: Any, context: Context) -> Values | None:
    found = [one for one in table[0]["Associations"] if one["RouteTableAssociationId"] == context["id"]]
    return members(found[0], "subnetId gatewayId") if found else None


_ROUTE_TARGETS = "gatewayId natGatewayId transitGatewayId vpcEndpointId vpcPeeringConnectionId networkInterfaceId"
_IS_ROUTE = (
    "RouteTableId={routeTableId} DestinationCidrBlock={destinationCidrBlock}"
    " DestinationIpv6CidrBlock={destinationIpv6CidrBlock}"
)

RESOURCES = (
    Resource(
        "aws:ec2/vpc:Vpc",
        create=Call("CreateVpc cidrBlock instanceTenancy -> Vpc.VpcId"),
        read=(
            Call("DescribeVpcs VpcIds=[{id}] -> Vpcs"),
            *map(_switch, _VPC_SWITCHES),
            _of_vpc("DescribeRouteTables -> RouteTables", "mainRouteTableId", "RouteTableId", "association.main"),
            _of_vpc(
                "DescribeSecurityGroups -> SecurityGroups", "defaultSecurityGroupId", "GroupId", "group-name", "default"
            ),
            _of_vpc("DescribeNetworkAcls -> NetworkAcls", "defaultNetworkAclId", "NetworkAclId", "default"),
        ),
        steps=[Call(f"ModifyVpcAttribute {name} VpcId={{id}}") for name in _VPC_SWITCHES],
        delete=Call("DeleteVpc VpcId={id}"),
        names={name: f"{capital(name)}.Value" for name in _VPC_SWITCHES},
        reads={"arn": arn("vpc"), "defaultRouteTableId": "={mainRouteTableId}"},
        outputs="arn ownerId dhcpOptionsId mainRouteTableId defaultRouteTableId defaultSecurityGroupId"
        " defaultNetworkAclId enableDnsHostnames enableNetworkAddressUsageMetrics",
        defaults={"enableDnsSupport": True, "instanceTenancy": "default"},
        tags=tags("vpc"),
    ),
    Resource(
        "aws:ec2/subnet:Subnet",
        create=Call(
            "CreateSubnet vpcId cidrBlock availabilityZone availabilityZoneId ipv6CidrBlock -> Subnet.SubnetId"
        ),
        read=Call("DescribeSubnets SubnetIds=[{id}] -> Subnets"),
        steps=[Call(f"ModifySubnetAttribute {name} SubnetId={{id}}") for name in _SUBNET_SWITCHES],
        delete=Call("DeleteSubnet SubnetId={id}"),
        names={name: f"{capital(name)}.Value" for name in _SUBNET_SWITCHES},
        reads={"arn": arn("subnet"), **{name: capital(name) for name in _SUBNET_SWITCHES}},
        outputs="arn ownerId availabilityZone availabilityZoneId cidrBlock",
        defaults=dict.fromkeys(_SUBNET_SWITCHES, False),
        unique="vpcId cidrBlock",
        tags=tags("subnet"),
    ),
    Resource(
        "aws:ec2/internetGateway:InternetGateway",
        create=Call("CreateInternetGateway -> InternetGateway.InternetGatewayId"),
        read=Call("DescribeInternetGateways InternetGatewayIds=[{id}] -> InternetGateways"),
        steps=Call("AttachInternetGateway vpcId InternetGatewayId={id}"),
        delete=(
            Call("DetachInternetGateway InternetGatewayId={id} VpcId={vpcId}"),
            Call("DeleteInternetGateway InternetGatewayId={id}"),
        ),
        reads={"vpcId": "Attachments.VpcId", "arn": arn("internet-gateway")},
        outputs="arn ownerId vpcId",
        replaces="vpcId",
        tags=tags("internet-gateway"),
    ),
    Resource(
        "aws:ec2/routeTable:RouteTable",
        create=Call("CreateRouteTable vpcId -> RouteTable.RouteTableId"),
        read=Call("DescribeRouteTables RouteTableIds=[{id}] -> RouteTables"),
        delete=Call("DeleteRouteTable RouteTableId={id}"),
        reads={"arn": arn("route-table")},
        outputs="arn ownerId",
        tags=tags("route-table"),
    ),
    Resource(
        "aws:ec2/route:Route",
        create=Call(
            f"CreateRoute routeTableId destinationCidrBlock destinationIpv6CidrBlock {_ROUTE_TARGETS}"
            " -> {routeTableId}_{destinationCidrBlock}{destinationIpv6CidrBlock}"
        ),
        parse=r"(?P<routeTableId>[^_]+)_(?:(?P<destinationCidrBlock>[\d./]+)|(?P<destinationIpv6CidrBlock>[\da-f:./]+))",
        read=Call("DescribeRouteTables RouteTableIds=[{routeTableId}] -> RouteTables", take=_route),
        updates=Call(f"ReplaceRoute {_ROUTE_TARGETS} {_IS_ROUTE}"),
        delete=Call(f"DeleteRoute {_IS_ROUTE}"),
        outputs="state origin",
    ),
    Resource(
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        create=Call("AssociateRouteTable routeTableId subnetId gatewayId -> AssociationId"),
        read=Call(
            "DescribeRouteTables -> RouteTables",
            also={"Filters": [{"Name": "association.route-table-association-id", "Values": ["{id}"]}]},
            take=_association,
        ),
        delete=Call("DisassociateRouteTable AssociationId={id}"),
        unique="subnetId gatewayId",
    ),
    Resource(
        "aws:ec2/eip:Eip",
        create=Call("AllocateAddress domain publicIpv4Pool networkBorderGroup address -> AllocationId"),
        read=Call("DescribeAddresses AllocationIds=[{id}] -> Addresses"),
        delete=Call("ReleaseAddress AllocationId={id}"),
        reads={
            "arn": arn("elastic-ip", "{account}"),
            "allocationId": "={id}",
            **pairs(
                "address=PublicIp instance=InstanceId networkInterface=NetworkInterfaceId privateIp=PrivateIpAddress"
            ),
        },
        outputs="arn allocationId publicIp domain address",
        tags=tags("elastic-ip"),
    ),
    Resource(
        "aws:ec2/natGateway:NatGateway",
        create=Call("CreateNatGateway subnetId allocationId connectivityType privateIp -> NatGateway.NatGatewayId"),
        read=Call("DescribeNatGateways NatGatewayIds=[{id}] -> NatGateways"),
        delete=Call("DeleteNatGateway NatGatewayId={id}"),
        names={"privateIp": "PrivateIpAddress"},
        reads=pairs(
            "allocationId=NatGatewayAddresses.AllocationId privateIp=NatGatewayAddresses.PrivateIp "
            "publicIp=NatGatewayAddresses.PublicIp networkInterfaceId=NatGatewayAddresses.NetworkInterfaceId "
            "associationId=NatGatewayAddresses.AssociationId"
        ),
        outputs="publicIp privateIp networkInterfaceId associationId vpcId",
        defaults={"connectivityType": "public"},
        gone=("State", ("deleted", "deleting")),
        tags=tags("natgateway"),
    ),
    Resource(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        create=Call(
            "CreateVpcEndpoint vpcId serviceName vpcEndpointType routeTableIds subnetIds securityGroupIds "
            "privateDnsEnabled policy ipAddressType -> VpcEndpoint.VpcEndpointId"
        ),
        read=Call("DescribeVpcEndpoints VpcEndpointIds=[{id}] -> VpcEndpoints", take=_endpoint_lists),
        updates=Call(
            "ModifyVpcEndpoint routeTableIds subnetIds securityGroupIds privateDnsEnabled policy ipAddressType "
            "VpcEndpointId={id}",
            build=_endpoint_changes,
        ),
        delete=Call("DeleteVpcEndpoints VpcEndpointIds=[{id}]"),
        names={"policy": "PolicyDocument"},
        reads={"arn": arn("vpc-endpoint", "{account}")},
        outputs="arn ownerId state dnsEntries networkInterfaceIds policy routeTableIds"
        " subnetIds securityGroupIds privateDnsEnabled",
        defaults={"vpcEndpointType": "Gateway"},
        gone=("State", ("deleted", "deleting")),
        tags=tags("vpc-endpoint"),
    ),
)
