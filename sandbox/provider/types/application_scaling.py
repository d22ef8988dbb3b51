"""Application Auto Scaling: scalable targets, their policies and scheduled actions."""

from datetime import UTC, datetime
from typing import Any

from ..spec import Context, table
from ..values import Values


def moments(found: Any, context: Context) -> Values:
    """Moments as the program spells them, or else in UTC."""
    shown: Values = {}
    for name, member in (("startTime", "StartTime"), ("endTime", "EndTime")):
        live, given = found[0].get(member), context[name]
        if live is not None:
            same = isinstance(given, str) and datetime.fromisoformat(given) == live
            shown[name] = given if same else live.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return shown


_TARGET = "ServiceNamespace={serviceNamespace} ResourceId={resourceId} ScalableDimension={scalableDimension}"
_TARGET_ID = r"(?P<serviceNamespace>[^/]+)/(?P<resourceId>.+)/(?P<scalableDimension>[^/]+:[^/]+:[^/]+)"

RESOURCES = table(
    globals(),
    r"""
    aws:appautoscaling/target:Target application-autoscaling
      create    RegisterScalableTarget serviceNamespace resourceId scalableDimension
                (minCapacity maxCapacity roleArn suspendedState) -> {resourceId}
      id        TARGET_ID
      read      DescribeScalableTargets ServiceNamespace={serviceNamespace} ResourceIds=[{resourceId}]
                ScalableDimension={scalableDimension} -> ScalableTargets
      update    RegisterScalableTarget () THE_TARGET
      delete    DeregisterScalableTarget THE_TARGET
      outputs   arn=ScalableTargetARN
      keeps     roleArn suspendedState
      tags      TagResource UntagResource ListTagsForResource ResourceARN={arn} -> Tags

    aws:appautoscaling/policy:Policy application-autoscaling
      create    PutScalingPolicy name serviceNamespace resourceId scalableDimension
                (policyType targetTrackingScalingPolicyConfiguration stepScalingPolicyConfiguration) -> {name}
      id        TARGET_ID/(?P<name>.+)
      read      DescribeScalingPolicies THE_TARGET PolicyNames=[{name}] -> ScalingPolicies
      put       PutScalingPolicy () THE_TARGET PolicyName={name}
      delete    DeleteScalingPolicy THE_TARGET PolicyName={name}
      names     name=PolicyName
                targetTrackingScalingPolicyConfiguration.customizedMetricSpecification=CustomizedMetricSpecification
                stepScalingPolicyConfiguration.stepAdjustments.metricIntervalLowerBound=MetricIntervalLowerBound
      outputs   arn=PolicyARN alarmArns=Alarms[].AlarmARN
      defaults  policyType=StepScaling
      named     name

    aws:appautoscaling/scheduledAction:ScheduledAction application-autoscaling
      create    PutScheduledAction name serviceNamespace resourceId scalableDimension
                (schedule timezone startTime endTime scalableTargetAction) -> {name}-{serviceNamespace}-{resourceId}
      id        (?P<name>.+?)-(?P<serviceNamespace>custom-resource|[a-z0-9]+)-(?P<resourceId>[^/-]+/.+)
      read      DescribeScheduledActions THE_TARGET ScheduledActionNames=[{name}] @moments -> ScheduledActions
      put       PutScheduledAction () THE_TARGET ScheduledActionName={name}
      delete    DeleteScheduledAction THE_TARGET ScheduledActionName={name}
      names     name=ScheduledActionName
      outputs   arn=ScheduledActionARN
      defaults  timezone=UTC
      named     name
    """.replace("THE_TARGET", _TARGET).replace("TARGET_ID", _TARGET_ID),
)
