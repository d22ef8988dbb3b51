"""The list of prices."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from cost import prices
from cost.errors import CostError
from cost.renew import LISTED

ROWS = prices.load()


def test_a_region_has_one_row_for_a_price() -> None:
    keys = [(row.price, row.region) for row in ROWS]
    assert len(keys) == len(set(keys))
    assert {row.region for row in ROWS} == {"us-east-1", "us-west-2", "ap-northeast-1", "eu-north-1"}


def test_every_price_has_a_unit_a_source_and_a_date() -> None:
    units: dict[str, set[str]] = {}
    for row in ROWS:
        assert Decimal(row.usd) > 0
        assert row.source
        assert re.fullmatch(r"20\d\d-\d\d(-\d\d)?", row.read), row
        units.setdefault(row.price, set()).add(row.unit)
    assert {name: found for name, found in units.items() if len(found) > 1} == {}


def test_saved_prices_are_the_same_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    copy = tmp_path / "prices.csv"
    before = prices.FILE.read_bytes()
    monkeypatch.setattr(prices, "FILE", copy)
    prices.save(ROWS)
    assert copy.read_bytes() == before


def test_region_without_prices_is_refused() -> None:
    with pytest.raises(CostError, match=r"^There are no prices for eu-west-1 in cost/prices\.csv\.$"):
        prices.of_region("eu-west-1")


def test_renewed_prices_are_prices_of_the_list() -> None:
    assert LISTED.keys() <= {row.price for row in ROWS}
