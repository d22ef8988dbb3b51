"""Elastic Load Balancing: load balancers, target groups, listeners and their rules."""

from collections.abc import Iterator
from typing import Any, cast

from ..account import AccountError
from ..faults import Fault
from ..spec import Context
from ..values import UNKNOWN, Values
from .across import Row, Rules, check, count, each, exactly_one, excludes, less, refused, requires, unique, where
from .places import at, has, is_, isnt, known, lacks
from .single import Rule, allowed, form, numeric, one_of

_NAME = form(
    r"(?!internal-)[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?",
    "must be 1 to 32 letters, digits and hyphens, with no hyphen at an end and not `internal-` in front",
)
_BLOCKS = {
    "forward": ("forward", "targetGroupArn"),
    "redirect": ("redirect",),
    "fixed-response": ("fixedResponse",),
    "authenticate-cognito": ("authenticateCognito",),
    "authenticate-oidc": ("authenticateOidc",),
}
_ALL_BLOCKS = tuple(block for blocks in _BLOCKS.values() for block in blocks)
_ACTION: dict[str, Rule] = {
    **allowed(
        "forward.targetGroups.weight 0..999, forward.stickiness.duration 1..604800 seconds,"
        " redirect.statusCode HTTP_301|HTTP_302,"
        " fixedResponse.contentType text/plain|text/css|text/html|application/javascript|application/json"
    ),
    "redirect.path": form(r"/.{0,127}", "must begin with / and have at most 128 characters"),
    "fixedResponse.messageBody": form(r".{0,1024}", "must have at most 1,024 characters"),
}
_KINDS = ("hostHeader", "httpHeader", "httpRequestMethod", "pathPattern", "queryStrings", "sourceIp")


def _two_zones(inputs: Values, context: Context) -> Iterator[Fault]:
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


def _to_itself(redirect: Values) -> bool:
    parts = {name: redirect.get(name) for name in ("host", "path", "port", "protocol")}
    return all(value in (None, f"#{{{name}}}", f"/#{{{name}}}") for name, value in parts.items())


@check
def _final(values: Values, _: Context, name: str) -> Iterator[Fault]:
    kinds = [kind for _place, kind in at(values, f"{name}.type", unknown=True)]
    final = [kind for kind in kinds if not str(kind).startswith("authenticate-")]
    if kinds and UNKNOWN not in kinds and len(final) != 1:
        yield Fault(name, "exactly one action of forward, redirect and fixed-response is needed", len(final))


# The tables are laid out by hand, with a rule a line.
# fmt: off
def _actions(name: str) -> tuple[Row, ...]:
    """Actions: each has the block of its type, and exactly one is final."""
    return (
        {f"{name}.{path}": rule for path, rule in _ACTION.items()},
        _final(name),
        each(name,
            where(known(*_ALL_BLOCKS))(
                *(where(is_("type", kind))(
                    excludes(" ".join({*_ALL_BLOCKS} - {*blocks}), "an action of type {type} has none"),
                    refused(blocks[0], "is required for an action of type {type}", lacks(*blocks)))
                  for kind, blocks in _BLOCKS.items()),
                refused("targetGroupArn", "goes without `forward`: one of the two names the target groups",
                    has("forward"), has("targetGroupArn"))),
            each("forward",
                count("targetGroups", 5, "1 to {most} target groups are needed", least=1),
                unique("targetGroups.arn", "the target groups of a forward action")),
            each("redirect",
                refused("", "must change protocol, port, host or path, or it leads to itself", _to_itself))))


RULES = {
    "aws:lb/loadBalancer:LoadBalancer": Rules(
        "Elastic Load Balancing API Reference, 2015-12-01: CreateLoadBalancer, LoadBalancerAttribute",
        {"name": _NAME},
        allowed("idleTimeout 1..4000 seconds, clientKeepAlive 60..604800 seconds,"
            " desyncMitigationMode monitor|defensive|strictest, xffHeaderProcessingMode append|preserve|remove"),
        _two_zones),
    "aws:lb/targetGroup:TargetGroup": Rules(
        'Elastic Load Balancing API Reference, 2015-12-01: CreateTargetGroup, TargetGroupAttribute; User Guide for'
        ' Application Load Balancers: "Target group health checks"',
        {"name": _NAME,
         "slowStart": numeric("must be 0 (off), or 30 to 900 seconds", lambda s: s == 0 or 30 <= s <= 900),
         "loadBalancingCrossZoneEnabled": one_of("true", "false", "use_load_balancer_configuration", True, False),
         "healthCheck.path": form(r"/.{0,1023}", "must begin with / and have at most 1,024 characters"),
         "healthCheck.port": Rule("must be traffic-port, or 1 to 65535",
             lambda value: value == "traffic-port" or (str(value).isdigit() and 1 <= int(value) <= 65535)),
         "healthCheck.matcher": form(r"\d{1,3}(-\d{1,3})?(,\d{1,3}(-\d{1,3})?)*",
             "must be codes, such as 200, 200,202 or 200-299")},
        allowed("deregistrationDelay 0..3600 seconds, healthCheck.interval 5..300 seconds,"
            " healthCheck.timeout 2..120 seconds, healthCheck.healthyThreshold 2..10,"
            " healthCheck.unhealthyThreshold 2..10, stickiness.cookieDuration 1..604800 seconds,"
            " stickiness.type lb_cookie|app_cookie|source_ip|source_ip_dest_ip|source_ip_dest_ip_proto,"
            " loadBalancingAlgorithmType round_robin|least_outstanding_requests|weighted_random,"
            " loadBalancingAnomalyMitigation on|off, protocolVersion HTTP1|HTTP2|GRPC"),
        requires("port protocol vpcId", "is needed for targets of type {targetType}",
            is_("targetType", "instance", "ip")),
        refused("slowStart", "goes with round_robin alone", isnt("loadBalancingAlgorithmType", None, "round_robin"),
            lambda group: group.get("slowStart"), shows=True),
        less("healthCheck.timeout", "healthCheck.interval")),
    "aws:lb/listener:Listener": Rules(
        "Elastic Load Balancing API Reference, 2015-12-01: CreateListener, ForwardActionConfig, RedirectActionConfig",
        refused("certificateArn", "a listener of {protocol} needs a certificate", is_("protocol", "HTTPS", "TLS"),
            lacks("certificateArn")),
        where(is_("protocol", "HTTP", "TCP", "UDP"))(
            excludes("certificateArn sslPolicy", "a listener of {protocol} has none"),
            {"defaultActions.type": Rule("only a listener of HTTPS authenticates",
                 lambda kind: not str(kind).startswith("authenticate-"))}),
        *_actions("defaultActions")),
    "aws:lb/listenerRule:ListenerRule": Rules(
        'Elastic Load Balancing API Reference, 2015-12-01: CreateRule, ForwardActionConfig, RedirectActionConfig; User'
        ' Guide for Application Load Balancers: "Quotas"',
        allowed("priority 1..50000"),
        dict.fromkeys(("conditions.pathPattern.values", "conditions.hostHeader.values"),
            form(r".{1,128}", "must have 1 to 128 characters")),
        *_actions("actions"),
        refused("conditions", "at least one is needed", lacks("conditions")),
        each("conditions", exactly_one(*_KINDS, says=f"exactly one of {', '.join(_KINDS)} is needed")),
        count("conditions", 5, "at most {most} values are allowed in all",
            *(f"conditions.{kind}.values" for kind in _KINDS))),
}
