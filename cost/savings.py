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
        if set(changed.missing) - set(current.missing):
            found.append(Saving(text, None, drawback))
        elif (usd := current.sum() - changed.sum()) > LEAST_USD:
            found.append(Saving(text, usd, drawback))
    return found
