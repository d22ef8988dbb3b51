"""`scalingSchedule`: schedules that are accepted, and the message for each mistake."""

from __future__ import annotations

from typing import Any

import pytest

from config.schedule import Schedule
from tests.support.stack_config import load, mistakes

MORNING = {"cron": "0 7 ? * MON-FRI *", "timeZone": "Europe/Helsinki", "min": 4, "max": 12}


def lines(named: str = "morning", **changes: Any) -> list[str]:
    """Returns the mistakes in one schedule; a change to None removes the member."""
    members = {key: value for key, value in {**MORNING, **changes}.items() if value is not None}
    return mistakes({"scalingSchedule": {named: members}})


def test_schedules_are_sorted_by_name() -> None:
    night = {"cron": "0  23 * * ?   *", "min": 0, "max": 0}
    loaded = load({"scalingSchedule": {"weekday-morning": MORNING, "night": night}}).schedules
    assert list(loaded.items()) == [
        ("night", Schedule("0 23 * * ? *", "UTC", 0, 0)),
        ("weekday-morning", Schedule("0 7 ? * MON-FRI *", "Europe/Helsinki", 4, 12)),
    ]
    assert load({"scalingSchedule": {}}).schedules == {}


def test_name_that_aws_refuses_is_refused() -> None:
    (line,) = lines("a:b")
    assert line.startswith("scalingSchedule")
    assert line.endswith("named with 1 to 256 characters, without ':', '/' and '|', and without a space at either end")


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Argentina/Buenos_Aires"])
def test_time_zone_is_accepted(zone: str) -> None:
    assert load({"scalingSchedule": {"a": {**MORNING, "timeZone": zone}}}).schedules["a"].time_zone == zone


@pytest.mark.parametrize("zone", ["", "EEST", "Helsinki", "europe/helsinki", "Europe/", "../etc/passwd", "+02:00"])
def test_unknown_time_zone_is_refused(zone: str) -> None:
    assert lines(timeZone=zone) == [
        f"scalingSchedule.morning.timeZone = {zone!r}: must be an IANA time zone, such as Europe/Helsinki or UTC"
    ]


@pytest.mark.parametrize("member", ["min", "max"])
@pytest.mark.parametrize("count", [-1, 1.5, "4", True, [4]])
def test_wrong_count_is_refused(member: str, count: object) -> None:
    assert lines("morning", **{member: count}) == [
        f"scalingSchedule.morning.{member} = {count!r}: must be a whole number of 0 or more"
    ]


def test_max_below_min_is_refused() -> None:
    assert lines(min=13, cron="x")[1:] == ["scalingSchedule.morning.max = 12: must be at least min, which is 13"]


def test_schedule_that_would_start_from_0_is_refused() -> None:
    assert lines(min=0) == [
        "scalingSchedule.morning.max = 12: must be 0 as min is, or min at least 1: nothing scales from 0 tasks, as "
        "tasks that do not run send no data"
    ]


@pytest.mark.parametrize("member", ["cron", "min", "max"])
def test_missing_member_is_named(member: str) -> None:
    assert lines("morning", **{member: None}) == [f"scalingSchedule.morning.{member}: is not set, and is required"]


@pytest.mark.parametrize(
    ("member", "nearest"), [("timezone", "timeZone"), ("minCount", "min"), ("maximum", "max"), ("schedule", "timeZone")]
)
def test_unknown_member_is_refused_with_the_nearest_one(member: str, nearest: str) -> None:
    (line,) = lines("morning", **{member: "x"})
    assert line.startswith(
        f"scalingSchedule.morning.{member}: is not one of cron, timeZone, min, max; the nearest one is "
    )
    if member != "schedule":
        assert line.endswith(f" {nearest}")


@pytest.mark.parametrize("value", [[], "0 7 ? * MON *", 4, None])
def test_schedule_that_is_not_an_object_is_refused(value: object) -> None:
    assert mistakes({"scalingSchedule": {"morning": value}}) == [
        f"scalingSchedule.morning = {value!r}: must be an object with cron, timeZone, min or max"
    ]


def test_every_mistake_is_named_at_once() -> None:
    wrong = {"cron": "x", "timeZone": "y", "min": -1, "max": "z", "w": 1}
    assert [line.partition(" ")[0].rstrip(":") for line in mistakes({"scalingSchedule": {"a": wrong}})] == [
        f"scalingSchedule.a.{member}" for member in ("cron", "timeZone", "min", "max", "w")
    ]


@pytest.mark.parametrize(("cron", "rule"), [("0 7 * * * *", "must have ? as its"), (7, "must be a string")])
def test_wrong_cron_expression_is_refused_with_its_path(cron: object, rule: str) -> None:
    (line,) = lines("weekday-morning", cron=cron)
    assert line.startswith(f"scalingSchedule.weekday-morning.cron = {cron!r}: {rule}")
