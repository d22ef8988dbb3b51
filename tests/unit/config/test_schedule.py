"""`scalingSchedule`: what it takes, and what is said about each mistake in it."""

from __future__ import annotations

from typing import Any

import pytest

from config.schedule import Schedule
from tests.support.stack_config import load, mistakes

MORNING = {"cron": "0 7 ? * MON-FRI *", "timeZone": "Europe/Helsinki", "min": 4, "max": 12}
CRON_RULE = "must be a cron expression of six fields (minutes hours day-of-month month day-of-week year)"


def lines(named: str = "morning", **changes: Any) -> list[str]:
    """What is said of one schedule; None takes a member away."""
    members = {key: value for key, value in {**MORNING, **changes}.items() if value is not None}
    return mistakes({"scalingSchedule": {named: members}})


def test_schedules_arrive_sorted_by_name() -> None:
    night = {"cron": "0  23 * * ?   *", "min": 0, "max": 0}
    loaded = load({"scalingSchedule": {"weekday-morning": MORNING, "night": night}}).scaling_schedule
    assert list(loaded.items()) == [
        ("night", Schedule("0 23 * * ? *", "UTC", 0, 0)),
        ("weekday-morning", Schedule("0 7 ? * MON-FRI *", "Europe/Helsinki", 4, 12)),
    ]
    assert load({"scalingSchedule": {}}).scaling_schedule == {}


@pytest.mark.parametrize("name", ["a", "a b", "Ünï", "x" * 256, "weekday.morning", "-"])
def test_names_that_aws_takes(name: str) -> None:
    assert list(load({"scalingSchedule": {name: MORNING}}).scaling_schedule) == [name]


@pytest.mark.parametrize("name", ["", "a:b", "a/b", "a|b", " a", "a ", "a\nb", "a\x7f", "x" * 257])
def test_names_that_aws_refuses(name: str) -> None:
    (line,) = lines(name)
    assert line.startswith("scalingSchedule")
    assert line.endswith("named with 1 to 256 characters, without ':', '/' and '|', and without a space at either end")


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
def test_cron_expressions_that_aws_takes(cron: str) -> None:
    assert load({"scalingSchedule": {"a": {**MORNING, "cron": cron}}}).scaling_schedule["a"].cron == cron


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
        ("0 7 * * * *", "must have ? as its day-of-month or as its day-of-week, and not as both"),
        ("0 7 1 * MON *", "must have ? as its day-of-month or as its day-of-week, and not as both"),
        ("0 7 ? * ? *", "must have ? as its day-of-month or as its day-of-week, and not as both"),
        (7, "must be a string"),
    ],
)
def test_a_wrong_cron_expression_is_named_with_its_rule(cron: object, rule: str) -> None:
    (line,) = lines("weekday-morning", cron=cron)
    assert line.startswith(f"scalingSchedule.weekday-morning.cron = {cron!r}: {rule}")


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Argentina/Buenos_Aires"])
def test_time_zones(zone: str) -> None:
    assert load({"scalingSchedule": {"a": {**MORNING, "timeZone": zone}}}).scaling_schedule["a"].time_zone == zone


@pytest.mark.parametrize("zone", ["", "EEST", "Helsinki", "europe/helsinki", "Europe/", "../etc/passwd", "+02:00"])
def test_no_time_zones(zone: str) -> None:
    assert lines(timeZone=zone) == [
        f"scalingSchedule.morning.timeZone = {zone!r}: must be an IANA time zone, such as Europe/Helsinki or UTC"
    ]


@pytest.mark.parametrize("member", ["min", "max"])
@pytest.mark.parametrize("count", [-1, 1.5, "4", True, [4]])
def test_a_wrong_count_is_named(member: str, count: object) -> None:
    assert lines("morning", **{member: count}) == [
        f"scalingSchedule.morning.{member} = {count!r}: must be a whole number of 0 or more"
    ]


def test_a_min_above_its_max_is_refused() -> None:
    assert lines(min=13) == [
        "scalingSchedule.morning: must have a min of at most its max, and has min = 13 and max = 12"
    ]


@pytest.mark.parametrize("member", ["cron", "min", "max"])
def test_a_member_that_is_missing_is_named(member: str) -> None:
    assert lines("morning", **{member: None}) == [
        f"scalingSchedule.morning.{member}: is not set, and a schedule needs it"
    ]


@pytest.mark.parametrize(
    ("member", "nearest"), [("timezone", "timeZone"), ("minCount", "min"), ("maximum", "max"), ("schedule", "timeZone")]
)
def test_an_unknown_member_is_refused_with_the_nearest_one(member: str, nearest: str) -> None:
    (line,) = lines("morning", **{member: "x"})
    assert line.startswith(f"scalingSchedule.morning.{member}: is no part of a schedule; the nearest one is ")
    if member != "schedule":
        assert line.endswith(f" {nearest}")


@pytest.mark.parametrize("value", [[], "0 7 ? * MON *", 4, None])
def test_a_schedule_that_is_no_object_is_refused(value: object) -> None:
    assert mistakes({"scalingSchedule": {"morning": value}}) == [
        f"scalingSchedule.morning = {value!r}: must be an object with cron, timeZone, min or max"
    ]


def test_every_mistake_is_said_at_once() -> None:
    wrong = {"cron": "x", "timeZone": "y", "min": -1, "max": "z", "w": 1}
    assert [line.partition(" ")[0].rstrip(":") for line in mistakes({"scalingSchedule": {"a": wrong}})] == [
        f"scalingSchedule.a.{member}" for member in ("w", "cron", "timeZone", "min", "max")
    ]
