"""VPC: networks, gateways, routes, endpoints."""

from ..convert import capital
from ..spec import Context, table
from ..values import Values

_DESTINATION = "DestinationCidrBlock={destinationCidrBlock} DestinationIpv6CidrBlock={destinationIpv6CidrBlock}"


def endpoint_changes(values: Values, context: Context) -> Values:
    """Lists become what to add and what to remove."""
    built = dict(values)
    for name in {"routeTableIds", "subnetIds", "securityGroupIds"} & values.keys():
        wanted, had = set(built.pop(name)), set(context.olds.get(name, []))
        built[f"add{capital(name)}"], built[f"remove{capital(name)}"] = sorted(wanted - had), sorted(had - wanted)
    return built


def old_network(values: Values, context: Context) -> Values | list[Values]:
    """An internet gateway leaves one network before it goes to another."""
    old = context.olds.get("vpcId")
    return values if context.offline else [{"vpcId": old}] if old else []


def old_addresses(values: Values, context: Context) -> Values | list[Values]:
    """A subnet has one IPv6 block, and gives the old one up before it gets a new one."""
    old = context.olds.get("ipv6CidrBlockAssociationId")
    return values if context.offline else [{"associationId": old}] if old else []


def new_addresses(values: Values, _: Context) -> Values | list[Values]:
    return values or []


def tenancy(olds: Values, news: Values) -> list[str]:
    """The one change that AWS makes is from dedicated hardware to shared."""
    change = (olds.get("instanceTenancy"), news.get("instanceTenancy"))
    return [] if change == ("dedicated", "default") else ["instanceTenancy"]


def private_names(_olds: Values, news: Values) -> list[str]:
    return [] if news.get("vpcEndpointType") == "Interface" else ["privateDnsEnabled"]


RESOURCES = table(
    globals(),
    r"""
    aws:ec2/vpc:Vpc
      create    CreateVpc cidrBlock instanceTenancy -> Vpc.VpcId
      read      DescribeVpcs VpcIds=[{id}] -> Vpcs
      read      DescribeVpcAttribute VpcId={id} Attribute=enableDnsSupport
      read      DescribeVpcAttribute VpcId={id} Attribute=enableDnsHostnames
      read      DescribeVpcAttribute VpcId={id} Attribute=enableNetworkAddressUsageMetrics
      read      DescribeRouteTables ?vpc-id={id} ?association.main=true -> RouteTables
      read      DescribeSecurityGroups ?vpc-id={id} ?group-name=default -> SecurityGroups
      read      DescribeNetworkAcls ?vpc-id={id} ?default=true -> NetworkAcls
      update    ModifyVpcTenancy instanceTenancy VpcId={id}
      then      ModifyVpcAttribute enableDnsSupport VpcId={id}
      then      ModifyVpcAttribute enableDnsHostnames VpcId={id}
      then      ModifyVpcAttribute enableNetworkAddressUsageMetrics VpcId={id}
      delete    DeleteVpc VpcId={id}
      names     enableDnsSupport=EnableDnsSupport.Value enableDnsHostnames=EnableDnsHostnames.Value
                enableNetworkAddressUsageMetrics=EnableNetworkAddressUsageMetrics.Value
      outputs   arn==arn:{partition}:ec2:{region}:{ownerId}:vpc/{id} ownerId dhcpOptionsId mainRouteTableId=RouteTableId
                defaultRouteTableId=RouteTableId defaultSecurityGroupId=GroupId defaultNetworkAclId=NetworkAclId
                enableDnsHostnames enableNetworkAddressUsageMetrics cidrBlock
      otherwise enableDnsSupport=true
      defaults  enableDnsSupport=true instanceTenancy=default
      replaces  @tenancy
      tags      CreateTags DeleteTags Resources=[{id}] kind=vpc

    aws:ec2/subnet:Subnet
      create    CreateSubnet vpcId cidrBlock availabilityZone availabilityZoneId ipv6CidrBlock -> Subnet.SubnetId
      read      DescribeSubnets SubnetIds=[{id}] -> Subnets
      update    DisassociateSubnetCidrBlock ipv6CidrBlock @old_addresses
      update    AssociateSubnetCidrBlock ipv6CidrBlock SubnetId={id} @new_addresses
      then      ModifySubnetAttribute mapPublicIpOnLaunch:MapPublicIpOnLaunch.Value SubnetId={id}
      then      ModifySubnetAttribute assignIpv6AddressOnCreation:AssignIpv6AddressOnCreation.Value SubnetId={id}
      delete    DeleteSubnet SubnetId={id}
      reads     ipv6CidrBlock=Ipv6CidrBlockAssociationSet.Ipv6CidrBlock
      otherwise ipv6CidrBlockAssociationId=
      outputs   arn==arn:{partition}:ec2:{region}:{ownerId}:subnet/{id} ownerId availabilityZone availabilityZoneId
                cidrBlock ipv6CidrBlockAssociationId=Ipv6CidrBlockAssociationSet.AssociationId
      defaults  mapPublicIpOnLaunch=false assignIpv6AddressOnCreation=false
      tags      CreateTags DeleteTags Resources=[{id}] kind=subnet

    aws:ec2/internetGateway:InternetGateway
      create    CreateInternetGateway -> InternetGateway.InternetGatewayId
      read      DescribeInternetGateways InternetGatewayIds=[{id}] -> InternetGateways
      update    DetachInternetGateway vpcId InternetGatewayId={id} @old_network
      then      AttachInternetGateway vpcId InternetGatewayId={id}
      delete    DetachInternetGateway InternetGatewayId={id} VpcId={vpcId}
      delete    DeleteInternetGateway InternetGatewayId={id}
      outputs   arn==arn:{partition}:ec2:{region}:{ownerId}:internet-gateway/{id} ownerId vpcId=Attachments.VpcId
      tags      CreateTags DeleteTags Resources=[{id}] kind=internet-gateway

    aws:ec2/routeTable:RouteTable
      create    CreateRouteTable vpcId -> RouteTable.RouteTableId
      read      DescribeRouteTables RouteTableIds=[{id}] -> RouteTables
      delete    DeleteRouteTable RouteTableId={id}
      outputs   arn==arn:{partition}:ec2:{region}:{ownerId}:route-table/{id} ownerId
      tags      CreateTags DeleteTags Resources=[{id}] kind=route-table

    aws:ec2/route:Route
      create    CreateRoute routeTableId destinationCidrBlock destinationIpv6CidrBlock
                (gatewayId natGatewayId transitGatewayId vpcEndpointId vpcPeeringConnectionId networkInterfaceId)
                -> {routeTableId}_{destinationCidrBlock}{destinationIpv6CidrBlock}
      id        (?P<routeTableId>[^_]+)_(?:(?P<destinationCidrBlock>[\d./]+)|(?P<destinationIpv6CidrBlock>[\da-f:./]+))
      read      DescribeRouteTables RouteTableIds=[{routeTableId}] -> RouteTables.Routes[DESTINATION]
      update    ReplaceRoute () RouteTableId={routeTableId} DESTINATION
      delete    DeleteRoute RouteTableId={routeTableId} DESTINATION
      outputs   state origin
      keeps     networkInterfaceId

    aws:ec2/routeTableAssociation:RouteTableAssociation
      create    AssociateRouteTable routeTableId subnetId gatewayId -> AssociationId
      read      DescribeRouteTables ?association.route-table-association-id={id}
                -> RouteTables.Associations[RouteTableAssociationId={id}]
      delete    DisassociateRouteTable AssociationId={id}
      # AWS makes another association of one whose route table changes, and the engine keeps the id of what it updates.
      delete-first a subnet has one route table

    aws:ec2/eip:Eip
      create    AllocateAddress domain publicIpv4Pool networkBorderGroup address -> AllocationId
      read      DescribeAddresses AllocationIds=[{id}] -> Addresses
      delete    ReleaseAddress AllocationId={id}
      reads     address=PublicIp instance=InstanceId networkInterface=NetworkInterfaceId privateIp=PrivateIpAddress
      outputs   arn==arn:{partition}:ec2:{region}:{account}:elastic-ip/{id} allocationId=={id} publicIp domain
      keeps     networkBorderGroup publicIpv4Pool
      tags      CreateTags DeleteTags Resources=[{id}] kind=elastic-ip

    aws:ec2/natGateway:NatGateway
      create    CreateNatGateway subnetId allocationId connectivityType privateIp -> NatGateway.NatGatewayId
      read      DescribeNatGateways NatGatewayIds=[{id}] -> NatGateways
      delete    DeleteNatGateway NatGatewayId={id}
      names     privateIp=PrivateIpAddress
      reads     allocationId=NatGatewayAddresses.AllocationId
      outputs   publicIp=NatGatewayAddresses.PublicIp privateIp=NatGatewayAddresses.PrivateIp
                networkInterfaceId=NatGatewayAddresses.NetworkInterfaceId
                associationId=NatGatewayAddresses.AssociationId vpcId
      defaults  connectivityType=public
      gone      State=deleted,deleting
      tags      CreateTags DeleteTags Resources=[{id}] kind=natgateway

    aws:ec2/vpcEndpoint:VpcEndpoint
      create    CreateVpcEndpoint vpcId serviceName vpcEndpointType (routeTableIds subnetIds securityGroupIds
                privateDnsEnabled policy ipAddressType) -> VpcEndpoint.VpcEndpointId
      read      DescribeVpcEndpoints VpcEndpointIds=[{id}] -> VpcEndpoints
      update    ModifyVpcEndpoint () VpcEndpointId={id} @endpoint_changes
      delete    DeleteVpcEndpoints VpcEndpointIds=[{id}]
      names     policy=PolicyDocument
      outputs   arn==arn:{partition}:ec2:{region}:{account}:vpc-endpoint/{id} ownerId state dnsEntries
                networkInterfaceIds policy routeTableIds subnetIds securityGroupIds=Groups[].GroupId privateDnsEnabled
      defaults  vpcEndpointType=Gateway
      replaces  @private_names
      keeps     ipAddressType
      gone      State=deleted,deleting
      tags      CreateTags DeleteTags Resources=[{id}] kind=vpc-endpoint
    """.replace("DESTINATION", _DESTINATION),
)
