"""The timeline of a task: its start, its end, and how long a deployment may take.

A task starts:

    0 s                    The container runs. ECS ignores failed checks of the container during START_PERIOD_SECONDS,
                           and failed checks of the load balancer during GRACE_SECONDS.
    first good /health     The load balancer sends clients to the task.

A task ends, by a release, a scale-in or a Spot interruption:

    0 s                    The load balancer sends the task no new connection. Open connections continue.
    deregistration delay   ECS sends SIGTERM. The app answers 503 on /health, accepts nothing new, drains for up to
                           DRAIN_SECONDS, persists its sessions and exits.
    + stop timeout         ECS kills what is left.

So the deregistration delay decides how many sessions a release cuts, not the stop timeout. While a session lives, the
app's pings keep the load balancer's idle timeout from closing its connection.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """A health check."""

    interval: int  # seconds
    timeout: int  # seconds
    unhealthy: int  # failed checks in a row until the task is unhealthy

    @property
    def unhealthy_seconds(self) -> int:
        """The shortest time after which a task that fails every check is unhealthy."""
        return self.interval * self.unhealthy


CONTAINER_CHECK = Check(interval=30, timeout=5, unhealthy=3)
TARGET_CHECK = Check(interval=30, timeout=5, unhealthy=3)
TARGET_HEALTHY = 2  # good checks in a row until an unhealthy target is healthy again
START_PERIOD_SECONDS = 60
GRACE_SECONDS = 60

# Finding a place, pulling the image, starting, passing the checks: three times, as the circuit breaker gives up after
# three failed tasks at the earliest (Amazon ECS Developer Guide, "How the Amazon ECS deployment circuit breaker detects
# failures").
_START_MINUTES = 3 * 10


@dataclass(frozen=True)
class Timeline:
    """How long a task of a stack takes to end, and how long the engine waits for a deployment."""

    deregistration_delay_seconds: int
    stop_timeout_seconds: int
    shift_minutes: int  # for which a deployment runs old and new tasks side by side, see Strategy

    @property
    def end_seconds(self) -> int:
        """The time from a task's last new connection until ECS has killed the task."""
        return self.deregistration_delay_seconds + self.stop_timeout_seconds

    @property
    def deployment_minutes(self) -> int:
        """The longest that a deployment takes: the start, the shift, then the end of the old tasks.

        A rollback ends the new tasks first, so the end counts twice.
        """
        return _START_MINUTES + self.shift_minutes + math.ceil(2 * self.end_seconds / 60)

    @property
    def removal_minutes(self) -> int:
        """The longest that the deletion of the service takes."""
        return _START_MINUTES + math.ceil(self.end_seconds / 60)
