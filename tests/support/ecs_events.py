"""Events that ECS sends to EventBridge, as AWS publishes them, and the rule of the program that each one has to match.

The fields that no rule and no line reads are left out. Names of the cluster and the service are filled in.

Sources, all in the Amazon ECS Developer Guide:

- Of tasks: the example of "Amazon ECS task state change events", and of "Amazon ECS clusters for Fargate" for Spot. The
  stop codes are those of the API Reference, Task; the reasons those of "Amazon ECS stopped tasks error messages".
- Of actions: the examples of "Amazon ECS service action events".
- Of deployments: the examples of "Amazon ECS service deployment state change events".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Event = dict[str, Any]
_GROUP: Final = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/app/0a1b2c3d4e5f6071"
_DEPLOYMENT: Final = "ecs-svc/8646900195280463695"


@dataclass(frozen=True)
class Service:
    """The service that an event is about."""

    cluster: str
    name: str
    prefix: str = "arn:aws:ecs:us-east-1:123456789012"

    @property
    def arn(self) -> str:
        return f"{self.prefix}:service/{self.cluster}/{self.name}"

    @property
    def cluster_arn(self) -> str:
        return f"{self.prefix}:cluster/{self.cluster}"


@dataclass(frozen=True)
class Case:
    """An event, and the rule that it matches with the end of its line; None if nobody is to be notified."""

    detail_type: str
    detail: Mapping[str, Any]
    rule: str | None = None
    line: str = ""

    def event(self, service: Service) -> Event:
        """Returns the event of a service, or of a task of it."""
        task = f"{service.prefix}:task/{service.cluster}/c13b4cb40f1f4fe4a2971f76ae5a47ad"
        of_task = {"clusterArn": service.cluster_arn, "group": f"service:{service.name}", "taskArn": task}
        known: Mapping[str, tuple[str, Mapping[str, str]]] = {
            "ECS Task State Change": (task, of_task),
            "ECS Service Action": (service.arn, {"clusterArn": service.cluster_arn}),
            "ECS Deployment State Change": (service.arn, {}),
        }
        resource, detail = known[self.detail_type]
        return {
            "version": "0",
            "id": "3317b2af-7005-947d-b652-f55e762e571a",
            "detail-type": self.detail_type,
            "source": "aws.ecs",
            "account": "123456789012",
            "time": "2020-01-23T17:57:58Z",
            "region": "us-east-1",
            "resources": [resource],
            "detail": {**detail, **self.detail},
        }


def _task(stop_code: str, reason: str, rule: str | None = None, line: str = "", status: str = "STOPPED") -> Case:
    detail = {"desiredStatus": "STOPPED", "lastStatus": status, "stopCode": stop_code, "stoppedReason": reason}
    return Case("ECS Task State Change", detail, rule, line)


def _action(kind: str, name: str, rule: str | None = None, line: str = "", **more: Any) -> Case:
    return Case("ECS Service Action", {"eventType": kind, "eventName": name, **more}, rule, line)


def _deployment(kind: str, name: str, reason: str, rule: str | None = None, line: str = "") -> Case:
    detail = {"eventType": kind, "eventName": name, "deploymentId": _DEPLOYMENT, "reason": reason}
    return Case("ECS Deployment State Change", detail, rule, line)


_EXITED: Final = "Essential container in task exited"
_NOT_FOUND: Final = (
    "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref app: not found"
)
_NOT_INJECTED: Final = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed"
)
_ELB: Final = f"Task failed ELB health checks in (target-group {_GROUP})"
_SCALING: Final = f"Scaling activity initiated by (deployment {_DEPLOYMENT})"
_SPOT: Final = "Your Spot Task was interrupted."
_BREAKER: Final = "ECS deployment circuit breaker: task failed to start."

CASES: Final[Mapping[str, Case]] = {
    # What notifies.
    "no image": _task(
        "TaskFailedToStart", _NOT_FOUND, "task-stopped", f"a task stopped (TaskFailedToStart): {_NOT_FOUND}"
    ),
    "no secret": _task(
        "TaskFailedToStart", _NOT_INJECTED, "task-stopped", f"a task stopped (TaskFailedToStart): {_NOT_INJECTED}"
    ),
    "app ended": _task(
        "EssentialContainerExited", _EXITED, "task-stopped", f"a task stopped (EssentialContainerExited): {_EXITED}"
    ),
    "load balancer's check failed": _task(
        "ServiceSchedulerInitiated", _ELB, "task-unhealthy", f"ECS stopped a task: {_ELB}"
    ),
    "container's check failed": _task(
        "ServiceSchedulerInitiated",
        "Task failed container health checks",
        "task-unhealthy",
        "ECS stopped a task: Task failed container health checks",
    ),
    "no Spot capacity": _action(
        "ERROR",
        "SERVICE_TASK_PLACEMENT_FAILURE",
        "task-not-placed",
        "ECS cannot place a task (SERVICE_TASK_PLACEMENT_FAILURE): RESOURCE:FARGATE",
        reason="RESOURCE:FARGATE",
        capacityProviderArns=["arn:aws:ecs:us-east-1:123456789012:capacity-provider/FARGATE_SPOT"],
    ),
    "role that ECS cannot assume": _action(
        "ERROR",
        "SERVICE_TASK_CONFIGURATION_FAILURE",
        "task-not-placed",
        "ECS cannot place a task (SERVICE_TASK_CONFIGURATION_FAILURE): ECS was unable to assume the role",
        reason="ECS was unable to assume the role",
    ),
    "deployment that the circuit breaker ended": _deployment(
        "ERROR",
        "SERVICE_DEPLOYMENT_FAILED",
        _BREAKER,
        "deployment-failed",
        f"a deployment failed: {_BREAKER}",
    ),
    "deployment that failed, as an action": _action(
        "ERROR",
        "SERVICE_DEPLOYMENT_FAILED",
        "deployment-failed",
        "a deployment failed: alarm detected",
        reason="alarm detected",
    ),
    # What does not.
    "release or scale-in": _task("ServiceSchedulerInitiated", _SCALING),
    "stop by an operator": _task("UserInitiated", "Task stopped by user"),
    "Spot interruption": _task("SpotInterruption", _SPOT),
    "notice of a Spot interruption": _task("SpotInterruption", _SPOT, status="RUNNING"),
    "end of a capacity reservation": _task("TerminationNotice", "Host EC2 (instance i-0a1b) terminated."),
    "host that AWS repairs": _task("InfrastructureHealth", "Task stopped due to infrastructure health"),
    "task that is about to stop": _task("EssentialContainerExited", _EXITED, status="DEPROVISIONING"),
    "task that runs": Case("ECS Task State Change", {"desiredStatus": "RUNNING", "lastStatus": "RUNNING"}),
    "steady state": _action("INFO", "SERVICE_STEADY_STATE"),
    "steady capacity provider": _action("INFO", "CAPACITY_PROVIDER_STEADY_STATE"),
    "tasks stopped, as an action": _action("INFO", "TASKS_STOPPED"),
    "starts that ECS slows down": _action("WARN", "SERVICE_TASK_START_IMPAIRED"),
    "deployment that starts": _deployment(
        "INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS", f"ECS deployment {_DEPLOYMENT} in progress."
    ),
    "rollback that starts": _deployment(
        "INFO",
        "SERVICE_DEPLOYMENT_IN_PROGRESS",
        f"ECS deployment circuit breaker: rolling back to deploymentId {_DEPLOYMENT}.",
    ),
    "deployment that completed": _deployment(
        "INFO", "SERVICE_DEPLOYMENT_COMPLETED", f"ECS deployment {_DEPLOYMENT} completed."
    ),
}
