"""The recorded stacks, shared by the tests of costs: a recording takes a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from cost.estimate import Estimate, estimate
from cost.load import Load
from cost.prices import of_region
from cost.resources import Stack
from cost.stacks import registered

Bill = Callable[..., Estimate]
_RECORDED: Final[dict[str, Stack]] = {}


def recorded(stack: str, **keys: Any) -> Stack:
    """Returns what a stack registers: one recording for the same arguments."""
    name = repr((stack, sorted(keys.items())))
    if name not in _RECORDED:
        _RECORDED[name] = registered(stack, keys)
    return _RECORDED[name]


@pytest.fixture
def bill() -> Bill:
    """Returns the estimate of a stack with changed keys: `bill("prod", load, natGateways="single")`.

    The region decides the prices alone: tests/program/test_regions.py holds that a stack is the same in each region.
    """

    def of(stack: str, load: Load | None = None, region: str = "us-east-1", **keys: Any) -> Estimate:
        return estimate(recorded(stack, **keys), of_region(region), load)

    return of
