"""The container health check of ECS: which checks count, and the container's health after each.

The container runtime runs the check, so the rules are Docker's. Sources: Amazon ECS API Reference, HealthCheck;
Dockerfile reference, HEALTHCHECK.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


class Health(enum.Enum):
    """The health of a container. ECS shows `starting` as UNKNOWN."""

    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True)
class HealthCheck:
    """A health check of a container definition. Times are in seconds."""

    command: tuple[str, ...]  # a program with its arguments
    interval: float = 30  # from the start to the first check, and from the end of one check to the start of the next
    timeout: float = 5  # a check that takes longer fails
    retries: int = 3  # the failures in a row that make the container unhealthy
    start_period: float = 0  # a failed check that started within it does not count; a success ends it

    @classmethod
    def of(cls, definition: Mapping[str, Any] | None) -> Self | None:
        """Returns the health check of a container definition with ECS's defaults, or None if there is none.

        The command starts with `CMD`, then a program and its arguments, or with `CMD-SHELL`, then a line for a shell.
        """
        kind, *arguments = (definition or {}).get("command") or ["NONE"]
        if definition is None or kind == "NONE":
            return None
        if kind == "CMD-SHELL":
            arguments = ["/bin/sh", "-c", *arguments]
        return cls(
            tuple(arguments),
            definition.get("interval") or cls.interval,
            definition.get("timeout") or cls.timeout,
            definition.get("retries") or cls.retries,
            definition.get("startPeriod") or cls.start_period,
        )


@dataclass(frozen=True)
class Status:
    """A container's health, and how many checks that count have failed in a row."""

    health: Health = Health.STARTING
    failures: int = 0


def after(check: HealthCheck, status: Status, started: float, *, passed: bool) -> Status:
    """Returns the status after a check.

    Args:
        status: the status before the check.
        started: when the check started, in seconds since the container's start.
        passed: whether the check ended in time with exit status 0.
    """
    if passed:
        return Status(Health.HEALTHY)
    if status.health is Health.STARTING and started < check.start_period:
        return status
    failures = status.failures + 1
    return Status(Health.UNHEALTHY if failures >= check.retries else status.health, failures)
