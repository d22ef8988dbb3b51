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


def test_limits_of_a_target_move_the_count_and_record_why(aws: Callable[[str], Any]) -> None:
    ecs, scaling = aws("ecs"), aws("application-autoscaling")
    ecs.create_cluster(clusterName="c")
    ecs.register_task_definition(family="t", containerDefinitions=[{"name": "app", "image": "app", "memory": 128}])
    for name in ("app", "other"):
        ecs.create_service(cluster="c", serviceName=name, taskDefinition="t", desiredCount=1)
    target = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/c/app",
        "ScalableDimension": "ecs:service:DesiredCount",
    }

    def shown(**asked: str) -> list[tuple[str, ...]]:
        found = scaling.describe_scaling_activities(ServiceNamespace="ecs", **asked)["ScalingActivities"]
        keys = ("ResourceId", "Description", "Cause", "StatusCode", "StatusMessage")
        assert all(one["StartTime"] <= one["EndTime"] for one in found)
        return [tuple(one[key] for key in keys) for one in found]

    def counts() -> tuple[int, int]:
        [service] = ecs.describe_services(cluster="c", services=["app"])["services"]
        return service["desiredCount"], service["runningCount"]

    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=4)
    assert (shown(), counts()) == ([], (1, 1))
    scaling.register_scalable_target(**target, MinCapacity=3)
    raised = (
        "service/c/app",
        "Setting desired count to 3.",
        "minimum capacity was set to 3",
        "Successful",
        "Successfully set desired count to 3. Change successfully fulfilled by ecs.",
    )
    assert (shown(), counts()) == ([raised], (3, 3))
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
    assert counts() == (2, 2)
    assert [one[2] for one in shown()] == ["maximum capacity was set to 2", "minimum capacity was set to 3"]
    # A count that somebody sets outside the limits stays: they count when they are set.
    ecs.update_service(cluster="c", service="app", desiredCount=4)
    assert counts() == (4, 4)
    assert shown(ResourceId="service/c/other") == []
    assert len(shown(ResourceId="service/c/app", ScalableDimension="ecs:service:DesiredCount")) == 2
