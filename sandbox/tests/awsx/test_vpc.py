"""What the sandbox's `awsx.ec2.Vpc` registers, where its subnets lie, and what it refuses before that."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any, cast

import pytest

from sandbox.awsx.monitor import Monitor, Registered
from sandbox.awsx.vpc import build, layout

GOOD: dict[str, Any] = {
    "subnetStrategy": "Auto",
    "cidrBlock": "10.0.0.0/16",
    "availabilityZoneNames": ["z1", "z2"],
    "availabilityZoneCidrMask": 18,
    "natGateways": {"strategy": "OnePerAz"},
}


class Recorder:
    """A monitor that registers everything and remembers it."""

    def __init__(self) -> None:
        self.registered: list[tuple[str, str, str]] = []

    def component(self) -> Registered:
        self.registered.append(("Component", "", ""))
        return Registered("component", "", {}, "")

    def resource(self, type_: str, name: str, inputs: dict[str, Any], parent: Registered, *uses: object) -> Registered:
        self.registered.append((type_.rpartition(":")[2], name, parent.urn))
        return Registered(f"{type_}::{name}", f"id-{name}", {"allocationId": f"eip-{name}"}, "")


def made(strategy: str) -> tuple[list[tuple[str, str, str]], dict[str, Any]]:
    recorder = Recorder()
    _, outputs = build(cast(Monitor, recorder), "net", {**GOOD, "natGateways": {"strategy": strategy}})
    return recorder.registered, outputs


def count(registered: list[tuple[str, str, str]], type_: str) -> int:
    return len([kind for kind, _, _ in registered if kind == type_])


@pytest.mark.parametrize(("strategy", "gateways"), [("None", 0), ("Single", 1), ("OnePerAz", 2)])
def test_the_strategy_changes_nat_gateways_and_no_subnet(strategy: str, gateways: int) -> None:
    registered, outputs = made(strategy)
    assert count(registered, "NatGateway") == count(registered, "Eip") == gateways
    assert count(registered, "Route") == 2 + (0 if strategy == "None" else 2)
    assert outputs["publicSubnetIds"] == ["id-net-public-1", "id-net-public-2"]
    assert outputs["privateSubnetIds"] == ["id-net-private-1", "id-net-private-2"]
    assert len(outputs["routeTables"]) == 4


def test_children_have_the_parents_of_the_published_component() -> None:
    registered, _ = made("Single")
    parents = {(kind, name): parent for kind, name, parent in registered}
    vpc, subnet = "aws:ec2/vpc:Vpc::net", "aws:ec2/subnet:Subnet::net-public-1"
    table = "aws:ec2/routeTable:RouteTable::net-public-1"
    assert parents["Vpc", "net"] == "component"
    assert parents["InternetGateway", "net"] == parents["Subnet", "net-public-1"] == vpc
    assert parents["RouteTable", "net-public-1"] == parents["NatGateway", "net-1"] == parents["Eip", "net-1"] == subnet
    assert parents["Route", "net-public-1"] == parents["RouteTableAssociation", "net-public-1"] == table


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"subnetStrategy": "Legacy"}, "subnetStrategy must be Auto, not Legacy"),
    ({"ipv4IpamPoolId": "p", "vpcEndpointSpecs": []}, "does not support ipv4IpamPoolId, vpcEndpointSpecs"),
    ({"natGateways": {"elasticIpAllocationIds": []}}, "does not support natGateways.elasticIpAllocationIds"),
    ({"availabilityZoneCidrMask": 15}, "new prefix must be longer"),
    ({"availabilityZoneCidrMask": 17, "availabilityZoneNames": ["z1", "z2", "z3"]}, "shorter"),
]


@pytest.mark.parametrize(("inputs", "reason"), REFUSED)
def test_inputs_that_are_unknown_or_wrong_are_refused(inputs: dict[str, Any], reason: str) -> None:
    recorder = Recorder()
    with pytest.raises(ValueError, match=reason):
        build(cast(Monitor, recorder), "net", {**GOOD, **inputs})
    assert recorder.registered == []


def cidrs(vpc_cidr: str, zones: int, mask: int) -> list[str]:
    return [subnet.cidr_block for subnet in layout("net", vpc_cidr, ["a", "b", "c"][:zones], mask)]


def test_subnets_lie_where_the_published_component_puts_them() -> None:
    assert cidrs("10.0.0.0/16", 3, 18) == [
        "10.0.32.0/20",
        "10.0.0.0/19",
        "10.0.96.0/20",
        "10.0.64.0/19",
        "10.0.160.0/20",
        "10.0.128.0/19",
    ]


def test_each_zone_has_its_public_subnet_first_and_names_count_from_one() -> None:
    subnets = layout("net", "10.0.0.0/16", ["z1", "z2"], 18)
    assert [(subnet.name, subnet.type, subnet.zone, subnet.zone_index) for subnet in subnets] == [
        ("net-public-1", "Public", "z1", 0),
        ("net-private-1", "Private", "z1", 0),
        ("net-public-2", "Public", "z2", 1),
        ("net-private-2", "Private", "z2", 1),
    ]


@pytest.mark.parametrize("prefix", range(16, 23))
def test_a_third_zone_moves_no_subnet(prefix: int) -> None:
    block = f"172.16.0.0/{prefix}"
    two, three = cidrs(block, 2, prefix + 2), cidrs(block, 3, prefix + 2)
    assert three[: len(two)] == two
    networks = [IPv4Network(cidr) for cidr in three]
    assert all(not a.overlaps(b) for i, a in enumerate(networks) for b in networks[i + 1 :])
    assert all(network.subnet_of(IPv4Network(block)) for network in networks)
