"""Looks up the service as it runs now, so that an update does not cut off the clients of its tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from components.lib import sdk
from components.lib.lookup import look_up
from components.lib.names import Names
from components.service.state_check import RevisionSettings

# The state of a target that gets no new request, as its task ends.
_DRAINING = "draining"


@dataclass(frozen=True)
class RunningService:
    """The service as ECS runs it: its zones, its settings, and which target groups are in use."""

    zones: int  # the number of availability zones in which tasks may run
    settings: RevisionSettings | None = None  # None without a service
    active_group: str | None = None  # the ARN of the target group that clients have to reach; None if there is but one
    alternate_in_use: bool = False  # whether the alternate target group has targets, or targets that drain


NOT_RUNNING: Final = RunningService(zones=0)


def find_service(provider: aws.Provider, region: str, names: Names) -> RunningService | None:
    """Returns the service as it runs, or None if there is none.

    Raises:
        pulumi.RunError: AWS does not answer, or it cannot be known which target group clients have to reach.
    """
    options = pulumi.InvokeOptions(provider=provider)
    found = look_up(
        f"the service {names.service!r}",
        lambda: aws.ecs.get_service(cluster_arn=names.cluster, service_name=names.service, opts=options),
    )
    if found is None or found.status != "ACTIVE":
        return None
    settings = RevisionSettings.of_answer(found)
    # The program gives the service one subnet in each of its zones. Until a deployment is over, tasks may run where
    # the former revision was allowed to: in any zone of the load balancer.
    zones = len(settings.subnets)
    if len(found.deployments or []) > 1:
        zones = max(zones, find_zones(provider, names))
    for group, alternate, rule in settings.load_balancers:
        if group and alternate and rule:
            states = {arn: target_states(region, arn) for arn in (group, alternate)}
            active = _active_group(names, states, rule, options)
            return RunningService(zones, settings, active, alternate_in_use=bool(states[alternate]))
    return RunningService(zones, settings)


def target_states(region: str, target_group_arn: str) -> Sequence[str]:
    """Returns the state of each target (Elastic Load Balancing API Reference, TargetHealth), such as healthy.

    Raises:
        pulumi.RunError: AWS does not answer.
    """

    def ask() -> Any:
        return sdk.client("elbv2", region).describe_target_health(TargetGroupArn=target_group_arn)

    answer = look_up(f"the targets of {target_group_arn} (elasticloadbalancing:DescribeTargetHealth)", ask)
    return [one["TargetHealth"]["State"] for one in answer["TargetHealthDescriptions"]] if answer else []


def _active_group(
    names: Names, states: dict[str, Sequence[str]], rule_arn: str, options: pulumi.InvokeOptions
) -> str | None:
    """Returns the group that has the tasks. If that is none or both, returns the group to which clients are sent."""
    occupied = [group for group, found in states.items() if set(found) - {_DRAINING}]
    if len(occupied) == 1:
        return occupied[0]
    weights = _weights(rule_arn, options)
    if any(weights.values()):
        return max(weights, key=lambda group: weights[group])
    if not occupied:
        return None
    raise pulumi.RunError(
        f"a deployment of {names.service} is under way, and the listener rule that says which of its two target groups "
        f"has the clients is gone. Wait for the end of the deployment (`make verify STACK={names.stack} WAIT=3600`), "
        "then run the command again with --refresh"
    )


def _weights(rule_arn: str, options: pulumi.InvokeOptions) -> dict[str, int]:
    """Returns the weights of a listener rule by target group. Empty if the rule does not exist."""
    rule = look_up(f"the listener rule {rule_arn}", lambda: aws.lb.get_listener_rule(arn=rule_arn, opts=options))
    return {
        group.arn: group.weight
        for action in (rule and rule.actions) or []
        for forward in action.forwards or []
        for group in forward.target_groups or []
    }


def find_zones(provider: aws.Provider, names: Names) -> int:
    """Returns the number of availability zones of the load balancer, 0 if there is none yet.

    The program gives the network, and the cache's subnet group, no more zones than the load balancer.

    Raises:
        pulumi.RunError: AWS does not answer.
    """
    name, options = names.load_balancer, pulumi.InvokeOptions(provider=provider)
    found = look_up(f"the load balancer {name!r}", lambda: aws.lb.get_load_balancer(name=name, opts=options))
    return len(found.subnets) if found else 0
