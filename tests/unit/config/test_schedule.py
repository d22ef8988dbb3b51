"""`scalingSchedule`: schedules that are accepted, and the message for each mistake."""

from __future__ import annotations

import pytest

from config.schedule import Schedule
from tests.support.stack_config import load, mistakes

MORNING = {"cron": "0 7 ? * MON-FRI *", "timeZone": "Europe/Helsinki", "min": 4, "max": 12}


def test_schedules_are_sorted_by_name() -> None:
    night = {"cron": "0  23 * * ?   *", "min": 0, "max": 0}
    loaded = load({"scalingSchedule": {"weekday-morning": MORNING, "night": night}}).schedules
    assert list(loaded.items()) == [
        ("night", Schedule("0 23 * * ? *", "UTC", 0, 0)),
        ("weekday-morning", Schedule("0 7 ? * MON-FRI *", "Europe/Helsinki", 4, 12)),
    ]
    assert load({"scalingSchedule": {}}).schedules == {}


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Argentina/Buenos_Aires"])
def test_time_zone_is_accepted(zone: str) -> None:
    assert load({"scalingSchedule": {"a": {**MORNING, "timeZone": zone}}}).schedules["a"].time_zone == zone


COUNT = "must be a whole number of 0 or more"
TIME_ZONE = "must be an IANA time zone, such as Europe/Helsinki or UTC"
MEMBERS = "is not one of cron, timeZone, min, max; the nearest one is"

# A member, a value of it that is refused, and the message.
REFUSED: list[tuple[str, object, str]] = [
    *(
        ("timeZone", zone, TIME_ZONE)
        for zone in ("", "EEST", "Helsinki", "europe/helsinki", "Europe/", "../etc", "+02:00")
    ),
    *((member, count, COUNT) for member in ("min", "max") for count in (-1, 1.5, "4", True, [4])),
    ("cron", "0 7 * * * *", "must have ? as its day-of-month or as its day-of-week, but not as both"),
    ("cron", 7, "must be a string"),
]


@pytest.mark.parametrize(("member", "value", "message"), REFUSED)
def test_wrong_member_is_refused_with_its_path(member: str, value: object, message: str) -> None:
    assert mistakes({"scalingSchedule": {"morning": {**MORNING, member: value}}}) == [
        f"scalingSchedule.morning.{member} = {value!r}: {message}"
    ]


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"min": 13}, ["max = 12: must be at least min, which is 13"]),
        (
            {"min": 0},
            [
                "max = 12: must be 0 as min is, or min at least 1: nothing scales from 0 tasks, as tasks that do not "
                "run send no data"
            ],
        ),
        ({"timezone": "x"}, [f"timezone: {MEMBERS} timeZone"]),
        ({"minCount": 1}, [f"minCount: {MEMBERS} min"]),
        ({"maximum": 1}, [f"maximum: {MEMBERS} max"]),
        # Every mistake is named at once.
        (
            {"cron": 7, "timeZone": "y", "min": -1, "max": "z", "maxi": 1},
            [
                "cron = 7: must be a string",
                f"timeZone = 'y': {TIME_ZONE}",
                f"min = -1: {COUNT}",
                f"max = 'z': {COUNT}",
                f"maxi: {MEMBERS} max",
            ],
        ),
    ],
)
def test_members_that_do_not_fit_together_are_refused(changes: dict[str, object], lines: list[str]) -> None:
    assert mistakes({"scalingSchedule": {"morning": {**MORNING, **changes}}}) == [
        f"scalingSchedule.morning.{line}" for line in lines
    ]


def test_missing_members_are_named() -> None:
    assert mistakes({"scalingSchedule": {"morning": {}}}) == [
        f"scalingSchedule.morning.{member}: is not set, and is required" for member in ("cron", "min", "max")
    ]


def test_name_that_aws_refuses_is_refused() -> None:
    (line,) = mistakes({"scalingSchedule": {"a:b": MORNING}})
    assert line.startswith("scalingSchedule")
    assert line.endswith("named with 1 to 256 characters, without ':', '/' and '|', and without a space at either end")


@pytest.mark.parametrize("value", [[], "0 7 ? * MON *", 4, None])
def test_schedule_that_is_not_an_object_is_refused(value: object) -> None:
    assert mistakes({"scalingSchedule": {"morning": value}}) == [
        f"scalingSchedule.morning = {value!r}: must be an object with cron, timeZone, min or max"
    ]
