"""The listener's rules: one that forwards everything, or two whose weights ECS shifts, and the redirect to HTTPS.

All traffic goes through a rule, not through the listener's default action, because a deployment rewrites a rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

if TYPE_CHECKING:  # at run time the import would load the whole module of the load balancers
    from pulumi_aws.lb import (
        ListenerDefaultActionRedirectArgsDict,
        ListenerRuleActionForwardTargetGroupArgsDict,
        ListenerRuleConditionArgsDict,
    )

# A rule's cookie keeps a client on its target group whatever the weights are, even if the group has no task any more:
# then the client gets 503. So the cookie lasts until a polling client's next request and not longer, and ECS keeps the
# old tasks (the bake) for at least as long. The rule for rolling deployments has the same cookie, as its group may be
# empty after a change of strategy.
# A rule without a cookie is not an option for two groups: Elastic Load Balancing refuses it while the groups have
# cookies for their tasks ("You must enable group stickiness before enabling target stickiness",
# aws-load-balancer-controller #2734).
MIN_BAKE_MINUTES = 1
_STICKY_SECONDS = MIN_BAKE_MINUTES * 60
# Before and after all rules that forward.
_REDIRECT_PRIORITY, _UNUSED_REDIRECT_PRIORITY = 10, 200
# A tester sends this header to reach a new version before clients do.
_TEST_HEADER, _TEST_HEADER_VALUE = "X-Deployment", "test"
TO_HTTPS: ListenerDefaultActionRedirectArgsDict = {"protocol": "HTTPS", "port": "443", "status_code": "HTTP_301"}


@dataclass(frozen=True)
class Places:
    """Where the rules of one listener that forward are: the end of their logical names, and their priorities.

    Each kind of deployment has its own priorities: a change of strategy creates the new rules before it deletes the old
    rules.

    Each listener has its own logical names. So a change of HTTPS creates rules and deletes others at the end of the
    update. If the release fails and the change is set back, the old rules are still in the state. Under one name they
    would be replaced, and new rules would have to wait for the deletion of old ones with the same priority.
    """

    name_suffix: str
    test: int
    production: int
    everything: int


HTTPS = Places("", test=40, production=50, everything=100)
# On older stacks the rules of the HTTP listener have the names and the priorities of HTTPS. The new rules precede them,
# so that clients follow the new rules until the end of the update deletes the old rules.
HTTP = Places("-http", test=20, production=30, everything=90)


def forward_everything(
    listener: aws.lb.Listener, places: Places, target_group_arn: pulumi.Output[str], parent: pulumi.Resource
) -> aws.lb.ListenerRule:
    """Creates the rule for rolling deployments."""
    name = f"everything{places.name_suffix}"
    return _rule(name, listener, places.everything, _everything(), [target_group_arn], parent)


def shift_traffic(
    listener: aws.lb.Listener,
    places: Places,
    groups: Sequence[aws.lb.TargetGroup],
    active_group: str | None,
    parent: pulumi.Resource,
) -> tuple[aws.lb.ListenerRule, aws.lb.ListenerRule]:
    """Creates the rules for deployments that shift traffic between two target groups: for clients and for testers.

    A new rule forwards to `active_group`, the ARN of the group that has the tasks. None stands for the first group.
    """
    arns = [group.arn for group in groups]
    tested: ListenerRuleConditionArgsDict = {
        "http_header": {"http_header_name": _TEST_HEADER, "values": [_TEST_HEADER_VALUE]}
    }
    suffix = places.name_suffix
    production = _rule(f"production{suffix}", listener, places.production, _everything(), arns, parent, active_group)
    test = _rule(f"test{suffix}", listener, places.test, tested, arns, parent, active_group)
    return production, test


def redirect_to_https(
    http: aws.lb.Listener,
    *,
    serves_https: bool,
    forwarding: Sequence[aws.lb.ListenerRule],
    parent: pulumi.Resource,
) -> None:
    """Creates the rule of the HTTP listener that redirects every request while there is HTTPS.

    When HTTPS is turned on, the rules that forward move to the other listener: the engine creates new ones, updates the
    service, and deletes the old ones last. ECS shifts only the new ones. Until the deletion, this rule keeps clients
    from the old ones, which forward to the tasks that drain.

    The rule exists without HTTPS, too, behind a rule that forwards everything, where no request reaches it. A change of
    its priority is one call, in place (the AWS provider's resourceListenerRuleUpdate), after the rules that forward
    exist and before the service's update. The engine would delete a rule that is no longer registered too late: HTTP
    would use the rules of the HTTPS listener while their tasks drain.
    """
    aws.lb.ListenerRule(
        "to-https",
        listener_arn=http.arn,
        priority=_REDIRECT_PRIORITY if serves_https else _UNUSED_REDIRECT_PRIORITY,
        conditions=[_everything()],
        actions=[{"type": "redirect", "redirect": TO_HTTPS}],
        opts=pulumi.ResourceOptions(parent=parent, depends_on=forwarding),
    )


def _rule(
    name: str,
    listener: aws.lb.Listener,
    priority: int,
    condition: ListenerRuleConditionArgsDict,
    target_group_arns: Sequence[pulumi.Output[str]],
    parent: pulumi.Resource,
    active_group: str | None = None,
) -> aws.lb.ListenerRule:
    """Creates a rule that forwards to one of the target groups.

    ECS changes the weights if there are two groups, so the engine leaves those of an existing rule alone. But it takes
    them from here when it replaces the rule, for example because the listener is another one.
    """
    weights = _weights(target_group_arns, active_group)
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
        opts=pulumi.ResourceOptions(parent=parent, ignore_changes=["actions"] if len(target_group_arns) > 1 else None),
    )


def _everything() -> ListenerRuleConditionArgsDict:
    return {"path_pattern": {"values": ["/*"]}}


def _weights(
    arns: Sequence[pulumi.Output[str]], active_group: str | None
) -> list[ListenerRuleActionForwardTargetGroupArgsDict]:
    """Returns the target groups, with all of the weight on the active one. That is the first one if none is active."""
    if active_group is None:
        return [{"arn": arn, "weight": 0 if place else 100} for place, arn in enumerate(arns)]
    # A group that is new is not active.
    active = pulumi.Output.all(*arns).apply(lambda known: active_group if active_group in known else known[0])
    return [
        {"arn": arn, "weight": pulumi.Output.all(arn, active).apply(lambda pair: 100 if pair[0] == pair[1] else 0)}
        for arn in arns
    ]
