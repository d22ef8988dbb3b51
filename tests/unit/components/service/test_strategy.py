"""The deployment strategies, and how long each runs old and new tasks side by side."""

from __future__ import annotations

import pytest

from components.service.strategy import STRATEGIES, Strategy


def strategy(kind: str, bake: int = 7, canary: float = 12.5, step: float = 30) -> Strategy:
    return Strategy(kind, bake, canary, step)


def test_configuration_of_each_strategy() -> None:
    assert {kind: strategy(kind).configuration() for kind in STRATEGIES} == {
        "rolling": {"strategy": "ROLLING", "bake_time_in_minutes": "0"},
        "blue-green": {"strategy": "BLUE_GREEN", "bake_time_in_minutes": "7"},
        "canary": {
            "strategy": "CANARY",
            "bake_time_in_minutes": "7",
            "canary_configuration": {"canary_percent": 12.5, "canary_bake_time_in_minutes": "7"},
        },
        "linear": {
            "strategy": "LINEAR",
            "bake_time_in_minutes": "7",
            "linear_configuration": {"step_percent": 30, "step_bake_time_in_minutes": "7"},
        },
    }


@pytest.mark.parametrize(("kind", "shifts"), [("rolling", 0), ("blue-green", 1), ("canary", 2), ("linear", 4)])
def test_strategy_bakes_after_each_shift(kind: str, shifts: int) -> None:
    # Steps of 30 %: 30, 60, 90, 100.
    assert strategy(kind).shift_minutes == 7 * shifts
    assert strategy(kind).shifts_traffic is (shifts > 0)


@pytest.mark.parametrize(("step", "shifts"), [(100, 1), (50, 2), (33.3, 4), (3, 34)])
def test_linear_shifts_in_steps(step: float, shifts: int) -> None:
    assert strategy("linear", bake=1, step=step).shift_minutes == shifts
