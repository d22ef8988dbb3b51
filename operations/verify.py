"""`make verify`: checks that a stack's service runs the stack's revision with all tasks healthy."""

import datetime
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from operations.console import aligned, say
from operations.errors import OperationError
from operations.target import Target
from operations.verdict import Answers, Outcome, Verdict, judge

_EVENTS = 10
_POLL_SECONDS = 10.0
# A task takes less than this from its start until it is healthy. ECS starts tasks beside deployments, too: when the
# autoscaler asks for more, and in place of a task that Spot has taken.
_START_SECONDS = 300.0
# Amazon ECS API Reference, DescribeServiceRevisions: ARNs in one call.
_REVISIONS = 20


def gather(target: Target) -> Answers:
    """Returns AWS's answers about the stack's service.

    Raises:
        OperationError: the stack has no service.
    """
    cluster, name, ecs = target.output("clusterName"), target.output("serviceName"), target.client("ecs")
    try:
        found: list[Any] = ecs.describe_services(cluster=cluster, services=[name])["services"]
    except ecs.exceptions.ClusterNotFoundException:
        found = []
    if not found or found[0]["status"] != "ACTIVE":
        return Answers(None)
    service: dict[str, Any] = found[0]
    arns = [one["serviceDeploymentArn"] for one in deployments_of(ecs, cluster, name)[:1]]
    described: list[Any] = []
    if arns:
        described = ecs.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"]
    latest: dict[str, Any] = described[0] if described else {}
    revision: str | None = latest.get("targetServiceRevision", {}).get("arn")
    elb = target.client("elbv2")
    groups, rules = _routing(service)
    described_rules: list[Any] = elb.describe_rules(RuleArns=rules)["Rules"] if rules else []
    health = {arn: elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"] for arn in groups}
    return Answers(
        service,
        latest or None,
        task_definitions(ecs, [revision] if revision else []),
        {arn: [one["TargetHealth"]["State"] for one in targets] for arn, targets in health.items()},
        {rule["RuleArn"]: rule["Actions"] for rule in described_rules},
        *_limits(target, cluster, name),
    )


def _limits(target: Target, cluster: str, service: str) -> tuple[int, int]:
    """Returns the fewest and the most tasks that the autoscaler runs; zeros without an autoscaler."""
    scaling, resource = target.client("application-autoscaling"), f"service/{cluster}/{service}"
    found: list[Any] = scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[resource])[
        "ScalableTargets"
    ]
    return next(((one["MinCapacity"], one["MaxCapacity"]) for one in found), (0, 0))


def deployments_of(ecs: Any, cluster: str, service: str) -> list[dict[str, Any]]:
    """Returns the service deployments that ECS lists, latest first."""
    found: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        page = ecs.list_service_deployments(cluster=cluster, service=service, **more)
        found += page["serviceDeployments"]
        if not page.get("nextToken"):
            return sorted(found, key=lambda one: one["createdAt"], reverse=True)
        more = {"nextToken": page["nextToken"]}


def task_definitions(ecs: Any, revisions: list[str]) -> dict[str, str]:
    """Returns the task definition of each service revision that ECS still has."""
    found: dict[str, str] = {}
    for start in range(0, len(revisions), _REVISIONS):
        answer = ecs.describe_service_revisions(serviceRevisionArns=revisions[start : start + _REVISIONS])
        found |= {one["serviceRevisionArn"]: one["taskDefinition"] for one in answer["serviceRevisions"]}
    return found


def image_of(ecs: Any, task_definition: str) -> tuple[str, str]:
    """Returns the version and the digest of the image that a task definition runs, each empty if it is not known.

    The version is the image's tag, with which the program tags each revision. Once no task runs a revision that
    somebody deregistered or deleted, ECS may refuse to describe it (Amazon ECS API Reference, DescribeTaskDefinition).
    """
    try:
        answer = ecs.describe_task_definition(taskDefinition=task_definition, include=["TAGS"])
    except ecs.exceptions.ClientException:
        return "", ""
    tags = {tag["key"]: tag["value"] for tag in answer.get("tags", [])}
    return tags.get("Version", ""), answer["taskDefinition"]["containerDefinitions"][0]["image"].partition("@")[2]


def _routing(service: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Returns the target groups and the production listener rules of a service."""
    groups: list[str] = []
    rules: list[str] = []
    for entry in service["loadBalancers"]:
        advanced: dict[str, Any] = entry.get("advancedConfiguration") or {}
        groups += filter(None, [entry.get("targetGroupArn"), advanced.get("alternateTargetGroupArn")])
        rules += filter(None, [advanced.get("productionListenerRule")])
    return list(dict.fromkeys(groups)), list(dict.fromkeys(rules))


def verify(target: Target, wait: float = 0, progress: Callable[[str], None] = say) -> Verdict:
    """Waits for a deployment under way and for tasks that start, and judges the service.

    Args:
        wait: how many seconds to wait at most; for tasks without a deployment, `_START_SECONDS`.
        progress: prints a line while the deployment is under way.

    Raises:
        OperationError: the stack has no service, or there is no such stack.
    """
    intended = target.output("taskDefinitionArn")
    deadline = time.monotonic() + wait
    healthy_by: float | None = None
    printed = ""
    while True:
        verdict = judge(intended, gather(target))
        now = time.monotonic()
        healthy_by = (healthy_by or now + _START_SECONDS) if verdict.outcome is Outcome.UNHEALTHY else None
        left = min(deadline, healthy_by or deadline) - now
        if not (verdict.outcome.under_way or healthy_by) or left <= 0:
            if wait and verdict.outcome.under_way:
                progress(f"Not over after {round(wait, 1):g} s.")
            return verdict
        if verdict.line != printed:
            progress(f"  … {verdict.line}; waiting up to {left:.0f} s")
            printed = verdict.line
        time.sleep(min(_POLL_SECONDS, left))


def print_verdict(target: Target, verdict: Verdict) -> None:
    """Prints a table and one line; if the outcome is not good, also the service's last events."""
    for line in aligned(verdict.rows):
        say(f"  {line}")
    say(f"{'OK' if verdict.outcome is Outcome.GOOD else verdict.outcome.value.upper()}: {verdict.line}")
    if verdict.outcome is Outcome.WRONG_REVISION:
        # A plain `pulumi up` compares the program with the state, and finds nothing to do.
        say(f"To deploy the stack's revision: {target.command('pulumi up --refresh')}")
    if verdict.outcome is Outcome.GOOD or not verdict.events:
        return
    say("The service's last events (UTC), the latest first:")
    for event in verdict.events[:_EVENTS]:
        say(f"  {_utc(event):%Y-%m-%d %H:%M:%S}  {event['message']}")


def as_object(target: Target, verdict: Verdict, added: Sequence[str]) -> dict[str, Any]:
    """Returns a verdict as an object for JSON.

    Args:
        added: what was added by hand, a line each.
    """
    return {
        "stack": target.stack,
        "on": target.on,
        "outcome": verdict.outcome.value,
        "line": verdict.line,
        "figures": dict(verdict.rows),
        "events": [
            {"time": _utc(event).isoformat(), "message": event["message"]} for event in verdict.events[:_EVENTS]
        ],
        "addedByHand": list(added),
    }


def _utc(event: Mapping[str, Any]) -> datetime.datetime:
    return event["createdAt"].astimezone(datetime.UTC)


def verify_update(target: Target, wait: float) -> None:
    """Verifies a stack that was just updated, and prints the verdict. Raises OperationError unless it is good."""
    target.forget_state()
    verdict = verify(target, wait)
    print_verdict(target, verdict)
    if verdict.outcome is not Outcome.GOOD:
        raise OperationError(f"Not verified: {verdict.line}.")
