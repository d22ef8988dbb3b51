"""The deployments and revisions of a service as ECS describes them.

Source: Amazon ECS API Reference: Deployment, ServiceDeployment, ServiceRevision.
"""

from typing import Any

from sandbox.account.ecs.records import ALARMED, FAILED_TASKS, Deployment, Revision, rollout_of


def publish(service: Any) -> None:
    """Copies the record of a service onto moto's object, from which DescribeServices answers."""
    rollout = rollout_of(service)
    latest = rollout.deployments[0]
    primary = rollout.live if latest.status == "ROLLBACK_SUCCESSFUL" else latest
    listed = [one for one in dict.fromkeys((primary, rollout.live, rollout.draining)) if one]
    service.deployments = [_described(service, one, "PRIMARY" if one is primary else "ACTIVE") for one in listed]
    pending = latest if latest.status == "IN_PROGRESS" and latest is not rollout.live else None
    service.running_count = sum(len(deployment.running) for deployment in rollout.deployments)
    service.pending_count = service.desired_count if pending else 0
    revisions = (rollout.draining, rollout.live, pending)
    service.current_service_revisions = [_counts(service, one) for one in revisions if one]


def _described(service: Any, deployment: Deployment, status: str) -> dict[str, Any]:
    """Returns a deployment as DescribeServices lists it."""
    rollout = rollout_of(service)
    live = rollout.live is deployment
    in_progress = deployment.status == "IN_PROGRESS"
    settings = deployment.revision.settings
    return {
        "id": deployment.id,
        "status": status,
        "taskDefinition": settings["task_definition"],
        "desiredCount": service.desired_count if in_progress or live else 0,
        "pendingCount": service.desired_count if in_progress and not live else 0,
        "runningCount": len(deployment.running),
        "failedTasks": FAILED_TASKS if deployment.state == "FAILED" else 0,
        "createdAt": deployment.created_at,
        "updatedAt": deployment.finished_at or deployment.created_at,
        "networkConfiguration": settings["network_configuration"],
        "rolloutState": deployment.state,
        "rolloutStateReason": deployment.state_reason,
        **_platform(service),
    }


def _platform(service: Any) -> dict[str, Any]:
    strategy = getattr(service, "capacity_provider_strategy", None)
    capacity = {"capacityProviderStrategy": strategy} if strategy else {"launchType": service.launch_type}
    return {"platformFamily": "Linux", "platformVersion": "1.4.0", **capacity}


def _counts(service: Any, deployment: Deployment) -> dict[str, Any]:
    rollout = rollout_of(service)
    return {
        "arn": deployment.revision.arn,
        "requestedTaskCount": service.desired_count,
        "runningTaskCount": len(deployment.running),
        "pendingTaskCount": 0 if deployment in (rollout.live, rollout.draining) else service.desired_count,
    }


def deployment_description(service: Any, deployment: Deployment) -> dict[str, Any]:
    """Returns a deployment as DescribeServiceDeployments does. ListServiceDeployments sends a part of this."""
    breaker: dict[str, Any] = deployment.configuration.get("deploymentCircuitBreaker") or {}
    alarms: dict[str, Any] = deployment.configuration.get("alarms") or {}
    by_alarm = deployment.status.startswith("ROLLBACK") and deployment.reason == ALARMED
    in_progress = deployment.status == "IN_PROGRESS"
    monitoring = "MONITORING" if in_progress else "MONITORING_COMPLETE"
    failed = deployment.state == "FAILED" and not by_alarm
    description: dict[str, Any] = {
        "serviceDeploymentArn": deployment.arn,
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn,
        "createdAt": deployment.created_at,
        "startedAt": deployment.created_at,
        "finishedAt": deployment.finished_at,
        "status": deployment.status,
        "statusReason": deployment.reason or None,
        "targetServiceRevisionArn": deployment.revision.arn,
        "updatedAt": deployment.finished_at or deployment.created_at,
        "targetServiceRevision": _counts(service, deployment),
        "sourceServiceRevisions": [{"arn": deployment.source.arn}] if deployment.source else [],
        "deploymentConfiguration": deployment.configuration,
        "rollback": deployment.rollback,
        "deploymentCircuitBreaker": {
            "status": "TRIGGERED" if failed else monitoring if breaker.get("enable") else "DISABLED",
            "failureCount": FAILED_TASKS if failed else 0,
            "threshold": FAILED_TASKS,
        },
    }
    if alarms.get("enable"):
        names: list[str] = alarms.get("alarmNames") or []
        description["alarms"] = {
            "status": "TRIGGERED" if by_alarm else monitoring,
            "alarmNames": names,
            "triggeredAlarmNames": names[:1] if by_alarm else [],
        }
    if deployment.strategy != "ROLLING":
        description["lifecycleStage"] = "SCALE_UP" if in_progress else "CLEAN_UP"
    return description


def revision_description(service: Any, revision: Revision) -> dict[str, Any]:
    """Returns a revision as DescribeServiceRevisions does."""
    return {
        "serviceRevisionArn": revision.arn,
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn,
        "taskDefinition": revision.settings["task_definition"],
        "createdAt": revision.created_at,
    }
