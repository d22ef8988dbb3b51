"""The web ACL of AWS WAF, which inspects each request before the load balancer forwards it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
import pulumi_aws as aws

from components.lib.app import SOCKET_IO_PATH

# AWS WAF API Reference, RateBasedStatement.
WINDOW_SECONDS = 300
LEAST_LIMIT, MOST_LIMIT = 10, 2_000_000_000
# Of a WebSocket, AWS WAF inspects the upgrade: AWS documents no inspection of the messages after it. So the rules must
# not judge the bodies of polling, which carry the same messages: text, and audio in pieces of more than the 8 KB that
# AWS WAF inspects behind a load balancer (AWS WAF API Reference, Body).
_SOCKET_IO = f"^{SOCKET_IO_PATH.replace('.', '[.]')}"
_ESTABLISHED = "(^|&)sid="  # in the query string of each request of a session but the first


@dataclass(frozen=True)
class RateLimits:
    """How many requests one IP address may send in five minutes."""

    connects: int  # all requests but the polls of established sessions
    messages_per_second: int  # that the app takes from a client

    @property
    def requests(self) -> int:
        """The limit on all requests: the polls of one client at the app's highest rate.

        Such a client sends each message by a POST, and gets as many by a GET each.
        """
        polls = 2 * self.messages_per_second * WINDOW_SECONDS
        return min(max(self.connects, polls), MOST_LIMIT)


@dataclass(frozen=True)
class ManagedGroup:
    """A rule group of AWS, and which of its rules only count the requests that they match.

    AWS WAF Developer Guide, "Baseline rule groups".
    """

    rule: str  # the name of the rule that runs the group
    name: str
    labels: str  # the namespace of its labels
    body_rules: Sequence[str]  # all rules that inspect the body of a request
    harmless: Sequence[str] = ()  # other rules that match clients of the service

    @property
    def body_labels(self) -> list[str]:
        """The labels of the requests that the rules about bodies match."""
        return [f"awswaf:managed:aws:{self.labels}:{rule.replace('_BODY', '_Body')}" for rule in self.body_rules]


MANAGED_GROUPS = (
    ManagedGroup(
        "common",
        "AWSManagedRulesCommonRuleSet",
        "core-rule-set",
        (
            "CrossSiteScripting_BODY",
            "EC2MetaDataSSRF_BODY",
            "GenericLFI_BODY",
            "GenericRFI_BODY",
            "SizeRestrictions_BODY",
        ),
        # Outside of browsers, WebSocket clients such as the `ws` package of Node.js send no User-Agent.
        harmless=("NoUserAgent_HEADER",),
    ),
    ManagedGroup(
        "known-bad-inputs",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "known-bad-inputs",
        ("JavaDeserializationRCE_BODY", "Log4JRCE_BODY", "ReactJSRCE_BODY"),
    ),
)
# What nobody should read in a log or a sample: credentials, and the id of a session.
_HIDDEN = {"SINGLE_HEADER": ("authorization", "cookie"), "SINGLE_QUERY_ARGUMENT": ("sid",)}


@dataclass(frozen=True)
class WebAclArgs:
    """The inputs of `WebAcl`."""

    name: str  # also the name of its metrics
    load_balancer_arn: pulumi.Input[str]
    limits: RateLimits
    log_group_arn: pulumi.Input[str] | None  # which AWS WAF may write to; None without a log


class WebAcl(pulumi.ComponentResource):
    """A web ACL with AWS's rules and limits of the rate, its log, and its association with the load balancer."""

    def __init__(self, name: str, args: WebAclArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:web_acl:WebAcl", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        web_acl = aws.wafv2.WebAcl(
            "web-acl",
            name=args.name,
            scope="REGIONAL",
            default_action={"allow": {}},
            rules=_rules(args.limits),
            visibility_config=_visible(args.name),
            # Other than the fields that a log redacts, these are hidden in samples too, and whatever rule has matched
            # (AWS WAF API Reference, DataProtectionConfig and LoggingConfiguration).
            data_protection_config={
                "data_protections": [
                    {"action": "SUBSTITUTION", "field": {"field_type": kind, "field_keys": list(keys)}}
                    for kind, keys in _HIDDEN.items()
                ]
            },
            opts=child,
        )
        log = None
        if args.log_group_arn is not None:
            log = aws.wafv2.WebAclLoggingConfiguration(
                "log",
                resource_arn=web_acl.arn,
                log_destination_configs=[args.log_group_arn],
                logging_filter=_BLOCKED_ONLY,
                opts=child,
            )
        # Last, so that every blocked request is in the log. It also goes first: AWS WAF deletes no web ACL in use.
        aws.wafv2.WebAclAssociation(
            "load-balancer",
            web_acl_arn=web_acl.arn,
            resource_arn=args.load_balancer_arn,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[log] if log else None),
        )
        self.register_outputs({"arn": web_acl.arn})


# Not the counted requests: these are polls with audio, many a second.
_BLOCKED_ONLY: aws.wafv2.WebAclLoggingConfigurationLoggingFilterArgsDict = {
    "default_behavior": "DROP",
    "filters": [
        {
            "behavior": "KEEP",
            "requirement": "MEETS_ANY",
            "conditions": [{"action_condition": {"action": "BLOCK"}}],
        }
    ],
}


def _rules(limits: RateLimits) -> list[aws.wafv2.WebAclRuleArgsDict]:
    """Returns the rules in the order in which AWS WAF evaluates them."""
    rules = [
        _blocking("requests", {"rate_based_statement": _rate(limits.requests)}),
        _blocking(
            "connects",
            {"rate_based_statement": {**_rate(limits.connects), "scope_down_statement": _not_a_poll()}},
        ),
        *(_managed(group) for group in MANAGED_GROUPS),
        # A label exists for the rules after the group that sets it.
        _blocking("bodies", {"and_statement": {"statements": [_labelled_body(), _not_socket_io()]}}),
    ]
    return [{**rule, "priority": priority} for priority, rule in enumerate(rules)]


def _blocking(name: str, statement: aws.wafv2.WebAclRuleStatementArgsDict) -> aws.wafv2.WebAclRuleArgsDict:
    return {
        "name": name,
        "priority": 0,
        "action": {"block": {}},
        "statement": statement,
        "visibility_config": _visible(name),
    }


def _managed(group: ManagedGroup) -> aws.wafv2.WebAclRuleArgsDict:
    counted = [*group.body_rules, *group.harmless]
    return {
        "name": group.rule,
        "priority": 0,
        "override_action": {"none": {}},
        "statement": {
            "managed_rule_group_statement": {
                "vendor_name": "AWS",
                "name": group.name,
                "rule_action_overrides": [{"name": rule, "action_to_use": {"count": {}}} for rule in counted],
            }
        },
        "visibility_config": _visible(group.rule),
    }


def _rate(limit: int) -> aws.wafv2.WebAclRuleStatementRateBasedStatementArgsDict:
    return {"limit": limit, "aggregate_key_type": "IP", "evaluation_window_sec": WINDOW_SECONDS}


def _not_a_poll() -> aws.wafv2.WebAclRuleStatementRateBasedStatementScopeDownStatementArgsDict:
    poll = [_matches("uri_path", _SOCKET_IO), _matches("query_string", _ESTABLISHED)]
    return {"not_statement": {"statement": {"and_statement": {"statements": poll}}}}


def _labelled_body() -> aws.wafv2.WebAclRuleStatementArgsDict:
    labels = [label for group in MANAGED_GROUPS for label in group.body_labels]
    return {
        "or_statement": {
            "statements": [{"label_match_statement": {"scope": "LABEL", "key": label}} for label in labels]
        }
    }


def _not_socket_io() -> aws.wafv2.WebAclRuleStatementArgsDict:
    return {"not_statement": {"statement": _matches("uri_path", _SOCKET_IO)}}


def _matches(part: Literal["uri_path", "query_string"], pattern: str) -> Any:
    """Returns a statement about a part of the request. pulumi_aws has a type of it for each place in a rule."""
    return {
        "regex_match_statement": {
            "field_to_match": {part: {}},
            "regex_string": pattern,
            "text_transformations": [{"priority": 0, "type": "NONE"}],
        }
    }


def _visible(metric: str) -> aws.wafv2.WebAclVisibilityConfigArgsDict:
    return {"cloudwatch_metrics_enabled": True, "metric_name": metric, "sampled_requests_enabled": True}
