"""The autoscaler."""

from __future__ import annotations

from components.scaling import Scaling, ScalingArgs
from tests.mocks import Deployment, deploy


def build(sessions_per_task_target: int | None = 30) -> Deployment:
    args = ScalingArgs(
        cluster_name="voiceter-cluster-dev",
        service_name="voiceter-backend-dev",
        min_count=2,
        max_count=10,
        cpu_target_percent=70,
        memory_target_percent=80,
        sessions_per_task_target=sessions_per_task_target,
    )
    return deploy(lambda: Scaling("scaling", args))


def test_the_target_is_the_services_count() -> None:
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


def test_the_sessions_of_the_busiest_task_scale_out_and_never_in() -> None:
    run = build(21)
    target, policy = run.one(":Target").inputs, run.one(":Policy", "sessions").inputs
    assert policy["policyType"] == "TargetTrackingScaling"
    assert all(policy[key] == target[key] for key in ("serviceNamespace", "resourceId", "scalableDimension"))
    # Neither dimensions nor a unit: the app sends this metric without the first, and a query need not name the second.
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


def test_nothing_waits_for_metrics_that_are_off() -> None:
    assert [policy.name for policy in build(None).all(":Policy")] == ["cpu", "memory"]
