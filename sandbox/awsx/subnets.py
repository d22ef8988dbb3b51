"""Where the subnets of an `awsx.ec2.Vpc` lie: pure arithmetic, no engine and no account.

Source of the rules: the published component (pulumi-awsx 3.x) with `subnetStrategy: Auto`. Every availability zone
gets one block; within it the subnets stand in the order of their specs, each at the next boundary of its own size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Any

TYPES = ("Public", "Private", "Isolated", "Unused")
_SMALLEST_DEFAULT_ZONE = 26


class LayoutError(Exception):
    """The subnets asked for do not fit; the text says which and what is allowed."""


@dataclass(frozen=True)
class SubnetSpec:
    """One subnet of every zone. `cidr_mask` None: an equal share of the zone's block."""

    type: str
    cidr_mask: int | None = None
    name: str | None = None
    tags: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Subnet:
    """A subnet of one zone; `zone_index` counts from 0."""

    name: str
    type: str
    cidr_block: str
    zone: str
    zone_index: int
    tags: dict[str, Any]


def default_specs(zone_mask: int) -> list[SubnetSpec]:
    """A private subnet of half the zone's block and a public one of a quarter."""
    if zone_mask > _SMALLEST_DEFAULT_ZONE:
        raise LayoutError(
            f"a zone's block of /{zone_mask} is too small to be divided: /{_SMALLEST_DEFAULT_ZONE} or larger"
        )
    largest = max(zone_mask, 16)
    return [SubnetSpec("Private", largest + 1), SubnetSpec("Public", largest + 2)]


def layout(
    vpc_name: str, vpc_cidr: str, zones: Sequence[str], specs: Sequence[SubnetSpec] | None, zone_mask: int | None
) -> list[Subnet]:
    """Every subnet of the VPC, zone by zone, in the order of the specs (`Unused` ones included).

    Raises:
        LayoutError: the zones do not fit the VPC, or the subnets do not fit a zone.
    """
    try:
        vpc = IPv4Network(vpc_cidr)
    except ValueError as error:
        raise LayoutError(f"cidrBlock {vpc_cidr!r} is not an IPv4 network: {error}") from None
    mask = zone_mask if zone_mask is not None else vpc.prefixlen + _bits(len(zones))
    wanted = default_specs(mask) if specs is None else list(specs)
    if not wanted:
        raise LayoutError("subnetSpecs is empty: name at least one subnet, or leave it out")
    if not vpc.prefixlen <= mask <= 32 or len(zones) > 1 << (mask - vpc.prefixlen):
        raise LayoutError(f"{len(zones)} zones of /{mask} do not fit {vpc_cidr}")
    share = mask + _bits(len(wanted))

    subnets: list[Subnet] = []
    for index, zone in enumerate(zones):
        block = _block(int(vpc.network_address) + index * (1 << (32 - mask)), mask)
        free = int(block.network_address)
        for spec in wanted:
            size = spec.cidr_mask if spec.cidr_mask is not None else share
            width = 1 << (32 - size)
            start = -(-free // width) * width
            free = start + width
            if free > int(block.broadcast_address) + 1:
                raise LayoutError(f"the subnets do not fit a zone's block of /{mask}: {spec.type} /{size} is too large")
            name = f"{vpc_name}-{spec.name or spec.type.lower()}-{index + 1}"
            subnets.append(Subnet(name, spec.type, str(_block(start, size)), zone, index, spec.tags))
    return subnets


def _bits(count: int) -> int:
    return (count - 1).bit_length()


def _block(start: int, mask: int) -> IPv4Network:
    return IPv4Network((start, mask))
