"""Application Auto Scaling: scalable targets, their policies and scheduled actions."""

from datetime import UTC, datetime
from typing import Any

from ..spec import Call, Context, Resource, Tags
from ..values import Values

_TARGET = {
    "ServiceNamespace": "{serviceNamespace}",
    "ResourceId": "{resourceId}",
    "ScalableDimension": "{scalableDimension}",
}
_POLICY = {**_TARGET, "PolicyName": "{name}"}
_POLICY_NAMES = {
    "name": "PolicyName",
    "targetTrackingScalingPolicyConfiguration.customizedMetricSpecification": "CustomizedMetricSpecification",
    "stepScalingPolicyConfiguration.stepAdjustments.metricIntervalLowerBound": "MetricIntervalLowerBound",
}
_ACTION = {**_TARGET, "ScheduledActionName": "{name}"}
_CONFIGURATIONS = "policyType targetTrackingScalingPolicyConfiguration stepScalingPolicyConfiguration"
_SCHEDULE = "schedule timezone startTime endTime scalableTargetAction"


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
            "RegisterScalableTarget",
            "serviceNamespace resourceId scalableDimension minCapacity maxCapacity roleArn suspendedState",
        ),
        id="{resourceId}",
        parse=r"(?P<serviceNamespace>[^/]+)/(?P<resourceId>.+)/(?P<scalableDimension>[^/]+:[^/]+:[^/]+)",
        read=(
            Call(
                "DescribeScalableTargets",
                fixed={
                    "ServiceNamespace": "{serviceNamespace}",
                    "ResourceIds": ["{resourceId}"],
                    "ScalableDimension": "{scalableDimension}",
                },
                at="ScalableTargets",
            ),
        ),
        updates=(Call("RegisterScalableTarget", "minCapacity maxCapacity suspendedState", _TARGET),),
        delete=(Call("DeregisterScalableTarget", fixed=_TARGET),),
        reads={"arn": "ScalableTargetARN"},
        gaps={"tags": "the account does not show a scalable target's tags"},
        outputs="arn",
        unique="serviceNamespace resourceId scalableDimension",
        tags=Tags("TagResource", "UntagResource", {"ResourceARN": "{arn}"}, read="ListTagsForResource"),
    ),
    Resource(
        "aws:appautoscaling/policy:Policy",
        "application-autoscaling",
        create=Call("PutScalingPolicy", f"name serviceNamespace resourceId scalableDimension {_CONFIGURATIONS}"),
        id="{name}",
        parse=r"(?P<serviceNamespace>[^/]+)/(?P<resourceId>.+)/(?P<scalableDimension>[^/]+:[^/]+:[^/]+)/(?P<name>.+)",
        read=(
            Call(
                "DescribeScalingPolicies",
                fixed={
                    "ServiceNamespace": "{serviceNamespace}",
                    "ResourceId": "{resourceId}",
                    "ScalableDimension": "{scalableDimension}",
                    "PolicyNames": ["{name}"],
                },
                at="ScalingPolicies",
                only={"PolicyName": "{name}"},  # the account does not choose by PolicyNames
                take=lambda found, _: {"alarmArns": [alarm["AlarmARN"] for alarm in found[0].get("Alarms", [])]},
            ),
        ),
        updates=(Call("PutScalingPolicy", _CONFIGURATIONS, _POLICY, whole=True),),
        delete=(Call("DeleteScalingPolicy", fixed=_POLICY),),
        names=_POLICY_NAMES,
        reads={"arn": "PolicyARN"},
        outputs="arn alarmArns",
        defaults={"policyType": "StepScaling"},
        name="name",
        limit=255,
        unique="name serviceNamespace resourceId scalableDimension",
    ),
    Resource(
        "aws:appautoscaling/scheduledAction:ScheduledAction",
        "application-autoscaling",
        create=Call("PutScheduledAction", f"name serviceNamespace resourceId scalableDimension {_SCHEDULE}"),
        id="{name}-{serviceNamespace}-{resourceId}",
        parse=r"(?P<name>.+?)-(?P<serviceNamespace>custom-resource|[a-z0-9]+)-(?P<resourceId>[^/-]+/.+)",
        read=(
            Call(
                "DescribeScheduledActions",
                fixed={
                    "ServiceNamespace": "{serviceNamespace}",
                    "ResourceId": "{resourceId}",
                    "ScalableDimension": "{scalableDimension}",
                    "ScheduledActionNames": ["{name}"],
                },
                at="ScheduledActions",
                take=_moments,
            ),
        ),
        updates=(Call("PutScheduledAction", _SCHEDULE, _ACTION, whole=True),),
        delete=(Call("DeleteScheduledAction", fixed=_ACTION),),
        names={"name": "ScheduledActionName"},
        reads={"arn": "ScheduledActionARN"},
        outputs="arn",
        defaults={"timezone": "UTC"},
        name="name",
        limit=255,
        unique="name serviceNamespace resourceId scalableDimension",
    ),
)
