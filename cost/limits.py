"""Where a stack stops growing: each limit once, what a load needs of it, what moves it, and where that is written.

The limits that are quotas are in `components/lib/quotas.py`.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from components.lib import quotas
from components.lib.quotas import Quota
from components.service.strategy import ROLLING
from cost import load as assumed
from cost.load import Load
from cost.resources import Stack

_SEARCHED: Final = 10**8  # sessions; no load is greater

_KEYS: Final = "docs/configuration.md"
_NAT: Final = "https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html"
_SUBNETS: Final = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html"
_PARTITIONS: Final = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/throttling-key-range-limit-exceeded-mitigation.html"
_NEW_TABLES: Final = "https://repost.aws/knowledge-center/on-demand-table-throttling-dynamodb"
_TOKENS: Final = "https://docs.aws.amazon.com/bedrock/latest/userguide/quotas-runtime.html"

# NAT gateway basics: of one address to one destination, and the bandwidth to which a gateway scales.
NAT_CONNECTIONS: Final = 55_000
NAT_GBPS: Final = 100
# DynamoDB: writes a second of a partition, and of a table that is new.
PARTITION_WRITES: Final = 1000
NEW_TABLE_WRITES: Final = 4000

# The other quotas are of a service, a load balancer or a table, so each stack has them for itself.
_OF_ACCOUNT: Final = (
    quotas.FARGATE_ON_DEMAND,
    quotas.FARGATE_SPOT,
    quotas.NETWORK_INTERFACES,
    quotas.SPEECH_STREAMS,
)
_STACKS: Final = "only more stacks"


@dataclass(frozen=True)
class Limit:
    """Something that a stack can use up.

    Args:
        what: what it is.
        unit: of the figures.
        most: how much there is; None: AWS publishes no figure.
        need: how much a load needs.
        moved_by: what moves the limit.
        source: the document that states it: an address, or a file of this repository.
        quota: the quota that it is, if it is one.
        uncertain: why `most` or `need` is uncertain; empty: neither is.
        of_account: whether all stacks of an account and region share it.
        fixed: whether nothing moves it, so that only another stack has more.
    """

    what: str
    unit: str
    most: float | None
    need: Callable[[Load], float]
    moved_by: str
    source: str
    quota: Quota | None = None
    uncertain: str = ""
    of_account: bool = False
    fixed: bool = False

    def sessions(self, minutes: float) -> int | None:
        """Returns how many sessions at a time the limit allows, each of some minutes; None without a figure."""
        if self.most is None:
            return None
        beyond = bisect.bisect_right(range(_SEARCHED), self.most, key=lambda count: self.need(Load(count, minutes)))
        return max(beyond - 1, 0)


def limits(stack: Stack) -> list[Limit]:
    """Returns the limits of a stack, with AWS's defaults for the quotas."""
    in_a_release = stack.tasks_in_a_release

    def tasks(load: Load) -> float:
        return stack.tasks_for(load)

    def with_release(load: Load) -> float:
        return in_a_release * stack.tasks_for(load)

    def vcpus(load: Load, spot: bool) -> float:
        split = stack.split(stack.tasks_for(load))
        return in_a_release * stack.vcpus_per_task * (split.spot if spot else split.on_demand)

    found = [
        Limit("Tasks that the autoscaler may run", "tasks", stack.most_tasks, tasks, "`maxCount`", _KEYS),
        _of_quota("Tasks of the service", "tasks", quotas.TASKS_PER_SERVICE, tasks),
    ]
    if stack.split(100).on_demand:
        quota = quotas.FARGATE_ON_DEMAND
        found.append(_of_quota("Fargate on demand, in a release", "vCPUs", quota, lambda load: vcpus(load, spot=False)))
    if stack.split(100).spot:
        quota = quotas.FARGATE_SPOT
        found.append(_of_quota("Fargate Spot, in a release", "vCPUs", quota, lambda load: vcpus(load, spot=True)))
    found += [
        # Other strategies start the new tasks in a second target group.
        _of_quota(
            "Targets of a target group, in a release",
            "targets",
            quotas.TARGETS_PER_GROUP,
            with_release if stack.strategy.kind == ROLLING else tasks,
        ),
        _of_quota(
            "Targets of the load balancer, in a release", "targets", quotas.TARGETS_PER_LOAD_BALANCER, with_release
        ),
        _of_quota(
            "Capacity of the load balancer that AWS reserves",
            "capacity units",
            quotas.RESERVED_CAPACITY_UNITS,
            lambda load: max(load.capacity_units.values()),
        ),
        _of_quota("Network interfaces, in a release", "interfaces", quotas.NETWORK_INTERFACES, with_release),
        Limit(
            "IP addresses of a zone's subnet, in a release",
            "addresses",
            stack.addresses_for_tasks,
            lambda load: with_release(load) / stack.zones,
            "`availabilityZones`; `vpcCidr`, which is fixed while the stack is up",
            _SUBNETS,
        ),
        *_nat(stack),
        *_tables(),
        _of_quota("Streams of the speech model", "streams", quotas.SPEECH_STREAMS, lambda load: load.sessions),
        Limit(
            "Tokens of the model that extracts the answers",
            "tokens a minute",
            None,
            lambda load: load.started_a_minute * (assumed.EXTRACTION_INPUT_TOKENS + assumed.EXTRACTION_OUTPUT_TOKENS),
            "the model's quotas of tokens in Service Quotas, Amazon Bedrock",
            _TOKENS,
            uncertain="the default differs from account to account, and cost/load.py assumes the tokens of a session",
            of_account=True,
        ),
    ]
    return found


def _of_quota(what: str, unit: str, quota: Quota, need: Callable[[Load], float]) -> Limit:
    moved_by = f"quota {quota.name} ({quota.code})" if quota.code else f"quota {quota.name}"
    of_account = quota in _OF_ACCOUNT
    return Limit(what, unit, quota.default, need, moved_by, quota.source, quota, quota.uncertain, of_account)


def _nat(stack: Stack) -> list[Limit]:
    """The limits of a NAT gateway; none without gateways."""
    if not (gateways := stack.nat_gateways):
        return []
    more = f"`natGateways`, `availabilityZones`, then {_STACKS}"
    return [
        Limit(
            "Connections of a NAT gateway to one address of Bedrock",
            "connections",
            NAT_CONNECTIONS,
            lambda load: load.sessions / gateways,
            more,
            _NAT,
            uncertain="assumed: a connection for each session, all to one address of Bedrock, which has several",
        ),
        Limit(
            "Bandwidth of a NAT gateway",
            "Gbit/s",
            NAT_GBPS,
            lambda load: load.sessions * assumed.BYTES_PER_MINUTE * 8 / 60 / 1e9 / gateways,
            more,
            _NAT,
            uncertain="a gateway starts with 5 Gbit/s and scales by itself",
        ),
    ]


def _tables() -> list[Limit]:
    """The limits of the tables' writes. The reads are fewer, and their limits greater."""
    busiest = max(assumed.WRITES_PER_MINUTE, key=lambda table: assumed.WRITES_PER_MINUTE[table])
    load_is_assumed = "cost/load.py assumes the writes of a session"

    def of_busiest(load: Load) -> float:
        return load.sessions * assumed.WRITES_PER_MINUTE[busiest] / 60

    return [
        Limit(
            f"Writes of the table {busiest}",
            "units a second",
            quotas.TABLE_WRITES.default,
            of_busiest,
            f"quota {quotas.TABLE_WRITES.name} ({quotas.TABLE_WRITES.code})",
            quotas.TABLE_WRITES.source,
            quotas.TABLE_WRITES,
            load_is_assumed,
        ),
        Limit(
            f"Writes of the table {busiest} while it is new",
            "units a second",
            NEW_TABLE_WRITES,
            of_busiest,
            "time: DynamoDB serves twice the last peak at once, and adapts within 30 minutes",
            _NEW_TABLES,
            uncertain=load_is_assumed,
        ),
        Limit(
            "Writes of one questionnaire's sessions, which share a key of the index",
            "units a second",
            PARTITION_WRITES,
            lambda load: load.sessions * assumed.WRITES_PER_MINUTE["sessions"] / 60,
            f"several questionnaires, else {_STACKS}",
            _PARTITIONS,
            uncertain=f"{load_is_assumed}, and all sessions answer one questionnaire",
            fixed=True,
        ),
    ]
