"""The health of a container after a series of checks."""

from __future__ import annotations

import pytest

from components.service.container import Container
from operations.health import Health, HealthCheck, Status, after

CHECK = HealthCheck(("true",), interval=30, timeout=5, retries=3, start_period=60)


QUICK = HealthCheck(("true",), interval=5, retries=2, start_period=300)
AT_ONCE = HealthCheck(("true",), interval=30, retries=3, start_period=0)
LETTERS = {Health.STARTING: "s", Health.HEALTHY: "h", Health.UNHEALTHY: "u"}


@pytest.mark.parametrize(
    ("check", "results", "health"),
    [
        (CHECK, "-+", "sh"),
        # The failure at 30 s, in the start period, does not count; those at 60, 90 and 120 s do.
        (CHECK, "----", "sssu"),
        (AT_ONCE, "---", "ssu"),
        # A success ends the start period.
        (QUICK, "--------", "ssssssss"),
        (QUICK, "-+--", "shhu"),
        # Only failures in a row make it unhealthy, and one success healthy again.
        (CHECK, "+--+--+", "hhhhhhh"),
        (CHECK, "+---+--", "hhhuhhh"),
        (CHECK, "+-----", "hhhuuu"),
    ],
)
def test_health_after_each_check(check: HealthCheck, results: str, health: str) -> None:
    """A check passes (`+`) or fails (`-`) after each interval."""
    status, seen = Status(), ""
    for number, result in enumerate(results, start=1):
        status = after(check, status, number * check.interval, passed=result == "+")
        seen += LETTERS[status.health]
    assert seen == health


def test_the_programs_own_check_is_read_whole() -> None:
    container = Container(image="i", environment={}, secrets={}, log_group="g", region="r")
    definition = container.definition(stop_timeout_seconds=30, writable_root=False)["healthCheck"]
    assert HealthCheck.of(definition) == HealthCheck(tuple(definition["command"][1:]), 30, 5, 3, 60)


@pytest.mark.parametrize(
    ("command", "run"),
    [
        (["CMD", "node", "-e", "x y"], ("node", "-e", "x y")),
        (["CMD-SHELL", "wget -q x || exit 1"], ("/bin/sh", "-c", "wget -q x || exit 1")),
    ],
)
def test_each_form_of_a_command(command: list[str], run: tuple[str, ...]) -> None:
    """With the figures that ECS has for what a definition leaves out."""
    assert HealthCheck.of({"command": command}) == HealthCheck(run, 30, 5, 3, 0)


@pytest.mark.parametrize("definition", [None, {}, {"command": ["NONE"]}])
def test_definition_may_have_none(definition: dict[str, object] | None) -> None:
    assert HealthCheck.of(definition) is None
