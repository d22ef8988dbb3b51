"""The tasks of the account's services, as ListTasks and DescribeTasks show them: worked out from their rollouts.

No process runs behind them. A task is there for as long as its service is, so that what stopped it can be looked up.

Sources: Amazon ECS API Reference, Task; Amazon ECS Developer Guide, "Amazon ECS stopped tasks error messages".
"""

import datetime
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.responses import EC2ContainerServiceResponse

from sandbox.account.ecs.rollout_records import FAILED_TASKS, Deployment, rollout_of
from sandbox.account.ecs.rollouts import up_to_date
from sandbox.stand_in import Fault

_moto_list: Any = EC2ContainerServiceResponse.list_tasks
_moto_describe: Any = EC2ContainerServiceResponse.describe_tasks
_SCHEDULER = "ServiceSchedulerInitiated"
_KILLED = 128 + 9


@dataclass(frozen=True)
class _Kind:
    """What tasks of one deployment are like."""

    status: str  # lastStatus
    health: str = "UNKNOWN"
    code: str = ""  # stopCode
    reason: str = ""  # stoppedReason
    exit_code: int | None = None
    container_reason: str = ""


_HEALTHY = _Kind("RUNNING", "HEALTHY")
_OUT_OF_MEMORY = _Kind(
    "STOPPED",
    "UNKNOWN",
    "EssentialContainerExited",
    "Essential container in task exited",
    _KILLED,
    "OutOfMemoryError: Container killed due to memory usage",
)


def install() -> None:
    """Put the tasks under moto's ECS, beside those that somebody runs by hand."""
    for name, operation in (("list_tasks", list_tasks), ("describe_tasks", describe_tasks)):
        setattr(EC2ContainerServiceResponse, name, up_to_date(operation))


def list_tasks(ecs: Any) -> Any:
    """The ARNs of tasks that are to run, or with `desiredStatus` of those that have stopped, in one page."""
    by_hand: list[str] = [] if ecs._get_param("serviceName") else _moto_list(ecs).result["taskArns"]
    wanted = ecs._get_param("desiredStatus") or "RUNNING"
    family, name = ecs._get_param("family"), (ecs._get_param("serviceName") or "").rpartition("/")[2]
    started_by = ecs._get_param("startedBy")
    found = [
        task["taskArn"]
        for task in _all(ecs)
        if task["desiredStatus"] == wanted
        and (not name or task["group"] == f"service:{name}")
        and (not family or task["taskDefinitionArn"].rpartition("/")[2].rpartition(":")[0] == family)
        and (not started_by or task["startedBy"] == started_by)
    ]
    return ActionResult({"taskArns": [*by_hand, *found]})


def describe_tasks(ecs: Any) -> Any:
    """The asked-for tasks, by ARN or by id."""
    named: list[str] = ecs._get_param("tasks") or []
    asked = [arn.rpartition("/")[2] for arn in named]
    answer = _moto_describe(ecs)  # which refuses an empty list, and a cluster that is not there
    held = {task["taskArn"].rpartition("/")[2]: task for task in _all(ecs)}
    answer.result["tasks"] = [*answer.result["tasks"], *(held[one] for one in asked if one in held)]
    known = {one.id for tasks in ecs.ecs_backend.tasks.values() for one in tasks.values()}
    answer.result["failures"] = [
        {"arn": one, "reason": "MISSING"} for one in asked if one not in held and one not in known
    ]
    return answer


def _all(ecs: Any) -> Iterator[dict[str, Any]]:
    """Every task of the services in the cluster that is asked about."""
    cluster = ecs.ecs_backend._get_cluster(ecs._get_param("cluster", "default")).name
    for service in ecs.ecs_backend.services.values():
        if service.cluster_name == cluster:
            for deployment in rollout_of(service).deployments:
                for kind, count in _kinds(service, deployment):
                    yield from (_task(service, deployment, kind, number) for number in range(count))


def _kinds(service: Any, deployment: Deployment) -> Iterator[tuple[_Kind, int]]:
    """What tasks a deployment has, and how many."""
    rollout = rollout_of(service)
    if deployment is rollout.live:
        yield _HEALTHY, rollout.tasks
        if deployment.fault is Fault.MEMORY:
            yield _OUT_OF_MEMORY, FAILED_TASKS
    elif deployment.status == "SUCCESSFUL":
        later = rollout.live.id if rollout.live else deployment.id
        yield (
            _Kind("STOPPED", "UNKNOWN", _SCHEDULER, f"Scaling activity initiated by (deployment {later})"),
            (service.desired_count),
        )
    elif deployment.state == "FAILED":
        yield _failed(service, deployment), FAILED_TASKS
    elif deployment.status == "IN_PROGRESS":
        up = deployment.fault is Fault.UNHEALTHY
        yield _Kind("RUNNING", "UNHEALTHY") if up else _Kind("PENDING"), service.desired_count


def _failed(service: Any, deployment: Deployment) -> _Kind:
    if deployment.fault is Fault.MISSING:
        image = _containers(service, deployment)[0].get("image")
        words = f"pull image manifest has been retried 1 time(s): failed to resolve ref {image}: {image}: not found"
        return _Kind("STOPPED", "UNKNOWN", "TaskFailedToStart", f"CannotPullContainerError: {words}")
    groups = [one["targetGroupArn"] for one in service.load_balancers if one.get("targetGroupArn")]
    where = f"ELB health checks in (target-group {groups[0]})" if groups else "container health checks"
    return _Kind("STOPPED", "UNHEALTHY", _SCHEDULER, f"Task failed {where}", 0)


def _containers(service: Any, deployment: Deployment) -> list[dict[str, Any]]:
    name = deployment.revision.settings["task_definition"]
    return service._backend.describe_task_definition(name).container_definitions


def _task(service: Any, deployment: Deployment, kind: _Kind, number: int) -> dict[str, Any]:
    definition = service._backend.describe_task_definition(deployment.revision.settings["task_definition"])
    # The same task at each look.
    name = hashlib.sha256(f"{deployment.arn} {kind.status} {kind.reason} {number}".encode()).hexdigest()[:32]
    start = service.cluster_arn.rpartition(":")[0]
    arn = f"{start}:task/{service.cluster_name}/{name}"
    stopped = kind.status == "STOPPED"
    addresses = list(dict.fromkeys(address for _, address, _ in rollout_of(service).targets))
    address = addresses[number] if kind is _HEALTHY and number < len(addresses) else None
    return {
        "taskArn": arn,
        "clusterArn": service.cluster_arn,
        "taskDefinitionArn": definition.arn,
        "group": f"service:{service.name}",
        "startedBy": deployment.id,
        "desiredStatus": "STOPPED" if stopped else "RUNNING",
        "lastStatus": kind.status,
        "healthStatus": kind.health,
        "cpu": definition.cpu,
        "memory": definition.memory,
        "launchType": "FARGATE",
        "createdAt": deployment.created_at,
        "containers": [
            {
                "taskArn": arn,
                "name": one.get("name"),
                "image": one.get("image"),
                "lastStatus": kind.status,
                "healthStatus": kind.health,
                "exitCode": kind.exit_code,
                "reason": kind.container_reason or None,
            }
            for one in definition.container_definitions
        ],
        "attachments": [_interface(address)] if address else [],
        "stopCode": kind.code or None,
        "stoppedReason": kind.reason or None,
        "stoppedAt": (deployment.finished_at or datetime.datetime.now(datetime.UTC)) if stopped else None,
    }


def _interface(address: str) -> dict[str, Any]:
    details = [{"name": "privateIPv4Address", "value": address}]
    return {"type": "ElasticNetworkInterface", "status": "ATTACHED", "details": details}
