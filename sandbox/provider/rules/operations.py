"""What watches, scales, notifies and connects: CloudWatch, Auto Scaling, SNS, Budgets, Route 53, ACM, VPC."""

import re
from collections.abc import Iterator

from ..faults import Fault
from ..spec import Context
from ..values import Values
from .across import Rules, count, document, each, exactly_one, excludes, less, parsed, refused, requires, unique, where
from .places import given, has, is_, isnt, known, lacks, number, size
from .single import Rule, allowed, form, numeric, one_of

_RETENTION = (
    *(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
_PERCENT = r"(100(\.0+)?|\d{1,2}(\.\d{1,10})?)"
_STATISTIC = re.compile(rf"p{_PERCENT}|(tm|wm|tc|ts){_PERCENT}|(TM|WM|TC|TS|PR)\(([\d.]+%?)?:([\d.]+%?)?\)|IQM")
_DAY = 24 * 60 * 60
_MORE_THAN_NONE = Rule("must be more than 0", lambda value: (number(value) or 0) > 0)
_DESCRIPTION = form(
    r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}",
    "must be at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*",
)
_BLOCK = {"cidrBlock": form(r"[\d.]+/(1[6-9]|2[0-8])", "must be an IPv4 block of /16 to /28")}
_WIDGETS = ("metric", "text", "log", "alarm", "explorer")
_METRICS = ("predefinedMetricSpecification", "customizedMetricSpecification")
_TRACKING, _STEPS = "targetTrackingScalingPolicyConfiguration", "stepScalingPolicyConfiguration"
_NEEDED = "is needed for a policy of type {policyType}"
_FORMS = {
    "email": form(r"[^@\s]+@[^@\s]+\.[^@\s]+", "must be an address for the protocol email"),
    "sms": form(r"\+[1-9]\d{6,14}", "must be a number in E.164, such as +358401234567 for the protocol sms"),
    "https": form(r"https://\S+", "must be an https:// URL for the protocol https"),
    "http": form(r"http://\S+", "must be an http:// URL for the protocol http"),
}
_ROUTINGS = [
    *(f"{kind}RoutingPolicies" for kind in ("latency", "weighted", "failover")),
    "multivalueAnswerRoutingPolicy",
]
_GATEWAYS = ("gateway", "natGateway", "transitGateway", "vpcEndpoint", "vpcPeeringConnection", "networkInterface")


def _watched_time(alarm: Values, _: Context) -> Iterator[Fault]:
    period, times = number(alarm.get("period")), number(alarm.get("evaluationPeriods"))
    if period and times and period * times > (_DAY if period < 3600 else 7 * _DAY):
        most = "a day" if period < 3600 else "seven days"
        said = f"times `period` ({period:g} s) must be at most {most}"
        yield Fault("evaluationPeriods", said, alarm["evaluationPeriods"])


def _on_grid(widget: Values, _: Context) -> Iterator[Fault]:
    x, width = size(widget, "x"), size(widget, "width", 6)
    if not (x >= 0 and x + width <= 24):
        yield Fault("", "must lie within 24 columns", f"x {x:g}, width {width:g}")


def _routing(inputs: Values, _: Context) -> Iterator[Fault]:
    """A routing policy goes with a set identifier."""
    policies = given(inputs, *_ROUTINGS)
    if len(policies) > 1:
        yield Fault(policies[1], f"only one routing policy is allowed, and there is `{policies[0]}`")
    if policies and not given(inputs, "setIdentifier"):
        yield Fault("setIdentifier", f"is needed with `{policies[0]}`")


# The tables are laid out by hand, with a rule a line.
# fmt: off
_GROUP_RULE = Rules(
    "Amazon EC2 API Reference: AuthorizeSecurityGroupIngress, AuthorizeSecurityGroupEgress, IpPermission",
    {"description": _DESCRIPTION, **allowed("fromPort -1..65535, toPort -1..65535")},
    refused("fromPort", "all protocols (-1) go without ports", is_("ipProtocol", "-1", -1),
        lambda rule: isnt("fromPort", None, -1, 0)(rule) or isnt("toPort", None, -1, 0)(rule), shows=True),
    *(refused(name, "is needed for {ipProtocol}", is_("ipProtocol", "tcp", "udp", "6", "17"), is_(name, None, -1))
      for name in ("fromPort", "toPort")),
    less("fromPort", "toPort", equal=True),
    exactly_one("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"),
)

RULES = {
    "aws:cloudwatch/logGroup:LogGroup": Rules(
        "Amazon CloudWatch Logs API Reference: PutRetentionPolicy; 0 is Pulumi's word for never",
        {"retentionInDays": one_of(
             *_RETENTION, says=f"must be one of {', '.join(map(str, _RETENTION[1:]))}, or 0 for never")}),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Rules(
        'Amazon CloudWatch API Reference: PutMetricAlarm, MetricDataQuery; User Guide: "CloudWatch statistics'
        ' definitions"',
        {**allowed("treatMissingData missing|ignore|breaching|notBreaching,"
             " evaluateLowSampleCountPercentiles evaluate|ignore"),
         "extendedStatistic": Rule(
             "must be a percentile from p0 to p100, such as p99 or p99.9, or a trimmed statistic, such as tm90",
             lambda value: _STATISTIC.fullmatch(str(value)) is not None),
         "metricQueries.id": form(r"[a-z][A-Za-z0-9_]{0,254}",
             "must be letters, digits and _, and begin with a small letter"),
         "period": numeric("must be 10, 20, 30 or a multiple of 60 seconds",
             lambda s: s in (10, 20, 30) or (s > 0 and s % 60 == 0))},
        exactly_one("metricName", "metricQueries"),
        where(has("metricName"))(
            exactly_one("statistic", "extendedStatistic",
                says="exactly one of `statistic` and `extendedStatistic` is needed with a metric", path="statistic"),
            requires("period namespace", "is needed with a metric")),
        unique("metricQueries.id", "the ids of queries"),
        each("metricQueries",
            exactly_one("expression", "metric", says="exactly one of expression and metric is needed")),
        where(has("metricQueries"))(
            count("metricQueries", 1, "exactly one query must have returnData", "metricQueries.returnData", least=1)),
        less("datapointsToAlarm", "evaluationPeriods", equal=True),
        _watched_time),
    "aws:cloudwatch/dashboard:Dashboard": Rules(
        'Amazon CloudWatch API Reference: PutDashboard, "Dashboard Body Structure and Syntax"',
        {"dashboardName": form(r"[A-Za-z0-9_-]{1,255}", "must be 1 to 255 letters, digits, hyphens and underscores")},
        document("dashboardBody", 1024 * 1024),
        parsed("dashboardBody",
            count("dashboardBody", 500, "at most {most} widgets are allowed", "dashboardBody.widgets"),
            each("dashboardBody.widgets",
                _on_grid,
                refused("type", "must be metric, text, log, alarm or explorer", isnt("type", *_WIDGETS), shows=True)))),
    "aws:appautoscaling/target:Target": Rules("Application Auto Scaling API Reference: ScalableTarget",
        allowed("minCapacity 0.., maxCapacity 0.."),
        less("minCapacity", "maxCapacity", equal=True)),
    "aws:appautoscaling/policy:Policy": Rules(
        "Application Auto Scaling API Reference: PutScalingPolicy, TargetTrackingScalingPolicyConfiguration",
        requires(_TRACKING, _NEEDED, is_("policyType", "TargetTrackingScaling")),
        excludes(_TRACKING, "goes with the policy type TargetTrackingScaling alone", is_("policyType", "StepScaling")),
        requires(_STEPS, _NEEDED, is_("policyType", "StepScaling")),
        excludes(_STEPS, "goes with the policy type StepScaling alone", is_("policyType", "TargetTrackingScaling")),
        each(_TRACKING,
            exactly_one(*_METRICS, says=f"exactly one of {' and '.join(_METRICS)} is needed"),
            each(_METRICS[0],
                refused("resourceLabel", "is needed for ALBRequestCountPerTarget",
                    is_("predefinedMetricType", "ALBRequestCountPerTarget"), lacks("resourceLabel"))))),
    "aws:appautoscaling/scheduledAction:ScheduledAction": Rules(
        "Application Auto Scaling API Reference: PutScheduledAction",
        {"schedule": form(
             r"at\(\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?\)|rate\([1-9]\d* (minute|hour|day)s?\)|cron\(\S+( \S+){5}\)",
             "must be at(yyyy-mm-ddThh:mm:ss), rate(n minutes|hours|days), or cron(…) with six fields")},
        less("scalableTargetAction.minCapacity", "scalableTargetAction.maxCapacity", equal=True)),
    "aws:sns/topic:Topic": Rules("Amazon SNS API Reference: CreateTopic",
        {"name": form(r"[A-Za-z0-9_-]{1,256}|[A-Za-z0-9_-]{1,251}\.fifo", "must be 1 to 256 letters, digits, - and _"),
         "displayName": form(r".{0,100}", "must be at most 100 characters")}),
    "aws:sns/topicPolicy:TopicPolicy": Rules("Amazon SNS API Reference: SetTopicAttributes",
        document("policy", 30 * 1024)),
    "aws:sns/topicSubscription:TopicSubscription": Rules("Amazon SNS API Reference: Subscribe",
        allowed("protocol http|https|email|email-json|sms|sqs|application|lambda|firehose"),
        *(where(is_("protocol", protocol))({"endpoint": rule}) for protocol, rule in _FORMS.items())),
    "aws:budgets/budget:Budget": Rules("AWS Cost Management API Reference: Budget, CreateBudget, Notification",
        {"name": form(r"[^:\\]{1,100}", "must be 1 to 100 characters, none of them : or \\"),
         "limitAmount": _MORE_THAN_NONE,
         "notifications.threshold": _MORE_THAN_NONE},
        count("notifications", 10),
        each("notifications",
            refused("", "needs a subscriber", lacks("subscriberEmailAddresses", "subscriberSnsTopicArns")),
            count("subscriberEmailAddresses", 10),
            count("subscriberSnsTopicArns", 1, "at most 1 is allowed"))),
    "aws:route53/record:Record": Rules("Amazon Route 53 API Reference: ChangeResourceRecordSets, ResourceRecordSet",
        {"setIdentifier": form(r".{1,128}", "must be 1 to 128 characters"),
         **allowed("ttl 0..2147483647 seconds, weightedRoutingPolicies.weight 0..255")},
        excludes("records ttl", "an alias has none", has("aliases"), known("aliases", "records", "ttl")),
        requires("records ttl", "is needed without an alias", lacks("aliases")),
        _routing,
        refused("setIdentifier", "goes with a routing policy alone", has("setIdentifier"), lacks(*_ROUTINGS))),
    "aws:acm/certificate:Certificate": Rules(
        "AWS Certificate Manager API Reference: RequestCertificate; the first name becomes the common name",
        {"domainName": form(r".{1,64}", "must be at most 64 characters")}),
    "aws:ec2/vpc:Vpc": Rules("Amazon EC2 API Reference: CreateVpc", _BLOCK),
    "aws:ec2/subnet:Subnet": Rules("Amazon EC2 API Reference: CreateSubnet",
        _BLOCK,
        exactly_one("availabilityZone", "availabilityZoneId", least=0)),
    "aws:ec2/securityGroup:SecurityGroup": Rules("Amazon EC2 API Reference: CreateSecurityGroup",
        {"name": form(r"(?!sg-).{1,255}", "must be 1 to 255 characters, and not begin with sg-"),
         "description": _DESCRIPTION}),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _GROUP_RULE,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _GROUP_RULE,
    "aws:ec2/vpcEndpoint:VpcEndpoint": Rules("Amazon EC2 API Reference: CreateVpcEndpoint",
        where(is_("vpcEndpointType", "Gateway"))(
            excludes("subnetIds securityGroupIds", "a gateway endpoint has none"),
            {"serviceName": form(r"(.*\.)?(s3|dynamodb)", "only s3 and dynamodb have gateway endpoints")}),
        excludes("routeTableIds", "an interface endpoint has none", is_("vpcEndpointType", "Interface"))),
    "aws:ec2/natGateway:NatGateway": Rules("Amazon EC2 API Reference: CreateNatGateway",
        requires("allocationId", "is needed for a public NAT gateway", is_("connectivityType", "public")),
        excludes("allocationId", "a private NAT gateway has none", is_("connectivityType", "private"))),
    "aws:ec2/route:Route": Rules("Amazon EC2 API Reference: CreateRoute",
        exactly_one("destinationCidrBlock", "destinationIpv6CidrBlock"),
        exactly_one(*(f"{kind}Id" for kind in _GATEWAYS))),
}
