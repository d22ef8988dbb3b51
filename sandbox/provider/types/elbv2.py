"""Elastic Load Balancing: load balancers, target groups, listeners and their rules."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..resource import Call, Context, Name, Read, Resource, Tags
from ..rules import Fault, at_most, between, forbidden, found, get, given, matches, objects, one_of, required
from ..tls_policies import TLS_POLICIES
from ..values import Values, is_list

_NAME = (
    r"(?!internal-)[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?",
    "must be 1 to 32 letters, digits and hyphens, with no hyphen at an end and without internal- at the start",
)
_PROPERTY_OF_ACTION = {"forward": "forward", "redirect": "redirect", "fixed-response": "fixedResponse"}


def _load_balancer_rules(inputs: Values) -> Iterator[Fault]:
    """Elastic Load Balancing API Reference, 2015-12-01: CreateLoadBalancer, LoadBalancerAttribute."""
    yield from matches(inputs, "name", *_NAME)
    yield from between(inputs, "idleTimeout", 1, 4000, "seconds")


def _target_group_rules(inputs: Values) -> Iterator[Fault]:
    """Elastic Load Balancing API Reference, 2015-12-01: CreateTargetGroup, TargetGroupAttribute; User Guide for
    Application Load Balancers, "Health checks for Application Load Balancer target groups".
    """
    yield from matches(inputs, "name", *_NAME)
    yield from required(inputs, "must be given", "port", "protocol", "vpcId")
    yield from between(inputs, "deregistrationDelay", 0, 3600, "seconds")
    yield from at_most(inputs, "healthCheck.timeout", "healthCheck.interval", less=True)
    yield from matches(inputs, "healthCheck.path", r"/.{0,1023}", "must start with / and have at most 1,024 characters")
    code = r"[2-4]\d\d"
    codes = rf"{code}(-{code})?(,{code}(-{code})?)*"
    rule = "must be codes from 200 to 499, such as 200, 200,202 or 200-299"
    yield from matches(inputs, "healthCheck.matcher", codes, rule)
    algorithms = ("round_robin", "least_outstanding_requests", "weighted_random")
    yield from one_of(inputs, "loadBalancingAlgorithmType", *algorithms)
    yield from between(inputs, "stickiness.cookieDuration", 1, 604_800, "seconds")
    yield from one_of(inputs, "stickiness.type", "lb_cookie")  # app_cookie needs the name of a cookie


def _listener_rules(inputs: Values) -> Iterator[Fault]:
    """Elastic Load Balancing API Reference, 2015-12-01: CreateListener, Action."""
    if inputs.get("protocol") == "HTTPS":
        yield from required(inputs, "must be given for HTTPS", "certificateArn")
    if inputs.get("protocol") == "HTTP":
        yield from forbidden(inputs, "must not be given for HTTP", "certificateArn", "sslPolicy")
    for place, policy in found(inputs, "sslPolicy"):
        if policy not in TLS_POLICIES:
            yield Fault(place, f"must be a security policy of load balancers, such as {TLS_POLICIES[0]}", policy)
    yield from _actions(inputs, "defaultActions")


def _listener_rule_rules(inputs: Values) -> Iterator[Fault]:
    """Elastic Load Balancing API Reference, 2015-12-01: CreateRule, Action, RuleCondition; User Guide for Application
    Load Balancers, "Listener rules for your Application Load Balancer".
    """
    yield from required(inputs, "must hold at least one condition", "conditions")
    yield from matches(inputs, "conditions.pathPattern.values", r".{1,128}", "must be 1 to 128 characters")
    total = 0
    for place, condition in objects(inputs, "conditions"):
        values = [value for name in _CONDITIONS for _, value in found(condition, f"{name}.values")]
        total += len(values)
        if len(values) > 3:
            yield Fault(place, "must have at most three values", len(values))
    if total > 5:
        yield Fault("conditions", "must have at most five values in all", total)
    yield from _actions(inputs, "actions")


def _actions(inputs: Values, name: str) -> Iterator[Fault]:
    """Elastic Load Balancing API Reference, 2015-12-01: Action, ForwardActionConfig, RedirectActionConfig,
    FixedResponseActionConfig.
    """
    contents = ("text/plain", "text/css", "text/html", "application/javascript", "application/json")
    yield from one_of(inputs, f"{name}.fixedResponse.contentType", *contents)
    yield from between(inputs, f"{name}.forward.targetGroups.weight", 0, 999)
    yield from between(inputs, f"{name}.forward.stickiness.duration", 1, 604_800, "seconds")
    for place, action in objects(inputs, name):
        needed = _PROPERTY_OF_ACTION.get(str(action.get("type")))
        if needed and not given(action, needed):
            yield Fault(f"{place}.{needed}", f"must be given for an action of type {action['type']}")
        redirect: Values | None = action.get("redirect")
        if redirect and not any(given(redirect, part) for part in ("protocol", "port", "host", "path")):
            yield Fault(f"{place}.redirect", "must change protocol, port, host or path, or it leads to itself")


_SERVICE = "elbv2"
_TAGS = Tags("AddTags", "RemoveTags", "DescribeTags", listed_at="TagDescriptions.Tags")

# Property to key of an attribute. Attributes are text to the API. One whose key ends in `enabled` is a boolean to
# Pulumi, and one in `seconds` a number.
_BALANCER_ATTRIBUTES = {
    "enableDeletionProtection": "deletion_protection.enabled",
    "dropInvalidHeaderFields": "routing.http.drop_invalid_header_fields.enabled",
    "idleTimeout": "idle_timeout.timeout_seconds",
    "accessLogs.enabled": "access_logs.s3.enabled",
    "accessLogs.bucket": "access_logs.s3.bucket",
    "connectionLogs.enabled": "connection_logs.s3.enabled",
    "connectionLogs.bucket": "connection_logs.s3.bucket",
}
_BALANCER_LOGS = ("accessLogs", "connectionLogs")
_GROUP_ATTRIBUTES = {
    "deregistrationDelay": "deregistration_delay.timeout_seconds",
    "loadBalancingAlgorithmType": "load_balancing.algorithm.type",
    "stickiness.enabled": "stickiness.enabled",
    "stickiness.type": "stickiness.type",
    "stickiness.cookieDuration": "stickiness.lb_cookie.duration_seconds",
}


def _attributes(values: Values, keys: Mapping[str, str]) -> Values:
    """Properties as the list of attributes that the API takes."""
    sent = {key: get(values, path) for path, key in keys.items()}
    return {"attributes": [{"key": key, "value": value} for key, value in sent.items() if value is not None]}


def _shown_attributes(found: Any, keys: Mapping[str, str]) -> Values:
    """The attributes of an answer as properties."""
    texts: dict[str, str] = {attribute["Key"]: attribute["Value"] for attribute in found["Attributes"]}
    shown: Values = {}
    for path, key in keys.items():
        if key in texts:
            name, _, member = path.partition(".")
            if member:
                shown.setdefault(name, {})[member] = _attribute(key, texts[key])
            else:
                shown[name] = _attribute(key, texts[key])
    return shown


def _attribute(key: str, text: str) -> Any:
    return text == "true" if key.endswith("enabled") else int(text) if key.endswith("seconds") else text


def _balancer(found: Any, _: Context) -> Values:
    return {
        "arnSuffix": found["LoadBalancerArn"].partition(":loadbalancer/")[2],
        "subnets": [zone["SubnetId"] for zone in found["AvailabilityZones"]],
    }


def _sent_attributes(values: Values, _: Context) -> Values:
    """The bucket of a log that is off is not sent (terraform-provider-aws, internal/service/elbv2/load_balancer.go)."""
    off = {name: {"enabled": False} for name in _BALANCER_LOGS if values.get(name) and not values[name].get("enabled")}
    return _attributes({**values, **off}, _BALANCER_ATTRIBUTES)


def _balancer_attributes(found: Any, it: Context) -> Values:
    """The bucket of a log that is off makes no difference to the AWS provider."""
    shown = _shown_attributes(found, _BALANCER_ATTRIBUTES)
    for name in _BALANCER_LOGS:
        log = {"enabled": False, **shown.get(name, {})}
        shown[name] = log if log["enabled"] or not it[name] else {**it[name], "enabled": False}
    return shown


LOAD_BALANCER = Resource(
    "aws:lb/loadBalancer:LoadBalancer",
    service=_SERVICE,
    create=Call(
        "CreateLoadBalancer",
        ("name", "subnets", "securityGroups", "loadBalancerType"),
        params=lambda _: {"Scheme": "internet-facing"},
    ),
    id=lambda answer, _: answer["LoadBalancers"][0]["LoadBalancerArn"],
    identity=lambda it: {"LoadBalancerArn": it.id},
    read=(
        Read("DescribeLoadBalancers", at="LoadBalancers", show=_balancer),
        Read("DescribeLoadBalancerAttributes", show=_balancer_attributes),
    ),
    update=(Call("SetSecurityGroups", ("securityGroups",)), Call("SetSubnets", ("subnets",))),
    after_create=(
        Call(
            "ModifyLoadBalancerAttributes",
            ("enableDeletionProtection", "dropInvalidHeaderFields", "idleTimeout", *_BALANCER_LOGS),
            prepare=_sent_attributes,
        ),
    ),
    delete=(Call("DeleteLoadBalancer"),),
    rename={"loadBalancerType": "Type"},
    shown_as={
        "name": "LoadBalancerName",
        "arn": "LoadBalancerArn",
        "dnsName": "DNSName",
        "zoneId": "CanonicalHostedZoneId",
    },
    outputs=("arn", "arnSuffix", "dnsName", "securityGroups", "subnets", "vpcId", "zoneId"),
    keeps=_BALANCER_LOGS,
    defaults={
        "dropInvalidHeaderFields": False,
        "enableDeletionProtection": False,
        "idleTimeout": 60,
        "loadBalancerType": "application",
    },
    members=dict.fromkeys(_BALANCER_LOGS, ("bucket", "enabled")),
    name=Name("name"),
    tags=_TAGS,
    rules=_load_balancer_rules,
)


def _target_group(found: Any, _: Context) -> Values:
    return {"arnSuffix": found["TargetGroupArn"].rpartition(":")[2]}


TARGET_GROUP = Resource(
    "aws:lb/targetGroup:TargetGroup",
    service=_SERVICE,
    create=Call("CreateTargetGroup", ("name", "port", "protocol", "vpcId", "targetType", "healthCheck")),
    id=lambda answer, _: answer["TargetGroups"][0]["TargetGroupArn"],
    identity=lambda it: {"TargetGroupArn": it.id},
    read=(
        Read("DescribeTargetGroups", at="TargetGroups", show=_target_group),
        Read("DescribeTargetGroupAttributes", show=lambda found, _: _shown_attributes(found, _GROUP_ATTRIBUTES)),
    ),
    update=(Call("ModifyTargetGroup", ("healthCheck",)),),
    after_create=(
        Call(
            "ModifyTargetGroupAttributes",
            ("deregistrationDelay", "loadBalancingAlgorithmType", "stickiness"),
            prepare=lambda values, _: _attributes(values, _GROUP_ATTRIBUTES),
        ),
    ),
    delete=(Call("DeleteTargetGroup"),),
    rename={
        "healthCheck": ".",
        "healthCheck.healthyThreshold": "HealthyThresholdCount",
        "healthCheck.unhealthyThreshold": "UnhealthyThresholdCount",
        "healthCheck.interval": "HealthCheckIntervalSeconds",
        "healthCheck.timeout": "HealthCheckTimeoutSeconds",
        "healthCheck.path": "HealthCheckPath",
        "healthCheck.protocol": "HealthCheckProtocol",
        "healthCheck.matcher": "Matcher.HttpCode",
    },
    shown_as={"name": "TargetGroupName", "arn": "TargetGroupArn"},
    outputs=("arn", "arnSuffix", "healthCheck", "loadBalancingAlgorithmType", "stickiness"),
    defaults={"deregistrationDelay": 300, "targetType": "instance"},
    members={
        "healthCheck": ("healthyThreshold", "interval", "matcher", "path", "protocol", "timeout", "unhealthyThreshold"),
        "stickiness": ("cookieDuration", "enabled", "type"),
    },
    name=Name("name", max_length=32),
    tags=_TAGS,
    rules=_target_group_rules,
)

_LISTENER = ("port", "protocol", "sslPolicy", "certificateArn", "defaultActions")


def _listener(found: Any, _: Context) -> Values:
    """A listener without TLS has no security policy, which the AWS provider shows as an empty text."""
    return {"sslPolicy": found.get("SslPolicy", "")}


LISTENER = Resource(
    "aws:lb/listener:Listener",
    service=_SERVICE,
    create=Call("CreateListener", ("loadBalancerArn", *_LISTENER)),
    id=lambda answer, _: answer["Listeners"][0]["ListenerArn"],
    identity=lambda it: {"ListenerArn": it.id},
    read=(Read("DescribeListeners", at="Listeners", show=_listener),),
    update=(Call("ModifyListener", _LISTENER, send_all=True),),
    delete=(Call("DeleteListener"),),
    rename={
        "certificateArn": "Certificates.CertificateArn",
        "defaultActions.redirect": "RedirectConfig",
        "defaultActions.fixedResponse": "FixedResponseConfig",
    },
    shown_as={"arn": "ListenerArn"},
    outputs=("arn", "protocol", "sslPolicy"),
    members={
        "defaultActions": ("fixedResponse", "redirect", "type"),
        "defaultActions.fixedResponse": ("contentType", "messageBody", "statusCode"),
        "defaultActions.redirect": ("port", "protocol", "statusCode"),
    },
    tags=_TAGS,
    ordered=("defaultActions",),
    rules=_listener_rules,
)

_CONDITIONS = {"httpHeader": "http-header", "pathPattern": "path-pattern"}


def _rule_parameters(values: Values, _: Context) -> Values:
    """A condition's block says what it is about. The API needs that in `Field`, too."""
    conditions = values.get("conditions")
    if not is_list(conditions):
        return values
    fields = [next((field for name, field in _CONDITIONS.items() if name in one), None) for one in conditions]
    return {**values, "conditions": [{**one, "field": field} for one, field in zip(conditions, fields, strict=True)]}


def _priority(values: Values, it: Context) -> Values:
    return {"rulePriorities": [{"ruleArn": it.id, **values}]}


def listener_of(rule_arn: str) -> str:
    """The ARN of the listener that a rule belongs to."""
    return re.sub(r":listener-rule/(.*)/[^/]+$", r":listener/\1", rule_arn)


def _rule(found: Any, _: Context) -> Values:
    for condition in found.get("Conditions", []):
        condition.pop("Field", None)  # the block says it
    priority = found["Priority"]
    return {
        "listenerArn": listener_of(found["RuleArn"]),
        "priority": int(priority) if priority.isdigit() else None,
    }


LISTENER_RULE = Resource(
    "aws:lb/listenerRule:ListenerRule",
    service=_SERVICE,
    create=Call("CreateRule", ("listenerArn", "priority", "conditions", "actions"), prepare=_rule_parameters),
    id=lambda answer, _: answer["Rules"][0]["RuleArn"],
    identity=lambda it: {"RuleArn": it.id},
    read=(Read("DescribeRules", at="Rules", show=_rule),),
    # In the order of the AWS provider (internal/service/elbv2/listener_rule.go, resourceListenerRuleUpdate).
    update=(
        Call("SetRulePriorities", ("priority",), prepare=_priority),
        Call("ModifyRule", ("conditions", "actions"), prepare=_rule_parameters),
    ),
    delete=(Call("DeleteRule"),),
    rename={
        "conditions.httpHeader": "HttpHeaderConfig",
        "conditions.pathPattern": "PathPatternConfig",
        "conditions.field": "Field",
        "actions.redirect": "RedirectConfig",
        "actions.forward": "ForwardConfig",
        "actions.forward.targetGroups.arn": "TargetGroupArn",
        "actions.forward.stickiness": "TargetGroupStickinessConfig",
        "actions.forward.stickiness.duration": "DurationSeconds",
    },
    shown_as={"arn": "RuleArn"},
    outputs=("arn", "priority"),
    members={
        "actions": ("forward", "redirect", "type"),
        "actions.forward": ("stickiness", "targetGroups"),
        "actions.forward.stickiness": ("duration", "enabled"),
        "actions.forward.targetGroups": ("arn", "weight"),
        "actions.redirect": ("port", "protocol", "statusCode"),
        "conditions": ("httpHeader", "pathPattern"),
        "conditions.httpHeader": ("httpHeaderName", "values"),
        "conditions.pathPattern": ("values",),
    },
    tags=_TAGS,
    ordered=("actions",),
    rules=_listener_rule_rules,
)

RESOURCES = (LOAD_BALANCER, TARGET_GROUP, LISTENER, LISTENER_RULE)
