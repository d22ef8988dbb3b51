"""What the account shows of a service's deployments and revisions.

Source: Amazon ECS API Reference, Deployment, ServiceDeployment, ServiceRevision.
"""

from collections.abc import Iterator
from typing import Any

from moto.core.responses import ActionResult

from sandbox.account.ecs.rollout_records import ALARMED, CONNECT, FAILED_TASKS, Deployment, Revision, rollout_of


def show(service: Any) -> None:
    """Write what there is onto moto's object, out of which it answers DescribeServices."""
    rollout = rollout_of(service)
    latest = rollout.deployments[0] if rollout.deployments else None
    shown: list[dict[str, Any]] = []
    if latest and latest.status == "ROLLBACK_SUCCESSFUL":
        shown = [_described(service, rollout.live, "PRIMARY")] if rollout.live else []
    elif latest:
        shown = [_described(service, latest, "PRIMARY")]
        if rollout.live and rollout.live is not latest:
            shown.append(_described(service, rollout.live, "ACTIVE"))
    under_way = latest is not None and latest.status == "IN_PROGRESS"
    service.deployments = shown
    service.running_count = rollout.tasks
    service.pending_count = service.desired_count if under_way else 0
    service.current_service_deployment = latest.arn if latest and under_way else None
    current = [rollout.live] if rollout.live else []
    current += [latest] if latest and under_way else []
    service.current_service_revisions = [_counts(service, one) for one in current]


def _described(service: Any, deployment: Deployment, status: str) -> dict[str, Any]:
    """One of `deployments` in DescribeServices."""
    live = rollout_of(service).live is deployment
    under_way = deployment.status == "IN_PROGRESS"
    settings = deployment.revision.settings
    return {
        "id": deployment.id,
        "status": status,
        "taskDefinition": settings["task_definition"],
        "desiredCount": service.desired_count if under_way or live else 0,
        "pendingCount": service.desired_count if under_way else 0,
        "runningCount": rollout_of(service).tasks if live else 0,
        "failedTasks": FAILED_TASKS if deployment.state == "FAILED" else 0,
        "createdAt": deployment.created_at,
        "updatedAt": deployment.finished_at or deployment.created_at,
        "platformFamily": "Linux",
        "platformVersion": settings["platform_version"] or "1.4.0",
        "networkConfiguration": settings["network_configuration"],
        CONNECT: settings["service_connect_configuration"],
        "rolloutState": deployment.state,
        "rolloutStateReason": deployment.state_reason,
        **_capacity(service),
    }


def _capacity(service: Any) -> dict[str, Any]:
    strategy = getattr(service, "capacity_provider_strategy", None)
    return {"capacityProviderStrategy": strategy} if strategy else {"launchType": service.launch_type}


def _counts(service: Any, deployment: Deployment) -> dict[str, Any]:
    live = rollout_of(service).live is deployment
    return {
        "arn": deployment.revision.arn,
        "requestedTaskCount": service.desired_count,
        "runningTaskCount": rollout_of(service).tasks if live else 0,
        "pendingTaskCount": 0 if live else service.desired_count,
    }


# The operations that moto lacks


def _all(ecs: Any) -> Iterator[tuple[Any, Deployment]]:
    for service in ecs.ecs_backend.services.values():
        yield from ((service, deployment) for deployment in rollout_of(service).deployments)


def list_service_deployments(ecs: Any) -> Any:
    """A service's deployments, the latest first, in one page."""
    cluster, name = ecs._get_param("cluster", "default"), ecs._get_param("service")
    asked = ecs.ecs_backend._get_service(cluster, name)
    wanted: list[str] = ecs._get_param("status") or []
    found = [one for service, one in _all(ecs) if service is asked and (not wanted or one.status in wanted)]
    return ActionResult({"serviceDeployments": [_brief(asked, one) for one in found]})


def _brief(service: Any, one: Deployment) -> dict[str, Any]:
    return {
        "serviceDeploymentArn": one.arn,
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn,
        "createdAt": one.created_at,
        "startedAt": one.created_at,
        "finishedAt": one.finished_at,
        "targetServiceRevisionArn": one.revision.arn,
        "status": one.status,
        "statusReason": one.reason or None,
    }


def describe_service_deployments(ecs: Any) -> Any:
    """The asked-for deployments, whole."""
    held = {one.arn: (service, one) for service, one in _all(ecs)}
    asked: list[str] = ecs._get_param("serviceDeploymentArns") or []
    return ActionResult(
        {
            "serviceDeployments": [_whole(*held[arn]) for arn in asked if arn in held],
            "failures": [{"arn": arn, "reason": "MISSING"} for arn in asked if arn not in held],
        }
    )


def _whole(service: Any, one: Deployment) -> dict[str, Any]:
    shown = {name: value for name, value in _brief(service, one).items() if name != "targetServiceRevisionArn"}
    breaker: dict[str, Any] = one.configuration.get("deploymentCircuitBreaker") or {}
    alarms: dict[str, Any] = one.configuration.get("alarms") or {}
    by_alarm = one.status.startswith("ROLLBACK") and one.reason == ALARMED
    over = one.status != "IN_PROGRESS"
    watching = "MONITORING_COMPLETE" if over else "MONITORING"
    failed = one.state == "FAILED" and not by_alarm
    shown |= {
        "updatedAt": one.finished_at or one.created_at,
        "targetServiceRevision": _counts(service, one),
        "sourceServiceRevisions": [{"arn": one.source.arn}] if one.source else [],
        "deploymentConfiguration": one.configuration,
        "rollback": one.rollback,
        "deploymentCircuitBreaker": {
            "status": "TRIGGERED" if failed else watching if breaker.get("enable") else "DISABLED",
            "failureCount": FAILED_TASKS if failed else 0,
            "threshold": FAILED_TASKS,
        },
    }
    if alarms.get("enable"):
        names: list[str] = alarms.get("alarmNames") or []
        shown["alarms"] = {"status": "TRIGGERED" if by_alarm else watching, "alarmNames": names}
        shown["alarms"]["triggeredAlarmNames"] = names[:1] if by_alarm else []
    if one.strategy != "ROLLING":
        shown["lifecycleStage"] = "CLEAN_UP" if over else "SCALE_UP"
    return shown


def describe_service_revisions(ecs: Any) -> Any:
    """What the asked-for revisions consist of."""
    held = {one.revision.arn: (service, one.revision) for service, one in _all(ecs)}
    asked: list[str] = ecs._get_param("serviceRevisionArns") or []
    return ActionResult(
        {
            "serviceRevisions": [_revision(*held[arn]) for arn in asked if arn in held],
            "failures": [{"arn": arn, "reason": "MISSING"} for arn in asked if arn not in held],
        }
    )


def _revision(service: Any, revision: Revision) -> dict[str, Any]:
    settings = revision.settings
    task = service._backend.describe_task_definition(settings["task_definition"])
    return {
        "serviceRevisionArn": revision.arn,
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn,
        "taskDefinition": settings["task_definition"],
        "platformVersion": settings["platform_version"] or "1.4.0",
        "platformFamily": "Linux",
        "loadBalancers": settings["load_balancers"],
        "networkConfiguration": settings["network_configuration"],
        CONNECT: settings["service_connect_configuration"],
        "containerImages": [
            {"containerName": one.get("name"), "image": one.get("image")} for one in task.container_definitions
        ],
        "createdAt": revision.created_at,
        **_capacity(service),
    }
