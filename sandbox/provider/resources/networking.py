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
      then      ModifyVpcAttribute enableDnsSupport VpcId={id}
      then      ModifyVpcAttribute enableDnsHostnames VpcId={id}
      then      ModifyVpcAttribute enableNetworkAddressUsageMetrics VpcId={id}
      delete    DeleteVpc VpcId={id}
      names     enableDnsSupport=EnableDnsSupport.Value enableDnsHostnames=EnableDnsHostnames.Value
                enableNetworkAddressUsageMetrics=EnableNetworkAddressUsageMetrics.Value
      outputs   arn==arn:{partition}:ec2:{region}:{ownerId}:vpc/{id} ownerId dhcpOptionsId mainRouteTableId=RouteTableId
                defaultRouteTableId=RouteTableId defaultSecurityGroupId=GroupId defaultNetworkAclId=NetworkAclId
                enableDnsHostnames enableNetworkAddressUsageMetrics
      defaults  enableDnsSupport=true instanceTenancy=default
      tags      CreateTags DeleteTags Resources=[{id}] kind=vpc

    aws:ec2/subnet:Subnet
      create    CreateSubnet vpcId cidrBlock availabilityZone availabilityZoneId ipv6CidrBlock -> Subnet.SubnetId
      read      DescribeSubnets SubnetIds=[{id}] -> Subnets
      then      ModifySubnetAttribute mapPublicIpOnLaunch:MapPublicIpOnLaunch.Value SubnetId={id}
      then      ModifySubnetAttribute assignIpv6AddressOnCreation:AssignIpv6AddressOnCreation.Value SubnetId={id}
      delete    DeleteSubnet SubnetId={id}
      outputs   arn==arn:{partition}:ec2:{region}:{ownerId}:subnet/{id} ownerId availabilityZone availabilityZoneId
                cidrBlock
      defaults  mapPublicIpOnLaunch=false assignIpv6AddressOnCreation=false
      unique    vpcId cidrBlock
      tags      CreateTags DeleteTags Resources=[{id}] kind=subnet

    aws:ec2/internetGateway:InternetGateway
      create    CreateInternetGateway -> InternetGateway.InternetGatewayId
      read      DescribeInternetGateways InternetGatewayIds=[{id}] -> InternetGateways
      then      AttachInternetGateway vpcId InternetGatewayId={id}
      delete    DetachInternetGateway InternetGatewayId={id} VpcId={vpcId}
      delete    DeleteInternetGateway InternetGatewayId={id}
      outputs   arn==arn:{partition}:ec2:{region}:{ownerId}:internet-gateway/{id} ownerId vpcId=Attachments.VpcId
      replaces  vpcId
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

    aws:ec2/routeTableAssociation:RouteTableAssociation
      create    AssociateRouteTable routeTableId subnetId gatewayId -> AssociationId
      read      DescribeRouteTables ?association.route-table-association-id={id}
                -> RouteTables.Associations[RouteTableAssociationId={id}]
      delete    DisassociateRouteTable AssociationId={id}
      unique    subnetId gatewayId

    aws:ec2/eip:Eip
      create    AllocateAddress domain publicIpv4Pool networkBorderGroup address -> AllocationId
      read      DescribeAddresses AllocationIds=[{id}] -> Addresses
      delete    ReleaseAddress AllocationId={id}
      reads     instance=InstanceId networkInterface=NetworkInterfaceId privateIp=PrivateIpAddress
      outputs   arn==arn:{partition}:ec2:{region}:{account}:elastic-ip/{id} allocationId=={id} publicIp domain
                address=PublicIp
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
      gone      State=deleted,deleting
      tags      CreateTags DeleteTags Resources=[{id}] kind=vpc-endpoint
    """.replace("DESTINATION", _DESTINATION),
)
