"""What a changed config key would save: the program is recorded again with that key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cost.errors import CostError
from cost.estimate import LEAST_USD, Estimate

# Config keys, and the drawback of each change.
CHANGES: Final[tuple[tuple[Mapping[str, Any], str], ...]] = (
    ({"cpuArchitecture": "ARM64"}, "needs an image for ARM64"),
    ({"onDemandBase": 1, "spotPercent": 100}, "AWS interrupts tasks on Spot with two minutes' notice"),
    ({"natGateways": "single"}, "the zone of the gateway becomes a single point of failure"),
    ({"natGateways": "none"}, "tasks get public IPs, and admit the load balancer only"),
    ({"containerInsights": "enabled"}, "no metrics of single tasks and containers"),
    ({"containerInsights": "disabled"}, "the free metrics of the service remain"),
    ({"logRetentionDays": 7}, "older logs are gone"),
)


@dataclass(frozen=True)
class Saving:
    """A change that makes a stack cheaper.

    Args:
        keys: the config keys with their values, as one text.
        usd: what it saves in a month; None: a price is missing.
        drawback: what the change costs besides money.
    """

    keys: str
    usd: float | None
    drawback: str


def savings(current: Estimate, estimate_with: Callable[[Mapping[str, Any]], Estimate]) -> list[Saving]:
    """Returns the changes that save something, each by itself.

    Args:
        current: the estimate without a change.
        estimate_with: returns the estimate with changed config keys.
    """
    found: list[Saving] = []
    for keys, drawback in CHANGES:
        text = ", ".join(f"{key}: {value}" for key, value in keys.items())
        try:
            changed = estimate_with(keys)
        except CostError:
            continue  # the stack's other keys exclude this one
        if _missing_amounts_matter(current, changed):
            found.append(Saving(text, None, drawback))
        elif (usd := current.sum() - changed.sum()) > LEAST_USD:
            found.append(Saving(text, usd, drawback))
    return found


def _missing_amounts_matter(current: Estimate, changed: Estimate) -> bool:
    """Whether the change uses something else that has no price, or less of what has none."""
    before, after = (_amounts_without_a_price(one) for one in (current, changed))
    return bool(after.keys() - before.keys()) or any(after.get(price, 0) < before[price] for price in before)


def _amounts_without_a_price(one: Estimate) -> dict[str, float]:
    amounts = dict.fromkeys(one.missing, 0.0)
    for row in one.rows:
        if row.price is None:
            amounts[row.quantity.price] += row.quantity.amount * row.quantity.share
    return amounts
