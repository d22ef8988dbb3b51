"""The monthly cost of a stack: what it uses, times the prices of its region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cost.load import Load
from cost.prices import Price
from cost.quantities import Quantity, When, quantities
from cost.resources import Stack

LEAST_USD: Final = 0.005  # a month; less is shown as 0.00


@dataclass(frozen=True)
class Row:
    """An item of the bill.

    Args:
        quantity: what is used.
        price: its price; None: prices.csv has none for the region.
    """

    quantity: Quantity
    price: Price | None

    @property
    def unit_usd(self) -> float | None:
        """The price of one unit, in USD."""
        return float(self.price.usd) * self.quantity.share if self.price else None

    @property
    def usd(self) -> float | None:
        """The cost of a month, in USD; None without a price."""
        return None if self.unit_usd is None else self.quantity.amount * self.unit_usd

    @property
    def uncertain(self) -> bool:
        """Whether the price is uncertain: recalled, or the greatest discount of Spot."""
        return self.price is not None and (bool(self.price.uncertain) or self.quantity.share < 1)


@dataclass(frozen=True)
class Estimate:
    """The bill of a month."""

    stack: str
    region: str
    load: Load | None
    rows: Sequence[Row]
    notes: Sequence[str]  # what the estimate leaves out

    def of(self, *when: When) -> list[Row]:
        """Returns the rows of these parts of the bill."""
        return [row for row in self.rows if row.quantity.when in when]

    def sum(self, *when: When) -> float:
        """Returns the sum of these parts in USD, or of all. Items without a price are not in it."""
        return sum(row.usd or 0.0 for row in self.of(*(when or When)))

    @property
    def missing(self) -> list[str]:
        """The names of the prices that are missing."""
        return sorted({row.quantity.price for row in self.rows if row.price is None})


def estimate(stack: Stack, prices: Mapping[str, Price], load: Load | None) -> Estimate:
    """Returns the bill of a month.

    Args:
        stack: what is registered.
        prices: the prices of its region, by name.
        load: how much it is used; None: not at all.
    """
    rows = [Row(one, prices.get(one.price)) for one in quantities(stack, load)]
    order = {when: number for number, when in enumerate(When)}
    rows.sort(key=lambda row: (order[row.quantity.when], row.quantity.item))
    return Estimate(stack.name, stack.region, load, rows, stack.notes(load))
