"""The account's part of a rollout: what ECS does with a service's tasks, kept as records, as moto does none of it.

No process runs. A deployment of which nothing is known to be wrong is over at once: its tasks count as running, their
addresses are healthy targets, and the tasks before them are gone. A stand-in image that is marked as faulty (see
`account_images`), or one that the registry lacks, never becomes healthy: that deployment is under way for a moment and
then goes the way that the service's own deployment configuration says. Nothing scales by itself, and no time passes in
bakes and drains.

Sources: Amazon ECS API Reference, UpdateService, on what starts a deployment; Amazon ECS Developer Guide, "Deployment
failure detection", "Service event messages".
"""

import functools
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from moto.core.utils import camelcase_to_underscores
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.moto_api._internal import mock_random

from sandbox.account.ecr import Fault, fault_of
from sandbox.account.ecs.deployments import (
    describe_service_deployments,
    describe_service_revisions,
    list_service_deployments,
    show,
)
from sandbox.account.ecs.rollout_records import ALARMED, CONNECT, Deployment, Revision, now, rollout_of, tell
from sandbox.account.ecs.traffic import group_arns, groups_for, live_groups, replace_tasks

# How long a deployment that fails is under way before ECS says so.
NOTICE_SECONDS = 3.0
# Amazon ECS, UpdateService: the parameters that start a deployment when they change.
_TRIGGERS = (
    "task_definition",
    "network_configuration",
    "load_balancers",
    "platform_version",
    "service_registries",
    "service_connect_configuration",
    "volume_configurations",
)
# What moto's CreateService drops and its UpdateService keeps, all but the last, by the names under which it keeps them.
_DROPPED = (
    "deploymentConfiguration",
    "capacityProviderStrategy",
    "enableExecuteCommand",
    "enableECSManagedTags",
    "healthCheckGracePeriodSeconds",
    "availabilityZoneRebalancing",
    CONNECT,
)
_BREAKER = "Service deployment rolled back because the circuit breaker threshold was exceeded."
_NO_CANDIDATE = "No rollback candidate was found to run the rollback."
_lock = threading.RLock()


def install() -> None:
    """Put the stand-in under moto's ECS; doing so again changes nothing."""
    for name, operation in _OPERATIONS.items():
        setattr(EC2ContainerServiceResponse, name, operation)


def _around(original: Callable[[Any], Any], after: Callable[[Any, Any, dict[str, Any]], None]) -> Callable[[Any], Any]:
    """An operation on one service, followed by what ECS's scheduler makes of it."""

    @functools.wraps(original)
    def operation(ecs: Any) -> Any:
        with _lock:
            name = (ecs._get_param("serviceName") or ecs._get_param("service")).rpartition("/")[2]
            cluster = ecs.ecs_backend._get_cluster(ecs._get_param("cluster", "default")).name
            before = ecs.ecs_backend.services.get(f"{cluster}:{name}")
            settings = {trigger: getattr(before, trigger, None) for trigger in _TRIGGERS} if before else {}
            answer = original(ecs)
            after(ecs, ecs.ecs_backend.services[f"{cluster}:{name}"], settings)
            return answer

    return operation


def up_to_date(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """An operation that shows services, after every fault that is due has been noticed."""

    @functools.wraps(original)
    def operation(ecs: Any) -> Any:
        with _lock:
            for service in ecs.ecs_backend.services.values():
                deployment = rollout_of(service).deployments[:1]
                if deployment and deployment[0].due is not None and deployment[0].due <= time.monotonic():
                    _fail(service, deployment[0])
            return original(ecs)

    return operation


# What follows each call


def _created(ecs: Any, service: Any, _: dict[str, Any]) -> None:
    for name in _DROPPED:
        value = ecs._get_param(name)
        if value is not None:
            setattr(service, camelcase_to_underscores(name), value)
    service.created_at = now()
    _start(service)


def _updated(ecs: Any, service: Any, before: dict[str, Any]) -> None:
    if service.task_definition:
        # moto keeps what was sent, which may be a family alone.
        service.task_definition = ecs.ecs_backend.describe_task_definition(service.task_definition).arn
    if ecs._get_param(CONNECT) is not None:
        service.service_connect_configuration = ecs._get_param(CONNECT)
    changed = any(getattr(service, name, None) != value for name, value in before.items())
    if changed or ecs._get_param("forceNewDeployment"):
        _start(service)
    else:
        _scale(service)


def _deleted(_ecs: Any, service: Any, _before: dict[str, Any]) -> None:
    replace_tasks(service, None, [])
    show(service)


# What the scheduler does


def _start(service: Any) -> None:
    """Begin a deployment of the service as it is now; over at once unless something is wrong with an image."""
    rollout = rollout_of(service)
    for unfinished in rollout.deployments[:1]:
        if unfinished.status == "IN_PROGRESS":
            unfinished.status, unfinished.due, unfinished.finished_at = "STOPPED", None, now()
            unfinished.reason = "Service deployment stopped because a newer one was started."
    number = str(mock_random.randint(10**18, 10**19 - 1))
    path = f"{service.cluster_name}/{service.name}"
    start = service.cluster_arn.rpartition(":")[0]
    revision = Revision(
        f"{start}:service-revision/{path}/{number}",
        now(),
        {name: getattr(service, name, None) for name in _TRIGGERS},
    )
    fault = _fault(service)
    deployment = Deployment(
        arn=f"{start}:service-deployment/{path}/{uuid.uuid4().hex[:21]}",
        id=f"ecs-svc/{number}",
        revision=revision,
        source=rollout.live.revision if rollout.live else None,
        configuration=dict(getattr(service, "deployment_configuration", None) or {}),
        fault=fault,
        due=time.monotonic() + NOTICE_SECONDS if fault in (Fault.UNHEALTHY, Fault.MISSING) else None,
        created_at=now(),
    )
    deployment.state_reason = f"ECS deployment {deployment.id} in progress."
    rollout.deployments.insert(0, deployment)
    if fault in (None, Fault.MEMORY):
        _complete(service, deployment)
    else:
        tell(service, f"has started {service.desired_count} tasks.")
        show(service)


def _fault(service: Any) -> Fault | None:
    if not service.task_definition or not service.desired_count:
        return None
    task = service._backend.describe_task_definition(service.task_definition)
    images = [container.get("image", "") for container in task.container_definitions]
    faults = [fault_of(service._account_id, image) for image in images]
    return next((fault for fault in faults if fault), None)


def _complete(service: Any, deployment: Deployment) -> None:
    rollout = rollout_of(service)
    groups = groups_for(service, deployment)
    tell(service, f"has started {service.desired_count} tasks.")
    replace_tasks(service, deployment, groups)
    deployment.status, deployment.finished_at = "SUCCESSFUL", now()
    deployment.state, deployment.state_reason = "COMPLETED", f"ECS deployment {deployment.id} completed."
    rollout.live = deployment
    tell(service, f"(deployment {deployment.id}) deployment completed.")
    tell(service, "has reached a steady state.")
    show(service)


def _fail(service: Any, deployment: Deployment) -> None:
    """What a deployment comes to whose tasks do not become healthy."""
    rollout, live = rollout_of(service), rollout_of(service).live
    deployment.due = None
    breaker: dict[str, Any] = deployment.configuration.get("deploymentCircuitBreaker") or {}
    alarms: dict[str, Any] = deployment.configuration.get("alarms") or {}
    by_breaker = bool(breaker.get("enable")) and deployment.strategy == "ROLLING"
    if not by_breaker and not alarms.get("enable"):
        return  # ECS goes on trying
    cause = breaker if by_breaker else alarms
    what = "ECS deployment circuit breaker: " if by_breaker else "ECS deployment alarms: "
    words = "tasks failed to start." if by_breaker else "alarm detected."
    deployment.finished_at = now()
    deployment.state, deployment.state_reason = "FAILED", what + words
    for group in group_arns(service):
        port = service.load_balancers[0].get("containerPort")
        said = "(reason Health checks failed)" if deployment.fault is Fault.UNHEALTHY else "(reason Image not found)"
        tell(service, f"(port {port}) is unhealthy in (target-group {group}) due to {said}.")
        break
    tell(service, f"(deployment {deployment.id}) deployment failed: {words}")
    reason = _BREAKER if by_breaker else ALARMED
    if not cause.get("rollback"):
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
        back_to, live.id = live.id, f"ecs-svc/{mock_random.randint(10**18, 10**19 - 1)}"
        live.state_reason = f"{what}rolling back to deploymentId {back_to}."
        tell(service, f"rolling back to deployment {back_to}.")
        tell(service, "has reached a steady state.")
    rollout.tasks = service.desired_count if live else 0
    show(service)


def _scale(service: Any) -> None:
    """Bring the number of tasks to what is desired, without a deployment."""
    rollout = rollout_of(service)
    if rollout.live is not None and rollout.tasks != service.desired_count:
        groups = list(dict.fromkeys(group for group, _, _ in rollout.targets)) or live_groups(service)
        replace_tasks(service, rollout.live, groups)
        tell(service, "has reached a steady state.")
    show(service)


_moto: Any = EC2ContainerServiceResponse
_OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "create_service": _around(_moto.create_service, _created),
    "update_service": _around(_moto.update_service, _updated),
    "delete_service": _around(_moto.delete_service, _deleted),
    "describe_services": up_to_date(_moto.describe_services),
    "list_service_deployments": up_to_date(list_service_deployments),
    "describe_service_deployments": up_to_date(describe_service_deployments),
    "describe_service_revisions": describe_service_revisions,
}
