"""What a changed config key would save. tests/cost/test_main.py has the savings of prod."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from cost import savings
from cost.errors import CostError
from cost.load import Load
from tests.cost.conftest import Bill

ARM = {"cpuArchitecture": "ARM64"}
WEEK = {"logRetentionDays": 7}


def test_change_whose_price_is_missing_is_listed_without_an_amount(bill: Bill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(savings, "CHANGES", ((ARM, "needs an image for ARM64"),))
    region = "eu-north-1"  # where the price of ARM is not in the file
    found = savings.savings(bill("prod", region=region), lambda keys: bill("prod", region=region, **keys))
    assert [(one.keys, one.usd) for one in found] == [("cpuArchitecture: ARM64", None)]


@pytest.mark.parametrize(
    ("keys", "change", "amount"),
    [({}, WEEK, [None]), (WEEK, {}, []), ({}, {"containerInsights": "disabled"}, [6])],
)
def test_saving_of_what_has_no_price_has_no_amount(
    keys: dict[str, Any], change: dict[str, Any], amount: list[int | None], bill: Bill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(savings, "CHANGES", ((change, "a drawback"),))
    region, load = "eu-north-1", Load(10, 10)  # where the file has no price of stored logs
    found = savings.savings(bill("prod", load, region, **keys), lambda changed: bill("prod", load, region, **changed))
    assert [one.usd if one.usd is None else round(one.usd) for one in found] == amount


def test_change_that_the_other_keys_exclude_is_left_out(bill: Bill) -> None:
    """tests/cost/test_stacks.py has the error of a wrong configuration."""
    assert savings.savings(bill("prod"), mock.Mock(side_effect=CostError("1 mistake"))) == []
