"""Elastic Load Balancing: load balancers, target groups, listeners and their rules.

Sources: Elastic Load Balancing API Reference, version 2015-12-01 (CreateLoadBalancer, LoadBalancerAttribute,
CreateTargetGroup, TargetGroupAttribute, CreateListener, CreateRule, ForwardActionConfig, RedirectActionConfig); User
Guide for Application Load Balancers, "Quotas", "Target group health checks".
"""

from collections.abc import Iterator
from typing import Any, cast

from ..account import AccountError
from ..faults import Fault
from ..spec import Context
from ..values import UNKNOWN, Values
from .primitives import Across, Rule, at, between, distinct, form, given, known, less, objects, one_of

_NAME = form(
    r"(?!internal-)[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?",
    "must be 1 to 32 letters, digits and hyphens, with no hyphen at an end and not `internal-` in front",
)
_GROUPS, _WEIGHTS = 5, between(0, 999)
_BLOCKS = {
    "forward": ("forward", "targetGroupArn"),
    "redirect": ("redirect",),
    "fixed-response": ("fixedResponse",),
    "authenticate-cognito": ("authenticateCognito",),
    "authenticate-oidc": ("authenticateOidc",),
}
_MOST_VALUES = 5

LOAD_BALANCER: dict[str, Rule] = {
    "name": _NAME,
    "idleTimeout": between(1, 4000, "seconds"),
    "clientKeepAlive": between(60, 604_800, "seconds"),
    "desyncMitigationMode": one_of("monitor", "defensive", "strictest"),
    "xffHeaderProcessingMode": one_of("append", "preserve", "remove"),
}
TARGET_GROUP: dict[str, Rule] = {
    "name": _NAME,
    "deregistrationDelay": between(0, 3600, "seconds"),
    "slowStart": Rule("must be 0 (off), or 30 to 900 seconds", lambda value: value == 0 or 30 <= value <= 900),
    "loadBalancingAlgorithmType": one_of("round_robin", "least_outstanding_requests", "weighted_random"),
    "loadBalancingAnomalyMitigation": one_of("on", "off"),
    "loadBalancingCrossZoneEnabled": one_of("true", "false", "use_load_balancer_configuration", True, False),
    "protocolVersion": one_of("HTTP1", "HTTP2", "GRPC"),
    "stickiness.type": one_of("lb_cookie", "app_cookie", "source_ip", "source_ip_dest_ip", "source_ip_dest_ip_proto"),
    "stickiness.cookieDuration": between(1, 604_800, "seconds"),
    "healthCheck.interval": between(5, 300, "seconds"),
    "healthCheck.timeout": between(2, 120, "seconds"),
    "healthCheck.healthyThreshold": between(2, 10),
    "healthCheck.unhealthyThreshold": between(2, 10),
    "healthCheck.path": form(r"/.{0,1023}", "must begin with / and have at most 1,024 characters"),
    "healthCheck.port": Rule(
        "must be traffic-port, or 1 to 65535",
        lambda value: value == "traffic-port" or (str(value).isdigit() and 1 <= int(value) <= 65535),
    ),
    "healthCheck.matcher": form(
        r"\d{1,3}(-\d{1,3})?(,\d{1,3}(-\d{1,3})?)*", "must be codes, such as 200, 200,202 or 200-299"
    ),
}
_FORWARD: dict[str, Rule] = {
    "forward.targetGroups.weight": _WEIGHTS,
    "forward.stickiness.duration": between(1, 604_800, "seconds"),
    "redirect.statusCode": one_of("HTTP_301", "HTTP_302"),
    "redirect.path": form(r"/.{0,127}", "must begin with / and have at most 128 characters"),
    "fixedResponse.messageBody": form(r".{0,1024}", "must have at most 1,024 characters"),
    "fixedResponse.contentType": one_of(
        "text/plain", "text/css", "text/html", "application/javascript", "application/json"
    ),
}
LISTENER: dict[str, Rule] = {f"defaultActions.{path}": rule for path, rule in _FORWARD.items()}
RULE: dict[str, Rule] = {
    **{f"actions.{path}": rule for path, rule in _FORWARD.items()},
    "priority": between(1, 50_000),
    "conditions.pathPattern.values": form(r".{1,128}", "must have 1 to 128 characters"),
    "conditions.hostHeader.values": form(r".{1,128}", "must have 1 to 128 characters"),
}


def two_zones(inputs: Values, context: Context) -> Iterator[Fault]:
    """A load balancer of HTTP has subnets in two zones at least, and one subnet a zone."""
    if inputs.get("loadBalancerType", "application") != "application" or not isinstance(inputs.get("subnets"), list):
        return
    subnets = cast(list[Any], inputs["subnets"])
    if len(subnets) < 2:
        yield Fault("subnets", "subnets in at least two zones are needed", len(subnets))
    elif all(isinstance(one, str) for one in subnets):
        try:
            answer = context.account.call("ec2", "DescribeSubnets", {"SubnetIds": subnets}, context.region)
        except AccountError:
            return  # what does not exist is refused when it is used
        zones: list[str] = [one["AvailabilityZone"] for one in answer["Subnets"]]
        if len(set(zones)) < len(zones) or len(zones) < 2:
            yield Fault("subnets", f"one subnet in each of at least two zones is needed, not {', '.join(zones)}")


def health_check(inputs: Values, _: Context) -> Iterator[Fault]:
    if inputs.get("targetType") in ("instance", "ip"):
        for name in ("port", "protocol", "vpcId"):
            if inputs.get(name) is None:
                yield Fault(name, f"is needed for targets of type {inputs['targetType']}")
    if inputs.get("loadBalancingAlgorithmType") not in (None, UNKNOWN, "round_robin") and inputs.get("slowStart"):
        yield Fault("slowStart", "goes with round_robin alone", inputs["slowStart"])


def certificate(inputs: Values, _: Context) -> Iterator[Fault]:
    """HTTPS has a certificate, HTTP has none; only HTTPS can authenticate."""
    protocol, secure = inputs.get("protocol"), inputs.get("protocol") in ("HTTPS", "TLS")
    if secure and not given(inputs, "certificateArn"):
        yield Fault("certificateArn", f"a listener of {protocol} needs a certificate")
    if protocol in ("HTTP", "TCP", "UDP"):
        yield from (
            Fault(name, f"a listener of {protocol} has none") for name in given(inputs, "certificateArn", "sslPolicy")
        )
        for place, kind in at(inputs, "defaultActions.type"):
            if str(kind).startswith("authenticate-"):
                yield Fault(place, "only a listener of HTTPS authenticates", kind)


def actions(name: str) -> Across:
    """Actions: each has the block of its type, exactly one is final, and it comes last."""

    def check(inputs: Values, _: Context) -> Iterator[Fault]:
        found = list(objects(inputs, name))
        kinds = [one.get("type") for _place, one in found]
        for place, one in found:
            yield from _action(place, one)
        final = [kind for kind in kinds if not str(kind).startswith("authenticate-")]
        if found and UNKNOWN not in kinds and len(final) != 1:
            kinds_allowed = "forward, redirect and fixed-response"
            yield Fault(name, f"exactly one action of {kinds_allowed} is needed", len(final))

    return check


def _action(place: str, one: Values) -> Iterator[Fault]:
    kind: Any = one.get("type")
    allowed = _BLOCKS.get(kind)
    blocks = given(one, *(block for blocks in _BLOCKS.values() for block in blocks))
    if allowed is None or not known(one, *blocks):
        return
    for block in blocks:
        if block not in allowed:
            yield Fault(f"{place}.{block}", f"an action of type {kind} has none")
    if not set(blocks) & set(allowed):
        yield Fault(f"{place}.{allowed[0]}", f"is required for an action of type {kind}")
    if {"forward", "targetGroupArn"} <= set(blocks):
        yield Fault(f"{place}.targetGroupArn", "goes without `forward`: one of the two names the target groups")
    for inner, forward in objects(one, "forward", place):
        groups = forward.get("targetGroups")
        count = len(cast(list[Any], groups)) if isinstance(groups, list) else 1
        if groups is not UNKNOWN and (not groups or count > _GROUPS):
            yield Fault(f"{inner}.targetGroups", f"1 to {_GROUPS} target groups are needed", count if groups else 0)
        yield from distinct(at(forward, "targetGroups.arn", inner), "the target groups of a forward action")
    for inner, redirect in objects(one, "redirect", place):
        parts = {name: redirect.get(name) for name in ("host", "path", "port", "protocol")}
        if all(value in (None, f"#{{{name}}}", f"/#{{{name}}}") for name, value in parts.items()):
            yield Fault(inner, "must change protocol, port, host or path, or it leads to itself")


def conditions(inputs: Values, _: Context) -> Iterator[Fault]:
    """A rule has one condition at least, each about one thing, and few values in all."""
    found = list(objects(inputs, "conditions"))
    if inputs.get("conditions") in (None, []):
        yield Fault("conditions", "at least one is needed")
    kinds = ("hostHeader", "httpHeader", "httpRequestMethod", "pathPattern", "queryStrings", "sourceIp")
    for place, one in found:
        if known(one, *kinds) and len(given(one, *kinds)) != 1:
            yield Fault(place, f"exactly one of {', '.join(kinds)} is needed")
    values = [value for kind in kinds for value in at(inputs, f"conditions.{kind}.values")]
    if len(values) > _MOST_VALUES:
        yield Fault("conditions", f"at most {_MOST_VALUES} values are allowed in all", len(values))


LOAD_BALANCER_ACROSS: tuple[Across, ...] = (two_zones,)
TARGET_GROUP_ACROSS: tuple[Across, ...] = (health_check, less("healthCheck.timeout", "healthCheck.interval"))
LISTENER_ACROSS: tuple[Across, ...] = (certificate, actions("defaultActions"))
RULE_ACROSS: tuple[Across, ...] = (actions("actions"), conditions)
