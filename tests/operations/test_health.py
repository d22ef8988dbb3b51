"""The health of a container after a series of checks."""

from __future__ import annotations

import pytest

from components.service.container import Container
from operations.health import Health, HealthCheck, Status, after

CHECK = HealthCheck(("true",), interval=30, timeout=5, retries=3, start_period=60)


def life(check: HealthCheck, results: str) -> list[str]:
    """Returns the health after each check, one per interval: `+` passes, `-` fails."""
    status, seen = Status(), list[str]()
    for number, result in enumerate(results, start=1):
        status = after(check, status, number * check.interval, passed=result == "+")
        seen.append(status.health.value)
    return seen


def test_container_is_starting_until_a_check_passes() -> None:
    assert Status().health is Health.STARTING
    assert life(CHECK, "+") == ["healthy"]
    assert life(CHECK, "-+") == ["starting", "healthy"]


def test_failures_in_the_start_period_do_not_count() -> None:
    # The one at 30 s does not; those at 60, 90 and 120 s do.
    assert life(CHECK, "----") == ["starting", "starting", "starting", "unhealthy"]
    without = HealthCheck(("true",), interval=30, retries=3, start_period=0)
    assert life(without, "---") == ["starting", "starting", "unhealthy"]


def test_success_ends_the_start_period() -> None:
    quick = HealthCheck(("true",), interval=5, retries=2, start_period=300)
    assert life(quick, "--------") == ["starting"] * 8
    assert life(quick, "-+--") == ["starting", "healthy", "healthy", "unhealthy"]


def test_only_failures_in_a_row_make_it_unhealthy() -> None:
    assert life(CHECK, "+--+--+") == ["healthy"] * 7
    assert life(CHECK, "+---") == ["healthy"] * 3 + ["unhealthy"]


def test_one_success_makes_it_healthy_again() -> None:
    assert life(CHECK, "+---+--") == ["healthy"] * 3 + ["unhealthy"] + ["healthy"] * 3


def test_it_stays_unhealthy_after_the_start_period_whatever_was_before() -> None:
    assert life(CHECK, "+-----")[3:] == ["unhealthy"] * 3


def test_the_programs_own_check_is_read_whole() -> None:
    container = Container(
        image="i", environment={}, secrets={}, log_group="g", region="r", stop_timeout_seconds=30, writable_root=False
    )
    definition = container.definition()["healthCheck"]
    check = HealthCheck.of(definition)
    assert check is not None
    assert check.command == tuple(definition["command"][1:])
    assert (check.interval, check.timeout, check.retries, check.start_period) == (30, 5, 3, 60)


@pytest.mark.parametrize(
    ("command", "run"),
    [
        (["CMD", "node", "-e", "x y"], ("node", "-e", "x y")),
        (["CMD-SHELL", "wget -q x || exit 1"], ("/bin/sh", "-c", "wget -q x || exit 1")),
    ],
)
def test_each_form_of_a_command(command: list[str], run: tuple[str, ...]) -> None:
    check = HealthCheck.of({"command": command})
    assert check is not None
    assert check.command == run


def test_what_a_definition_leaves_out_is_as_ecs_says() -> None:
    assert HealthCheck.of({"command": ["CMD", "true"]}) == HealthCheck(("true",), 30, 5, 3, 0)


@pytest.mark.parametrize("definition", [None, {}, {"command": ["NONE"]}])
def test_a_definition_may_have_none(definition: dict[str, object] | None) -> None:
    assert HealthCheck.of(definition) is None
