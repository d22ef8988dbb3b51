"""The tasks of services in ListTasks and DescribeTasks.

A stopped task is listed for as long as its service exists, so that the reason can be looked up. Nothing starts a task
with RunTask.

Source: Amazon ECS API Reference: Task, ListTasks, DescribeTasks.
"""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.responses import EC2ContainerServiceResponse

from sandbox.account.ecs.records import Deployment, Task, rollout_of
from sandbox.account.ecs.scheduler import notice_faults
from sandbox.account.patching import replaces


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
    if not arns:
        raise InvalidParameterException("Tasks cannot be empty.")
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
    return [
        _description(service, deployment, task)
        for service in request.ecs_backend.services.values()
        if service.cluster_name == cluster
        for deployment in rollout_of(service).deployments
        for task in deployment.tasks
    ]


def _description(service: Any, deployment: Deployment, task: Task) -> dict[str, Any]:
    definition = service._backend.describe_task_definition(deployment.revision.settings["task_definition"])
    prefix = service.cluster_arn.rpartition(":")[0]
    arn = f"{prefix}:task/{service.cluster_name}/{task.id}"
    status = {"lastStatus": task.last_status, "healthStatus": task.health_status}
    containers = [
        {
            "taskArn": arn,
            "name": container.get("name"),
            "image": container.get("image"),
            **status,
            "exitCode": task.exit_code,
            "reason": task.container_reason,
        }
        for container in definition.container_definitions
    ]
    return {
        "taskArn": arn,
        "clusterArn": service.cluster_arn,
        "taskDefinitionArn": definition.arn,
        "group": f"service:{service.name}",
        "startedBy": deployment.id,
        "desiredStatus": "STOPPED" if task.last_status in ("DEACTIVATING", "STOPPED") else "RUNNING",
        **status,
        "cpu": definition.cpu,
        "memory": definition.memory,
        "launchType": "FARGATE",
        "createdAt": deployment.created_at,
        "startedAt": task.started_at,
        "containers": containers,
        "attachments": [_interface(task)] if task.address else [],
        "tags": deployment.tags,
        "stopCode": task.stop_code,
        "stoppedReason": task.stopped_reason,
        "stoppedAt": task.stopped_at,
    }


def _interface(task: Task) -> dict[str, Any]:
    details = [{"name": "privateIPv4Address", "value": task.address}]
    status = "DELETED" if task.stopped_at else "ATTACHED"
    return {"type": "ElasticNetworkInterface", "status": status, "details": details}
