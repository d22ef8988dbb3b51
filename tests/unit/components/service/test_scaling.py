"""The autoscaler."""

from __future__ import annotations

from collections.abc import Mapping

from components.service.scaling import Scaling, ScalingArgs, ScalingRules, Schedule
from recording.deployment import Deployment
from recording.mocks import deploy

SCHEDULES = {
    "weekday-morning": Schedule("0 7 ? * MON-FRI *", "Europe/Helsinki", 4, 12),
    "evening": Schedule("0 19 * * ? *", "UTC", 1, 4),
}


def build(sessions_per_task_target: int | None = 30, schedules: Mapping[str, Schedule] | None = None) -> Deployment:
    args = ScalingArgs(
        cluster_name="voiceter-cluster-dev",
        service_name="voiceter-backend-dev",
        rules=ScalingRules(
            min_count=2,
            max_count=10,
            cpu_target_percent=70,
            memory_target_percent=80,
            sessions_per_task_target=sessions_per_task_target,
            schedules=schedules or {},
        ),
    )
    return deploy(lambda: Scaling("scaling", args))


def test_target_is_the_count_of_the_service() -> None:
    assert build().one(":Target").inputs == {
        "serviceNamespace": "ecs",
        "resourceId": "service/voiceter-cluster-dev/voiceter-backend-dev",
        "scalableDimension": "ecs:service:DesiredCount",
        "minCapacity": 2,
        "maxCapacity": 10,
    }


def test_target_tracking_on_cpu_and_memory() -> None:
    run = build(None)
    target = run.one(":Target").inputs
    metrics = {}
    for policy in run.all(":Policy"):
        assert policy.inputs["policyType"] == "TargetTrackingScaling"
        assert all(policy.inputs[key] == target[key] for key in ("serviceNamespace", "resourceId", "scalableDimension"))
        tracking = policy.inputs["targetTrackingScalingPolicyConfiguration"]
        assert (tracking["scaleInCooldown"], tracking["scaleOutCooldown"]) == (300, 60)
        metrics[tracking["predefinedMetricSpecification"]["predefinedMetricType"]] = tracking["targetValue"]
    assert metrics == {"ECSServiceAverageCPUUtilization": 70, "ECSServiceAverageMemoryUtilization": 80}


def test_sessions_of_the_busiest_task_scale_out_only() -> None:
    run = build(21)
    target, policy = run.one(":Target").inputs, run.one(":Policy", "sessions").inputs
    assert policy["policyType"] == "TargetTrackingScaling"
    assert all(policy[key] == target[key] for key in ("serviceNamespace", "resourceId", "scalableDimension"))
    # The app sends this metric without dimensions, and a query needs no unit.
    assert policy["targetTrackingScalingPolicyConfiguration"] == {
        "customizedMetricSpecification": {
            "namespace": "Voiceter/Backend",
            "metricName": "ConcurrentSessions",
            "statistic": "Maximum",
        },
        "targetValue": 21,
        "disableScaleIn": True,
        "scaleOutCooldown": 60,
    }


def test_without_app_metrics_sessions_do_not_scale() -> None:
    assert [policy.name for policy in build(None).all(":Policy")] == ["cpu", "memory"]


def test_schedules_change_the_limits_of_the_target() -> None:
    run = build(schedules=SCHEDULES)
    target = run.one(":Target").inputs
    actions = {action.name: dict(action.inputs) for action in run.all(":ScheduledAction")}
    assert actions == {
        name: {
            "name": name,
            **{key: target[key] for key in ("serviceNamespace", "resourceId", "scalableDimension")},
            "schedule": schedule,
            "timezone": zone,
            "scalableTargetAction": {"minCapacity": least, "maxCapacity": most},
        }
        for name, schedule, zone, least, most in (
            ("weekday-morning", "cron(0 7 ? * MON-FRI *)", "Europe/Helsinki", 4, 12),
            ("evening", "cron(0 19 * * ? *)", "UTC", 1, 4),
        )
    }


def test_limits_belong_to_the_schedules_if_there_are_any() -> None:
    assert build(schedules=SCHEDULES).one(":Target").ignore_changes == ("minCapacity", "maxCapacity")
    # A first schedule changes no input of the target.
    assert build(schedules=SCHEDULES).one(":Target").inputs == build().one(":Target").inputs
    assert build().one(":Target").ignore_changes == ()
