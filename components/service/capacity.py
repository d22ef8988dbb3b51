"""How many tasks there are, and on which capacity they run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# "Capacity providers with weight of 0 cannot place tasks" (Amazon ECS API Reference, CapacityProviderStrategyItem), and
# no document says that the tasks of the base are an exception. So a base has a weight: of a thousand other tasks, one.
_LEAST_WEIGHT: Final = 1
_MOST_WEIGHT: Final = 1000


@dataclass(frozen=True, order=True)
class CapacityProvider:
    """A capacity provider in the strategy of a service (Amazon ECS API Reference, CapacityProviderStrategyItem)."""

    name: str  # FARGATE or FARGATE_SPOT
    base: int  # the tasks that it gets first
    weight: int  # its share of the other tasks


@dataclass(frozen=True)
class Capacity:
    """The number of tasks, and where they run."""

    desired_count: int  # at creation; then the autoscaler owns the count
    on_demand_base: int  # tasks that never run on Fargate Spot
    spot_percent: int  # of the other tasks

    @property
    def providers(self) -> list[CapacityProvider]:
        """The strategy, without a provider that would get no task.

        Without Spot it is always the same, whatever the base: a changed strategy replaces every task.
        """
        if not self.spot_percent:
            return [CapacityProvider("FARGATE", base=0, weight=100)]
        if self.spot_percent < 100:
            on_demand, spot = 100 - self.spot_percent, self.spot_percent
        elif self.on_demand_base:
            on_demand, spot = _LEAST_WEIGHT, _MOST_WEIGHT
        else:
            return [CapacityProvider("FARGATE_SPOT", base=0, weight=100)]
        return [
            CapacityProvider("FARGATE", self.on_demand_base, on_demand),
            CapacityProvider("FARGATE_SPOT", base=0, weight=spot),
        ]
