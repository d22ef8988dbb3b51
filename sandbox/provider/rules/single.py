"""Rules for single values. An unknown value, or one that is not there, breaks none."""

import re
from collections.abc import Callable
from typing import Any

from .places import number

INFINITE = float("inf")


class Rule:
    """A rule for one value: what it says, and whether a value holds to it."""

    def __init__(self, says: str, holds: Callable[[Any], bool]) -> None:
        self.says, self.holds = says, holds


def numeric(says: str, holds: Callable[[float], bool]) -> Rule:
    """A rule for a number, also one that is spelt as text; what is none is for the service's model to refuse."""
    return Rule(says, lambda v: not isinstance(v, bool) and ((given := number(v)) is None or holds(given)))


def between(least: float, most: float = INFINITE, unit: str = "") -> Rule:
    """A number within bounds."""
    bounds = f"at least {least:,}" if most == INFINITE else f"{least:,} to {most:,}"
    return numeric(f"must be {bounds} {unit}".rstrip(), lambda given: least <= given <= most)


def one_of(*allowed: Any, says: str = "") -> Rule:
    """One of these values, whether text or numbers."""
    spelt = [str(one) for one in allowed]
    return Rule(says or f"must be one of {', '.join(spelt)}", lambda value: str(value) in spelt)


def form(pattern: str, says: str) -> Rule:
    """Text that matches a pattern as a whole."""
    return Rule(says, lambda v: not isinstance(v, str) or re.fullmatch(pattern, v, re.DOTALL) is not None)


def allowed(said: str) -> dict[str, Rule]:
    """Bounds and choices, in words, by property: `timeout 2..120 seconds, memory 6.., mode blocking|non-blocking`."""
    rules: dict[str, Rule] = {}
    for one in said.split(","):
        path, values, *unit = one.split()
        least, bounds, most = values.partition("..")
        limits = int(least) if bounds else 0, int(most) if most else INFINITE
        rules[path] = between(*limits, *unit) if bounds else one_of(*values.split("|"))
    return rules
