"""Application Auto Scaling: scalable targets, their policies and scheduled actions."""

from datetime import UTC, datetime
from typing import Any

from ..spec import Call, Context, Resource, Tags, pairs
from ..values import Values

_TARGET = "serviceNamespace resourceId scalableDimension"
_IS_TARGET = " ServiceNamespace={serviceNamespace} ResourceId={resourceId} ScalableDimension={scalableDimension}"
_IS_POLICY = _IS_TARGET + " PolicyName={name}"
_IS_ACTION = _IS_TARGET + " ScheduledActionName={name}"
_CONFIGURATIONS = "policyType targetTrackingScalingPolicyConfiguration stepScalingPolicyConfiguration"
_SCHEDULE = "schedule timezone startTime endTime scalableTargetAction"
_TARGET_ID = r"(?P<serviceNamespace>[^/]+)/(?P<resourceId>.+)/(?P<scalableDimension>[^/]+:[^/]+:[^/]+)"


def _moments(found: Any, context: Context) -> Values:
    """Moments as the program spells them, or else in UTC."""
    shown: Values = {}
    for name, member in (("startTime", "StartTime"), ("endTime", "EndTime")):
        live, given = found[0].get(member), context[name]
        if live is not None:
            same = isinstance(given, str) and datetime.fromisoformat(given) == live
            shown[name] = given if same else live.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return shown


RESOURCES = (
    Resource(
        "aws:appautoscaling/target:Target",
        "application-autoscaling",
        create=Call(
            f"RegisterScalableTarget {_TARGET} minCapacity maxCapacity roleArn suspendedState -> {{resourceId}}"
        ),
        parse=_TARGET_ID,
        read=Call(
            "DescribeScalableTargets ServiceNamespace={serviceNamespace} ResourceIds=[{resourceId}]"
            " ScalableDimension={scalableDimension} -> ScalableTargets"
        ),
        updates=Call("RegisterScalableTarget minCapacity maxCapacity suspendedState" + _IS_TARGET),
        delete=Call("DeregisterScalableTarget" + _IS_TARGET),
        reads={"arn": "ScalableTargetARN"},
        gaps={"tags": "the account does not show a scalable target's tags"},
        outputs="arn",
        unique=_TARGET,
        tags=Tags("TagResource UntagResource ResourceARN={arn}", "ListTagsForResource -> Tags"),
    ),
    Resource(
        "aws:appautoscaling/policy:Policy",
        "application-autoscaling",
        create=Call(f"PutScalingPolicy name {_TARGET} {_CONFIGURATIONS} -> {{name}}"),
        parse=_TARGET_ID + "/(?P<name>.+)",
        read=Call(
            f"DescribeScalingPolicies {_IS_TARGET} PolicyNames=[{{name}}] -> ScalingPolicies",
            only={"PolicyName": "{name}"},  # the account does not choose by PolicyNames
            take=lambda found, _: {"alarmArns": [alarm["AlarmARN"] for alarm in found[0].get("Alarms", [])]},
        ),
        updates=Call(f"PutScalingPolicy {_CONFIGURATIONS} {_IS_POLICY}", whole=True),
        delete=Call("DeleteScalingPolicy" + _IS_POLICY),
        names=pairs(
            "name=PolicyName"
            " targetTrackingScalingPolicyConfiguration.customizedMetricSpecification=CustomizedMetricSpecification"
            " stepScalingPolicyConfiguration.stepAdjustments.metricIntervalLowerBound=MetricIntervalLowerBound"
        ),
        reads={"arn": "PolicyARN"},
        outputs="arn alarmArns",
        defaults={"policyType": "StepScaling"},
        name="name",
        unique=f"name {_TARGET}",
    ),
    Resource(
        "aws:appautoscaling/scheduledAction:ScheduledAction",
        "application-autoscaling",
        create=Call(f"PutScheduledAction name {_TARGET} {_SCHEDULE} -> {{name}}-{{serviceNamespace}}-{{resourceId}}"),
        parse=r"(?P<name>.+?)-(?P<serviceNamespace>custom-resource|[a-z0-9]+)-(?P<resourceId>[^/-]+/.+)",
        read=Call(
            f"DescribeScheduledActions {_IS_TARGET} ScheduledActionNames=[{{name}}] -> ScheduledActions", take=_moments
        ),
        updates=Call(f"PutScheduledAction {_SCHEDULE} {_IS_ACTION}", whole=True),
        delete=Call("DeleteScheduledAction" + _IS_ACTION),
        names={"name": "ScheduledActionName"},
        reads={"arn": "ScheduledActionARN"},
        outputs="arn",
        defaults={"timezone": "UTC"},
        name="name",
        unique=f"name {_TARGET}",
    ),
)
