"""The timeline of a task, in one place: its start, its end, and how long a deployment may take.

A task starts:

    0 s                    the container runs; ECS counts no failed check of the container's own during START_PERIOD,
                           and none of the load balancer's during GRACE
    first good /health     the load balancer sends it clients

A task ends, by a release, a scale-in or a Spot interruption:

    0 s                    the load balancer sends it no new connection; the open ones go on
    deregistration delay   ECS sends SIGTERM: the app answers 503 on /health, takes nothing new, drains for up to
                           APP_DRAIN, persists its sessions and exits
    + stop timeout         ECS kills what is left

So the deregistration delay decides how many sessions a release cuts, not the stop timeout. While a session lives, the
app's pings keep its connection from the load balancer's idle timeout.
"""

import math
from dataclasses import dataclass

# The app's own figures, in seconds.
SESSION_SECONDS = 30 * 60  # the longest session
PING_SECONDS = 10  # between Socket.IO's pings
APP_DRAIN_SECONDS = 30  # from SIGTERM until it gives up on open sessions


@dataclass(frozen=True)
class Check:
    """A health check, in seconds and in checks in a row."""

    interval: int
    timeout: int
    unhealthy: int  # failed checks until it counts as unhealthy

    @property
    def unhealthy_seconds(self) -> int:
        """How long a task that fails every check goes on counting as healthy, at least."""
        return self.interval * self.unhealthy


CONTAINER_CHECK = Check(interval=30, timeout=5, unhealthy=3)
TARGET_CHECK = Check(interval=30, timeout=5, unhealthy=3)
TARGET_HEALTHY = 2  # good checks in a row until a target that was unhealthy counts as healthy
START_PERIOD_SECONDS = 60
GRACE_SECONDS = 60

# Finding a place, pulling the image, starting, passing the checks; three times, as the circuit breaker gives up after
# three failed tasks at the earliest (Amazon ECS Developer Guide, "How the Amazon ECS deployment circuit breaker detects
# failures").
_START_MINUTES = 3 * 10


@dataclass(frozen=True)
class Timeline:
    """How long a task of one stack takes to end, and so how long the engine has to wait for a deployment."""

    deregistration_delay_seconds: int
    stop_timeout_seconds: int
    shift_minutes: int  # for which a deployment keeps old and new tasks side by side, see Strategy

    @property
    def end_seconds(self) -> int:
        """From the last new connection of a task until it is gone."""
        return self.deregistration_delay_seconds + self.stop_timeout_seconds

    @property
    def deployment_minutes(self) -> int:
        """The longest that a deployment takes: a start, the shift, the end of the old tasks; or of the new ones first,
        where it is rolled back."""
        return _START_MINUTES + self.shift_minutes + math.ceil(2 * self.end_seconds / 60)

    @property
    def removal_minutes(self) -> int:
        """The longest that it takes until a service that is deleted is gone."""
        return _START_MINUTES + math.ceil(self.end_seconds / 60)
