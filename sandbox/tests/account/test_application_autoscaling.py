"""Scalable targets and policies of Application Auto Scaling in the account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

CPU = "ECSServiceAverageCPUUtilization"


def _target(service: str) -> dict[str, str]:
    resource = f"service/c/{service}"
    return {"ServiceNamespace": "ecs", "ResourceId": resource, "ScalableDimension": "ecs:service:DesiredCount"}


@pytest.fixture
def ecs(aws: Callable[[str], Any]) -> Any:
    """A client of an account with two services, `app` and `other`, of one task each."""
    ecs = aws("ecs")
    ecs.create_cluster(clusterName="c")
    ecs.register_task_definition(family="t", containerDefinitions=[{"name": "app", "image": "app", "memory": 128}])
    for service in ("app", "other"):
        ecs.create_service(cluster="c", serviceName=service, taskDefinition="t", desiredCount=1)
    return ecs


@pytest.fixture
def scaling(aws: Callable[[str], Any], ecs: Any) -> Any:
    """A client of an account in which both services are scalable targets."""
    scaling = aws("application-autoscaling")
    for service in ("app", "other"):
        scaling.register_scalable_target(**_target(service), MinCapacity=1, MaxCapacity=2)
    return scaling


def test_policy_and_scheduled_action_need_their_target(aws: Callable[[str], Any]) -> None:
    """Application Auto Scaling API Reference: PutScalingPolicy, PutScheduledAction (ObjectNotFoundException)."""
    scaling = aws("application-autoscaling")
    with pytest.raises(scaling.exceptions.ObjectNotFoundException, match="resource ID: service/c/app"):
        scaling.put_scaling_policy(PolicyName="cpu", PolicyType="TargetTrackingScaling", **_target("app"))
    with pytest.raises(scaling.exceptions.ObjectNotFoundException, match="resource ID: service/c/app"):
        scaling.put_scheduled_action(ScheduledActionName="night", Schedule="rate(1 day)", **_target("app"))


def test_target_is_deregistered_with_its_policies_and_scheduled_actions(scaling: Any) -> None:
    """Application Auto Scaling API Reference, DeregisterScalableTarget."""
    for service in ("app", "other"):
        tracking = {"TargetValue": 70, "PredefinedMetricSpecification": {"PredefinedMetricType": CPU}}
        policy = {"PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": tracking}
        scaling.put_scaling_policy(PolicyName="cpu", **_target(service), **policy)
        scaling.put_scheduled_action(ScheduledActionName="night", Schedule="rate(1 day)", **_target(service))
    scaling.deregister_scalable_target(**_target("app"))
    policies = scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    actions = scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"]
    assert [one["ResourceId"] for one in (*policies, *actions)] == 2 * ["service/c/other"]


def test_limits_of_a_target_move_the_count_and_record_why(aws: Callable[[str], Any], ecs: Any) -> None:
    scaling, target = aws("application-autoscaling"), _target("app")

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


def test_target_has_one_policy_that_tracks_a_metric(scaling: Any) -> None:

    def put(name: str, metric: str, service: str = "app", value: int = 70) -> None:
        scaling.put_scaling_policy(
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            **_target(service),
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": value,
                "PredefinedMetricSpecification": {"PredefinedMetricType": f"ECSServiceAverage{metric}Utilization"},
            },
        )

    put("cpu", "CPU")
    put("cpu", "CPU", value=80)
    put("memory", "Memory")
    put("cpu-of-another", "CPU", service="other")
    with pytest.raises(scaling.exceptions.ValidationException, match="Only one TargetTrackingScaling policy"):
        put("cpu-again", "CPU")
