"""The tables of docs/scale.md: limits, deployments, costs and the keys of a cell, all of prod as committed."""

from __future__ import annotations

from functools import cache
from typing import Final

from components.lib.quotas import TASK_LAUNCHES
from config.key import declarations
from config.load import parse
from config.settings import Settings
from config.source import Source
from config.stack_name import REGIONS
from cost import prices, stacks
from cost.deployment import Deployment
from cost.estimate import estimate
from cost.limits import Limit, limits
from cost.load import DEFAULT_MINUTES, Load
from cost.quantities import When
from cost.resources import Stack
from cost.scale import figure
from cost.table import dollars

STACK: Final = "prod"
CELL: Final = "prod-a"
SESSIONS: Final = 1000
DEPLOYMENTS: Final = (10, 100, 1000)


@cache
def _registered() -> Stack:
    return stacks.registered(STACK)


def limits_of_prod() -> str:
    """Returns a row for each limit: where it stands, and how many sessions it allows."""
    head = (
        "| limit | default | sessions | of | what moves it | source |\n|---|---|---|---|---|---|",
        *(_limit(limit) for limit in limits(_registered())),
    )
    return "\n".join(head)


def _limit(limit: Limit) -> str:
    most = "not published" if limit.most is None else f"{figure(limit.most)} {limit.unit}"
    sessions = limit.sessions(DEFAULT_MINUTES)
    reached = "?" if sessions is None else f"{sessions:,}"
    mark = f" ~ {limit.uncertain}" if limit.uncertain else ""
    owner = "account" if limit.of_account else "stack"
    is_file = not limit.source.startswith("https:")
    source = f"[{limit.source}]({limit.source.removeprefix('docs/')})" if is_file else f"[AWS]({limit.source})"
    return f"| {limit.what} | {most} | {reached} | {owner} | {limit.moved_by} | {source}{mark} |"


def steps() -> str:
    """Returns how far prod grows step by step, in sessions at a time."""
    found = limits(_registered())
    reached = {limit: sessions for limit in found if (sessions := limit.sessions(DEFAULT_MINUTES)) is not None}
    of_stack = {limit: sessions for limit, sessions in reached.items() if not limit.of_account and limit.quota}
    fixed = {limit: sessions for limit, sessions in reached.items() if limit.fixed}

    def first(some: dict[Limit, int]) -> str:
        limit = min(some, key=lambda one: some[one])
        return f"{some[limit]:,} sessions ({limit.what[0].lower()}{limit.what[1:]})"

    return "\n".join(
        [
            f"- As committed, in an account with AWS's defaults: {first(reached)}.",
            f"- With `maxCount` and the quotas of the account raised: {first(of_stack)}.",
            f"- Whatever is raised: {first(fixed)}.",
        ]
    )


def deployments() -> str:
    """Returns how long a deployment of so many tasks takes."""
    timeline = _registered().timeline
    rows = [
        f"| {one.tasks:,} | {one.started_minutes:.1f} | {one.serving_minutes:.1f} | {one.minutes:.0f} |"
        f" {one.longest_minutes} |"
        for one in (Deployment(tasks, timeline) for tasks in DEPLOYMENTS)
    ]
    return "\n".join(
        [
            f"ECS starts at most {TASK_LAUNCHES.default:g} tasks a minute for a service "
            f"([AWS]({TASK_LAUNCHES.source})).",
            "",
            "| tasks | started after | serving after | old tasks gone after | `pulumi up` waits at most |",
            "|---|---|---|---|---|",
            *rows,
        ]
    )


def costs() -> str:
    """Returns what a thousand sessions cost a month in each region, with a maxCount that allows them."""
    load = Load(SESSIONS, DEFAULT_MINUTES)
    tasks = _registered().tasks_for(load)
    # Only the prices depend on the region: tests/program/test_regions.py holds that the stack is the same.
    grown = stacks.registered(STACK, {"maxCount": tasks})
    rows: list[str] = []
    for region in REGIONS:
        bill = estimate(grown, prices.of_region(region), load)
        rows.append(
            f"| {region} | {tasks} | {dollars(bill, When.AT_REST, When.UNDER_LOAD)} |"
            f" {dollars(bill, When.BEDROCK) if bill.sum(When.BEDROCK) else 'no prices'} |"
        )
    return "\n".join(["| region | tasks | USD a month without Bedrock | Bedrock |", "|---|---|---|---|", *rows])


def keys_of_a_cell() -> str:
    """Returns the keys whose default is another one in a cell than in prod."""
    prod, cell = _defaults(STACK), _defaults(CELL)
    rows = [
        f"| `{one.name}` | `{_shown(getattr(prod, one.attribute))}` | `{_shown(getattr(cell, one.attribute))}` |"
        for one in declarations(Settings)
        if getattr(prod, one.attribute) != getattr(cell, one.attribute)
    ]
    return "\n".join([f"| key | {STACK} | {CELL} |", "|---|---|---|", *rows])


def _defaults(stack: str) -> Settings:
    settings, _ = parse(Source(stack, {"aws:region": REGIONS[0]}, frozenset()))
    return settings


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
