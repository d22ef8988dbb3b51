"""The tasks of services in ListTasks and DescribeTasks, derived from the deployments.

A stopped task is listed for as long as its service exists, so that the reason can be looked up. Nothing starts a task
with RunTask.

Sources: Amazon ECS API Reference: Task, ListTasks, DescribeTasks; Amazon ECS Developer Guide, "Amazon ECS stopped tasks
error messages".
"""

import datetime
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.responses import EC2ContainerServiceResponse

from sandbox.account.ecs.records import FAILED_TASKS, Deployment, now, rollout_of
from sandbox.account.ecs.scheduler import notice_faults
from sandbox.account.patching import replaces
from sandbox.stand_in import Fault

_SCHEDULER = "ServiceSchedulerInitiated"
_NEVER_STARTED = "TaskFailedToStart"
_KILLED = 128 + 9


@dataclass(frozen=True)
class _State:
    """What DescribeTasks says of tasks, by the names of its members."""

    last_status: str
    health_status: str = "UNKNOWN"
    stop_code: str | None = None
    stopped_reason: str | None = None
    exit_code: int | None = None
    container_reason: str | None = None
    stopped_at: datetime.datetime | None = None


_HEALTHY = _State("RUNNING", "HEALTHY")
_UNHEALTHY = _State("RUNNING", "UNHEALTHY")
_PENDING = _State("PENDING")
_OUT_OF_MEMORY = _State(
    "STOPPED",
    stop_code="EssentialContainerExited",
    stopped_reason="Essential container in task exited",
    exit_code=_KILLED,
    container_reason="OutOfMemoryError: Container killed due to memory usage",
)


@replaces(EC2ContainerServiceResponse)
def list_tasks(_original: Callable[[], Any], request: Any) -> Any:
    """Returns the ARNs of tasks in one page: running ones, or with `desiredStatus` stopped ones."""
    status = request._get_param("desiredStatus") or "RUNNING"
    service = (request._get_param("serviceName") or "").rpartition("/")[2]
    family, started_by = request._get_param("family"), request._get_param("startedBy")
    found = [
        task["taskArn"]
        for task in _all_tasks(request)
        if task["desiredStatus"] == status
        and (not service or task["group"] == f"service:{service}")
        and (not family or task["taskDefinitionArn"].rpartition("/")[2].rpartition(":")[0] == family)
        and (not started_by or task["startedBy"] == started_by)
    ]
    return ActionResult({"taskArns": found})


@replaces(EC2ContainerServiceResponse)
def describe_tasks(_original: Callable[[], Any], request: Any) -> Any:
    """Describes tasks by ARN or by id, and their tags only if the request includes `TAGS`."""
    arns: list[str] = request._get_param("tasks")
    requested = [arn.rpartition("/")[2] for arn in arns]
    held = {task["taskArn"].rpartition("/")[2]: task for task in _all_tasks(request)}
    found: list[dict[str, Any]] = [held[task_id] for task_id in requested if task_id in held]
    if "TAGS" not in (request._get_param("include") or []):
        found = [{**task, "tags": []} for task in found]
    missing = [{"arn": task_id, "reason": "MISSING"} for task_id in requested if task_id not in held]
    return ActionResult({"tasks": found, "failures": missing})


def _all_tasks(request: Any) -> list[dict[str, Any]]:
    """Returns every task of the services in the requested cluster."""
    cluster = request.ecs_backend._get_cluster(request._get_param("cluster", "default")).name
    notice_faults(request)
    found: list[dict[str, Any]] = []
    for service in request.ecs_backend.services.values():
        for deployment in rollout_of(service).deployments if service.cluster_name == cluster else ():
            states = [state for state, count in _states(service, deployment) for _ in range(count)]
            numbers: dict[str, int] = {}
            for state in states:
                kind = f"{state.last_status} {state.stopped_reason}"
                numbers[kind] = numbers.get(kind, -1) + 1
                found.append(_description(service, deployment, state, numbers[kind]))
    return found


def _states(service: Any, deployment: Deployment) -> Iterator[tuple[_State, int]]:
    """Yields the states of a deployment's tasks, and the number of tasks in each."""
    rollout = rollout_of(service)
    if deployment is rollout.live:
        yield _HEALTHY, rollout.tasks
        if deployment.fault is Fault.MEMORY:
            yield _OUT_OF_MEMORY, FAILED_TASKS
    elif deployment.state == "FAILED":
        yield _failed(service, deployment), FAILED_TASKS
    elif deployment.status == "IN_PROGRESS":
        yield _UNHEALTHY if deployment.fault is Fault.UNHEALTHY else _PENDING, service.desired_count
    for stop in deployment.stops:
        status = "DEACTIVATING" if stop is rollout.drain else "STOPPED"
        reason = f"Scaling activity initiated by (deployment {stop.deployment_id})"
        yield _State(status, stop_code=_SCHEDULER, stopped_reason=reason, stopped_at=stop.at), stop.tasks


def _failed(service: Any, deployment: Deployment) -> _State:
    if deployment.fault is Fault.MISSING:
        image = _task_definition(service, deployment).container_definitions[0].get("image")
        reason = (
            "CannotPullContainerError: pull image manifest has been retried 1 time(s):"
            f" failed to resolve ref {image}: {image}: not found"
        )
        return _State("STOPPED", stop_code=_NEVER_STARTED, stopped_reason=reason)
    groups = [one["targetGroupArn"] for one in service.load_balancers if one.get("targetGroupArn")]
    check = f"ELB health checks in (target-group {groups[0]})" if groups else "container health checks"
    return _State("STOPPED", "UNHEALTHY", _SCHEDULER, f"Task failed {check}", exit_code=0)


def _task_definition(service: Any, deployment: Deployment) -> Any:
    return service._backend.describe_task_definition(deployment.revision.settings["task_definition"])


def _description(service: Any, deployment: Deployment, state: _State, number: int) -> dict[str, Any]:
    definition = _task_definition(service, deployment)
    # The id is derived, so that a task has the same id in each answer.
    key = f"{deployment.arn} {state.last_status} {state.stopped_reason} {number}"
    task_id = hashlib.sha256(key.encode()).hexdigest()[:32]
    prefix = service.cluster_arn.rpartition(":")[0]
    arn = f"{prefix}:task/{service.cluster_name}/{task_id}"
    stopped = state.last_status == "STOPPED"
    never_started = state.last_status == "PENDING" or state.stop_code == _NEVER_STARTED
    addresses = list(dict.fromkeys(address for _, address, _ in rollout_of(service).targets))
    address = addresses[number] if state is _HEALTHY and number < len(addresses) else None
    return {
        "taskArn": arn,
        "clusterArn": service.cluster_arn,
        "taskDefinitionArn": definition.arn,
        "group": f"service:{service.name}",
        "startedBy": deployment.id,
        "desiredStatus": "STOPPED" if stopped or state.last_status == "DEACTIVATING" else "RUNNING",
        "lastStatus": state.last_status,
        "healthStatus": state.health_status,
        "cpu": definition.cpu,
        "memory": definition.memory,
        "launchType": "FARGATE",
        "createdAt": deployment.created_at,
        "startedAt": None if never_started else deployment.created_at,
        "containers": [
            {
                "taskArn": arn,
                "name": container.get("name"),
                "image": container.get("image"),
                "lastStatus": state.last_status,
                "healthStatus": state.health_status,
                "exitCode": state.exit_code,
                "reason": state.container_reason,
            }
            for container in definition.container_definitions
        ],
        "attachments": [_interface(address)] if address else [],
        "tags": deployment.tags,
        "stopCode": state.stop_code,
        "stoppedReason": state.stopped_reason,
        "stoppedAt": (state.stopped_at or deployment.finished_at or now()) if stopped else None,
    }


def _interface(address: str) -> dict[str, Any]:
    details = [{"name": "privateIPv4Address", "value": address}]
    return {"type": "ElasticNetworkInterface", "status": "ATTACHED", "details": details}
