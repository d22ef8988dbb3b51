"""Application Auto Scaling: scalable targets and their policies."""

from ..spec import Call, Resource, Tags

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
_CONFIGURATIONS = "policyType targetTrackingScalingPolicyConfiguration stepScalingPolicyConfiguration"

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
)
