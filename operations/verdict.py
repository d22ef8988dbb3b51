"""Judges a service by AWS's answers: whether it runs the intended revision with all tasks healthy. Pure functions.

Sources: Amazon ECS API Reference, Service, Deployment, ServiceDeployment; Elastic Load Balancing API Reference,
DescribeTargetHealth, DescribeRules.
"""

import collections
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_Answer = Mapping[str, Any]
# ECS's events about tasks that it cannot start or place contain this.
_COMPLAINT = "unable to"


class Outcome(enum.Enum):
    """The result of the last deployment."""

    GOOD = "good"
    IN_PROGRESS = "in progress"
    STUCK = "stuck"
    ROLLED_BACK = "rolled back"
    FAILED = "failed"
    WRONG_REVISION = "wrong revision"
    UNHEALTHY = "unhealthy"
    MISSING = "missing"

    @property
    def under_way(self) -> bool:
        """Whether the deployment can still become good."""
        return self in (Outcome.IN_PROGRESS, Outcome.STUCK)


@dataclass(frozen=True)
class Answers:
    """AWS's answers.

    Args:
        service: from DescribeServices; None if no service is active.
        deployment: the latest one, from DescribeServiceDeployments; None if ECS lists none.
        revisions: the task definition of each service revision in `deployment`.
        targets: target group → the states of its targets, from DescribeTargetHealth.
        rules: listener rule → its actions, from DescribeRules.
        minimum: the tasks that the autoscaler keeps at least, from DescribeScalableTargets; 0 without an autoscaler.
        maximum: the tasks that the autoscaler starts at most; 0 without an autoscaler.
    """

    service: _Answer | None
    deployment: _Answer | None = None
    revisions: Mapping[str, str] = field(default_factory=dict[str, str])
    targets: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    rules: Mapping[str, Sequence[_Answer]] = field(default_factory=dict[str, Sequence[_Answer]])
    minimum: int = 0
    maximum: int = 0


@dataclass(frozen=True)
class Verdict:
    """The outcome, in one line, and the figures behind it as (name, value)."""

    outcome: Outcome
    line: str
    rows: tuple[tuple[str, str], ...] = ()
    events: tuple[_Answer, ...] = ()  # of the service, latest first


def judge(intended: str, answers: Answers) -> Verdict:
    """Returns whether the service runs the intended revision.

    Args:
        intended: the ARN of that task definition revision.
    """
    service = answers.service
    if service is None:
        return Verdict(Outcome.MISSING, "there is no such service")
    outcome, line = _of_deployment(intended, answers, service) or _of_counts(intended, answers, service)
    return Verdict(outcome, line, tuple(_rows(intended, answers, service)), tuple(service.get("events", [])))


def short(arn: str) -> str:
    """Returns a task definition as `family:revision`, a target group as its name."""
    name = arn.rpartition(":targetgroup/")[2].partition("/")[0] if ":targetgroup/" in arn else arn
    return name.rpartition("/")[2] if ":task-definition/" in arn else name


def _of_deployment(intended: str, answers: Answers, service: _Answer) -> tuple[Outcome, str] | None:
    """Returns the outcome by the last deployment's status, or None if it succeeded."""
    latest: _Answer = answers.deployment or {}
    primary = primary_of(service)
    status = latest.get("status") or _status_of(primary)
    reason = _reason(latest) or primary.get("rolloutStateReason") or "ECS gives no reason"
    deployed = answers.revisions.get(_part(latest, "targetServiceRevision").get("arn", ""), intended)
    wanted, runs = short(deployed), short(primary.get("taskDefinition", "no task definition"))
    # Not by the intended revision: after an `up` that failed, the stack's outputs are those of the update before.
    if status in ("ROLLBACK_SUCCESSFUL", "ROLLBACK_IN_PROGRESS", "ROLLBACK_REQUESTED"):
        how = "was rolled back" if status == "ROLLBACK_SUCCESSFUL" else "is being rolled back"
        return Outcome.ROLLED_BACK, f"the deployment of {wanted} {how}; the service runs {runs}: {reason}"
    if status in ("STOPPED", "STOP_REQUESTED", "ROLLBACK_FAILED"):
        how = "failed, with nothing to go back to" if status == "ROLLBACK_FAILED" else "was stopped"
        return Outcome.FAILED, f"the deployment of {wanted} {how}: {reason}"
    if status in ("IN_PROGRESS", "PENDING"):
        failed, words = int(primary.get("failedTasks") or 0), _complaint(service, primary)
        if failed or words:
            said = f" ({words})" if words else ""
            return Outcome.STUCK, f"the deployment of {wanted} does not get on: {failed} tasks have failed{said}"
        return Outcome.IN_PROGRESS, f"the deployment of {wanted} is in progress{_progress(latest)}"
    return None


def _of_counts(intended: str, answers: Answers, service: _Answer) -> tuple[Outcome, str]:
    """Returns the outcome by the service's tasks, once the last deployment is over."""
    primary, desired, running = primary_of(service), int(service["desiredCount"]), int(service["runningCount"])
    runs = str(primary.get("taskDefinition", ""))
    if runs != intended:
        return Outcome.WRONG_REVISION, f"the service runs {short(runs) or 'nothing'}, the stack has {short(intended)}"
    old = sum(int(one.get("runningCount", 0)) for one in service.get("deployments", []) if one is not primary)
    if old:
        return Outcome.IN_PROGRESS, f"{old} tasks of an earlier revision still run beside {short(runs)}"
    if desired < answers.minimum:
        return Outcome.UNHEALTHY, f"{desired} tasks are desired, and the autoscaler's minimum is {answers.minimum}"
    if running < desired:
        return Outcome.UNHEALTHY, f"{running} of {desired} tasks of {short(runs)} run"
    entries: Sequence[_Answer] = service.get("loadBalancers", [])
    if not entries:
        return Outcome.UNHEALTHY, f"no client reaches {short(runs)}, as the service has no load balancer"
    for entry in entries:
        healthy = healthy_targets(entry, answers)
        if healthy < desired:
            return (
                Outcome.UNHEALTHY,
                f"{healthy} of {desired} tasks of {short(runs)} are healthy behind the load balancer",
            )
    return Outcome.GOOD, f"the service runs {short(runs)}: {running} of {desired} tasks, all of them healthy"


def healthy_targets(entry: _Answer, answers: Answers) -> int:
    """Returns the healthy targets that get traffic, of an entry of a service's `loadBalancers`."""
    weights = _weights(entry, answers)
    states = [state for group in weights for state in answers.targets.get(group, []) if weights[group] > 0]
    return states.count("healthy")


def primary_of(service: _Answer) -> _Answer:
    """Returns the deployment of a service that DescribeServices calls its primary one; an empty answer without one."""
    nothing: _Answer = {}
    return next((one for one in service.get("deployments", []) if one.get("status") == "PRIMARY"), nothing)


def _part(answer: _Answer, name: str) -> _Answer:
    """Returns a structure inside an answer, or an empty one."""
    return answer.get(name) or {}


def _status_of(primary: _Answer) -> str:
    """Returns the status of the deployment by DescribeServices, if ECS lists no service deployment."""
    if "rolling back" in primary.get("rolloutStateReason", ""):
        return "ROLLBACK_SUCCESSFUL" if primary.get("rolloutState") == "COMPLETED" else "ROLLBACK_IN_PROGRESS"
    states = {"FAILED": "STOPPED", "IN_PROGRESS": "IN_PROGRESS", "COMPLETED": "SUCCESSFUL"}
    return states.get(primary.get("rolloutState", ""), "SUCCESSFUL" if primary else "STOPPED")


def _reason(latest: _Answer) -> str:
    words = str(latest.get("statusReason") or _part(latest, "rollback").get("reason") or "")
    names = ", ".join(_part(latest, "alarms").get("triggeredAlarmNames") or [])
    return f"{words} Alarms: {names}".strip() if names else words


def _progress(latest: _Answer) -> str:
    """Returns the stage of a deployment that shifts traffic, in parentheses."""
    stage, target = latest.get("lifecycleStage"), _part(latest, "targetServiceRevision")
    weight = target.get("requestedProductionTrafficWeight")
    shifted = f", {weight:g} % of the traffic on it" if weight is not None else ""
    return f" ({stage}{shifted})" if stage else ""


def _complaint(service: _Answer, primary: _Answer) -> str:
    """Returns ECS's latest event about tasks that it cannot start or place, since the deployment began."""
    for event in service.get("events", []):
        since = primary.get("createdAt")
        if (since is None or event["createdAt"] >= since) and _COMPLAINT in event["message"]:
            return str(event["message"])
    return ""


def _weights(entry: _Answer, answers: Answers) -> dict[str, int]:
    """Returns the percentage of production traffic of each target group of a load balancer entry."""
    advanced = _part(entry, "advancedConfiguration")
    first, second = str(entry["targetGroupArn"]), advanced.get("alternateTargetGroupArn")
    if not second:
        return {first: 100}
    actions = answers.rules.get(advanced.get("productionListenerRule", ""), [])
    groups = [group for action in actions for group in action.get("ForwardConfig", {}).get("TargetGroups", [])]
    weights = {str(group["TargetGroupArn"]): int(group.get("Weight", 1)) for group in groups}
    return {arn: weights.get(arn, 0) for arn in (first, str(second))}


def _rows(intended: str, answers: Answers, service: _Answer) -> list[tuple[str, str]]:
    primary = primary_of(service)
    latest: _Answer = answers.deployment or {}
    strategy = _part(latest, "deploymentConfiguration").get("strategy", "ROLLING")
    rows = [
        ("intended", short(intended)),
        ("running", short(primary.get("taskDefinition", "-"))),
        ("deployment", f"{latest.get('status') or primary.get('rolloutState', '-')} ({strategy})"),
        (
            "tasks",
            f"{service['runningCount']} running, {service['pendingCount']} pending, {service['desiredCount']} desired",
        ),
    ]
    for entry in service.get("loadBalancers", []):
        for group, weight in _weights(entry, answers).items():
            counted = collections.Counter(answers.targets.get(group, []))
            states = ", ".join(f"{number} {state}" for state, number in sorted(counted.items())) or "no targets"
            rows.append((short(group), f"{states}, {weight} % of the traffic"))
    return rows
