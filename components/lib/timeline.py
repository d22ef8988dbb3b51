"""The timeline of a task: its start, its end, and how long a deployment may take.

A task starts:

    0 s                    The container runs. ECS ignores failed checks of the container during START_PERIOD_SECONDS,
                           and failed checks of the load balancer during GRACE_SECONDS.
    first good /health     The load balancer sends clients to the task.

A task ends, by a release or a scale-in:

    protection             While the app protects the task, ECS leaves it alone: a scale-in and a release wait.
    0 s                    The load balancer sends the task no new request. Open WebSockets continue; a client that
                           polls is cut, as its next request goes to another task.
    deregistration delay   ECS sends SIGTERM. The app answers 503 on /health, accepts nothing new, drains for up to
                           DRAIN_SECONDS, persists its sessions and exits.
    + stop timeout         ECS kills what is left.

A Spot interruption starts with the SIGTERM, two minutes before the kill: nothing of the delay comes before it (Amazon
ECS Developer Guide, "Amazon ECS clusters for Fargate").

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


CONTAINER_CHECK = Check(interval=30, timeout=5, unhealthy=3)
TARGET_CHECK = Check(interval=30, timeout=5, unhealthy=3)
TARGET_HEALTHY = 2  # good checks in a row until an unhealthy target is healthy again
START_PERIOD_SECONDS = 60
GRACE_SECONDS = 60

# Finding a place, pulling the image, starting, passing the checks: three times, as the circuit breaker gives up after
# three failed tasks at the earliest (Amazon ECS Developer Guide, "How the Amazon ECS deployment circuit breaker detects
# failures").
_START_MINUTES = 3 * 10
# How long ECS waits for a task that protects itself, unless the app asks for another time, of up to 48 hours (Amazon
# ECS Developer Guide, "Protect your Amazon ECS tasks from being terminated by scale-in events"). The app protects a
# task while it has sessions.
PROTECTION_MINUTES = 2 * 60
# A CI job that deploys: GitHub ends a job on a hosted runner after six hours (GitHub Docs, "Actions limits"). The job
# also checks out, installs, copies the image and verifies.
JOB_MINUTES = 6 * 60
JOB_OVERHEAD_MINUTES = 20


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
        """The longest that a deployment takes: the start, the shift, the protection, then the end of the old tasks.

        A rollback ends the new tasks first, so the end counts twice.
        """
        return _START_MINUTES + self.shift_minutes + PROTECTION_MINUTES + math.ceil(2 * self.end_seconds / 60)

    @property
    def removal_minutes(self) -> int:
        """The longest that the deletion of the service takes."""
        return _START_MINUTES + PROTECTION_MINUTES + math.ceil(self.end_seconds / 60)

    @property
    def fits_ci_job(self) -> bool:
        """Whether a CI job can wait for a deployment."""
        return self.deployment_minutes + JOB_OVERHEAD_MINUTES <= JOB_MINUTES
