"""What a load needs of a stack: tasks, money, the time of a deployment, and which limits it reaches."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cost import prices, stacks
from cost.deployment import Deployment
from cost.estimate import Estimate, estimate
from cost.limits import Limit, limits
from cost.load import Load
from cost.quantities import When
from cost.resources import Stack
from cost.table import aligned, dollars


@dataclass(frozen=True)
class Report:
    """A stack under a load.

    Args:
        stack: what the stack registers with its stack file.
        load: the load.
        bill: its cost, with a maxCount that the load needs.
        limits: its limits.
    """

    stack: Stack
    load: Load
    bill: Estimate
    limits: Sequence[Limit]

    @property
    def deployment(self) -> Deployment:
        """A deployment under the load."""
        return Deployment(self.stack.tasks_for(self.load), self.stack.timeline)

    def exceeds(self, limit: Limit) -> bool:
        """Returns whether the load needs more than there is."""
        return limit.most is not None and limit.need(self.load) > limit.most


def report(stack: str, load: Load) -> Report:
    """Returns a stack under a load.

    Raises:
        CostError: there is no such stack, or its configuration is wrong.
    """
    registered = stacks.registered(stack)
    needed = registered.tasks_for(load)
    grown = stacks.registered(stack, {"maxCount": needed}) if needed > registered.most_tasks else registered
    bill = estimate(grown, prices.of_region(registered.region), load)
    return Report(registered, load, bill, limits(registered))


def text(found: Report) -> str:
    """Returns the report as a table."""
    load, bill, deployment = found.load, found.bill, found.deployment
    headline = (
        f"{found.stack.name} in {found.stack.region} with {load.sessions:,g} sessions of {load.minutes:g} minutes at a"
        f" time, all month: {deployment.tasks:,} tasks, {dollars(bill, When.AT_REST, When.UNDER_LOAD)} USD a month and"
        f" {dollars(bill, When.BEDROCK)} for Bedrock; a deployment takes {deployment.minutes:.0f} minutes, at most"
        f" {deployment.longest_minutes}"
    )
    head = ("", "limit", "needs", "there are", "unit", "sessions", "what moves it")
    rows = [head, *(_row(found, limit) for limit in found.limits)]
    notes = (
        "! the load needs more than there is: more than AWS's default, or more than the stack file says",
        "~ uncertain: docs/scale.md says why",
        "? AWS publishes no figure: see Service Quotas",
        "`make preflight` compares the quotas of the account with maxCount.",
    )
    return "\n\n".join([headline, aligned(rows, right=(2, 3, 5)), "\n".join(notes)])


def _row(found: Report, limit: Limit) -> tuple[str, ...]:
    sessions = limit.sessions(found.load.minutes)
    return (
        ("!" if found.exceeds(limit) else "") + ("~" if limit.uncertain else ""),
        limit.what,
        figure(limit.need(found.load)),
        "?" if limit.most is None else figure(limit.most),
        limit.unit,
        "?" if sessions is None else f"{sessions:,}",
        limit.moved_by.replace("`", ""),
    )


def figure(number: float) -> str:
    """Returns a number with three digits, or with all digits of a whole one."""
    return f"{number:,.0f}" if number == int(number) or number >= 100 else f"{number:.3g}"


def as_json(found: Report) -> str:
    """Returns the report as one JSON object. Figures are not rounded."""
    deployment, bill = found.deployment, found.bill
    answer: dict[str, Any] = {
        "stack": found.stack.name,
        "region": found.stack.region,
        "sessions": found.load.sessions,
        "minutes": found.load.minutes,
        "tasks": deployment.tasks,
        "usdPerMonth": {"underLoad": bill.sum(When.AT_REST, When.UNDER_LOAD), "bedrock": bill.sum(When.BEDROCK)},
        "missingPrices": bill.missing,
        "deploymentMinutes": {"usual": deployment.minutes, "longest": deployment.longest_minutes},
        "limits": [_limit(found, limit) for limit in found.limits],
    }
    return json.dumps(answer, indent=2)


def _limit(found: Report, limit: Limit) -> dict[str, Any]:
    return {
        "limit": limit.what,
        "needs": limit.need(found.load),
        "thereAre": limit.most,
        "unit": limit.unit,
        "sessions": limit.sessions(found.load.minutes),
        "exceeded": found.exceeds(limit),
        "ofAccount": limit.of_account,
        "fixed": limit.fixed,
        "movedBy": limit.moved_by,
        "quotaCode": (limit.quota and limit.quota.code) or None,
        "uncertain": limit.uncertain,
        "source": limit.source,
    }
