"""The subnets of the sandbox's `awsx.ec2.Vpc` lie where the published component puts them."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from sandbox.awsx.subnets import LayoutError, SubnetSpec, layout

BOTH = [SubnetSpec("Private"), SubnetSpec("Public")]


def blocks(cidr: str, zones: list[str], specs: list[SubnetSpec] | None, mask: int | None) -> list[tuple[str, str]]:
    return [(subnet.name, subnet.cidr_block) for subnet in layout("v", cidr, zones, specs, mask)]


def test_default_specs_divide_a_zone_into_a_half_and_a_quarter() -> None:
    assert blocks("10.0.0.0/16", ["a", "b", "c"], None, None) == [
        ("v-private-1", "10.0.0.0/19"),
        ("v-public-1", "10.0.32.0/20"),
        ("v-private-2", "10.0.64.0/19"),
        ("v-public-2", "10.0.96.0/20"),
        ("v-private-3", "10.0.128.0/19"),
        ("v-public-3", "10.0.160.0/20"),
    ]


def test_specs_without_a_mask_share_the_zone_equally() -> None:
    assert blocks("10.0.0.0/16", ["a", "b"], BOTH, 18) == [
        ("v-private-1", "10.0.0.0/19"),
        ("v-public-1", "10.0.32.0/19"),
        ("v-private-2", "10.0.64.0/19"),
        ("v-public-2", "10.0.96.0/19"),
    ]


def test_a_wider_subnet_after_a_narrow_one_starts_at_its_own_boundary() -> None:
    specs = [SubnetSpec("Public", 28), SubnetSpec("Private", 26), SubnetSpec("Isolated", 28, "db")]
    assert blocks("10.0.0.0/24", ["a"], specs, 24) == [
        ("v-public-1", "10.0.0.0/28"),
        ("v-private-1", "10.0.0.64/26"),
        ("v-db-1", "10.0.0.128/28"),
    ]


@pytest.mark.parametrize("prefix", range(16, 23))
def test_with_a_fixed_zone_mask_a_third_zone_moves_no_subnet(prefix: int) -> None:
    cidr = f"172.16.0.0/{prefix}"
    two = layout("v", cidr, ["a", "b"], BOTH, prefix + 2)
    three = layout("v", cidr, ["a", "b", "c"], BOTH, prefix + 2)
    assert three[: len(two)] == two
    networks = [IPv4Network(subnet.cidr_block) for subnet in three]
    assert all(not a.overlaps(b) for i, a in enumerate(networks) for b in networks[i + 1 :])
    assert all(network.subnet_of(IPv4Network(cidr)) for network in networks)


@pytest.mark.parametrize(
    ("cidr", "zones", "specs", "mask", "reason"),
    [
        ("10.0.0.0/16", ["a", "b", "c"], BOTH, 17, "3 zones of /17 do not fit"),
        ("10.0.0.0/16", ["a"], BOTH, 15, "do not fit"),
        ("10.0.0.0/24", ["a"], [SubnetSpec("Public", 25), SubnetSpec("Private", 24)], 24, "Private /24 is too large"),
        ("10.0.0.0/27", ["a"], None, 27, "too small"),
        ("10.0.0.1/16", ["a"], BOTH, 18, "cidrBlock '10.0.0.1/16'"),
        ("10.0.0.0/16", ["a"], [], 18, "subnetSpecs is empty"),
    ],
)
def test_what_does_not_fit_is_refused(
    cidr: str, zones: list[str], specs: list[SubnetSpec] | None, mask: int, reason: str
) -> None:
    with pytest.raises(LayoutError, match=reason):
        layout("v", cidr, zones, specs, mask)
