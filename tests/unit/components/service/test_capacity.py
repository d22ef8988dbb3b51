"""Capacity providers: the strategy for a capacity."""

from __future__ import annotations

import pytest

from components.service.capacity import Capacity, CapacityProvider


@pytest.mark.parametrize(
    ("on_demand_base", "spot_percent", "strategy"),
    [
        (0, 100, [("FARGATE_SPOT", 0, 100)]),
        (2, 100, [("FARGATE", 2, 1), ("FARGATE_SPOT", 0, 1000)]),
        (1, 70, [("FARGATE", 1, 30), ("FARGATE_SPOT", 0, 70)]),
        (0, 1, [("FARGATE", 0, 99), ("FARGATE_SPOT", 0, 1)]),
    ],
)
def test_strategy_has_no_provider_that_would_get_no_task(
    on_demand_base: int, spot_percent: int, strategy: list[tuple[str, int, int]]
) -> None:
    found = Capacity(2, on_demand_base, spot_percent).providers
    assert [(one.name, one.base, one.weight) for one in found] == strategy
    # Amazon ECS API Reference, CapacityProviderStrategyItem: a provider without a weight places no task.
    assert all(0 < one.weight <= 1000 for one in found)


@pytest.mark.parametrize("on_demand_base", [0, 1, 20])
def test_without_spot_the_base_does_not_change_the_strategy(on_demand_base: int) -> None:
    assert Capacity(2, on_demand_base, 0).providers == [CapacityProvider("FARGATE", base=0, weight=100)]
