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


@dataclass
class Task:
    """A task of a service, in the words of DescribeTasks."""

    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    last_status: str = "PENDING"
    health_status: str = "UNKNOWN"
    address: str | None = None
    started_at: datetime.datetime | None = None
    stopped_at: datetime.datetime | None = None
    stop_code: str | None = None
    stopped_reason: str | None = None
    exit_code: int | None = None
    container_reason: str | None = None

    def run(self, health_status: str) -> None:
        """Starts the task."""
        self.last_status, self.health_status, self.started_at = "RUNNING", health_status, now()

    def drain(self, code: str, reason: str) -> None:
        """Lets the task run on while its connections end, and then stop."""
        self.last_status, self.stop_code, self.stopped_reason = "DEACTIVATING", code, reason

    def stop(self, code: str, reason: str) -> None:
        """Stops the task."""
        self.last_status, self.health_status, self.stopped_at = "STOPPED", "UNKNOWN", now()
        self.stop_code, self.stopped_reason = code, reason


@dataclass(eq=False)
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
    tasks: list[Task] = field(default_factory=list[Task])
    tags: list[dict[str, str]] = field(default_factory=list[dict[str, str]])  # of its tasks

    @property
    def strategy(self) -> str:
        return self.configuration.get("strategy") or "ROLLING"

    @property
    def running(self) -> list[Task]:
        """The tasks that are healthy or drain."""
        return [task for task in self.tasks if task.health_status == "HEALTHY"]


@dataclass
class Rollout:
    """The deployments of a service, latest first, the one that has the traffic, and its target groups."""

    deployments: list[Deployment] = field(default_factory=list["Deployment"])
    live: Deployment | None = None
    draining: Deployment | None = None  # the one before, while its tasks have no target group and still run
    groups: list[str] = field(default_factory=list[str])


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
