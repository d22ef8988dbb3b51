"""`awsx:ec2:Vpc`, built of the same resources, names, parents and tags as the published component.

Source: pulumi-awsx 3.x with `subnetStrategy: Auto`. Inputs that this program does not set are refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from sandbox.awsx.monitor import Monitor, Registered

TOKEN = "awsx:ec2:Vpc"  # noqa: S105 - a Pulumi type token
INPUTS = ("availabilityZoneCidrMask", "availabilityZoneNames", "cidrBlock", "natGateways", "subnetStrategy")
_ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class Subnet:
    """A subnet of one zone. `zone_index` counts from 0."""

    name: str
    type: str  # Public or Private
    cidr_block: str
    zone: str
    zone_index: int


def layout(vpc_name: str, vpc_cidr: str, zones: Sequence[str], zone_mask: int) -> list[Subnet]:
    """Returns the subnets, zone by zone, in each zone the public one first.

    Every zone gets one block: its first half is the private subnet, the next quarter the public one. Source of the
    rules: the published component with `subnetStrategy: Auto` and its default subnets.

    Raises:
        ValueError: the block is none, or the zones do not fit in it.
    """
    blocks = list(IPv4Network(vpc_cidr).subnets(new_prefix=zone_mask))
    subnets: list[Subnet] = []
    for index, (zone, block) in enumerate(zip(zones, blocks[: len(zones)], strict=True)):
        private, rest = block.subnets()
        public, _ = rest.subnets()
        for kind, cidr in (("Public", public), ("Private", private)):
            subnets.append(Subnet(f"{vpc_name}-{kind.lower()}-{index + 1}", kind, str(cidr), zone, index))
    return subnets


def build(monitor: Monitor, name: str, inputs: Mapping[str, Any]) -> tuple[Registered, dict[str, Any]]:
    """Registers the component and all its children. Returns the component and its outputs.

    Raises:
        ValueError: an input is not supported, or the zones do not fit in the block.
        sandbox.awsx.monitor.MonitorError: the engine or the `aws` provider refused a child.
    """
    _require_supported(inputs)
    zones, mask = inputs["availabilityZoneNames"], inputs["availabilityZoneCidrMask"]
    subnets = layout(name, inputs["cidrBlock"], zones, mask)

    # Nothing is registered before the last input is known to be good.
    component = monitor.component()
    children = _Children(monitor, name, component, inputs["cidrBlock"])
    for subnet in subnets:
        children.add_subnet(subnet, inputs["natGateways"]["strategy"])
    return component, children.outputs()


class _Children:
    """The component's resources."""

    def __init__(self, monitor: Monitor, name: str, component: Registered, cidr_block: str) -> None:
        self._add = monitor.resource
        self._name = name
        tags = {"Name": name}
        self._vpc = self._add("aws:ec2/vpc:Vpc", name, {"cidrBlock": cidr_block, "tags": tags}, component)
        self._gateway = self._add(
            "aws:ec2/internetGateway:InternetGateway", name, {"vpcId": self._vpc.id, "tags": tags}, self._vpc
        )
        self._subnet_ids: dict[str, list[str]] = {"Public": [], "Private": []}
        self._tables: list[Registered] = []
        self._nats: list[Registered] = []

    def add_subnet(self, spec: Subnet, strategy: str) -> None:
        """Registers a subnet with its route table and routes, and a NAT gateway in it if it gets one."""
        tags = {"Name": spec.name, "SubnetType": spec.type}
        inputs = {
            "vpcId": self._vpc.id,
            "availabilityZone": spec.zone,
            "mapPublicIpOnLaunch": spec.type == "Public",
            "cidrBlock": spec.cidr_block,
            "tags": tags,
        }
        subnet = self._add("aws:ec2/subnet:Subnet", spec.name, inputs, self._vpc)
        self._subnet_ids[spec.type].append(subnet.id)
        table = self._add("aws:ec2/routeTable:RouteTable", spec.name, {"vpcId": self._vpc.id, "tags": tags}, subnet)
        self._tables.append(table)
        association = {"routeTableId": table.id, "subnetId": subnet.id}
        self._add("aws:ec2/routeTableAssociation:RouteTableAssociation", spec.name, association, table, subnet)
        if spec.type == "Public":
            if strategy == "OnePerAz" or (strategy == "Single" and not self._nats):
                self._nats.append(self._nat_gateway(spec.zone_index, subnet))
            self._route(spec.name, table, {"gatewayId": self._gateway.id}, self._gateway)
        elif strategy != "None":
            nat = self._nats[0 if strategy == "Single" else spec.zone_index]
            self._route(spec.name, table, {"natGatewayId": nat.id}, nat)

    def outputs(self) -> dict[str, Any]:
        """The outputs of the published component that the program reads."""
        return {
            "vpcId": self._vpc.id,
            "publicSubnetIds": self._subnet_ids["Public"],
            "privateSubnetIds": self._subnet_ids["Private"],
            "routeTables": [table.reference() for table in self._tables],
        }

    def _nat_gateway(self, zone_index: int, subnet: Registered) -> Registered:
        name = f"{self._name}-{zone_index + 1}"
        tags = {"Name": name}
        address = self._add("aws:ec2/eip:Eip", name, {"tags": tags}, subnet)
        inputs = {"subnetId": subnet.id, "allocationId": address.outputs["allocationId"], "tags": tags}
        return self._add("aws:ec2/natGateway:NatGateway", name, inputs, subnet, address)

    def _route(self, name: str, table: Registered, target: Mapping[str, str], uses: Registered) -> None:
        inputs = {"routeTableId": table.id, "destinationCidrBlock": _ANYWHERE, **target}
        self._add("aws:ec2/route:Route", name, inputs, table, uses)


def _require_supported(inputs: Mapping[str, Any]) -> None:
    of_gateways = {f"natGateways.{name}" for name in inputs["natGateways"] if name != "strategy"}
    unknown = sorted({*inputs} - {*INPUTS} | of_gateways)
    if unknown:
        raise ValueError(f"{TOKEN}: the sandbox does not support {', '.join(unknown)}")
    if inputs["subnetStrategy"] != "Auto":
        raise ValueError(f"{TOKEN}: subnetStrategy must be Auto, not {inputs['subnetStrategy']}")
