"""The autoscaler."""

from __future__ import annotations

from components.scaling import Scaling, ScalingArgs
from tests.mocks import Deployment, deploy


def build() -> Deployment:
    args = ScalingArgs(
        cluster_name="voiceter-cluster-dev",
        service_name="voiceter-backend-dev",
        min_count=2,
        max_count=10,
        cpu_target_percent=70,
        memory_target_percent=80,
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
    run = build()
    target = run.one(":Target").inputs
    metrics = {}
    for policy in run.all(":Policy"):
        assert policy.inputs["policyType"] == "TargetTrackingScaling"
        assert all(policy.inputs[key] == target[key] for key in ("serviceNamespace", "resourceId", "scalableDimension"))
        tracking = policy.inputs["targetTrackingScalingPolicyConfiguration"]
        assert (tracking["scaleInCooldown"], tracking["scaleOutCooldown"]) == (300, 60)
        metrics[tracking["predefinedMetricSpecification"]["predefinedMetricType"]] = tracking["targetValue"]
    assert metrics == {"ECSServiceAverageCPUUtilization": 70, "ECSServiceAverageMemoryUtilization": 80}
