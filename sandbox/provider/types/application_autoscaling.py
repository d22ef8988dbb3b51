"""Application Auto Scaling: scalable targets, their policies and scheduled actions."""

import re
from collections.abc import Iterator

from ..resource import Call, Context, Name, Read, Resource, Tags
from ..rules import Fault, at_most, between, exactly_one, matches, objects
from ..values import Values

_TRACKING = "targetTrackingScalingPolicyConfiguration"
# Minutes, hours, day of the month, month, day of the week, year. One of the days is `?`.
_CRON = r"cron\(\S+ \S+ (\? \S+ [^? ]+|[^? ]+ \S+ \?) \S+\)"
_SCHEDULE = rf"at\(\d{{4}}-\d\d-\d\dT\d\d:\d\d(:\d\d)?\)|rate\([1-9]\d* (minute|hour|day)s?\)|{_CRON}"


def _target_rules(inputs: Values) -> Iterator[Fault]:
    """Application Auto Scaling API Reference, ScalableTarget."""
    yield from between(inputs, "minCapacity", 0)
    yield from between(inputs, "maxCapacity", 0)
    yield from at_most(inputs, "minCapacity", "maxCapacity")


def _policy_rules(inputs: Values) -> Iterator[Fault]:
    """Application Auto Scaling API Reference, TargetTrackingScalingPolicyConfiguration."""
    for place, tracking in objects(inputs, _TRACKING):
        yield from exactly_one(tracking, place, "predefinedMetricSpecification", "customizedMetricSpecification")


def _scheduled_action_rules(inputs: Values) -> Iterator[Fault]:
    """Application Auto Scaling API Reference, PutScheduledAction; User Guide, "Schedule recurring scaling actions using
    cron expressions".
    """
    rule = "must be at(yyyy-mm-ddThh:mm:ss), rate(n minutes|hours|days) or cron(…) with six fields, one day a ?"
    yield from matches(inputs, "schedule", _SCHEDULE, rule)
    yield from at_most(inputs, "scalableTargetAction.minCapacity", "scalableTargetAction.maxCapacity")


_SERVICE = "application-autoscaling"
_TARGET = ("serviceNamespace", "resourceId", "scalableDimension")


def _target(it: Context) -> Values:
    """The parameters that name a scalable target."""
    return {
        "ServiceNamespace": it["serviceNamespace"],
        "ResourceId": it["resourceId"],
        "ScalableDimension": it["scalableDimension"],
    }


def _parse_target(id: str) -> Values:
    """`ecs/service/cluster/name/ecs:service:DesiredCount`, the id of an import."""
    pattern = r"(?P<serviceNamespace>[^/]+)/(?P<resourceId>.+)/(?P<scalableDimension>[^/:]+:[^/:]+:[^/:]+)"
    found = re.fullmatch(pattern, id)
    return found.groupdict() if found else {}


def _parse_policy(id: str) -> Values:
    """The target's id, a slash and the policy's name."""
    target, _, name = id.rpartition("/")
    found = _parse_target(target)
    return {**found, "name": name} if found else {}


def _parse_action(id: str) -> Values:
    found = re.fullmatch(r"(?P<name>.+?)-(?P<serviceNamespace>[a-z0-9]+)-(?P<resourceId>[^/-]+/.+)", id)
    return found.groupdict() if found else {}


TARGET = Resource(
    "aws:appautoscaling/target:Target",
    service=_SERVICE,
    create=Call("RegisterScalableTarget", (*_TARGET, "minCapacity", "maxCapacity")),
    id=lambda _, it: it["resourceId"],
    parse_id=_parse_target,
    canonical_id=lambda outputs: outputs["resourceId"],
    identity=_target,
    read=(Read("DescribeScalableTargets", at="ScalableTargets"),),
    update=(Call("RegisterScalableTarget", ("minCapacity", "maxCapacity")),),
    delete=(Call("DeregisterScalableTarget"),),
    shown_as={"arn": "ScalableTargetARN"},
    outputs=("arn",),
    tags=Tags(),
    rules=_target_rules,
)

_POLICY = ("policyType", "targetTrackingScalingPolicyConfiguration")

POLICY = Resource(
    "aws:appautoscaling/policy:Policy",
    service=_SERVICE,
    create=Call("PutScalingPolicy", ("name", *_TARGET, *_POLICY)),
    id=lambda _, it: it["name"],
    parse_id=_parse_policy,
    canonical_id=lambda outputs: outputs["name"],
    identity=lambda it: {**_target(it), "PolicyName": it["name"]},
    read=(Read("DescribeScalingPolicies", at="ScalingPolicies"),),
    update=(Call("PutScalingPolicy", _POLICY, send_all=True),),
    delete=(Call("DeleteScalingPolicy"),),
    rename={
        "name": "PolicyName",
        "targetTrackingScalingPolicyConfiguration.customizedMetricSpecification": "CustomizedMetricSpecification",
    },
    shown_as={"arn": "PolicyARN"},
    outputs=("arn",),
    defaults={"policyType": "StepScaling"},
    members={
        "targetTrackingScalingPolicyConfiguration": (
            "customizedMetricSpecification",
            "disableScaleIn",
            "predefinedMetricSpecification",
            "scaleInCooldown",
            "scaleOutCooldown",
            "targetValue",
        ),
        "targetTrackingScalingPolicyConfiguration.customizedMetricSpecification": (
            "metricName",
            "namespace",
            "statistic",
        ),
        "targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification": ("predefinedMetricType",),
    },
    name=Name("name"),
    rules=_policy_rules,
)

_ACTION = ("schedule", "timezone", "scalableTargetAction")

SCHEDULED_ACTION = Resource(
    "aws:appautoscaling/scheduledAction:ScheduledAction",
    service=_SERVICE,
    create=Call("PutScheduledAction", ("name", *_TARGET, *_ACTION)),
    id=lambda _, it: f"{it['name']}-{it['serviceNamespace']}-{it['resourceId']}",
    parse_id=_parse_action,
    identity=lambda it: {**_target(it), "ScheduledActionName": it["name"]},
    read=(Read("DescribeScheduledActions", at="ScheduledActions"),),
    update=(Call("PutScheduledAction", _ACTION, send_all=True),),
    delete=(Call("DeleteScheduledAction"),),
    rename={"name": "ScheduledActionName"},
    shown_as={"arn": "ScheduledActionARN"},
    outputs=("arn",),
    defaults={"timezone": "UTC"},
    members={"scalableTargetAction": ("maxCapacity", "minCapacity")},
    name=Name("name"),
    rules=_scheduled_action_rules,
)

RESOURCES = (TARGET, POLICY, SCHEDULED_ACTION)
