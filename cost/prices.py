"""AWS's prices, from `prices.csv`: one row a price and region, with its source and the date when it was read."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

from cost.errors import CostError

FILE: Final = Path(__file__).with_name("prices.csv")


@dataclass(frozen=True)
class Price:
    """A row of `prices.csv`."""

    price: str  # its name, such as fargate-x86-vcpu
    region: str
    usd: str  # for one unit, before tax; a decimal as AWS writes it
    unit: str  # such as vCPU-hour
    source: str  # where it was read
    read: str  # when, as year-month or year-month-day
    uncertain: str  # why the price is uncertain; empty: it was read in the source


def load() -> list[Price]:
    """Returns all prices, in the order of the file."""
    with FILE.open(newline="") as file:
        return [Price(**row) for row in csv.DictReader(file)]


def save(prices: Iterable[Price]) -> None:
    """Writes the prices, sorted by name. The regions of a price keep their order."""
    with FILE.open("w", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Price)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(price) for price in sorted(prices, key=lambda price: price.price))


def of_region(region: str) -> dict[str, Price]:
    """Returns the prices of a region by name.

    Raises:
        CostError: there are none.
    """
    found = {price.price: price for price in load() if price.region == region}
    if not found:
        raise CostError(f"There are no prices for {region} in cost/{FILE.name}.")
    return found
