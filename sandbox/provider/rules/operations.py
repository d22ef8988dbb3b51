"""What watches, scales, notifies and connects: CloudWatch, Auto Scaling, SNS, Budgets, Route 53, ACM, VPC."""

import json
import re
from collections.abc import Iterator
from typing import Any, cast

from ..faults import Fault
from ..spec import Context
from ..values import UNKNOWN, Values
from .primitives import (
    Across,
    Rule,
    at,
    at_most_one,
    between,
    distinct,
    document,
    exactly_one,
    form,
    given,
    known,
    less,
    number,
    objects,
    one_of,
)

# Amazon CloudWatch Logs API Reference, PutRetentionPolicy; 0 is Pulumi's word for never.
_RETENTION = (
    *(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
# Amazon CloudWatch User Guide, "CloudWatch statistics definitions".
_PERCENT = r"(100(\.0+)?|\d{1,2}(\.\d{1,10})?)"
_PERCENTILE = re.compile(rf"p{_PERCENT}|(tm|wm|tc|ts){_PERCENT}|(TM|WM|TC|TS|PR)\(([\d.]+%?)?:([\d.]+%?)?\)|IQM")
_DAY = 24 * 60 * 60
_GROUP_NAME = form(r"(?!sg-).{1,255}", "must be 1 to 255 characters, and not begin with sg-")
_DESCRIPTION = form(
    r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}",
    "must be at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*",
)
_BLOCK = form(r"[\d.]+/(1[6-9]|2[0-8])", "must be an IPv4 block of /16 to /28")
_RULE = {"description": _DESCRIPTION, "fromPort": between(-1, 65535), "toPort": between(-1, 65535)}

ONE: dict[str, dict[str, Rule]] = {
    "aws:cloudwatch/logGroup:LogGroup": {
        "retentionInDays": one_of(
            *_RETENTION, says=f"must be one of {', '.join(map(str, _RETENTION[1:]))}, or 0 for never"
        )
    },
    # Amazon CloudWatch API Reference, PutMetricAlarm and MetricDataQuery.
    "aws:cloudwatch/metricAlarm:MetricAlarm": {
        "treatMissingData": one_of("missing", "ignore", "breaching", "notBreaching"),
        "evaluateLowSampleCountPercentiles": one_of("evaluate", "ignore"),
        "extendedStatistic": Rule(
            "must be a percentile from p0 to p100, such as p99 or p99.9, or a trimmed statistic, such as tm90",
            lambda value: _PERCENTILE.fullmatch(str(value)) is not None,
        ),
        "metricQueries.id": form(
            r"[a-z][A-Za-z0-9_]{0,254}", "must be letters, digits and _, and begin with a small letter"
        ),
        "period": Rule(
            "must be 10, 20, 30 or a multiple of 60 seconds", lambda s: s in (10, 20, 30) or (s > 0 and s % 60 == 0)
        ),
    },
    "aws:cloudwatch/dashboard:Dashboard": {
        "dashboardName": form(r"[A-Za-z0-9_-]{1,255}", "must be 1 to 255 letters, digits, hyphens and underscores")
    },
    # Application Auto Scaling API Reference, ScalableTarget and PutScheduledAction.
    "aws:appautoscaling/target:Target": {
        "minCapacity": between(0, float("inf")),
        "maxCapacity": between(0, float("inf")),
    },
    "aws:appautoscaling/scheduledAction:ScheduledAction": {
        "schedule": form(
            r"at\(\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?\)|rate\([1-9]\d* (minute|hour|day)s?\)|cron\(\S+( \S+){5}\)",
            "must be at(yyyy-mm-ddThh:mm:ss), rate(n minutes|hours|days), or cron(…) with six fields",
        )
    },
    # Amazon SNS API Reference, CreateTopic and Subscribe.
    "aws:sns/topic:Topic": {
        "name": form(r"[A-Za-z0-9_-]{1,256}|[A-Za-z0-9_-]{1,251}\.fifo", "must be 1 to 256 letters, digits, - and _"),
        "displayName": form(r".{0,100}", "must be at most 100 characters"),
    },
    "aws:sns/topicSubscription:TopicSubscription": {
        "protocol": one_of("http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose"),
    },
    # AWS Cost Management API Reference, Budget and Notification.
    "aws:budgets/budget:Budget": {
        "name": form(r"[^:\\]{1,100}", "must be 1 to 100 characters, none of them : or \\"),
        "limitAmount": Rule("must be more than 0", lambda value: (number(value) or 0) > 0),
        "notifications.threshold": Rule("must be more than 0", lambda value: (number(value) or 0) > 0),
    },
    # Amazon Route 53 API Reference, ResourceRecordSet.
    "aws:route53/record:Record": {
        "ttl": between(0, 2_147_483_647, "seconds"),
        "setIdentifier": form(r".{1,128}", "must be 1 to 128 characters"),
        "weightedRoutingPolicies.weight": between(0, 255),
    },
    # AWS Certificate Manager API Reference, RequestCertificate: the first name becomes the common name.
    "aws:acm/certificate:Certificate": {"domainName": form(r".{1,64}", "must be at most 64 characters")},
    # Amazon EC2 API Reference, CreateVpc, CreateSubnet, CreateSecurityGroup.
    "aws:ec2/vpc:Vpc": {"cidrBlock": _BLOCK},
    "aws:ec2/subnet:Subnet": {"cidrBlock": _BLOCK},
    "aws:ec2/securityGroup:SecurityGroup": {"name": _GROUP_NAME, "description": _DESCRIPTION},
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _RULE,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _RULE,
}


def alarm(inputs: Values, _: Context) -> Iterator[Fault]:
    """PutMetricAlarm: one metric with one statistic, or queries of which one is the alarm's; a day or a week in all."""
    queries = list(objects(inputs, "metricQueries"))
    if inputs.get("metricName") is not None and known(inputs, "statistic", "extendedStatistic"):
        if len(given(inputs, "statistic", "extendedStatistic")) != 1:
            yield Fault("statistic", "exactly one of `statistic` and `extendedStatistic` is needed with a metric")
        for name in ("period", "namespace"):
            if inputs.get(name) is None:
                yield Fault(name, "is needed with a metric")
    yield from distinct(((f"{place}.id", one.get("id")) for place, one in queries), "the ids of queries")
    for place, one in queries:
        if known(one, "expression", "metric") and len(given(one, "expression", "metric")) != 1:
            yield Fault(place, "exactly one of expression and metric is needed")
    answers = [one.get("returnData") for _place, one in queries]
    if queries and UNKNOWN not in answers and answers.count(True) != 1:
        yield Fault("metricQueries", "exactly one query must have returnData", answers.count(True))
    period, times = number(inputs.get("period")), number(inputs.get("evaluationPeriods"))
    if period and times and period * times > (_DAY if period < 3600 else 7 * _DAY):
        most = "a day" if period < 3600 else "seven days"
        yield Fault(
            "evaluationPeriods", f"times `period` ({period:g} s) must be at most {most}", inputs["evaluationPeriods"]
        )


def dashboard(inputs: Values, _: Context) -> Iterator[Fault]:
    """PutDashboard and "Dashboard Body Structure and Syntax": a list of at most 500 widgets on a grid of 24 columns."""
    try:
        widgets: Any = json.loads(inputs["dashboardBody"]).get("widgets", [])
    except (AttributeError, KeyError, TypeError, ValueError):
        return  # an unknown body; one that is no document is refused beside this
    if len(widgets) > 500:
        yield Fault("dashboardBody", "at most 500 widgets are allowed", len(widgets))
    for index, widget in enumerate(widgets):
        x, width = number(widget.get("x")) or 0, number(widget.get("width")) or 6
        if not (x >= 0 and x + width <= 24):
            yield Fault(f"dashboardBody.widgets[{index}]", "must lie within 24 columns", f"x {x:g}, width {width:g}")
        if widget.get("type") not in ("metric", "text", "log", "alarm", "explorer"):
            yield Fault(
                f"dashboardBody.widgets[{index}].type",
                "must be metric, text, log, alarm or explorer",
                widget.get("type"),
            )


def scaling_policy(inputs: Values, _: Context) -> Iterator[Fault]:
    """PutScalingPolicy: a configuration of the policy's type, about exactly one metric."""
    names = {
        "TargetTrackingScaling": "targetTrackingScalingPolicyConfiguration",
        "StepScaling": "stepScalingPolicyConfiguration",
    }
    kind = inputs.get("policyType")
    for other, name in names.items():
        if kind == other and not given(inputs, name):
            yield Fault(name, f"is needed for a policy of type {kind}")
        if kind in names and kind != other and given(inputs, name):
            yield Fault(name, f"goes with the policy type {other} alone")
    for place, one in objects(inputs, names["TargetTrackingScaling"]):
        kinds = ("predefinedMetricSpecification", "customizedMetricSpecification")
        if known(one, *kinds) and len(given(one, *kinds)) != 1:
            yield Fault(place, f"exactly one of {' and '.join(kinds)} is needed")
        for inner, metric in objects(one, kinds[0], place):
            requests = metric.get("predefinedMetricType") == "ALBRequestCountPerTarget"
            if requests and not given(metric, "resourceLabel"):
                yield Fault(f"{inner}.resourceLabel", "is needed for ALBRequestCountPerTarget")


def subscription(inputs: Values, _: Context) -> Iterator[Fault]:
    """Subscribe: an endpoint in the form of its protocol."""
    forms = {
        "email": (r"[^@\s]+@[^@\s]+\.[^@\s]+", "an address"),
        "sms": (r"\+[1-9]\d{6,14}", "a number in E.164, such as +358401234567"),
        "https": (r"https://\S+", "an https:// URL"),
        "http": (r"http://\S+", "an http:// URL"),
    }
    endpoint, protocol = inputs.get("endpoint"), cast(str, inputs.get("protocol"))
    if isinstance(endpoint, str) and protocol in forms and not re.fullmatch(forms[protocol][0], endpoint):
        yield Fault("endpoint", f"must be {forms[protocol][1]} for the protocol {protocol}", endpoint)


def budget(inputs: Values, _: Context) -> Iterator[Fault]:
    """CreateBudget: at most 10 notifications, each with 1 to 11 subscribers, one SNS topic among them."""
    found = list(objects(inputs, "notifications"))
    if len(found) > 10:
        yield Fault("notifications", "at most 10 are allowed", len(found))
    for place, one in found:
        addresses, topics = (given(one, f"subscriber{kind}") for kind in ("EmailAddresses", "SnsTopicArns"))
        if not addresses and not topics:
            yield Fault(place, "needs a subscriber")
        if len(list(at(one, "subscriberEmailAddresses"))) > 10:
            yield Fault(f"{place}.subscriberEmailAddresses", "at most 10 are allowed")
        if len(list(at(one, "subscriberSnsTopicArns"))) > 1:
            yield Fault(f"{place}.subscriberSnsTopicArns", "at most 1 is allowed")


def record(inputs: Values, _: Context) -> Iterator[Fault]:
    """ChangeResourceRecordSets: an alias, or records with a TTL; a routing policy goes with a set identifier."""
    if known(inputs, "aliases", "records", "ttl"):
        if given(inputs, "aliases"):
            yield from (Fault(name, "an alias has none") for name in given(inputs, "records", "ttl"))
        else:
            yield from (
                Fault(name, "is needed without an alias") for name in ("records", "ttl") if inputs.get(name) is None
            )
    policies = given(
        inputs,
        "latencyRoutingPolicies",
        "weightedRoutingPolicies",
        "failoverRoutingPolicies",
        "multivalueAnswerRoutingPolicy",
    )
    if len(policies) > 1:
        yield Fault(policies[1], f"only one routing policy is allowed, and there is `{policies[0]}`")
    if policies and not given(inputs, "setIdentifier"):
        yield Fault("setIdentifier", f"is needed with `{policies[0]}`")
    if given(inputs, "setIdentifier") and not policies:
        yield Fault("setIdentifier", "goes with a routing policy alone")


def endpoint(inputs: Values, _: Context) -> Iterator[Fault]:
    """CreateVpcEndpoint: a gateway endpoint is in route tables, an interface endpoint in subnets."""
    kind, service = inputs.get("vpcEndpointType"), str(inputs.get("serviceName"))
    if kind == "Gateway":
        yield from (Fault(n, "a gateway endpoint has none") for n in given(inputs, "subnetIds", "securityGroupIds"))
        if inputs.get("serviceName") is not UNKNOWN and service.rpartition(".")[2] not in ("s3", "dynamodb"):
            yield Fault("serviceName", "only s3 and dynamodb have gateway endpoints", service)
    if kind == "Interface":
        yield from (Fault(name, "an interface endpoint has none") for name in given(inputs, "routeTableIds"))


def group_rule(inputs: Values, _: Context) -> Iterator[Fault]:
    """AuthorizeSecurityGroupIngress: all protocols go without ports, TCP and UDP with a range."""
    protocol, ports = str(inputs.get("ipProtocol")), [inputs.get(name) for name in ("fromPort", "toPort")]
    if protocol == "-1" and any(port not in (None, -1, 0, UNKNOWN) for port in ports):
        yield Fault("fromPort", "all protocols (-1) go without ports", ports[0])
    if protocol in ("tcp", "udp", "6", "17"):
        for name, port in zip(("fromPort", "toPort"), ports, strict=True):
            if port is None or port == -1:
                yield Fault(name, f"is needed for {protocol}")


def nat_gateway(inputs: Values, _: Context) -> Iterator[Fault]:
    """CreateNatGateway."""
    if inputs.get("connectivityType") == "public" and not given(inputs, "allocationId"):
        yield Fault("allocationId", "is needed for a public NAT gateway")
    if inputs.get("connectivityType") == "private":
        yield from (Fault(name, "a private NAT gateway has none") for name in given(inputs, "allocationId"))


_GROUP_RULE: tuple[Across, ...] = (
    group_rule,
    less("fromPort", "toPort", equal=True),
    exactly_one("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"),
)
_ROUTES = [
    "gatewayId",
    "natGatewayId",
    "transitGatewayId",
    "vpcEndpointId",
    "vpcPeeringConnectionId",
    "networkInterfaceId",
]

ACROSS: dict[str, tuple[Across, ...]] = {
    "aws:cloudwatch/metricAlarm:MetricAlarm": (
        alarm,
        less("datapointsToAlarm", "evaluationPeriods", equal=True),
        exactly_one("metricName", "metricQueries"),
    ),
    "aws:cloudwatch/dashboard:Dashboard": (document("dashboardBody", 1024 * 1024), dashboard),
    "aws:appautoscaling/target:Target": (less("minCapacity", "maxCapacity", equal=True),),
    "aws:appautoscaling/policy:Policy": (scaling_policy,),
    "aws:appautoscaling/scheduledAction:ScheduledAction": (
        less("scalableTargetAction.minCapacity", "scalableTargetAction.maxCapacity", equal=True),
    ),
    "aws:sns/topicPolicy:TopicPolicy": (document("policy", 30 * 1024),),
    "aws:sns/topicSubscription:TopicSubscription": (subscription,),
    "aws:budgets/budget:Budget": (budget,),
    "aws:route53/record:Record": (record,),
    "aws:ec2/vpcEndpoint:VpcEndpoint": (endpoint,),
    "aws:ec2/natGateway:NatGateway": (nat_gateway,),
    "aws:ec2/route:Route": (
        exactly_one("destinationCidrBlock", "destinationIpv6CidrBlock"),
        exactly_one(*_ROUTES),
    ),
    "aws:ec2/subnet:Subnet": (at_most_one("availabilityZone", "availabilityZoneId"),),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _GROUP_RULE,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _GROUP_RULE,
}
