"""Where the subnets of the sandbox's `awsx.ec2.Vpc` lie."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from sandbox.awsx.subnets import layout


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
