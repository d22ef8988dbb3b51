"""The listener's rules: one that forwards everything, or two whose weights ECS shifts.

All traffic goes through a rule, not through the listener's default action, because a deployment rewrites a rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from components.lib.lookup import look_up

if TYPE_CHECKING:  # at run time the import would load the whole module of the load balancers
    from pulumi_aws.lb import ListenerRuleActionForwardTargetGroupArgsDict, ListenerRuleConditionArgsDict

# A rule's cookie keeps a client on its target group whatever the weights are, even if the group has no task any more:
# then the client gets 503. So the cookie lasts until a polling client's next request and not longer, and ECS keeps the
# old tasks (the bake) for at least as long. The rule for rolling deployments has the same cookie, as its group may be
# empty after a change of strategy.
# A rule without a cookie is not an option for two groups: Elastic Load Balancing refuses it while the groups have
# cookies for their tasks ("You must enable group stickiness on a rule …", aws-load-balancer-controller #2734).
MIN_BAKE_MINUTES = 1
_STICKY_SECONDS = MIN_BAKE_MINUTES * 60
# The rules of each kind of deployment have their own priorities: a change of strategy creates the new rules before it
# deletes the old rules.
_TEST_PRIORITY, _SHIFT_PRIORITY, _PRIORITY = 40, 50, 100
# A tester sends this header to reach a new version before clients do.
_TEST_HEADER, _TEST_HEADER_VALUE = "X-Deployment", "test"


@dataclass(frozen=True)
class TrafficShift:
    """What ECS shifts traffic with, beside the first target group."""

    alternate_target_group_arn: pulumi.Input[str]
    production_rule_arn: pulumi.Input[str]
    test_rule_arn: pulumi.Input[str]


def forward_everything(
    listener: aws.lb.Listener, target_group_arn: pulumi.Output[str], parent: pulumi.Resource
) -> None:
    """Creates the rule for rolling deployments."""
    _rule("everything", listener, _PRIORITY, _everything(), [target_group_arn], parent)


def shift_traffic(
    listener: aws.lb.Listener, groups: Sequence[aws.lb.TargetGroup], parent: pulumi.Resource
) -> TrafficShift:
    """Creates the rules for deployments that shift traffic between two target groups: for clients and for testers."""
    arns = [group.arn for group in groups]
    tested: ListenerRuleConditionArgsDict = {
        "http_header": {"http_header_name": _TEST_HEADER, "values": [_TEST_HEADER_VALUE]}
    }
    production = _rule("production", listener, _SHIFT_PRIORITY, _everything(), arns, parent)
    test = _rule("test", listener, _TEST_PRIORITY, tested, arns, parent)
    return TrafficShift(arns[1], production.arn, test.arn)


def require_traffic_on(
    group: aws.lb.TargetGroup, listener: aws.lb.Listener, parent: pulumi.Resource
) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
    """Returns the ARN of the only target group and its suffix. Fails if another target group receives traffic.

    After an odd number of shifts the tasks are in the alternate target group. A change to rolling deletes that group,
    and cuts its clients off.

    Raises:
        pulumi.RunError: another target group receives traffic, or AWS does not return the listener's rules.
    """

    def check(known: Sequence[str]) -> Sequence[str]:
        listener_arn, group_arn, suffix = known
        if any(arn != group_arn and weight for arn, weight in _weights(listener_arn, parent).items()):
            raise pulumi.RunError(
                "deploymentStrategy = 'rolling': the traffic goes to the alternate target group, which rolling "
                "deployments do without. Set the former strategy again, deploy once more "
                "(`make redeploy STACK=…`, which changes the groups' places), and then set it to rolling"
            )
        return group_arn, suffix

    checked = pulumi.Output.all(listener.arn, group.arn, group.arn_suffix).apply(check)
    return checked[0], checked[1]


def _rule(
    name: str,
    listener: aws.lb.Listener,
    priority: int,
    condition: ListenerRuleConditionArgsDict,
    target_group_arns: Sequence[pulumi.Output[str]],
    parent: pulumi.Resource,
) -> aws.lb.ListenerRule:
    """Creates a rule that forwards to the first target group. ECS changes the weights if there are two."""
    first, *others = target_group_arns
    weights: list[ListenerRuleActionForwardTargetGroupArgsDict] = [
        {"arn": first, "weight": 100},
        *({"arn": other, "weight": 0} for other in others),
    ]
    return aws.lb.ListenerRule(
        name,
        listener_arn=listener.arn,
        priority=priority,
        conditions=[condition],
        actions=[
            {
                "type": "forward",
                "forward": {
                    "target_groups": weights,
                    "stickiness": {"enabled": True, "duration": _STICKY_SECONDS},
                },
            }
        ],
        opts=pulumi.ResourceOptions(parent=parent, ignore_changes=["actions"] if others else None),
    )


def _everything() -> ListenerRuleConditionArgsDict:
    return {"path_pattern": {"values": ["/*"]}}


def _weights(listener_arn: str, parent: pulumi.Resource) -> dict[str, int]:
    """Returns the weights of the rule with which ECS shifts traffic, by target group. Empty without that rule."""
    rule = look_up(
        f"the rules of the listener {listener_arn}",
        lambda: aws.lb.get_listener_rule(
            listener_arn=listener_arn, priority=_SHIFT_PRIORITY, opts=pulumi.InvokeOptions(parent=parent)
        ),
    )
    return {
        group.arn: group.weight
        for action in (rule and rule.actions) or []
        for forward in action.forwards or []
        for group in forward.target_groups or []
    }
