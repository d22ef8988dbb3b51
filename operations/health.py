"""The container health check as ECS has it: when a check counts, and what the container's health is after it.

ECS hands the check to the container runtime, so the rules are Docker's. Sources: Amazon ECS API Reference, HealthCheck;
Docker's reference of HEALTHCHECK.
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

    command: tuple[str, ...]  # what is run: a program with its arguments
    interval: float = 30  # from the start to the first check, and from the end of one check to the start of the next
    timeout: float = 5  # a check that takes longer has failed
    retries: int = 3  # so many failures in a row make a container unhealthy
    start_period: float = 0  # failures of checks that start within it do not count; a success ends it

    @classmethod
    def of(cls, definition: Mapping[str, Any] | None) -> Self | None:
        """The health check of a container definition, with ECS's defaults; None where it has none.

        Its command starts with `CMD`, and what follows is run, or with `CMD-SHELL`, and what follows is a shell's.
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
    """The status after a check.

    Args:
        status: before it.
        started: when this check started, in seconds since the container did.
        passed: whether it ended in time and with status 0.
    """
    if passed:
        return Status(Health.HEALTHY)
    if status.health is Health.STARTING and started < check.start_period:
        return status
    failures = status.failures + 1
    return Status(Health.UNHEALTHY if failures >= check.retries else status.health, failures)
