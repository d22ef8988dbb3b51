"""`awsx:ec2:Vpc`, built of the same resources, names, parents and tags as the published component.

Source: pulumi-awsx 3.x with `subnetStrategy: Auto`. What it offers beyond that (other strategies, explicit blocks,
IPAM, IPv6, its own endpoints) is refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.awsx.monitor import Monitor, Registered
from sandbox.awsx.subnets import TYPES, LayoutError, Subnet, SubnetSpec, layout

TOKEN = "awsx:ec2:Vpc"  # noqa: S105 - a Pulumi type token
_OF_THE_VPC = ("enableDnsHostnames", "enableDnsSupport", "enableNetworkAddressUsageMetrics", "instanceTenancy")
_OF_THE_COMPONENT = (
    "availabilityZoneCidrMask",
    "availabilityZoneNames",
    "cidrBlock",
    "natGateways",
    "numberOfAvailabilityZones",
    "subnetSpecs",
    "subnetStrategy",
    "tags",
)
_NAT_STRATEGIES = ("None", "Single", "OnePerAz")
_ANYWHERE = "0.0.0.0/0"


class InputError(Exception):
    """An input that the component refuses; the text names it and what is allowed."""


def build(monitor: Monitor, name: str, inputs: Mapping[str, Any]) -> tuple[Registered, dict[str, Any]]:
    """Registers the component and all its children; gives the component and its outputs.

    Raises:
        InputError: an input that is unknown, out of range, or not offered here.
        sandbox.awsx.monitor.MonitorError: the engine or the `aws` provider refused a child.
    """
    nat_strategy = _checked(inputs)
    zones = _zones(monitor, inputs)
    cidr_block = inputs.get("cidrBlock", "10.0.0.0/16")
    specs = _specs(inputs.get("subnetSpecs"))
    try:
        subnets = layout(name, cidr_block, zones, specs, _whole(inputs, "availabilityZoneCidrMask"))
    except LayoutError as error:
        raise InputError(f"{TOKEN} {name}: {error}") from None
    types = {subnet.type for subnet in subnets}
    if nat_strategy != "None" and not {"Public", "Private"} <= types:
        raise InputError(f"{TOKEN} {name}: natGateways.strategy {nat_strategy} needs public and private subnets")

    # Nothing is registered before the last input is known to be good.
    component = monitor.component()
    tags = inputs.get("tags", {})
    children = _Children(monitor, name, component, tags)
    children.vpc_and_gateway({"cidrBlock": cidr_block, **{key: inputs[key] for key in _OF_THE_VPC if key in inputs}})
    # Public subnets come first in each zone: they hold the NAT gateway that the private ones route to.
    order = sorted((s for s in subnets if s.type != "Unused"), key=lambda s: (s.zone_index, TYPES.index(s.type)))
    for subnet in order:
        children.subnet(subnet, nat_strategy)
    subnet_layout = [
        {"type": spec.type} | ({"cidrMask": spec.cidr_mask} if spec.cidr_mask is not None else {})
        for spec in specs or []
    ]
    return component, {**children.outputs(), "subnetLayout": subnet_layout}


class _Children:
    """The component's resources as they come into being."""

    def __init__(self, monitor: Monitor, name: str, component: Registered, tags: Mapping[str, Any]) -> None:
        self._monitor = monitor
        self._name = name
        self._component = component
        self._tags = tags
        self._vpc: Registered | None = None
        self._gateway: Registered | None = None
        self._by_type: dict[str, list[Registered]] = {kind: [] for kind in TYPES}
        self._subnets: list[Registered] = []
        self._tables: list[Registered] = []
        self._associations: list[Registered] = []
        self._routes: list[Registered] = []
        self._nats: list[Registered] = []
        self._eips: list[Registered] = []

    def vpc_and_gateway(self, inputs: Mapping[str, Any]) -> None:
        tags = {"Name": self._name, **self._tags}
        self._vpc = self._add("aws:ec2/vpc:Vpc", self._name, {**inputs, "tags": tags}, self._component)
        self._gateway = self._add(
            "aws:ec2/internetGateway:InternetGateway", self._name, {"vpcId": self._vpc.id, "tags": tags}, self._vpc
        )

    def subnet(self, spec: Subnet, nat_strategy: str) -> None:
        if self._vpc is None or self._gateway is None:
            raise RuntimeError("a subnet before its VPC")
        tags = {**self._tags, "Name": spec.name, "SubnetType": spec.type}
        inputs = {
            "vpcId": self._vpc.id,
            "availabilityZone": spec.zone,
            "mapPublicIpOnLaunch": spec.type == "Public",
            "cidrBlock": spec.cidr_block,
            "tags": {**self._tags, **spec.tags, "Name": spec.name, "SubnetType": spec.type},
        }
        subnet = self._add("aws:ec2/subnet:Subnet", spec.name, inputs, self._vpc)
        self._subnets.append(subnet)
        self._by_type[spec.type].append(subnet)
        table = self._add("aws:ec2/routeTable:RouteTable", spec.name, {"vpcId": self._vpc.id, "tags": tags}, subnet)
        self._tables.append(table)
        self._associations.append(
            self._add(
                "aws:ec2/routeTableAssociation:RouteTableAssociation",
                spec.name,
                {"routeTableId": table.id, "subnetId": subnet.id},
                table,
                subnet,
            )
        )
        if spec.type == "Public":
            if nat_strategy == "OnePerAz" or (nat_strategy == "Single" and not self._nats):
                self._nat_gateway(spec.zone_index, subnet)
            self._route(spec.name, table, {"gatewayId": self._gateway.id}, self._gateway)
        elif spec.type == "Private" and nat_strategy != "None":
            nat = self._nats[0 if nat_strategy == "Single" else spec.zone_index]
            self._route(spec.name, table, {"natGatewayId": nat.id}, nat)

    def outputs(self) -> dict[str, Any]:
        if self._vpc is None or self._gateway is None:
            raise RuntimeError("outputs before the VPC")
        return {
            "vpc": self._vpc.reference(),
            "vpcId": self._vpc.id,
            "internetGateway": self._gateway.reference(),
            "subnets": _references(self._subnets),
            "publicSubnets": _references(self._by_type["Public"]),
            "privateSubnets": _references(self._by_type["Private"]),
            "isolatedSubnets": _references(self._by_type["Isolated"]),
            "publicSubnetIds": [subnet.id for subnet in self._by_type["Public"]],
            "privateSubnetIds": [subnet.id for subnet in self._by_type["Private"]],
            "isolatedSubnetIds": [subnet.id for subnet in self._by_type["Isolated"]],
            "routeTables": _references(self._tables),
            "routeTableAssociations": _references(self._associations),
            "routes": _references(self._routes),
            "natGateways": _references(self._nats),
            "eips": _references(self._eips),
            "vpcEndpoints": [],
        }

    def _nat_gateway(self, zone_index: int, subnet: Registered) -> None:
        name = f"{self._name}-{zone_index + 1}"
        tags = {**self._tags, "Name": name}
        eip = self._add("aws:ec2/eip:Eip", name, {"tags": tags}, subnet)
        self._eips.append(eip)
        inputs = {"subnetId": subnet.id, "allocationId": eip.outputs["allocationId"], "tags": tags}
        self._nats.append(self._add("aws:ec2/natGateway:NatGateway", name, inputs, subnet, eip))

    def _route(self, name: str, table: Registered, target: Mapping[str, str], uses: Registered) -> None:
        inputs = {"routeTableId": table.id, "destinationCidrBlock": _ANYWHERE, **target}
        self._routes.append(self._add("aws:ec2/route:Route", name, inputs, table, uses))

    def _add(
        self, type_: str, name: str, inputs: Mapping[str, Any], parent: Registered, *uses: Registered
    ) -> Registered:
        return self._monitor.resource(type_, name, inputs, parent, uses)


def _checked(inputs: Mapping[str, Any]) -> str:
    """Refuses what is not offered; gives the NAT strategy."""
    unknown = sorted(set(inputs) - {*_OF_THE_VPC, *_OF_THE_COMPONENT})
    if unknown:
        raise InputError(f"{TOKEN}: the sandbox does not offer {', '.join(unknown)}")
    if inputs.get("subnetStrategy") != "Auto":
        raise InputError(f"{TOKEN}: subnetStrategy must be Auto, not {inputs.get('subnetStrategy', 'unset')}")
    if "availabilityZoneNames" in inputs and "numberOfAvailabilityZones" in inputs:
        raise InputError(f"{TOKEN}: only one of availabilityZoneNames and numberOfAvailabilityZones")
    nat: Mapping[str, Any] = inputs.get("natGateways", {})
    if set(nat) - {"strategy"}:
        raise InputError(f"{TOKEN}: the sandbox does not offer natGateways.{min(set(nat) - {'strategy'})}")
    strategy: str = nat.get("strategy", "OnePerAz")
    if strategy not in _NAT_STRATEGIES:
        raise InputError(f"{TOKEN}: natGateways.strategy must be one of {', '.join(_NAT_STRATEGIES)}, not {strategy}")
    return strategy


def _specs(specs: list[Mapping[str, Any]] | None) -> list[SubnetSpec] | None:
    if specs is None:
        return None
    for spec in specs:
        unknown = sorted(set(spec) - {"type", "cidrMask", "name", "tags"})
        if unknown:
            raise InputError(f"{TOKEN}: the sandbox does not offer subnetSpecs[].{unknown[0]}")
        if spec.get("type") not in TYPES:
            raise InputError(f"{TOKEN}: subnetSpecs[].type must be one of {', '.join(TYPES)}, not {spec.get('type')}")
    return [
        SubnetSpec(spec["type"], _whole(spec, "cidrMask"), spec.get("name"), dict(spec.get("tags", {})))
        for spec in specs
    ]


def _zones(monitor: Monitor, inputs: Mapping[str, Any]) -> list[str]:
    if "availabilityZoneNames" in inputs:
        return list(inputs["availabilityZoneNames"])
    wanted = _whole(inputs, "numberOfAvailabilityZones") or 3
    names = monitor.invoke("aws:index/getAvailabilityZones:getAvailabilityZones", {})["names"]
    if len(names) < wanted:
        raise InputError(f"{TOKEN}: the region has {len(names)} availability zones, {wanted} are asked for")
    return names[:wanted]


def _whole(inputs: Mapping[str, Any], key: str) -> int | None:
    """Numbers arrive as floats on the wire."""
    value = inputs.get(key)
    if value is None:
        return None
    if not isinstance(value, int | float) or value != int(value):
        raise InputError(f"{TOKEN}: {key} must be a whole number, not {value!r}")
    return int(value)


def _references(resources: list[Registered]) -> list[dict[str, Any]]:
    return [resource.reference() for resource in resources]
