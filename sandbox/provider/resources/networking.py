"""VPC: networks, gateways, routes, endpoints."""

from typing import Any

from ..spec import Call, Context, Resource
from ..values import Values
from .ec2 import TAGGING, arn, tags


def _vpc_attribute(name: str, member: str) -> tuple[Call, Call]:
    """The call that sets an attribute of a VPC, and the one that shows it."""
    return (
        Call("ModifyVpcAttribute", name, {"VpcId": "{id}"}),
        Call(
            "DescribeVpcAttribute",
            fixed={"VpcId": "{id}", "Attribute": name},
            take=lambda answer, _: {name: answer[member]["Value"]},
        ),
    )


_DNS_SUPPORT = _vpc_attribute("enableDnsSupport", "EnableDnsSupport")
_DNS_HOSTNAMES = _vpc_attribute("enableDnsHostnames", "EnableDnsHostnames")
_USAGE_METRICS = _vpc_attribute("enableNetworkAddressUsageMetrics", "EnableNetworkAddressUsageMetrics")


def _of_vpc(operation: str, result: str, key: str, name: str, main: str = "default") -> Call:
    """A read of what AWS makes along with a VPC."""
    filters = [{"Name": "vpc-id", "Values": ["{id}"]}]
    if main == "group-name":
        filters.append({"Name": main, "Values": ["default"]})
    elif main:
        filters.append({"Name": main, "Values": ["true"]})
    return Call(operation, fixed={"Filters": filters}, at=result, take=lambda found, _: {name: found[0][key]})


def _endpoint_lists(endpoint: Any, _: Context) -> Values:
    found = endpoint[0]
    entries = [
        {"dnsName": e.get("DnsName"), "hostedZoneId": e.get("HostedZoneId")} for e in found.get("DnsEntries", [])
    ]
    return {
        "securityGroupIds": [group["GroupId"] for group in found.get("Groups", [])],
        "dnsEntries": [{k: v for k, v in entry.items() if v} for entry in entries],
    }


def _endpoint_changes(values: Values, context: Context) -> Values:
    """Lists become what to add and what to remove."""
    built = dict(values)
    for name in ("routeTableIds", "subnetIds", "securityGroupIds"):
        if name in built:
            wanted, had = set(built.pop(name)), set(context.olds.get(name, []))
            stem = name[0].upper() + name[1:]
            built[f"add{stem}"], built[f"remove{stem}"] = sorted(wanted - had), sorted(had - wanted)
    return built


def _route(table: Any, context: Context) -> Values | None:
    """The one route of the table that goes to this destination."""
    for route in table[0].get("Routes", []):
        for name in ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"):
            if name in route and route[name] == context[name[0].lower() + name[1:]]:
                return {
                    "state": route.get("State"),
                    "origin": route.get("Origin"),
                    **{member[0].lower() + member[1:]: value for member, value in route.items() if value},
                }
    return None


def _association(table: Any, context: Context) -> Values | None:
    found = [one for one in table[0]["Associations"] if one["RouteTableAssociationId"] == context["id"]]
    return {"subnetId": found[0].get("SubnetId"), "gatewayId": found[0].get("GatewayId")} if found else None


RESOURCES = (
    Resource(
        "aws:ec2/vpc:Vpc",
        "ec2",
        create=Call("CreateVpc", "cidrBlock instanceTenancy"),
        id="Vpc.VpcId",
        read=(
            Call("DescribeVpcs", fixed={"VpcIds": ["{id}"]}, at="Vpcs"),
            _DNS_SUPPORT[1],
            _DNS_HOSTNAMES[1],
            _USAGE_METRICS[1],
            _of_vpc("DescribeRouteTables", "RouteTables", "RouteTableId", "mainRouteTableId", "association.main"),
            _of_vpc("DescribeSecurityGroups", "SecurityGroups", "GroupId", "defaultSecurityGroupId", "group-name"),
            _of_vpc("DescribeNetworkAcls", "NetworkAcls", "NetworkAclId", "defaultNetworkAclId"),
        ),
        steps=(_DNS_SUPPORT[0], _DNS_HOSTNAMES[0], _USAGE_METRICS[0]),
        delete=(Call("DeleteVpc", fixed={"VpcId": "{id}"}),),
        names={
            **TAGGING,
            "enableDnsSupport": "EnableDnsSupport.Value",
            "enableDnsHostnames": "EnableDnsHostnames.Value",
            "enableNetworkAddressUsageMetrics": "EnableNetworkAddressUsageMetrics.Value",
        },
        reads={"arn": arn("vpc"), "defaultRouteTableId": "={mainRouteTableId}"},
        outputs="arn ownerId dhcpOptionsId mainRouteTableId defaultRouteTableId defaultSecurityGroupId"
        " defaultNetworkAclId enableDnsHostnames enableNetworkAddressUsageMetrics",
        defaults={"enableDnsSupport": True, "instanceTenancy": "default"},
        tags=tags("vpc"),
    ),
    Resource(
        "aws:ec2/subnet:Subnet",
        "ec2",
        create=Call("CreateSubnet", "vpcId cidrBlock availabilityZone availabilityZoneId ipv6CidrBlock"),
        id="Subnet.SubnetId",
        read=(Call("DescribeSubnets", fixed={"SubnetIds": ["{id}"]}, at="Subnets"),),
        steps=(
            Call("ModifySubnetAttribute", "mapPublicIpOnLaunch", {"SubnetId": "{id}"}),
            Call("ModifySubnetAttribute", "assignIpv6AddressOnCreation", {"SubnetId": "{id}"}),
        ),
        delete=(Call("DeleteSubnet", fixed={"SubnetId": "{id}"}),),
        names={
            **TAGGING,
            "mapPublicIpOnLaunch": "MapPublicIpOnLaunch.Value",
            "assignIpv6AddressOnCreation": "AssignIpv6AddressOnCreation.Value",
        },
        reads={
            "arn": arn("subnet"),
            "mapPublicIpOnLaunch": "MapPublicIpOnLaunch",
            "assignIpv6AddressOnCreation": "AssignIpv6AddressOnCreation",
        },
        outputs="arn ownerId availabilityZone availabilityZoneId cidrBlock",
        defaults={"mapPublicIpOnLaunch": False, "assignIpv6AddressOnCreation": False},
        unique="vpcId cidrBlock",
        tags=tags("subnet"),
    ),
    Resource(
        "aws:ec2/internetGateway:InternetGateway",
        "ec2",
        create=Call("CreateInternetGateway"),
        id="InternetGateway.InternetGatewayId",
        read=(Call("DescribeInternetGateways", fixed={"InternetGatewayIds": ["{id}"]}, at="InternetGateways"),),
        steps=(Call("AttachInternetGateway", "vpcId", {"InternetGatewayId": "{id}"}),),
        delete=(
            Call("DetachInternetGateway", fixed={"InternetGatewayId": "{id}", "VpcId": "{vpcId}"}),
            Call("DeleteInternetGateway", fixed={"InternetGatewayId": "{id}"}),
        ),
        names=TAGGING,
        reads={"vpcId": "Attachments.VpcId", "arn": arn("internet-gateway")},
        outputs="arn ownerId vpcId",
        replaces="vpcId",
        tags=tags("internet-gateway"),
    ),
    Resource(
        "aws:ec2/routeTable:RouteTable",
        "ec2",
        create=Call("CreateRouteTable", "vpcId"),
        id="RouteTable.RouteTableId",
        read=(Call("DescribeRouteTables", fixed={"RouteTableIds": ["{id}"]}, at="RouteTables"),),
        delete=(Call("DeleteRouteTable", fixed={"RouteTableId": "{id}"}),),
        names=TAGGING,
        reads={"arn": arn("route-table")},
        outputs="arn ownerId",
        tags=tags("route-table"),
    ),
    Resource(
        "aws:ec2/route:Route",
        "ec2",
        create=Call(
            "CreateRoute",
            "routeTableId destinationCidrBlock destinationIpv6CidrBlock gatewayId natGatewayId transitGatewayId"
            " vpcEndpointId vpcPeeringConnectionId networkInterfaceId",
        ),
        id="{routeTableId}_{destinationCidrBlock}{destinationIpv6CidrBlock}",
        parse=r"(?P<routeTableId>[^_]+)_(?:(?P<destinationCidrBlock>[\d./]+)|(?P<destinationIpv6CidrBlock>[\da-f:./]+))",
        read=(Call("DescribeRouteTables", fixed={"RouteTableIds": ["{routeTableId}"]}, at="RouteTables", take=_route),),
        updates=(
            Call(
                "ReplaceRoute",
                "gatewayId natGatewayId transitGatewayId vpcEndpointId vpcPeeringConnectionId networkInterfaceId",
                {
                    "RouteTableId": "{routeTableId}",
                    "DestinationCidrBlock": "{destinationCidrBlock}",
                    "DestinationIpv6CidrBlock": "{destinationIpv6CidrBlock}",
                },
            ),
        ),
        delete=(
            Call(
                "DeleteRoute",
                fixed={
                    "RouteTableId": "{routeTableId}",
                    "DestinationCidrBlock": "{destinationCidrBlock}",
                    "DestinationIpv6CidrBlock": "{destinationIpv6CidrBlock}",
                },
            ),
        ),
        outputs="state origin",
    ),
    Resource(
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        "ec2",
        create=Call("AssociateRouteTable", "routeTableId subnetId gatewayId"),
        id="AssociationId",
        read=(
            Call(
                "DescribeRouteTables",
                fixed={"Filters": [{"Name": "association.route-table-association-id", "Values": ["{id}"]}]},
                at="RouteTables",
                take=_association,
            ),
        ),
        delete=(Call("DisassociateRouteTable", fixed={"AssociationId": "{id}"}),),
        unique="subnetId gatewayId",
    ),
    Resource(
        "aws:ec2/eip:Eip",
        "ec2",
        create=Call("AllocateAddress", "domain publicIpv4Pool networkBorderGroup address"),
        id="AllocationId",
        read=(Call("DescribeAddresses", fixed={"AllocationIds": ["{id}"]}, at="Addresses"),),
        delete=(Call("ReleaseAddress", fixed={"AllocationId": "{id}"}),),
        names=TAGGING,
        reads={
            "arn": arn("elastic-ip", "{account}"),
            "address": "PublicIp",
            "instance": "InstanceId",
            "networkInterface": "NetworkInterfaceId",
            "privateIp": "PrivateIpAddress",
            "allocationId": "={id}",
        },
        outputs="arn allocationId publicIp domain address",
        tags=tags("elastic-ip"),
    ),
    Resource(
        "aws:ec2/natGateway:NatGateway",
        "ec2",
        create=Call("CreateNatGateway", "subnetId allocationId connectivityType privateIp"),
        id="NatGateway.NatGatewayId",
        read=(Call("DescribeNatGateways", fixed={"NatGatewayIds": ["{id}"]}, at="NatGateways"),),
        delete=(Call("DeleteNatGateway", fixed={"NatGatewayId": "{id}"}),),
        names={**TAGGING, "privateIp": "PrivateIpAddress"},
        reads={
            "allocationId": "NatGatewayAddresses.AllocationId",
            "privateIp": "NatGatewayAddresses.PrivateIp",
            "publicIp": "NatGatewayAddresses.PublicIp",
            "networkInterfaceId": "NatGatewayAddresses.NetworkInterfaceId",
            "associationId": "NatGatewayAddresses.AssociationId",
        },
        outputs="publicIp privateIp networkInterfaceId associationId vpcId",
        defaults={"connectivityType": "public"},
        gone=("State", ("deleted", "deleting")),
        tags=tags("natgateway"),
    ),
    Resource(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "ec2",
        create=Call(
            "CreateVpcEndpoint",
            "vpcId serviceName vpcEndpointType routeTableIds subnetIds securityGroupIds privateDnsEnabled policy"
            " ipAddressType",
        ),
        id="VpcEndpoint.VpcEndpointId",
        read=(
            Call("DescribeVpcEndpoints", fixed={"VpcEndpointIds": ["{id}"]}, at="VpcEndpoints", take=_endpoint_lists),
        ),
        updates=(
            Call(
                "ModifyVpcEndpoint",
                "routeTableIds subnetIds securityGroupIds privateDnsEnabled policy ipAddressType",
                {"VpcEndpointId": "{id}"},
                build=_endpoint_changes,
            ),
        ),
        delete=(Call("DeleteVpcEndpoints", fixed={"VpcEndpointIds": ["{id}"]}),),
        names={**TAGGING, "policy": "PolicyDocument"},
        reads={"arn": arn("vpc-endpoint", "{account}")},
        outputs="arn ownerId state dnsEntries networkInterfaceIds policy routeTableIds"
        " subnetIds securityGroupIds privateDnsEnabled",
        defaults={"vpcEndpointType": "Gateway"},
        gone=("State", ("deleted", "deleting")),
        tags=tags("vpc-endpoint"),
    ),
)
