"""The network: a VPC with public and private subnets, and who may talk to whom in it."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_awsx as awsx

from components.lib.lookup import look_up

# Each zone has a quarter of the VPC, whether there are two zones or three, so that a third one moves no subnet.
_ZONE_BITS = 2
_ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class NetworkArgs:
    """What the network is made of."""

    name: str  # for the Name tags
    region: str
    cidr: str  # an IPv4 block, such as 10.0.0.0/16
    availability_zones: int
    nat_gateways: str  # one-per-az, single or none
    app_port: int  # TCP, on which the tasks listen
    https: bool  # whether the load balancer listens on 443 too


class Network(pulumi.ComponentResource):
    """A VPC, gateway endpoints, and the security groups of the load balancer and of the tasks."""

    vpc_id: pulumi.Output[str]
    public_subnet_ids: pulumi.Output[Sequence[str]]
    private_subnet_ids: pulumi.Output[Sequence[str]]
    task_subnet_ids: pulumi.Output[Sequence[str]]
    tasks_have_public_ips: bool
    load_balancer_security_group_id: pulumi.Output[str]
    tasks_security_group_id: pulumi.Output[str]

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:network:Network", name, {}, opts)
        vpc = awsx.ec2.Vpc(
            args.name,
            cidr_block=args.cidr,
            number_of_availability_zones=args.availability_zones,
            availability_zone_cidr_mask=ipaddress.IPv4Network(args.cidr).prefixlen + _ZONE_BITS,
            subnet_strategy=awsx.ec2.SubnetAllocationStrategy.AUTO,
            nat_gateways={"strategy": _nat_strategy(args.nat_gateways)},
            opts=pulumi.ResourceOptions(parent=self),
        )
        route_table_ids = vpc.route_tables.apply(lambda tables: pulumi.Output.all(*(table.id for table in tables)))
        for service in ("s3", "dynamodb"):
            aws.ec2.VpcEndpoint(
                service,
                vpc_id=vpc.vpc_id,
                vpc_endpoint_type="Gateway",
                service_name=f"com.amazonaws.{args.region}.{service}",
                route_table_ids=route_table_ids,
                tags={"Name": f"{args.name}-{service}"},
                opts=pulumi.ResourceOptions(parent=self),
            )

        # Rules are resources of their own, as the two groups name each other. A group without rules lets nothing
        # through: the AWS provider takes away the rule with which AWS opens the way out of a new group.
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
            from_port=args.app_port,
            to_port=args.app_port,
            referenced_security_group_id=tasks.id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.vpc.SecurityGroupIngressRule(
            "tasks-from-load-balancer",
            security_group_id=tasks.id,
            description="From the load balancer",
            ip_protocol="tcp",
            from_port=args.app_port,
            to_port=args.app_port,
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

        # Without NAT a private subnet has no way to ECR, Bedrock or CloudWatch; a public one has.
        self.tasks_have_public_ips = args.nat_gateways == "none"
        self.vpc_id = vpc.vpc_id
        self.public_subnet_ids = vpc.public_subnet_ids
        self.private_subnet_ids = vpc.private_subnet_ids
        self.task_subnet_ids = vpc.public_subnet_ids if self.tasks_have_public_ips else vpc.private_subnet_ids
        self.load_balancer_security_group_id = load_balancer.id
        self.tasks_security_group_id = tasks.id
        self.register_outputs({"vpc_id": self.vpc_id, "task_subnet_ids": self.task_subnet_ids})

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
    """The IPv4 block of the stack's network, which has that name; None where there is none yet.

    Raises `pulumi.RunError` where EC2 cannot be asked, or knows several.
    """
    found = look_up(
        f"the stack's network {name!r}",
        lambda: aws.ec2.get_vpc(tags={"Name": name, "Stack": stack}, opts=pulumi.InvokeOptions(provider=provider)),
    )
    return found and found.cidr_block


def _nat_strategy(setting: str) -> awsx.ec2.NatGatewayStrategy:
    """The member whose name the setting has in lower case and with hyphens: ONE_PER_AZ of one-per-az."""
    return awsx.ec2.NatGatewayStrategy[setting.upper().replace("-", "_")]
