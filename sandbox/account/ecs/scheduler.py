"""What ECS's scheduler does with the tasks of a service, as records.

A deployment of good images ends at once: its tasks count as running, their addresses are healthy targets, and the old
tasks are gone. With an image that is marked as slow (`sandbox.stand_in`), the old tasks run for a moment beside the
pending ones, and for another moment, without traffic, beside the running ones. An image that is marked as faulty or is
missing from the registry never becomes healthy: its deployment is in progress for a moment and then ends as the
service's deployment configuration says.
Nothing scales by itself, bakes and steps take no time, and neither do the drains of any other image.

Sources: Amazon ECS API Reference, UpdateService; Amazon ECS Developer Guide: "Deployment failure detection", "Service
event messages".
"""

import time
import uuid
from typing import Any

from moto.moto_api._internal import mock_random

from sandbox.account.ecr import fault_of
from sandbox.account.ecs.deployments import publish
from sandbox.account.ecs.records import ALARMED, FAILED_TASKS, Deployment, Revision, Task, add_event, now, rollout_of
from sandbox.account.ecs.traffic import deregister, group_arns, groups_for, register
from sandbox.account.events import send
from sandbox.stand_in import Fault

# How long a deployment that fails is in progress.
NOTICE_SECONDS = 3.0
# How long the tasks of a slow image are pending.
SLOW_SECONDS = 1.0
# How long the old tasks drain when the tasks of a slow image replace them.
DRAIN_SECONDS = 1.0
_DUE_SECONDS = {Fault.UNHEALTHY: NOTICE_SECONDS, Fault.MISSING: NOTICE_SECONDS, Fault.SLOW: SLOW_SECONDS}
# UpdateService: the parameters that start a deployment when they change, as far as this program sets them.
_TRIGGERS = ("task_definition", "network_configuration", "load_balancers")
# What else a service revision records (Amazon ECS API Reference, ServiceRevision), so that a rollback restores it.
_RECORDED = (*_TRIGGERS, "capacity_provider_strategy")
# The strategies of which it is known that the circuit breaker rolls them back: of BLUE_GREEN by the AWS provider's test
# BlueGreenDeployment_circuitBreakerRollback, against the API Reference. Of CANARY and LINEAR no source says it.
_WITH_BREAKER = ("ROLLING", "BLUE_GREEN")
_BREAKER = "Service deployment rolled back because the circuit breaker threshold was exceeded."
_SCHEDULER = "ServiceSchedulerInitiated"  # the code of a task that the scheduler has stopped
_NO_CANDIDATE = "No rollback candidate was found to run the rollback."


def _tags_of_tasks(service: Any) -> list[dict[str, str]]:
    """Returns the tags of tasks that start now. A task keeps its tags when those of the service change.

    Amazon ECS Developer Guide, "Tagging Amazon ECS resources": propagated tags, and tags that ECS manages.
    """
    sources = {
        "SERVICE": lambda: service.tags,
        "TASK_DEFINITION": lambda: service._backend.describe_task_definition(service.task_definition).tags,
    }
    tags = list(sources.get(service.propagate_tags, list)() or [])
    if getattr(service, "enable_ecs_managed_tags", False):
        managed = {"aws:ecs:clusterName": service.cluster_name, "aws:ecs:serviceName": service.name}
        tags += [{"key": key, "value": value} for key, value in managed.items()]
    return tags


def triggers(service: Any) -> dict[str, Any]:
    """Returns the attributes of moto's service whose change starts a deployment."""
    return {name: getattr(service, name, None) for name in _TRIGGERS}


def start(service: Any) -> None:
    """Starts a deployment, which ends at once unless an image is faulty."""
    rollout = rollout_of(service)
    number = _random_number()
    if rollout.deployments and rollout.deployments[0].status == "IN_PROGRESS":
        unfinished = rollout.deployments[0]
        if unfinished is rollout.live:
            _complete(service, unfinished)
        else:
            unfinished.status, unfinished.due, unfinished.finished_at = "STOPPED", None, now()
            unfinished.reason = "Service deployment stopped because a newer one was started."
            _stop(unfinished.tasks, f"ecs-svc/{number}")
    path = f"{service.cluster_name}/{service.name}"
    prefix = service.cluster_arn.rpartition(":")[0]
    fault = _fault(service)
    deployment = Deployment(
        arn=f"{prefix}:service-deployment/{path}/{uuid.uuid4().hex[:21]}",
        id=f"ecs-svc/{number}",
        revision=Revision(f"{prefix}:service-revision/{path}/{number}", now(), _recorded(service)),
        source=rollout.live.revision if rollout.live else None,
        configuration=dict(getattr(service, "deployment_configuration", None) or {}),
        fault=fault,
        due=time.monotonic() + _DUE_SECONDS[fault] if fault in _DUE_SECONDS else None,
        created_at=now(),
        state_reason=f"ECS deployment ecs-svc/{number} in progress.",
        tasks=[Task() for _ in range(service.desired_count)],
        tags=_tags_of_tasks(service),
    )
    if fault is Fault.UNHEALTHY:
        for task in deployment.tasks:
            task.run("UNHEALTHY")
    rollout.deployments.insert(0, deployment)
    add_event(service, f"has started {service.desired_count} tasks.")
    if fault in (None, Fault.MEMORY):
        _move_traffic(service, deployment)
        _complete(service, deployment)
    publish(service)


def _recorded(service: Any) -> dict[str, Any]:
    return {name: getattr(service, name, None) for name in _RECORDED}


def _random_number() -> int:
    return mock_random.randint(10**18, 10**19 - 1)


def _fault(service: Any) -> Fault | None:
    if not service.task_definition or not service.desired_count:
        return None
    task = service._backend.describe_task_definition(service.task_definition)
    images = [container.get("image", "") for container in task.container_definitions]
    faults = [fault_of(service._account_id, image) for image in images]
    return next((fault for fault in faults if fault), None)


def _move_traffic(service: Any, deployment: Deployment) -> None:
    """Starts the tasks of a deployment as healthy targets, and lets the tasks of the one before drain."""
    rollout = rollout_of(service)
    groups = groups_for(service, deployment)
    _run(service, groups, deployment.tasks)
    rollout.draining = rollout.live if rollout.live and rollout.live.running else None
    if rollout.draining:
        deregister(service, rollout.groups, rollout.draining.running)
        for task in rollout.draining.running:
            task.drain(_SCHEDULER, _scaling_by(deployment.id))
    rollout.live, rollout.groups = deployment, groups
    if deployment.fault is Fault.MEMORY:
        deployment.tasks += [_out_of_memory() for _ in range(FAILED_TASKS)]


def _run(service: Any, groups: list[str], tasks: list[Task]) -> None:
    register(service, groups, tasks)
    for task in tasks:
        task.run("HEALTHY")


def _stop(tasks: list[Task], deployment_id: str) -> None:
    for task in tasks:
        task.stop(_SCHEDULER, _scaling_by(deployment_id))


def _scaling_by(deployment_id: str) -> str:
    return f"Scaling activity initiated by (deployment {deployment_id})"


def _out_of_memory() -> Task:
    """Returns a task that the kernel has killed."""
    task = Task(exit_code=128 + 9, container_reason="OutOfMemoryError: Container killed due to memory usage")
    task.run("UNKNOWN")
    task.stop("EssentialContainerExited", "Essential container in task exited")
    return task


def _complete(service: Any, deployment: Deployment) -> None:
    rollout = rollout_of(service)
    if rollout.draining:
        _stop(rollout.draining.running, deployment.id)
    rollout.draining = None
    deployment.status, deployment.due, deployment.finished_at = "SUCCESSFUL", None, now()
    deployment.state, deployment.state_reason = "COMPLETED", f"ECS deployment {deployment.id} completed."
    add_event(service, f"(deployment {deployment.id}) deployment completed.")
    add_event(service, "has reached a steady state.")


def notice_faults(request: Any) -> None:
    """Ends every deployment whose fault is due, and takes every slow one a step further."""
    for service in request.ecs_backend.services.values():
        for deployment in rollout_of(service).deployments[:1]:
            if deployment.due is not None and deployment.due <= time.monotonic():
                deployment.due = None
                if deployment.fault is Fault.SLOW:
                    _proceed(service, deployment)
                else:
                    _fail(service, deployment)


def _proceed(service: Any, deployment: Deployment) -> None:
    """Gives the traffic to the tasks of a slow image, or ends their deployment if the old tasks have drained."""
    rollout = rollout_of(service)
    if rollout.live is not deployment:
        _move_traffic(service, deployment)
        if rollout.draining:
            deployment.due = time.monotonic() + DRAIN_SECONDS
    if deployment.due is None:
        _complete(service, deployment)
    scale(service)  # the desired count may have changed meanwhile


def _fail(service: Any, deployment: Deployment) -> None:
    """Ends a deployment whose tasks do not become healthy, as its circuit breaker or its alarms say."""
    live = rollout_of(service).live
    breaker: dict[str, Any] = deployment.configuration.get("deploymentCircuitBreaker") or {}
    alarms: dict[str, Any] = deployment.configuration.get("alarms") or {}
    by_breaker = bool(breaker.get("enable")) and deployment.strategy in _WITH_BREAKER
    if not by_breaker and not alarms.get("enable"):
        return  # ECS keeps starting tasks
    detector = "ECS deployment circuit breaker: " if by_breaker else "ECS deployment alarms: "
    failure = "tasks failed to start." if by_breaker else "alarm detected."
    deployment.finished_at = now()
    deployment.state, deployment.state_reason = "FAILED", detector + failure
    cause = "Health checks failed" if deployment.fault is Fault.UNHEALTHY else "Image not found"
    for group in list(group_arns(service))[:1]:
        port = service.load_balancers[0].get("containerPort")
        add_event(service, f"(port {port}) is unhealthy in (target-group {group}) due to (reason {cause}).")
    add_event(service, f"(deployment {deployment.id}) deployment failed: {failure}")
    _send_failure(service, deployment)
    _stop_failed(service, deployment)
    reason = _BREAKER if by_breaker else ALARMED
    if not (breaker if by_breaker else alarms).get("rollback"):
        deployment.status, deployment.reason = "STOPPED", reason.replace("rolled back", "stopped")
    elif live is None:
        deployment.status, deployment.reason = "ROLLBACK_FAILED", _NO_CANDIDATE
    else:
        deployment.status, deployment.reason = "ROLLBACK_SUCCESSFUL", reason
        deployment.rollback = {
            "reason": reason,
            "startedAt": deployment.finished_at,
            "serviceRevisionArn": live.revision.arn,
        }
        for name, value in live.revision.settings.items():
            setattr(service, name, value)
        previous_id, live.id = live.id, f"ecs-svc/{_random_number()}"
        live.state_reason = f"{detector}rolling back to deploymentId {previous_id}."
        add_event(service, f"rolling back to deployment {previous_id}.")
        add_event(service, "has reached a steady state.")
    scale(service)


def _stop_failed(service: Any, deployment: Deployment) -> None:
    """Amazon ECS Developer Guide, "Amazon ECS stopped tasks error messages"."""
    deployment.tasks = [*deployment.tasks, *(Task() for _ in range(FAILED_TASKS))][:FAILED_TASKS]
    definition = service._backend.describe_task_definition(deployment.revision.settings["task_definition"])
    image = definition.container_definitions[0].get("image")
    group = next(group_arns(service), None)
    check = f"ELB health checks in (target-group {group})" if group else "container health checks"
    for task in deployment.tasks:
        if deployment.fault is Fault.MISSING:
            task.stop(
                "TaskFailedToStart",
                "CannotPullContainerError: pull image manifest has been retried 1 time(s):"
                f" failed to resolve ref {image}: {image}: not found",
            )
        else:
            task.run("UNHEALTHY")
            task.stop(_SCHEDULER, f"Task failed {check}")
            task.health_status, task.exit_code = "UNHEALTHY", 0


def _send_failure(service: Any, deployment: Deployment) -> None:
    """Amazon ECS Developer Guide, "Amazon ECS service deployment state change events"."""
    detail = {
        "eventType": "ERROR",
        "eventName": "SERVICE_DEPLOYMENT_FAILED",
        "deploymentId": deployment.id,
        "updatedAt": now().isoformat(),
        "reason": deployment.state_reason,
    }
    send(service._account_id, service.region_name, "ECS Deployment State Change", service.arn, detail)


def scale(service: Any) -> None:
    """Changes the number of tasks to the desired count, without a deployment."""
    rollout = rollout_of(service)
    running = rollout.live.running if rollout.live else []
    if rollout.live is not None and len(running) != service.desired_count:
        surplus = running[service.desired_count :]
        deregister(service, rollout.groups, surplus)
        _stop(surplus, rollout.live.id)
        added = [Task() for _ in range(service.desired_count - len(running))]
        _run(service, rollout.groups, added)
        rollout.live.tasks += added
        add_event(service, "has reached a steady state.")
    publish(service)
