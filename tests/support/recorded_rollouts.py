"""AWS's answers about a service in each state of a deployment, as `operations.verify` requests them.

They follow the shapes of the API and the examples and messages that AWS publishes. A test checks them with botocore's
models.
"""

import datetime
from typing import Any

from operations.verdict import Answers

ACCOUNT = "arn:aws:ecs:eu-north-1:111122223333"
SERVICE_ARN = f"{ACCOUNT}:service/voiceter-cluster/voiceter-backend"
CLUSTER_ARN = f"{ACCOUNT}:cluster/voiceter-cluster"
OLD = f"{ACCOUNT}:task-definition/voiceter-backend:41"
NEW = f"{ACCOUNT}:task-definition/voiceter-backend:42"
OLD_REVISION = f"{ACCOUNT}:service-revision/voiceter-cluster/voiceter-backend/4980306466373577095"
NEW_REVISION = f"{ACCOUNT}:service-revision/voiceter-cluster/voiceter-backend/1485800978477494678"
REVISIONS = {OLD_REVISION: OLD, NEW_REVISION: NEW}
BLUE = "arn:aws:elasticloadbalancing:eu-north-1:111122223333:targetgroup/voiceter-blue/6d0ecf831eec9f09"
GREEN = "arn:aws:elasticloadbalancing:eu-north-1:111122223333:targetgroup/voiceter-green/73e2d6bc24d8a067"
RULE = (
    "arn:aws:elasticloadbalancing:eu-north-1:111122223333:listener-rule/app/voiceter-backend/50dc6c495c0c9188/"
    "f2f7dc8efc522ab2/9683b2d02a6cabee"
)
OLD_ID, NEW_ID, BACK_ID = "ecs-svc/4980306466373577095", "ecs-svc/1485800978477494678", "ecs-svc/7271001826371548790"
BREAKER = "Service deployment rolled back because the circuit breaker threshold was exceeded."


def at(minute: int) -> datetime.datetime:
    return datetime.datetime(2026, 11, 25, 9, minute, tzinfo=datetime.UTC)


def event(minute: int, words: str) -> dict[str, Any]:
    number = f"{minute:012d}"
    return {
        "id": f"2f1c6a8e-0000-4000-8000-{number}",
        "createdAt": at(minute),
        "message": f"(service voiceter-backend) {words}",
    }


STEADY = event(30, "has reached a steady state.")
EVENTS = [
    STEADY,
    event(29, f"(deployment {NEW_ID}) deployment completed."),
    event(25, f"registered 2 targets in (target-group {BLUE})"),
    event(24, "has started 2 tasks: (task 8cd5f0a2b7914e0bb4e6d3f1d7a3c9aa) (task 0d6d8e1df3a84f2c9b31f6a5c4e7b802)."),
]


def deployment(task_definition: str = NEW, **changes: Any) -> dict[str, Any]:
    """Returns one of the `deployments` of a service: a completed one, with these changes."""
    return {
        "id": NEW_ID,
        "status": "PRIMARY",
        "taskDefinition": task_definition,
        "desiredCount": 2,
        "pendingCount": 0,
        "runningCount": 2,
        "failedTasks": 0,
        "createdAt": at(20),
        "updatedAt": at(30),
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 100, "base": 2}],
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "rolloutState": "COMPLETED",
        "rolloutStateReason": f"ECS deployment {NEW_ID} completed.",
    } | changes


def service(*deployments: dict[str, Any], shifting: bool = False, **changes: Any) -> dict[str, Any]:
    """Returns a service with one target group, or with two if `shifting`."""
    balancer: dict[str, Any] = {
        "targetGroupArn": BLUE,
        "containerName": "voiceter-backend",
        "containerPort": 8080,
    }
    if shifting:
        balancer["advancedConfiguration"] = {
            "alternateTargetGroupArn": GREEN,
            "productionListenerRule": RULE,
            "roleArn": "arn:aws:iam::111122223333:role/voiceter-backend-infrastructure",
        }
    return {
        "serviceArn": SERVICE_ARN,
        "serviceName": "voiceter-backend",
        "clusterArn": CLUSTER_ARN,
        "status": "ACTIVE",
        "desiredCount": 2,
        "runningCount": 2,
        "pendingCount": 0,
        "taskDefinition": (deployments or (deployment(),))[0]["taskDefinition"],
        "loadBalancers": [balancer],
        "deployments": list(deployments or (deployment(),)),
        "events": EVENTS,
        "createdAt": at(0),
        "schedulingStrategy": "REPLICA",
    } | changes


def service_deployment(status: str = "SUCCESSFUL", strategy: str = "ROLLING", **changes: Any) -> dict[str, Any]:
    """A service deployment of the new revision."""
    over = status not in ("PENDING", "IN_PROGRESS", "ROLLBACK_IN_PROGRESS")
    return {
        "serviceDeploymentArn": f"{ACCOUNT}:service-deployment/voiceter-cluster/voiceter-backend/NCWGC2ZR-taawPAYrIaU5",
        "serviceArn": SERVICE_ARN,
        "clusterArn": CLUSTER_ARN,
        "createdAt": at(20),
        "startedAt": at(20),
        "updatedAt": at(30),
        "sourceServiceRevisions": [
            {"arn": OLD_REVISION, "requestedTaskCount": 0, "runningTaskCount": 0, "pendingTaskCount": 0}
        ],
        "targetServiceRevision": {
            "arn": NEW_REVISION,
            "requestedTaskCount": 2,
            "runningTaskCount": 2,
            "pendingTaskCount": 0,
        },
        "status": status,
        "deploymentConfiguration": {
            "strategy": strategy,
            "maximumPercent": 200,
            "minimumHealthyPercent": 100,
            "deploymentCircuitBreaker": {"enable": strategy == "ROLLING", "rollback": strategy == "ROLLING"},
        },
        **({"finishedAt": at(30)} if over else {}),
    } | changes


def rule(blue: int, green: int) -> list[dict[str, Any]]:
    """The production listener rule's actions, with a weight for each target group."""
    groups = [{"TargetGroupArn": BLUE, "Weight": blue}, {"TargetGroupArn": GREEN, "Weight": green}]
    sticky = {"Enabled": True, "DurationSeconds": 3600}
    config = {"TargetGroups": groups, "TargetGroupStickinessConfig": sticky}
    return [{"Type": "forward", "Order": 1, "ForwardConfig": config}]


def _target(**changes: Any) -> dict[str, Any]:
    return service_deployment()["targetServiceRevision"] | changes


def _case(
    of: dict[str, Any] | None,
    latest: dict[str, Any] | None = None,
    blue: str = "healthy healthy",
    green: str | None = None,
    weights: tuple[int, int] | None = None,
    minimum: int = 0,
) -> Answers:
    targets = {BLUE: blue.split()} | ({GREEN: green.split()} if green is not None else {})
    return Answers(of, latest, REVISIONS, targets, {RULE: rule(*weights)} if weights else {}, minimum)


_ROLLED_BACK = service(
    deployment(
        OLD,
        id=BACK_ID,
        rolloutStateReason=f"ECS deployment circuit breaker: rolling back to deploymentId {OLD_ID}.",
    ),
    events=[
        STEADY,
        event(28, f"rolling back to deployment {OLD_ID}."),
        event(28, f"(deployment {NEW_ID}) deployment failed: tasks failed to start."),
        event(
            26,
            f"(port 8080) is unhealthy in (target-group {BLUE}) due to (reason Health checks failed).",
        ),
    ],
)
_PENDING = deployment(
    runningCount=0,
    pendingCount=2,
    rolloutState="IN_PROGRESS",
    rolloutStateReason=f"ECS deployment {NEW_ID} in progress.",
)
_OLD_ACTIVE = deployment(OLD, id=OLD_ID, status="ACTIVE", rolloutStateReason=f"ECS deployment {OLD_ID} completed.")
_FAILED = deployment(
    rolloutState="FAILED",
    rolloutStateReason="ECS deployment circuit breaker: tasks failed to start.",
    failedTasks=3,
    runningCount=0,
)
_ALARMED = {"status": "TRIGGERED", "alarmNames": ["voiceter-5xx"], "triggeredAlarmNames": ["voiceter-5xx"]}

CASES: dict[str, Answers] = {
    "completed": _case(service(), service_deployment()),
    "completed, and ECS keeps no service deployment": _case(service()),
    "in progress": _case(service(_PENDING, _OLD_ACTIVE, pendingCount=2), service_deployment("IN_PROGRESS")),
    "in progress, and ECS keeps no service deployment": _case(service(_PENDING, _OLD_ACTIVE, pendingCount=2)),
    "about to begin": _case(service(_PENDING, _OLD_ACTIVE), service_deployment("PENDING")),
    "rolled back by the circuit breaker": _case(
        _ROLLED_BACK,
        service_deployment(
            "ROLLBACK_SUCCESSFUL",
            statusReason=BREAKER,
            rollback={"reason": BREAKER, "startedAt": at(28), "serviceRevisionArn": OLD_REVISION},
            deploymentCircuitBreaker={"status": "TRIGGERED", "failureCount": 3, "threshold": 3},
        ),
    ),
    "rolled back, and ECS keeps no service deployment": _case(_ROLLED_BACK),
    "being rolled back": _case(
        service(
            deployment(
                OLD,
                id=BACK_ID,
                rolloutState="IN_PROGRESS",
                rolloutStateReason=f"ECS deployment circuit breaker: rolling back to deploymentId {OLD_ID}.",
            )
        ),
        service_deployment("ROLLBACK_IN_PROGRESS", rollback={"reason": BREAKER, "startedAt": at(28)}),
    ),
    "rolled back by an alarm": _case(
        service(
            deployment(OLD, id=BACK_ID), events=[event(28, f"(deployment {NEW_ID}) deployment failed: alarm detected.")]
        ),
        service_deployment("ROLLBACK_SUCCESSFUL", rollback={"reason": "Alarms.", "startedAt": at(28)}, alarms=_ALARMED),
    ),
    "the same revision again, rolled back": _case(
        service(deployment(NEW, id=BACK_ID)), service_deployment("ROLLBACK_SUCCESSFUL", statusReason=BREAKER)
    ),
    "another revision, rolled back to the intended one": _case(
        service(deployment(NEW, id=BACK_ID)),
        service_deployment("ROLLBACK_SUCCESSFUL", targetServiceRevision=_target(arn=OLD_REVISION)),
    ),
    "stuck: tasks fail": _case(service({**_PENDING, "failedTasks": 4}, _OLD_ACTIVE), service_deployment("IN_PROGRESS")),
    "stuck: no place for tasks": _case(
        service(
            _PENDING,
            _OLD_ACTIVE,
            events=[event(26, "was unable to place a task. Reason: Capacity is unavailable at this time."), *EVENTS],
        ),
        service_deployment("IN_PROGRESS"),
    ),
    "in progress, after trouble in an earlier deployment": _case(
        service(_PENDING, _OLD_ACTIVE, events=[event(10, "was unable to place a task.")]),
        service_deployment("IN_PROGRESS"),
    ),
    "failed, with no revision to go back to": _case(
        service(_FAILED, runningCount=0),
        service_deployment("ROLLBACK_FAILED", statusReason="No rollback candidate was found to run the rollback."),
        blue="",
    ),
    "failed, and ECS keeps no service deployment": _case(service(_FAILED, runningCount=0), blue=""),
    "stopped": _case(service(_FAILED, _OLD_ACTIVE), service_deployment("STOPPED", statusReason="Stopped by the user.")),
    "another revision runs": _case(service(deployment(OLD)), service_deployment()),
    "old tasks beside the new ones": _case(
        service(deployment(), {**_OLD_ACTIVE, "runningCount": 1}), service_deployment()
    ),
    "tasks missing": _case(service(runningCount=1), service_deployment()),
    "targets unhealthy": _case(service(), service_deployment(), blue="healthy unhealthy"),
    "load balancer taken away": _case(service(loadBalancers=[]), service_deployment()),
    "old targets still draining": _case(service(), service_deployment(), blue="draining healthy draining healthy"),
    "scaled to nothing by the schedule": _case(
        service(deployment(desiredCount=0, runningCount=0), desiredCount=0, runningCount=0),
        service_deployment(),
        blue="",
    ),
    "scaled to nothing by hand": _case(
        service(deployment(desiredCount=0, runningCount=0), desiredCount=0, runningCount=0),
        service_deployment(),
        blue="",
        minimum=1,
    ),
    "scaled out since": _case(
        service(desiredCount=4, runningCount=4), service_deployment(), blue="healthy healthy healthy healthy"
    ),
    "blue-green done, groups swapped": _case(
        service(shifting=True),
        service_deployment(strategy="BLUE_GREEN", lifecycleStage="CLEAN_UP"),
        blue="draining draining",
        green="healthy healthy",
        weights=(0, 100),
    ),
    "blue-green done, the group with traffic empty": _case(
        service(shifting=True),
        service_deployment(strategy="BLUE_GREEN"),
        blue="",
        green="healthy healthy",
        weights=(100, 0),
    ),
    "blue-green baking": _case(
        service(deployment(rolloutState="IN_PROGRESS"), _OLD_ACTIVE, shifting=True, runningCount=4),
        service_deployment(
            "IN_PROGRESS",
            "BLUE_GREEN",
            lifecycleStage="BAKE_TIME",
            targetServiceRevision=_target(requestedProductionTrafficWeight=100.0, requestedTestTrafficWeight=100.0),
        ),
        green="healthy healthy",
        weights=(0, 100),
    ),
    "canary, the first share of traffic": _case(
        service(deployment(rolloutState="IN_PROGRESS"), _OLD_ACTIVE, shifting=True, runningCount=4),
        service_deployment(
            "IN_PROGRESS",
            "CANARY",
            lifecycleStage="PRODUCTION_TRAFFIC_SHIFT",
            targetServiceRevision=_target(requestedProductionTrafficWeight=10.0),
        ),
        green="healthy healthy",
        weights=(90, 10),
    ),
    "blue-green rolled back": _case(
        service(deployment(OLD, id=BACK_ID), shifting=True),
        service_deployment("ROLLBACK_SUCCESSFUL", "BLUE_GREEN", rollback={"reason": "Alarms."}, alarms=_ALARMED),
        green="",
        weights=(100, 0),
    ),
    "gone": _case(None),
}
