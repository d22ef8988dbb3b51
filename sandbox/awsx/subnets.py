"""Where the subnets of an `awsx.ec2.Vpc` lie: pure arithmetic, no engine and no account.

Source of the rules: the published component (pulumi-awsx 3.x) with `subnetStrategy: Auto` and its default subnets.
Every availability zone gets one block: its first half is the private subnet, the next quarter the public one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network


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
