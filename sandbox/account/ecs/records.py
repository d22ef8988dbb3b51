"""The records of a service's deployments, kept on moto's object of the service."""

import datetime
import uuid
from dataclasses import dataclass, field
from typing import Any

from sandbox.stand_in import Fault

# The number of failed tasks that ends a deployment: the least threshold of ECS's circuit breaker.
FAILED_TASKS = 3
# ECS's reason for a deployment that an alarm rolled back.
ALARMED = "Service deployment rolled back because one or more of its alarms are in ALARM."
_ATTRIBUTE = "rollout"
_EVENTS = 100


@dataclass
class Revision:
    """A service revision: moto's attributes of the service, as they were when a deployment started."""

    arn: str
    created_at: datetime.datetime
    settings: dict[str, Any]


@dataclass(frozen=True)
class Stop:
    """Tasks that ECS has stopped at once: how many, which deployment stopped them, and when."""

    tasks: int
    deployment_id: str
    at: datetime.datetime


@dataclass
class Deployment:
    """A service deployment."""

    arn: str
    id: str  # ecs-svc/…, as in DescribeServices
    revision: Revision
    source: Revision | None
    configuration: dict[str, Any]
    fault: Fault | None
    due: float | None  # when ECS notices the fault or a slow deployment goes on, by the monotonic clock; None if never
    created_at: datetime.datetime
    status: str = "IN_PROGRESS"
    reason: str = ""
    state: str = "IN_PROGRESS"
    state_reason: str = ""
    finished_at: datetime.datetime | None = None
    rollback: dict[str, Any] | None = None
    stops: list[Stop] = field(default_factory=list[Stop])  # of its tasks, unless they failed
    tags: list[dict[str, str]] = field(default_factory=list[dict[str, str]])  # of its tasks

    @property
    def strategy(self) -> str:
        return self.configuration.get("strategy") or "ROLLING"


@dataclass
class Rollout:
    """The deployments of a service, latest first; the one that has the traffic, its target groups and its tasks."""

    deployments: list[Deployment] = field(default_factory=list["Deployment"])
    live: Deployment | None = None
    draining: Deployment | None = None  # the one before, while its tasks have no target group and still run
    groups: list[str] = field(default_factory=list[str])
    targets: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])  # group, address, port
    tasks: int = 0

    @property
    def drain(self) -> Stop | None:
        """The stop of the tasks that drain."""
        return self.draining.stops[-1] if self.draining else None

    def running(self, deployment: Deployment) -> int:
        """Returns the number of running tasks of a deployment."""
        if deployment is self.live:
            return self.tasks
        return self.drain.tasks if self.drain and deployment is self.draining else 0


def rollout_of(service: Any) -> Rollout:
    """Returns the record of a service of moto's, which is empty for a new service."""
    return service.__dict__.setdefault(_ATTRIBUTE, Rollout())


def add_event(service: Any, message: str) -> None:
    """Adds an event to a service."""
    event = {"id": str(uuid.uuid4()), "createdAt": now(), "message": f"(service {service.name}) {message}"}
    service.events = [event, *service.events][:_EVENTS]


def now() -> datetime.datetime:
    """Returns the current time in UTC."""
    return datetime.datetime.now(datetime.UTC)
