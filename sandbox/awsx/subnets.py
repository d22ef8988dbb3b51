"""Where the subnets of an `awsx.ec2.Vpc` lie: pure arithmetic, no engine and no account.

Source of the rules: the published component (pulumi-awsx 3.x) with `subnetStrategy: Auto` and its default subnets.
Every availability zone gets one block: its first half is the private subnet, the next quarter the public one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

_LONGEST_PREFIX = 26  # of a zone's block; /28, AWS's smallest subnet, is a quarter of it


class LayoutError(Exception):
    """The zones do not fit the VPC. The text says what is allowed."""


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

    Raises:
        LayoutError: the zones do not fit the VPC, or a zone's block cannot be divided.
    """
    try:
        vpc = IPv4Network(vpc_cidr)
    except ValueError as error:
        raise LayoutError(f"cidrBlock {vpc_cidr!r} is not an IPv4 network: {error}") from None
    if not vpc.prefixlen <= zone_mask <= _LONGEST_PREFIX:
        raise LayoutError(f"availabilityZoneCidrMask {zone_mask} must be {vpc.prefixlen} to {_LONGEST_PREFIX}")
    blocks = list(vpc.subnets(new_prefix=zone_mask))
    if len(zones) > len(blocks):
        raise LayoutError(f"{len(zones)} zones of /{zone_mask} do not fit {vpc_cidr}: there is room for {len(blocks)}")
    subnets: list[Subnet] = []
    for index, (zone, block) in enumerate(zip(zones, blocks, strict=False)):
        private, rest = block.subnets()
        public, _ = rest.subnets()
        for kind, cidr in (("Public", public), ("Private", private)):
            subnets.append(Subnet(f"{vpc_name}-{kind.lower()}-{index + 1}", kind, str(cidr), zone, index))
    return subnets
