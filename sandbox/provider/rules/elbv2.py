"""Elastic Load Balancing."""

from collections.abc import Iterator

from sandbox.tls_policies import TLS_POLICIES

from ..faults import Fault
from ..values import Values
from .checks import at_most, between, forbidden, found, given, matches, objects, one_of, required

_NAME = (
    r"(?!internal-)[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?",
    "must be 1 to 32 letters, digits and hyphens, with no hyphen at an end and without internal- at the start",
)
_PROPERTY_OF_ACTION = {"forward": "forward", "redirect": "redirect", "fixed-response": "fixedResponse"}


def load_balancer(inputs: Values) -> Iterator[Fault]:
    """Elastic Load Balancing API Reference, 2015-12-01: CreateLoadBalancer, LoadBalancerAttribute."""
    yield from matches(inputs, "name", *_NAME)
    yield from between(inputs, "idleTimeout", 1, 4000, "seconds")


def target_group(inputs: Values) -> Iterator[Fault]:
    """Elastic Load Balancing API Reference, 2015-12-01: CreateTargetGroup, TargetGroupAttribute; User Guide for
    Application Load Balancers, "Health checks for Application Load Balancer target groups".
    """
    yield from matches(inputs, "name", *_NAME)
    yield from required(inputs, "must be given", "port", "protocol", "vpcId")
    yield from between(inputs, "deregistrationDelay", 0, 3600, "seconds")
    yield from between(inputs, "healthCheck.interval", 5, 300, "seconds")
    yield from between(inputs, "healthCheck.timeout", 2, 120, "seconds")
    yield from at_most(inputs, "healthCheck.timeout", "healthCheck.interval", less=True)
    yield from between(inputs, "healthCheck.healthyThreshold", 2, 10)
    yield from between(inputs, "healthCheck.unhealthyThreshold", 2, 10)
    yield from matches(inputs, "healthCheck.path", r"/.{0,1023}", "must start with / and have at most 1,024 characters")
    codes = r"\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*"
    yield from matches(inputs, "healthCheck.matcher", codes, "must be codes, such as 200, 200,202 or 200-299")
    algorithms = ("round_robin", "least_outstanding_requests", "weighted_random")
    yield from one_of(inputs, "loadBalancingAlgorithmType", *algorithms)
    yield from between(inputs, "stickiness.cookieDuration", 1, 604_800, "seconds")
    yield from one_of(inputs, "stickiness.type", "lb_cookie", "app_cookie")


def listener(inputs: Values) -> Iterator[Fault]:
    """Elastic Load Balancing API Reference, 2015-12-01: CreateListener, Action."""
    if inputs.get("protocol") == "HTTPS":
        yield from required(inputs, "must be given for HTTPS", "certificateArn")
    if inputs.get("protocol") == "HTTP":
        yield from forbidden(inputs, "must not be given for HTTP", "certificateArn", "sslPolicy")
    for place, policy in found(inputs, "sslPolicy"):
        if policy not in TLS_POLICIES:
            yield Fault(place, f"must be a security policy of load balancers, such as {TLS_POLICIES[0]}", policy)
    yield from _actions(inputs, "defaultActions")


def listener_rule(inputs: Values) -> Iterator[Fault]:
    """Elastic Load Balancing API Reference, 2015-12-01: CreateRule, Action, RuleCondition."""
    yield from between(inputs, "priority", 1, 50_000)
    yield from required(inputs, "must hold at least one condition", "conditions")
    yield from matches(inputs, "conditions.pathPattern.values", r".{1,128}", "must be 1 to 128 characters")
    yield from _actions(inputs, "actions")


def _actions(inputs: Values, name: str) -> Iterator[Fault]:
    """Elastic Load Balancing API Reference, 2015-12-01: Action, ForwardActionConfig, RedirectActionConfig,
    FixedResponseActionConfig.
    """
    contents = ("text/plain", "text/css", "text/html", "application/javascript", "application/json")
    yield from one_of(inputs, f"{name}.fixedResponse.contentType", *contents)
    yield from matches(inputs, f"{name}.fixedResponse.messageBody", r".{0,1024}", "must have at most 1,024 characters")
    yield from between(inputs, f"{name}.forward.targetGroups.weight", 0, 999)
    yield from between(inputs, f"{name}.forward.stickiness.duration", 1, 604_800, "seconds")
    for place, action in objects(inputs, name):
        needed = _PROPERTY_OF_ACTION.get(str(action.get("type")))
        if needed and not given(action, needed):
            yield Fault(f"{place}.{needed}", f"must be given for an action of type {action['type']}")
        redirect: Values | None = action.get("redirect")
        if redirect and not any(given(redirect, part) for part in ("protocol", "port", "host", "path")):
            yield Fault(f"{place}.redirect", "must change protocol, port, host or path, or it leads to itself")
