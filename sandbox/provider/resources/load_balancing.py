"""Elastic Load Balancing: load balancers, target groups, listeners and their rules."""

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from ..spec import Call, Context, Resource, Tags
from ..values import Values

_TAGS = Tags(
    "AddTags", "RemoveTags", {"ResourceArns": ["{id}"]}, read="DescribeTags", at="TagDescriptions.Tags", keys="TagKeys"
)

# Property (dotted, inside an object) → key of the attribute, kind of its value. Attributes go as text.
_LOAD_BALANCER_ATTRIBUTES = {
    "accessLogs.enabled": ("access_logs.s3.enabled", bool),
    "accessLogs.bucket": ("access_logs.s3.bucket", str),
    "accessLogs.prefix": ("access_logs.s3.prefix", str),
    "clientKeepAlive": ("client_keep_alive.seconds", int),
    "connectionLogs.enabled": ("connection_logs.s3.enabled", bool),
    "connectionLogs.bucket": ("connection_logs.s3.bucket", str),
    "connectionLogs.prefix": ("connection_logs.s3.prefix", str),
    "desyncMitigationMode": ("routing.http.desync_mitigation_mode", str),
    "dropInvalidHeaderFields": ("routing.http.drop_invalid_header_fields.enabled", bool),
    "enableCrossZoneLoadBalancing": ("load_balancing.cross_zone.enabled", bool),
    "enableDeletionProtection": ("deletion_protection.enabled", bool),
    "enableHttp2": ("routing.http2.enabled", bool),
    "enableTlsVersionAndCipherSuiteHeaders": ("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", bool),
    "enableWafFailOpen": ("waf.fail_open.enabled", bool),
    "enableXffClientPort": ("routing.http.xff_client_port.enabled", bool),
    "enableZonalShift": ("zonal_shift.config.enabled", bool),
    "idleTimeout": ("idle_timeout.timeout_seconds", int),
    "preserveHostHeader": ("routing.http.preserve_host_header.enabled", bool),
    "xffHeaderProcessingMode": ("routing.http.xff_header_processing.mode", str),
}
_TARGET_GROUP_ATTRIBUTES = {
    "deregistrationDelay": ("deregistration_delay.timeout_seconds", int),
    "connectionTermination": ("deregistration_delay.connection_termination.enabled", bool),
    "loadBalancingAlgorithmType": ("load_balancing.algorithm.type", str),
    "loadBalancingAnomalyMitigation": ("load_balancing.algorithm.anomaly_mitigation", str),
    "loadBalancingCrossZoneEnabled": ("load_balancing.cross_zone.enabled", str),
    "slowStart": ("slow_start.duration_seconds", int),
    "stickiness.enabled": ("stickiness.enabled", bool),
    "stickiness.type": ("stickiness.type", str),
    "stickiness.cookieDuration": ("stickiness.lb_cookie.duration_seconds", int),
    "stickiness.cookieName": ("stickiness.app_cookie.cookie_name", str),
}
_Attributes = Mapping[str, tuple[str, type]]


def _attribute_calls(kind: str, attributes: _Attributes) -> tuple[Call, Call]:
    """The call that sets attributes, and the one that shows them."""
    names = " ".join(dict.fromkeys(path.partition(".")[0] for path in attributes))
    target = {f"{kind}Arn": "{id}"}
    return (
        Call(f"Modify{kind}Attributes", names, target, build=_to_attributes(attributes)),
        Call(f"Describe{kind}Attributes", fixed=target, at="Attributes", take=_from_attributes(attributes)),
    )


def _to_attributes(attributes: _Attributes) -> Callable[[Values, Context], Values]:
    def build(values: Values, _: Context) -> Values:
        pairs: list[Values] = []
        for path, (key, _kind) in attributes.items():
            name, _dot, member = path.partition(".")
            value = values.get(name)
            if member:
                value = cast(Values, value or {}).get(member)
            if value is not None:
                pairs.append({"key": key, "value": value})
        known = {path.partition(".")[2] for path in attributes}
        groups = {name: cast(Values, group) for name, group in values.items() if isinstance(group, dict)}
        strangers = {  # no parameter has such a name, so the conversion refuses them by it
            f"{name}.{member}": value
            for name, group in groups.items()
            for member, value in group.items()
            if member not in known
        }
        return {"attributes": pairs, **strangers}

    return build


def _from_attributes(attributes: _Attributes) -> Callable[[Any, Context], Values]:
    def take(found: Any, _: Context) -> Values:
        by_key = {one["Key"]: one["Value"] for one in found}
        values: Values = {}
        for path, (key, kind) in attributes.items():
            text = by_key.get(key)
            if text is None:
                continue
            value: Any = text == "true" if kind is bool else int(text) if kind is int else text
            name, _dot, member = path.partition(".")
            if member:
                values.setdefault(name, {})[member] = value
            else:
                values[name] = value
        return values

    return take


def _dashed(name: str) -> str:
    """Names here are letters, digits and single hyphens, none at an end."""
    return re.sub(r"-{2,}", "-", re.sub(r"[^A-Za-z0-9-]", "-", name)).strip("-")


def _load_balancer(found: Any, context: Context) -> Values:
    one = found[0]
    zones = one.get("AvailabilityZones", [])
    return {
        "internal": one["Scheme"] == "internal",
        "subnets": [zone["SubnetId"] for zone in zones],
        "arnSuffix": one["LoadBalancerArn"].partition(":loadbalancer/")[2],
    }


def _scheme(values: Values, _: Context) -> Values:
    built = dict(values)
    if isinstance(built.get("internal"), bool):
        built["scheme"] = "internal" if built.pop("internal") else "internet-facing"
    return built


def _target_group(found: Any, _: Context) -> Values:
    return {"arnSuffix": found[0]["TargetGroupArn"].rpartition(":")[2]}


_ACTION_NAMES = {
    "authenticateCognito": "AuthenticateCognitoConfig",
    "authenticateOidc": "AuthenticateOidcConfig",
    "fixedResponse": "FixedResponseConfig",
    "forward": "ForwardConfig",
    "forward.targetGroups.arn": "TargetGroupArn",
    "forward.stickiness": "TargetGroupStickinessConfig",
    "forward.stickiness.duration": "DurationSeconds",
    "redirect": "RedirectConfig",
}


def _action_names(name: str) -> dict[str, str]:
    return {f"{name}.{path}": target for path, target in _ACTION_NAMES.items()}


_CONDITION_NAMES = {
    "conditions.hostHeader": "HostHeaderConfig",
    "conditions.httpHeader": "HttpHeaderConfig",
    "conditions.httpRequestMethod": "HttpRequestMethodConfig",
    "conditions.pathPattern": "PathPatternConfig",
    "conditions.queryStrings": "QueryStringConfig.Values",
    "conditions.sourceIp": "SourceIpConfig",
    "conditions.field": "Field",
}
_FIELDS = {
    "hostHeader": "host-header",
    "httpHeader": "http-header",
    "httpRequestMethod": "http-request-method",
    "pathPattern": "path-pattern",
    "queryStrings": "query-string",
    "sourceIp": "source-ip",
}


def _rule(values: Values, _: Context) -> Values:
    """A condition says what it is about by its block; the API wants that said in `Field` too."""
    built = dict(values)
    if isinstance(built.get("conditions"), list):
        built["conditions"] = [
            {**one, "field": next((field for name, field in _FIELDS.items() if name in one), None)}
            for one in built["conditions"]
        ]
    return built


def _next_priority(values: Values, context: Context) -> Values:
    built = _rule(values, context)
    if "priority" not in built and not context.offline:
        rules = context.call("DescribeRules", ListenerArn=context["listenerArn"])["Rules"]
        built["priority"] = 1 + max([int(rule["Priority"]) for rule in rules if rule["Priority"].isdigit()], default=0)
    return built


def listener_of(rule_arn: str) -> str:
    """The ARN of the listener that a rule belongs to."""
    return re.sub(r":listener-rule/(.*)/[^/]+$", r":listener/\1", rule_arn)


def _described_rule(found: Any, _: Context) -> Values:
    rule = found[0]
    priority = rule["Priority"]
    for condition in rule.get("Conditions", []):
        condition.pop("Field", None)  # said by the block
    values: Values = {"listenerArn": listener_of(rule["RuleArn"])}
    if priority.isdigit():
        values["priority"] = int(priority)
    return values


_LB_SET, _LB_SHOW = _attribute_calls("LoadBalancer", _LOAD_BALANCER_ATTRIBUTES)
_TG_SET, _TG_SHOW = _attribute_calls("TargetGroup", _TARGET_GROUP_ATTRIBUTES)

RESOURCES = (
    Resource(
        "aws:lb/loadBalancer:LoadBalancer",
        "elbv2",
        create=Call(
            "CreateLoadBalancer",
            "name subnets subnetMappings securityGroups internal loadBalancerType ipAddressType customerOwnedIpv4Pool",
            build=_scheme,
        ),
        id="LoadBalancers.LoadBalancerArn",
        read=(
            Call(
                "DescribeLoadBalancers", fixed={"LoadBalancerArns": ["{id}"]}, at="LoadBalancers", take=_load_balancer
            ),
            _LB_SHOW,
        ),
        updates=(
            Call("SetSecurityGroups", "securityGroups", {"LoadBalancerArn": "{id}"}),
            Call("SetSubnets", "subnets subnetMappings", {"LoadBalancerArn": "{id}"}),
            Call("SetIpAddressType", "ipAddressType", {"LoadBalancerArn": "{id}"}),
        ),
        steps=(_LB_SET,),
        delete=(Call("DeleteLoadBalancer", fixed={"LoadBalancerArn": "{id}"}),),
        names={"loadBalancerType": "Type", "internal": "Scheme"},
        reads={
            "arn": "LoadBalancerArn",
            "name": "LoadBalancerName",
            "dnsName": "DNSName",
            "zoneId": "CanonicalHostedZoneId",
        },
        outputs="arn arnSuffix dnsName zoneId vpcId ipAddressType securityGroups subnets accessLogs"
        " enableCrossZoneLoadBalancing",
        defaults={
            "clientKeepAlive": 3600,
            "desyncMitigationMode": "defensive",
            "dropInvalidHeaderFields": False,
            "enableDeletionProtection": False,
            "enableHttp2": True,
            "idleTimeout": 60,
            "internal": False,
            "loadBalancerType": "application",
            "preserveHostHeader": False,
            "xffHeaderProcessingMode": "append",
        },
        name="name",
        limit=32,
        spell=_dashed,
        unique="name",
        tags=_TAGS,
    ),
    Resource(
        "aws:lb/targetGroup:TargetGroup",
        "elbv2",
        create=Call(
            "CreateTargetGroup", "name port protocol protocolVersion vpcId targetType ipAddressType healthCheck"
        ),
        id="TargetGroups.TargetGroupArn",
        read=(
            Call("DescribeTargetGroups", fixed={"TargetGroupArns": ["{id}"]}, at="TargetGroups", take=_target_group),
            _TG_SHOW,
        ),
        updates=(Call("ModifyTargetGroup", "healthCheck", {"TargetGroupArn": "{id}"}),),
        steps=(_TG_SET,),
        delete=(Call("DeleteTargetGroup", fixed={"TargetGroupArn": "{id}"}),),
        names={
            "healthCheck": ".",
            "healthCheck.enabled": "HealthCheckEnabled",
            "healthCheck.healthyThreshold": "HealthyThresholdCount",
            "healthCheck.unhealthyThreshold": "UnhealthyThresholdCount",
            "healthCheck.interval": "HealthCheckIntervalSeconds",
            "healthCheck.timeout": "HealthCheckTimeoutSeconds",
            "healthCheck.path": "HealthCheckPath",
            "healthCheck.port": "HealthCheckPort",
            "healthCheck.protocol": "HealthCheckProtocol",
            "healthCheck.matcher": "Matcher.HttpCode",
        },
        reads={"arn": "TargetGroupArn", "name": "TargetGroupName"},
        outputs="arn arnSuffix loadBalancerArns healthCheck ipAddressType stickiness protocolVersion"
        " loadBalancingAlgorithmType loadBalancingCrossZoneEnabled",
        defaults={"deregistrationDelay": 300, "slowStart": 0, "targetType": "instance"},
        name="name",
        limit=32,
        spell=_dashed,
        unique="name",
        tags=_TAGS,
    ),
    Resource(
        "aws:lb/listener:Listener",
        "elbv2",
        create=Call(
            "CreateListener", "loadBalancerArn port protocol sslPolicy certificateArn alpnPolicy defaultActions"
        ),
        id="Listeners.ListenerArn",
        read=(Call("DescribeListeners", fixed={"ListenerArns": ["{id}"]}, at="Listeners"),),
        updates=(
            Call(
                "ModifyListener",
                "port protocol sslPolicy certificateArn alpnPolicy defaultActions",
                {"ListenerArn": "{id}"},
                whole=True,
            ),
        ),
        delete=(Call("DeleteListener", fixed={"ListenerArn": "{id}"}),),
        names={**_action_names("defaultActions"), "certificateArn": "Certificates.CertificateArn"},
        reads={"arn": "ListenerArn"},
        outputs="arn sslPolicy protocol",
        unique="loadBalancerArn port",
        ordered="defaultActions",
        tags=_TAGS,
    ),
    Resource(
        "aws:lb/listenerRule:ListenerRule",
        "elbv2",
        create=Call("CreateRule", "listenerArn priority conditions actions", build=_next_priority),
        id="Rules.RuleArn",
        read=(Call("DescribeRules", fixed={"RuleArns": ["{id}"]}, at="Rules", take=_described_rule),),
        updates=(
            Call("ModifyRule", "conditions actions", {"RuleArn": "{id}"}, build=_rule),
            Call(
                "SetRulePriorities",
                "priority",
                build=lambda values, context: {"rulePriorities": [{"ruleArn": context["id"], **values}]},
            ),
        ),
        delete=(Call("DeleteRule", fixed={"RuleArn": "{id}"}),),
        names={**_action_names("actions"), **_CONDITION_NAMES},
        reads={"arn": "RuleArn"},
        outputs="arn priority",
        unique="listenerArn priority",
        ordered="actions",
        tags=_TAGS,
    ),
)
