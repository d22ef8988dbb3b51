"""Elastic Load Balancing: load balancers, target groups, listeners and their rules."""

import re
from typing import Any

from ..spec import Context, Hook, nested, pairs, table
from ..values import Values, has_unknown, is_list, is_object


def _attributes(said: str) -> tuple[Hook, Hook]:
    """What regroups properties for the call that sets attributes, and what makes them of those that are shown.

    `said` has a word `property=key` for each; a dotted property is a member of an object. Attributes are text to the
    API; to Pulumi one whose key ends in `enabled` is a boolean and one in `seconds` a number, unless it is in `_TEXT`.
    """
    keys: dict[str, str] = pairs(said)

    def build(values: Values, _: Context) -> Values:
        flat: Values = {}
        for name, value in values.items():
            flat |= {f"{name}.{one}": item for one, item in value.items()} if is_object(value) else {name: value}
        # No parameter has the name of a stranger, so the conversion refuses it by that.
        strangers = {path: value for path, value in flat.items() if path not in keys}
        made = [{"key": key, "value": flat[path]} for path, key in keys.items() if flat.get(path) is not None]
        return {"attributes": made, **strangers}

    def take(found: Any, _: Context) -> Values:
        texts = {one["Key"]: one["Value"] for one in found}
        flat = {path: _value(path, key, texts[key]) for path, key in keys.items() if key in texts}
        return nested(flat)

    return build, take


_TEXT = ("loadBalancingCrossZoneEnabled",)  # it has a third value


def _value(path: str, key: str, text: str) -> Any:
    if path in _TEXT:
        return text
    return text == "true" if key.endswith("enabled") else int(text) if key.endswith("seconds") else text


def dashed(name: str) -> str:
    """Names here are letters, digits and single hyphens, none at an end."""
    return re.sub(r"-{2,}", "-", re.sub(r"[^A-Za-z0-9-]", "-", name)).strip("-")


def load_balancer(found: Any, _: Context) -> Values:
    arn = found[0]["LoadBalancerArn"]
    return {"internal": found[0]["Scheme"] == "internal", "arnSuffix": arn.partition(":loadbalancer/")[2]}


def scheme(values: Values, _: Context) -> Values:
    built = dict(values)
    if isinstance(built.get("internal"), bool):
        built["scheme"] = "internal" if built.pop("internal") else "internet-facing"
    return built


def target_group(found: Any, _: Context) -> Values:
    return {"arnSuffix": found[0]["TargetGroupArn"].rpartition(":")[2]}


_FIELDS = pairs(
    "hostHeader=host-header httpHeader=http-header httpRequestMethod=http-request-method pathPattern=path-pattern"
    " queryStrings=query-string sourceIp=source-ip"
)


def rule(values: Values, _: Context) -> Values:
    """A condition says what it is about by its block; the API wants that said in `Field` too."""
    conditions = values.get("conditions")
    if not is_list(conditions):
        return values
    fields = [next((field for name, field in _FIELDS.items() if name in one), None) for one in conditions]
    return {**values, "conditions": [{**one, "field": field} for one, field in zip(conditions, fields, strict=True)]}


def next_priority(values: Values, context: Context) -> Values:
    built = rule(values, context)
    if "priority" not in built and not context.offline:
        rules = context.call("DescribeRules", ListenerArn=context["listenerArn"])["Rules"]
        built["priority"] = 1 + max([int(rule["Priority"]) for rule in rules if rule["Priority"].isdigit()], default=0)
    return built


def listener_of(rule_arn: str) -> str:
    """The ARN of the listener that a rule belongs to."""
    return re.sub(r":listener-rule/(.*)/[^/]+$", r":listener/\1", rule_arn)


def priority(values: Values, context: Context) -> Values:
    return {"rulePriorities": [{"ruleArn": context["id"], **values}]}


def described_rule(found: Any, _: Context) -> Values:
    rule = found[0]
    for condition in rule.get("Conditions", []):
        condition.pop("Field", None)  # said by the block
    priority = rule["Priority"]
    return {"listenerArn": listener_of(rule["RuleArn"])} | ({"priority": int(priority)} if priority.isdigit() else {})


def other_balancer(olds: Values, news: Values) -> list[str]:
    """What the AWS provider makes another load balancer for: any other mapping of a subnet, and for a network one the
    loss of a subnet, and the first or last security group."""
    network = news.get("loadBalancerType") == "network"
    names: list[str] = []
    for name in ("subnets", "subnetMappings", "securityGroups"):
        if has_unknown(news.get(name)):
            continue
        had: list[Any] = olds.get(name) or []
        wanted: list[Any] = news.get(name) or []
        fewer, more = sorted((had, wanted), key=len)
        another = {
            "subnets": network and len(wanted) <= len(had),
            "subnetMappings": not all(one in more for one in fewer) or (network and len(wanted) <= len(had)),
            "securityGroups": network and bool(had) != bool(wanted),
        }
        if another[name]:
            names.append(name)
    return names


set_balancer, shown_balancer = _attributes(
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
set_group, shown_group = _attributes(
    "deregistrationDelay=deregistration_delay.timeout_seconds"
    " connectionTermination=deregistration_delay.connection_termination.enabled"
    " loadBalancingAlgorithmType=load_balancing.algorithm.type"
    " loadBalancingAnomalyMitigation=load_balancing.algorithm.anomaly_mitigation"
    " loadBalancingCrossZoneEnabled=load_balancing.cross_zone.enabled slowStart=slow_start.duration_seconds"
    " stickiness.enabled=stickiness.enabled stickiness.type=stickiness.type"
    " stickiness.cookieDuration=stickiness.lb_cookie.duration_seconds"
    " stickiness.cookieName=stickiness.app_cookie.cookie_name",
)

RESOURCES = table(
    globals(),
    """
    aws:lb/loadBalancer:LoadBalancer elbv2
      create    CreateLoadBalancer name subnets subnetMappings securityGroups internal loadBalancerType ipAddressType
                customerOwnedIpv4Pool Scheme=internet-facing @scheme -> LoadBalancers.LoadBalancerArn
      read      DescribeLoadBalancers LoadBalancerArns=[{id}] @load_balancer -> LoadBalancers
      read      DescribeLoadBalancerAttributes LoadBalancerArn={id} @shown_balancer -> Attributes
      update    SetSecurityGroups securityGroups LoadBalancerArn={id}
      update    SetSubnets subnets subnetMappings LoadBalancerArn={id}
      update    SetIpAddressType ipAddressType LoadBalancerArn={id}
      then      ModifyLoadBalancerAttributes accessLogs clientKeepAlive connectionLogs desyncMitigationMode
                dropInvalidHeaderFields enableCrossZoneLoadBalancing enableDeletionProtection enableHttp2
                enableTlsVersionAndCipherSuiteHeaders enableWafFailOpen enableXffClientPort enableZonalShift idleTimeout
                preserveHostHeader xffHeaderProcessingMode LoadBalancerArn={id} @set_balancer
      delete    DeleteLoadBalancer LoadBalancerArn={id}
      names     loadBalancerType=Type internal=Scheme
      reads     name=LoadBalancerName
      outputs   arn=LoadBalancerArn arnSuffix dnsName=DNSName zoneId=CanonicalHostedZoneId vpcId ipAddressType
                securityGroups subnets=AvailabilityZones[].SubnetId accessLogs enableCrossZoneLoadBalancing internal
      defaults  clientKeepAlive=3600 desyncMitigationMode=defensive dropInvalidHeaderFields=false
                enableDeletionProtection=false enableHttp2=true enableTlsVersionAndCipherSuiteHeaders=false
                enableWafFailOpen=false enableXffClientPort=false enableZonalShift=false idleTimeout=60
                loadBalancerType=application preserveHostHeader=false xffHeaderProcessingMode=append
      replaces  @other_balancer
      keeps     subnetMappings
      named     name 32 namePrefix @dashed
      tags      AddTags RemoveTags DescribeTags ResourceArns=[{id}] -> TagDescriptions.Tags

    aws:lb/targetGroup:TargetGroup elbv2
      create    CreateTargetGroup name port protocol protocolVersion vpcId targetType ipAddressType (healthCheck)
                -> TargetGroups.TargetGroupArn
      read      DescribeTargetGroups TargetGroupArns=[{id}] @target_group -> TargetGroups
      read      DescribeTargetGroupAttributes TargetGroupArn={id} @shown_group -> Attributes
      update    ModifyTargetGroup () TargetGroupArn={id}
      then      ModifyTargetGroupAttributes deregistrationDelay connectionTermination loadBalancingAlgorithmType
                loadBalancingAnomalyMitigation loadBalancingCrossZoneEnabled slowStart stickiness TargetGroupArn={id}
                @set_group
      delete    DeleteTargetGroup TargetGroupArn={id}
      names     healthCheck=. healthCheck.enabled=HealthCheckEnabled healthCheck.healthyThreshold=HealthyThresholdCount
                healthCheck.unhealthyThreshold=UnhealthyThresholdCount
                healthCheck.interval=HealthCheckIntervalSeconds healthCheck.timeout=HealthCheckTimeoutSeconds
                healthCheck.path=HealthCheckPath healthCheck.port=HealthCheckPort
                healthCheck.protocol=HealthCheckProtocol healthCheck.matcher=Matcher.HttpCode
      reads     name=TargetGroupName
      outputs   arn=TargetGroupArn arnSuffix loadBalancerArns healthCheck ipAddressType stickiness protocolVersion
                loadBalancingAlgorithmType loadBalancingCrossZoneEnabled
      defaults  deregistrationDelay=300 slowStart=0 targetType=instance
                healthCheck.enabled=true healthCheck.healthyThreshold=3 healthCheck.interval=30
                healthCheck.port=traffic-port healthCheck.protocol=HTTP healthCheck.unhealthyThreshold=3
                stickiness.cookieDuration=86400 stickiness.enabled=true
      keeps     connectionTermination loadBalancingAnomalyMitigation
      named     name 32 namePrefix @dashed
      tags      AddTags RemoveTags DescribeTags ResourceArns=[{id}] -> TagDescriptions.Tags

    aws:lb/listener:Listener elbv2
      create    CreateListener loadBalancerArn (port protocol sslPolicy certificateArn alpnPolicy defaultActions)
                -> Listeners.ListenerArn
      read      DescribeListeners ListenerArns=[{id}] -> Listeners
      put       ModifyListener () ListenerArn={id}
      delete    DeleteListener ListenerArn={id}
      names     certificateArn=Certificates.CertificateArn
                defaultActions.authenticateCognito=AuthenticateCognitoConfig
                defaultActions.authenticateOidc=AuthenticateOidcConfig defaultActions.redirect=RedirectConfig
                defaultActions.fixedResponse=FixedResponseConfig defaultActions.forward=ForwardConfig
                defaultActions.forward.targetGroups.arn=TargetGroupArn
                defaultActions.forward.stickiness=TargetGroupStickinessConfig
                defaultActions.forward.stickiness.duration=DurationSeconds
      outputs   arn=ListenerArn sslPolicy protocol
      ordered   defaultActions
      tags      AddTags RemoveTags DescribeTags ResourceArns=[{id}] -> TagDescriptions.Tags

    aws:lb/listenerRule:ListenerRule elbv2
      create    CreateRule listenerArn priority (conditions actions) @next_priority -> Rules.RuleArn
      read      DescribeRules RuleArns=[{id}] @described_rule -> Rules
      update    ModifyRule () RuleArn={id} @rule
      update    SetRulePriorities priority @priority
      delete    DeleteRule RuleArn={id}
      names     conditions.hostHeader=HostHeaderConfig conditions.httpHeader=HttpHeaderConfig
                conditions.sourceIp=SourceIpConfig conditions.httpRequestMethod=HttpRequestMethodConfig
                conditions.pathPattern=PathPatternConfig conditions.queryStrings=QueryStringConfig.Values
                conditions.field=Field
                actions.authenticateCognito=AuthenticateCognitoConfig actions.authenticateOidc=AuthenticateOidcConfig
                actions.redirect=RedirectConfig actions.fixedResponse=FixedResponseConfig actions.forward=ForwardConfig
                actions.forward.targetGroups.arn=TargetGroupArn actions.forward.stickiness=TargetGroupStickinessConfig
                actions.forward.stickiness.duration=DurationSeconds
      outputs   arn=RuleArn priority
      ordered   actions
      tags      AddTags RemoveTags DescribeTags ResourceArns=[{id}] -> TagDescriptions.Tags
    """,
)
