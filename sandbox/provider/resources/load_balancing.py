"""Elastic Load Balancing: load balancers, target groups, listeners and their rules."""

import re
from typing import Any, cast

from ..spec import Call, Context, Resource, Tags, pairs
from ..values import Values

_TAGS = Tags("AddTags RemoveTags ResourceArns=[{id}]", "DescribeTags -> TagDescriptions.Tags")


def _attributes(kind: str, said: str) -> tuple[Call, Call]:
    """The call that sets attributes, and the one that shows them.

    `said` has a word `property=key` for each; a dotted property is a member of an object. Attributes are text to the
    API; to Pulumi one whose key ends in `enabled` is a boolean and one in `seconds` a number, unless it is in `_TEXT`.
    """
    keys: dict[str, str] = pairs(said)

    def build(values: Values, _: Context) -> Values:
        flat: Values = {}
        for name, value in values.items():
            members = cast(Values, value) if isinstance(value, dict) else None
            flat |= {name: value} if members is None else {f"{name}.{member}": item for member, item in members.items()}
        # No parameter has the name of a stranger, so the conversion refuses it by that.
        strangers = {path: value for path, value in flat.items() if path not in keys}
        made = [{"key": key, "value": flat[path]} for path, key in keys.items() if flat.get(path) is not None]
        return {"attributes": made, **strangers}

    def take(found: Any, _: Context) -> Values:
        texts = {one["Key"]: one["Value"] for one in found}
        values: Values = {}
        for path, key in keys.items():
            name, _dot, member = path.partition(".")
            if key in texts:
                inside = values.setdefault(name, {}) if member else values
                inside[member or name] = texts[key] if path in _TEXT else _value(key, texts[key])
        return values

    names, target = " ".join(dict.fromkeys(path.partition(".")[0] for path in keys)), f"{kind}Arn={{id}}"
    return (
        Call(f"Modify{kind}Attributes {names} {target}", build=build),
        Call(f"Describe{kind}Attributes {target} -> Attributes", take=take),
    )


_TEXT = ("loadBalancingCrossZoneEnabled",)  # it has a third value


def _value(key: str, text: str) -> Any:
    return text == "true" if key.endswith("enabled") else int(text) if key.endswith("seconds") else text


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


_ACTION_NAMES = pairs(
    "authenticateCognito=AuthenticateCognitoConfig authenticateOidc=AuthenticateOidcConfig redirect=RedirectConfig"
    " fixedResponse=FixedResponseConfig forward=ForwardConfig forward.targetGroups.arn=TargetGroupArn"
    " forward.stickiness=TargetGroupStickinessConfig forward.stickiness.duration=DurationSeconds"
)


def _action_names(name: str) -> dict[str, str]:
    return {f"{name}.{path}": target for path, target in _ACTION_NAMES.items()}


_CONDITION_NAMES = pairs(
    "conditions.hostHeader=HostHeaderConfig conditions.httpHeader=HttpHeaderConfig conditions.sourceIp=SourceIpConfig"
    " conditions.httpRequestMethod=HttpRequestMethodConfig conditions.pathPattern=PathPatternConfig"
    " conditions.queryStrings=QueryStringConfig.Values conditions.field=Field"
)
_FIELDS = pairs(
    "hostHeader=host-header httpHeader=http-header httpRequestMethod=http-request-method pathPattern=path-pattern"
    " queryStrings=query-string sourceIp=source-ip"
)


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


_LB_SET, _LB_SHOW = _attributes(
    "LoadBalancer",
    "accessLogs.enabled=access_logs.s3.enabled accessLogs.bucket=access_logs.s3.bucket"
    " accessLogs.prefix=access_logs.s3.prefix clientKeepAlive=client_keep_alive.seconds"
    " connectionLogs.enabled=connection_logs.s3.enabled connectionLogs.bucket=connection_logs.s3.bucket"
    " connectionLogs.prefix=connection_logs.s3.prefix desyncMitigationMode=routing.http.desync_mitigation_mode"
    " dropInvalidHeaderFields=routing.http.drop_invalid_header_fields.enabled"
    " enableCrossZoneLoadBalancing=load_balancing.cross_zone.enabled"
    " enableDeletionProtection=deletion_protection.enabled enableHttp2=routing.http2.enabled"
    " enableTlsVersionAndCipherSuiteHeaders=routing.http.x_amzn_tls_version_and_cipher_suite.enabled"
    " enableWafFailOpen=waf.fail_open.enabled enableXffClientPort=routing.http.xff_client_port.enabled"
    " enableZonalShift=zonal_shift.config.enabled idleTimeout=idle_timeout.timeout_seconds"
    " preserveHostHeader=routing.http.preserve_host_header.enabled"
    " xffHeaderProcessingMode=routing.http.xff_header_processing.mode",
)
_TG_SET, _TG_SHOW = _attributes(
    "TargetGroup",
    "deregistrationDelay=deregistration_delay.timeout_seconds"
    " connectionTermination=deregistration_delay.connection_termination.enabled"
    " loadBalancingAlgorithmType=load_balancing.algorithm.type"
    " loadBalancingAnomalyMitigation=load_balancing.algorithm.anomaly_mitigation"
    " loadBalancingCrossZoneEnabled=load_balancing.cross_zone.enabled slowStart=slow_start.duration_seconds"
    " stickiness.enabled=stickiness.enabled stickiness.type=stickiness.type"
    " stickiness.cookieDuration=stickiness.lb_cookie.duration_seconds"
    " stickiness.cookieName=stickiness.app_cookie.cookie_name",
)
_LISTENER = "port protocol sslPolicy certificateArn alpnPolicy defaultActions"

RESOURCES = (
    Resource(
        "aws:lb/loadBalancer:LoadBalancer",
        "elbv2",
        create=Call(
            "CreateLoadBalancer name subnets subnetMappings securityGroups internal loadBalancerType "
            "ipAddressType customerOwnedIpv4Pool -> LoadBalancers.LoadBalancerArn",
            build=_scheme,
        ),
        read=(Call("DescribeLoadBalancers LoadBalancerArns=[{id}] -> LoadBalancers", take=_load_balancer), _LB_SHOW),
        updates=(
            Call("SetSecurityGroups securityGroups LoadBalancerArn={id}"),
            Call("SetSubnets subnets subnetMappings LoadBalancerArn={id}"),
            Call("SetIpAddressType ipAddressType LoadBalancerArn={id}"),
        ),
        steps=_LB_SET,
        delete=Call("DeleteLoadBalancer LoadBalancerArn={id}"),
        names={"loadBalancerType": "Type", "internal": "Scheme"},
        reads=pairs("arn=LoadBalancerArn name=LoadBalancerName dnsName=DNSName zoneId=CanonicalHostedZoneId"),
        outputs="arn arnSuffix dnsName zoneId vpcId ipAddressType securityGroups subnets accessLogs"
        " enableCrossZoneLoadBalancing",
        defaults=pairs(
            "clientKeepAlive=3600 desyncMitigationMode=defensive dropInvalidHeaderFields=false "
            "enableDeletionProtection=false enableHttp2=true idleTimeout=60 internal=false "
            "loadBalancerType=application preserveHostHeader=false xffHeaderProcessingMode=append"
        ),
        name="name",
        limit=32,
        spell=_dashed,
        tags=_TAGS,
    ),
    Resource(
        "aws:lb/targetGroup:TargetGroup",
        "elbv2",
        create=Call(
            "CreateTargetGroup name port protocol protocolVersion vpcId targetType ipAddressType healthCheck"
            " -> TargetGroups.TargetGroupArn"
        ),
        read=(Call("DescribeTargetGroups TargetGroupArns=[{id}] -> TargetGroups", take=_target_group), _TG_SHOW),
        updates=Call("ModifyTargetGroup healthCheck TargetGroupArn={id}"),
        steps=_TG_SET,
        delete=Call("DeleteTargetGroup TargetGroupArn={id}"),
        names=pairs(
            "healthCheck=. healthCheck.enabled=HealthCheckEnabled "
            "healthCheck.healthyThreshold=HealthyThresholdCount "
            "healthCheck.unhealthyThreshold=UnhealthyThresholdCount "
            "healthCheck.interval=HealthCheckIntervalSeconds healthCheck.timeout=HealthCheckTimeoutSeconds "
            "healthCheck.path=HealthCheckPath healthCheck.port=HealthCheckPort "
            "healthCheck.protocol=HealthCheckProtocol healthCheck.matcher=Matcher.HttpCode"
        ),
        reads={"arn": "TargetGroupArn", "name": "TargetGroupName"},
        outputs="arn arnSuffix loadBalancerArns healthCheck ipAddressType stickiness protocolVersion"
        " loadBalancingAlgorithmType loadBalancingCrossZoneEnabled",
        defaults={"deregistrationDelay": 300, "slowStart": 0, "targetType": "instance"},
        name="name",
        limit=32,
        spell=_dashed,
        tags=_TAGS,
    ),
    Resource(
        "aws:lb/listener:Listener",
        "elbv2",
        create=Call(f"CreateListener loadBalancerArn {_LISTENER} -> Listeners.ListenerArn"),
        read=Call("DescribeListeners ListenerArns=[{id}] -> Listeners"),
        updates=Call(f"ModifyListener {_LISTENER} ListenerArn={{id}}", whole=True),
        delete=Call("DeleteListener ListenerArn={id}"),
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
        create=Call("CreateRule listenerArn priority conditions actions -> Rules.RuleArn", build=_next_priority),
        read=Call("DescribeRules RuleArns=[{id}] -> Rules", take=_described_rule),
        updates=(
            Call("ModifyRule conditions actions RuleArn={id}", build=_rule),
            Call(
                "SetRulePriorities priority",
                build=lambda values, context: {"rulePriorities": [{"ruleArn": context["id"], **values}]},
            ),
        ),
        delete=Call("DeleteRule RuleArn={id}"),
        names={**_action_names("actions"), **_CONDITION_NAMES},
        reads={"arn": "RuleArn"},
        outputs="arn priority",
        unique="listenerArn priority",
        ordered="actions",
        tags=_TAGS,
    ),
)
