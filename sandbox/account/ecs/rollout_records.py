"""What the account keeps of a service's rollouts, on moto's object of the service."""

import datetime
import uuid
from dataclasses import dataclass, field
from typing import Any

from sandbox.stand_in import Fault

# How many tasks of a deployment that fails ECS tries before it gives up; its circuit breaker's least.
FAILED_TASKS = 3
# The reason of a deployment that its alarms undid, in ECS's words.
ALARMED = "Service deployment rolled back because one or more of its alarms are in ALARM."
# How a service's tasks find others; a deployment shows it, the service does not.
CONNECT = "serviceConnectConfiguration"
_KEPT_IN = "rollout"
_EVENTS = 100


@dataclass
class Revision:
    """A service as it was when a deployment of it began: the values of what starts deployments, by moto's names."""

    arn: str
    created_at: datetime.datetime
    settings: dict[str, Any]


@dataclass
class Deployment:
    """One attempt to bring a revision up.

    `id` is that of DescribeServices, `ecs-svc/…`; `due` the time, by the monotonic clock, at which a fault is noticed,
    None where nothing more happens by itself.
    """

    arn: str
    id: str
    revision: Revision
    source: Revision | None
    configuration: dict[str, Any]
    fault: Fault | None
    due: float | None
    created_at: datetime.datetime
    status: str = "IN_PROGRESS"
    reason: str = ""
    state: str = "IN_PROGRESS"
    state_reason: str = ""
    finished_at: datetime.datetime | None = None
    rollback: dict[str, Any] | None = None

    @property
    def strategy(self) -> str:
        return self.configuration.get("strategy") or "ROLLING"


@dataclass
class Rollout:
    """What is known of a service: its deployments, the latest first; the last good one; and its tasks' addresses."""

    deployments: list[Deployment] = field(default_factory=list["Deployment"])
    live: Deployment | None = None
    targets: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])  # group, address, port
    tasks: int = 0


def rollout_of(service: Any) -> Rollout:
    """What is known of a service of moto's; nothing yet of a new one."""
    if not hasattr(service, _KEPT_IN):
        setattr(service, _KEPT_IN, Rollout())
    return getattr(service, _KEPT_IN)


def tell(service: Any, words: str) -> None:
    """Put an event on a service."""
    event = {"id": str(uuid.uuid4()), "createdAt": now(), "message": f"(service {service.name}) {words}"}
    service.events = [event, *service.events][:_EVENTS]


def now() -> datetime.datetime:
    """The time, in UTC."""
    return datetime.datetime.now(datetime.UTC)
