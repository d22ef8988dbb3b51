"""Scalable targets and policies of Application Auto Scaling in the account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

TRACKING = {
    "TargetValue": 50.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"},
}


def test_policies_are_filtered_by_name_and_target(aws: Callable[[str], Any]) -> None:
    scaling = aws("application-autoscaling")
    space: dict[str, Any] = {"ServiceNamespace": "dynamodb"}
    for resource in ("table/app", "table/app-2"):
        target = {**space, "ResourceId": resource, "ScalableDimension": "dynamodb:table:ReadCapacityUnits"}
        scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
        for name in ("reads", "more-reads"):
            scaling.put_scaling_policy(
                **target,
                PolicyName=name,
                PolicyType="TargetTrackingScaling",
                TargetTrackingScalingPolicyConfiguration=TRACKING,
            )

    def shown(**asked: Any) -> list[tuple[str, str]]:
        found = scaling.describe_scaling_policies(**space, **asked)["ScalingPolicies"]
        return sorted((one["ResourceId"], one["PolicyName"]) for one in found)

    assert len(shown()) == 4
    assert shown(PolicyNames=["reads"]) == [("table/app", "reads"), ("table/app-2", "reads")]
    assert shown(ResourceId="table/app-2", PolicyNames=["reads", "none"]) == [("table/app-2", "reads")]
    assert shown(PolicyNames=["none"]) == []


def test_scalable_target_has_tags(aws: Callable[[str], Any]) -> None:
    scaling = aws("application-autoscaling")
    target: dict[str, Any] = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/app",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    }

    def tags() -> dict[str, Any]:
        return scaling.list_tags_for_resource(ResourceARN=arn)["Tags"]

    made = scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2, Tags={"Stack": "dev"})
    arn = made["ScalableTargetARN"]
    scaling.register_scalable_target(**target, MaxCapacity=3)
    assert tags() == {"Stack": "dev"}
    scaling.tag_resource(ResourceARN=arn, Tags={"Stack": "prod", "Data": "sessions"})
    assert tags() == {"Stack": "prod", "Data": "sessions"}
    scaling.untag_resource(ResourceARN=arn, TagKeys=["Data", "none"])
    assert tags() == {"Stack": "prod"}
    scaling.deregister_scalable_target(**target)
    with pytest.raises(scaling.exceptions.ResourceNotFoundException):
        tags()


def test_nothing_scales_by_itself(aws: Callable[[str], Any]) -> None:
    scaling = aws("application-autoscaling")
    assert scaling.describe_scaling_activities(ServiceNamespace="ecs")["ScalingActivities"] == []
