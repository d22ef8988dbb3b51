"""The events of ECS that notify the topic: what fails without a metric of the app or of the load balancer.

Amazon ECS Developer Guide: "Amazon ECS task state change events", "Amazon ECS service action events", "Amazon ECS
service deployment state change events"; API Reference, Task, for the stop codes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.lib.names import Names

_GUIDES = "docs/troubleshooting.md"
# The heading of a guide as an anchor.
_DOES_NOT_START = "a-task-does-not-start"
_HEALTH_CHECKS = "health-checks-fail"


@dataclass(frozen=True, kw_only=True)
class EventsArgs:
    """The inputs of `Events`."""

    names: Names
    cluster_arn: pulumi.Input[str]
    service_name: pulumi.Input[str]
    service_arn: pulumi.Input[str]
    topic_arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule: which events match, and the line that the topic gets."""

    name: str
    description: str
    detail_types: Sequence[str]
    detail: Mapping[str, Sequence[Any]]  # the values or filters of each field of the event's detail
    paths: Mapping[str, str]  # the variables of the line, each with its path in the event
    line: str  # what follows the name of the service
    guide: str


_TASK = ["ECS Task State Change"]
_SERVICE_ACTION = "ECS Service Action"
_DEPLOYMENT = "ECS Deployment State Change"

RULES = (
    # Not the other stop codes, none of which is a fault: ServiceSchedulerInitiated (a deployment or a scale-in, but see
    # the next rule), UserInitiated (StopTask), SpotInterruption and TerminationNotice (AWS takes the capacity back),
    # InfrastructureHealth (AWS replaces the host). ECS starts another task by itself where one is due.
    Rule(
        name="task-stopped",
        description="A task did not start, or its container ended by itself",
        detail_types=_TASK,
        detail={"stopCode": ["TaskFailedToStart", "EssentialContainerExited"]},
        paths={"code": "$.detail.stopCode", "reason": "$.detail.stoppedReason"},
        line="a task stopped (<code>): <reason>",
        guide=_DOES_NOT_START,
    ),
    # "Task failed ELB health checks in (…)", "Task failed container health checks" ("Amazon ECS stopped tasks error
    # messages"). A deployment or a scale-in stops tasks with "Scaling activity initiated by …".
    Rule(
        name="task-unhealthy",
        description="ECS stopped a task that failed its health checks",
        detail_types=_TASK,
        detail={"stopCode": ["ServiceSchedulerInitiated"], "stoppedReason": [{"prefix": "Task failed"}]},
        paths={"reason": "$.detail.stoppedReason"},
        line="ECS stopped a task: <reason>",
        guide=_HEALTH_CHECKS,
    ),
    Rule(
        name="task-not-placed",
        description="ECS cannot place a task",
        detail_types=[_SERVICE_ACTION],
        detail={"eventName": ["SERVICE_TASK_PLACEMENT_FAILURE", "SERVICE_TASK_CONFIGURATION_FAILURE"]},
        paths={"event": "$.detail.eventName", "reason": "$.detail.reason"},
        line="ECS cannot place a task (<event>): <reason>",
        guide=_DOES_NOT_START,
    ),
    # The documents list the event under both types: as a state change for the circuit breaker, as a service action for
    # the circuit breaker and for alarms. They do not say whether one failure sends both.
    Rule(
        name="deployment-failed",
        description="A deployment failed",
        detail_types=[_DEPLOYMENT, _SERVICE_ACTION],
        detail={"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
        paths={"reason": "$.detail.reason"},
        line="a deployment failed: <reason>",
        guide=_DOES_NOT_START,
    ),
)


class Events(pulumi.ComponentResource):
    """EventBridge rules that send events of the service to the topic, as one line each."""

    def __init__(self, name: str, args: EventsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:events:Events", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        for rule in RULES:
            made = aws.cloudwatch.EventRule(
                rule.name,
                name=args.names.event_rule(rule.name),
                description=rule.description,
                event_pattern=_pattern(rule, args),
                # Stated, so that a refresh shows a rule that somebody disabled (terraform-provider-aws,
                # internal/service/events/rule.go: without it, the provider suppresses the difference).
                state="ENABLED",
                opts=child,
            )
            aws.cloudwatch.EventTarget(
                rule.name,
                rule=made.name,
                target_id="alarm-topic",
                arn=args.topic_arn,
                input_transformer={
                    "input_paths": rule.paths,
                    # A line has to be in quotes (Amazon EventBridge User Guide, "Amazon EventBridge input
                    # transformation").
                    "input_template": pulumi.Output.concat(
                        '"', args.service_name, f': {rule.line} (see {_GUIDES}#{rule.guide})"'
                    ),
                },
                opts=child,
            )
        self.register_outputs({})


def _pattern(rule: Rule, args: EventsArgs) -> pulumi.Output[str]:
    """Returns the event pattern of a rule. No event of another service or cluster matches it."""
    body: dict[str, Any] = {"source": ["aws.ecs"], "detail-type": rule.detail_types, "detail": {**rule.detail}}
    if rule.detail_types == _TASK:
        # The resource of the event is the task.
        body["detail"]["clusterArn"] = [args.cluster_arn]
        body["detail"]["group"] = [pulumi.Output.concat("service:", args.service_name)]
        body["detail"]["lastStatus"] = ["STOPPED"]
    else:
        body["resources"] = [args.service_arn]
    return pulumi.Output.json_dumps(body, sort_keys=True)
