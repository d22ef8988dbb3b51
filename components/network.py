"""The network: a VPC with public and private subnets, and the security groups."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_awsx as awsx

from components.lib.app import PORT
from components.lib.lookup import ask, look_up

# Each zone has a quarter of the VPC, with two zones and with three, so that a third zone moves no subnet.
_ZONE_BITS = 2
# Zones of our regions that lack Fargate, or Fargate for ARM64: Amazon ECS Developer Guide, "Supported Regions for
# Amazon ECS on AWS Fargate" and "Working with 64-bit ARM workloads on Amazon ECS".
_ZONES_WITHOUT_FARGATE = ("apne1-az3", "use1-az3")
_ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class Placement:
    """Where in the network something runs."""

    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    security_group_id: pulumi.Input[str]
    public_ips: bool = False  # whether tasks get public IP addresses


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """The inputs of `Network`."""

    name: str  # for the Name tags
    region: str
    cidr: str  # an IPv4 block, such as 10.0.0.0/16
    availability_zones: int
    nat_gateways: str  # one-per-az, single or none
    https: bool  # whether the load balancer listens on 443 too
    zones_with_tasks: int  # the zones in which tasks run now


class Network(pulumi.ComponentResource):
    """A VPC, gateway endpoints, and the security groups of the load balancer and of the tasks."""

    vpc_id: pulumi.Output[str]
    endpoint_ids: Mapping[str, pulumi.Output[str]]  # of the gateway endpoints, by service: s3, dynamodb
    private_subnet_ids: pulumi.Output[Sequence[str]]
    load_balancer: Placement
    tasks: Placement

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:network:Network", name, {}, opts)
        vpc = awsx.ec2.Vpc(
            args.name,
            cidr_block=args.cidr,
            availability_zone_names=self._zone_names(self._zones(args)),
            availability_zone_cidr_mask=ipaddress.IPv4Network(args.cidr).prefixlen + _ZONE_BITS,
            subnet_strategy=awsx.ec2.SubnetAllocationStrategy.AUTO,
            # A member of the enumeration: ONE_PER_AZ for one-per-az.
            nat_gateways={"strategy": awsx.ec2.NatGatewayStrategy[args.nat_gateways.upper().replace("-", "_")]},
            opts=pulumi.ResourceOptions(parent=self, transforms=[adjust_subnet]),
        )
        # AWS opens the group to its own members and to the outside. Nothing uses it, so it gets no rule. The provider
        # removes those that it finds, and leaves the group in place when the stack is destroyed
        # (terraform-provider-aws, internal/service/ec2/vpc_default_security_group.go).
        aws.ec2.DefaultSecurityGroup(
            "default",
            vpc_id=vpc.vpc_id,
            tags={"Name": f"{args.name}-default"},
            opts=pulumi.ResourceOptions(parent=self),
        )
        route_table_ids = vpc.route_tables.apply(lambda tables: pulumi.Output.all(*(table.id for table in tables)))
        self.endpoint_ids = {
            service: aws.ec2.VpcEndpoint(
                service,
                vpc_id=vpc.vpc_id,
                vpc_endpoint_type="Gateway",
                service_name=f"com.amazonaws.{args.region}.{service}",
                route_table_ids=route_table_ids,
                tags={"Name": f"{args.name}-{service}"},
                opts=pulumi.ResourceOptions(parent=self),
            ).id
            for service in ("s3", "dynamodb")
        }

        # The two groups name each other, so their rules are separate resources. A group without rules lets nothing
        # through: the AWS provider removes the rule with which AWS opens a new group to the outside.
        load_balancer = self._security_group("load-balancer", args, vpc, "The load balancer: open to the internet")
        tasks = self._security_group("tasks", args, vpc, "The tasks: reached by the load balancer only")
        for port in (80, 443) if args.https else (80,):
            aws.vpc.SecurityGroupIngressRule(
                f"load-balancer-{port}",
                security_group_id=load_balancer.id,
                description="Clients",
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                cidr_ipv4=_ANYWHERE,
                opts=pulumi.ResourceOptions(parent=self),
            )
        aws.vpc.SecurityGroupEgressRule(
            "load-balancer-to-tasks",
            security_group_id=load_balancer.id,
            description="To the tasks",
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
            referenced_security_group_id=tasks.id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.vpc.SecurityGroupIngressRule(
            "tasks-from-load-balancer",
            security_group_id=tasks.id,
            description="From the load balancer",
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
            referenced_security_group_id=load_balancer.id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.vpc.SecurityGroupEgressRule(
            "tasks-to-aws",
            security_group_id=tasks.id,
            description="To the APIs of AWS",
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            cidr_ipv4=_ANYWHERE,
            opts=pulumi.ResourceOptions(parent=self),
        )

        self.vpc_id = vpc.vpc_id
        # In a zone that is being removed, only the load balancer stays.
        kept = slice(args.availability_zones)
        public_subnet_ids = vpc.public_subnet_ids.apply(lambda ids: ids[kept])
        self.private_subnet_ids = vpc.private_subnet_ids.apply(lambda ids: ids[kept])
        self.load_balancer = Placement(vpc.vpc_id, vpc.public_subnet_ids, load_balancer.id)
        if args.nat_gateways == "none":
            # Without NAT a private subnet has no way to ECR, Bedrock or CloudWatch.
            self.tasks = Placement(vpc.vpc_id, public_subnet_ids, tasks.id, public_ips=True)
        else:
            self.tasks = Placement(vpc.vpc_id, self.private_subnet_ids, tasks.id)
        self.register_outputs({"vpc_id": self.vpc_id, "task_subnet_ids": self.tasks.subnet_ids})

    def _zones(self, args: NetworkArgs) -> int:
        """Returns the number of zones of the network and its load balancer.

        If the load balancer leaves a zone, the targets in it are unused at once, and their connections end. So removing
        a zone takes two updates: the first moves the tasks, the second changes the load balancer and the network.
        """
        wanted = args.availability_zones
        if args.zones_with_tasks > wanted:
            pulumi.log.warn(
                f"availabilityZones = {wanted}: this update moves the tasks out of a zone. Then run `pulumi up` again, "
                "which removes the zone from the load balancer and the network",
                self,
            )
        return max(wanted, args.zones_with_tasks)

    def _zone_names(self, count: int) -> Sequence[str]:
        """Returns the names of the first zones of the region in which the stack can run.

        awsx would also take Local Zones and Wavelength Zones that the account has opted in to, first of all by their
        names (pulumi-awsx #1365). These have no Fargate, and most have no NAT gateway.
        """
        found = ask(
            "the availability zones (ec2:DescribeAvailabilityZones)",
            lambda: aws.get_availability_zones(
                filters=[{"name": "zone-type", "values": ["availability-zone"]}],
                exclude_zone_ids=list(_ZONES_WITHOUT_FARGATE),
                opts=pulumi.InvokeOptions(parent=self),
            ),
        )
        return found.names[:count]

    def _security_group(
        self, name: str, args: NetworkArgs, vpc: awsx.ec2.Vpc, description: str
    ) -> aws.ec2.SecurityGroup:
        return aws.ec2.SecurityGroup(
            name,
            vpc_id=vpc.vpc_id,
            description=description,
            tags={"Name": f"{args.name}-{name}"},
            opts=pulumi.ResourceOptions(parent=self),
        )


def find_network(provider: aws.Provider, name: str, stack: str) -> str | None:
    """Returns the IPv4 block of the stack's network with that name, or None if there is no network yet.

    Raises:
        pulumi.RunError: EC2 does not answer, or knows several networks with that name.
    """
    found = look_up(
        f"the stack's network {name!r}",
        lambda: aws.ec2.get_vpc(tags={"Name": name, "Stack": stack}, opts=pulumi.InvokeOptions(provider=provider)),
    )
    return found and found.cidr_block


def adjust_subnet(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """Changes what awsx registers for a subnet.

    awsx turns on public IPs in public subnets. Tasks that need a public IP ask for it, see `Placement`.

    A subnet stays in its zone, whichever zones the account has later: its replacement would need the same addresses.
    """
    if args.type_ != "aws:ec2/subnet:Subnet":
        return None
    args.opts.ignore_changes = ["availabilityZone"]
    return pulumi.ResourceTransformResult({**args.props, "mapPublicIpOnLaunch": False}, args.opts)
