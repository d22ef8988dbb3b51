"""Cron expressions in AWS's dialect."""

from __future__ import annotations

import re

import pytest

from config.cron import cron_expression

CRON_RULE = "must be a cron expression of six fields (minutes hours day-of-month month day-of-week year)"


@pytest.mark.parametrize(
    "cron",
    [
        "0 7 ? * MON-FRI *",
        "0/15 8-18 ? JAN,mar 2-6 2026-2030",
        "*/10 * * * ? *",
        "0,30 22-23,0-2 1-5,10 1/3 ? *",
        "0 0 L * ? *",
        "0 0 LW * ? *",
        "0 0 15W * ? *",
        "0 6 ? * L 2027",
        "0 6 ? * 6#3 *",
        "0 6 ? * FRI#1 *",
        "0 6 ? * 5L *",
        "59 23 31 12 ? 2199",
        "0-58/2 1-9/4 ? DEC SAT 1970/2",
    ],
)
def test_expression_that_aws_accepts_is_accepted(cron: str) -> None:
    assert cron_expression(cron) == cron


@pytest.mark.parametrize(
    ("cron", "rule"),
    [
        ("", CRON_RULE),
        ("0 7 ? * MON", CRON_RULE),
        ("0 0 7 ? * MON *", CRON_RULE),
        ("cron(0 7 ? * MON-FRI *)", CRON_RULE),
        ("rate(1 hour)", CRON_RULE),
        ("60 7 ? * MON *", "must have 0-59 (with , - * /; ranges upwards) as its minutes"),
        ("? 7 ? * MON *", "must have 0-59"),
        (", 7 ? * MON *", "must have 0-59"),
        ("*/0 7 ? * MON *", "must have 0-59"),
        ("*/60 7 ? * MON *", "must have 0-59"),
        ("0 24 ? * MON *", "must have 0-23 (with , - * /; ranges upwards) as its hours"),
        ("0 22-2 ? * MON *", "must have 0-23"),
        ("0 7 0 * ? *", "must have 1-31 (with , - * / ? L W; ranges upwards) as its day-of-month"),
        ("0 7 32W * ? *", "must have 1-31"),
        ("0 7 1,L * ? *", "must have 1-31"),
        ("0 7 ? 13 MON *", "must have 1-12 or JAN-DEC (with , - * /; ranges upwards) as its month"),
        ("0 7 ? MON MON *", "must have 1-12 or JAN-DEC"),
        ("0 7 ? * 0 *", "must have 1-7 or SUN-SAT (with , - * ? L #; ranges upwards) as its day-of-week"),
        ("0 7 ? * MON#6 *", "must have 1-7 or SUN-SAT"),
        ("0 7 ? * JANL *", "must have 1-7 or SUN-SAT"),
        ("0 7 ? * FRI-MON *", "must have 1-7 or SUN-SAT"),
        ("0 7 ? * */2 *", "must have 1-7 or SUN-SAT"),
        ("0 7 ? * MON 1969", "must have 1970-2199 (with , - * /; ranges upwards) as its year"),
        ("0 7 * * * *", "must have ? as its day-of-month or as its day-of-week, but not as both"),
        ("0 7 1 * MON *", "must have ? as its day-of-month or as its day-of-week, but not as both"),
        ("0 7 ? * ? *", "must have ? as its day-of-month or as its day-of-week, but not as both"),
    ],
)
def test_wrong_expression_is_refused_with_its_rule(cron: str, rule: str) -> None:
    with pytest.raises(ValueError, match=re.escape(rule)):
        cron_expression(cron)


def test_fields_end_up_one_space_apart() -> None:
    assert cron_expression("0  23 * * ?   *") == "0 23 * * ? *"
