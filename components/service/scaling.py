"""The autoscaler, which owns the number of tasks."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.monitoring.metrics import CONCURRENT_SESSIONS

_SCALE_IN_COOLDOWN_SECONDS = 300
_SCALE_OUT_COOLDOWN_SECONDS = 60


@dataclass(frozen=True)
class Schedule:
    """At `cron`, the limits of the autoscaler become `min_count` and `max_count`."""

    cron: str  # AWS's six fields
    time_zone: str  # an IANA name
    min_count: int  # tasks
    max_count: int  # tasks


@dataclass(frozen=True, kw_only=True)
class ScalingRules:
    """The limits and targets of the autoscaler."""

    min_count: int  # tasks
    max_count: int  # tasks
    cpu_target_percent: int
    memory_target_percent: int
    sessions_per_task_target: int | None  # None if the app publishes no metrics
    schedules: Mapping[str, Schedule]  # by name; they own the limits


@dataclass(frozen=True)
class ScalingArgs:
    """The inputs of `Scaling`."""

    cluster_name: pulumi.Input[str]
    service_name: pulumi.Input[str]
    rules: ScalingRules


class Scaling(pulumi.ComponentResource):
    """Target tracking on CPU, memory and sessions: the largest count wins. Schedules change the limits."""

    def __init__(self, name: str, args: ScalingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:scaling:Scaling", name, {}, opts)
        rules = args.rules
        target = aws.appautoscaling.Target(
            "tasks",
            service_namespace="ecs",
            resource_id=pulumi.Output.concat("service/", args.cluster_name, "/", args.service_name),
            scalable_dimension="ecs:service:DesiredCount",
            min_capacity=rules.min_count,
            max_capacity=rules.max_count,
            # A scheduled action sets both, which is no drift.
            opts=pulumi.ResourceOptions(
                parent=self, ignore_changes=["min_capacity", "max_capacity"] if rules.schedules else None
            ),
        )
        metrics = {
            "cpu": ("ECSServiceAverageCPUUtilization", rules.cpu_target_percent),
            "memory": ("ECSServiceAverageMemoryUtilization", rules.memory_target_percent),
        }
        # Each policy and each action waits for the one before it: Application Auto Scaling refuses a change while
        # another change of the target is pending (ConcurrentUpdateException), and the AWS provider does not repeat it
        # (terraform-provider-aws, issue 17915).
        last: pulumi.Resource = target
        for metric, (metric_type, target_percent) in metrics.items():
            last = aws.appautoscaling.Policy(
                metric,
                policy_type="TargetTrackingScaling",
                service_namespace=target.service_namespace,
                resource_id=target.resource_id,
                scalable_dimension=target.scalable_dimension,
                target_tracking_scaling_policy_configuration={
                    "predefined_metric_specification": {"predefined_metric_type": metric_type},
                    "target_value": target_percent,
                    "scale_in_cooldown": _SCALE_IN_COOLDOWN_SECONDS,
                    "scale_out_cooldown": _SCALE_OUT_COOLDOWN_SECONDS,
                },
                opts=pulumi.ResourceOptions(parent=self, depends_on=[last]),
            )
        if rules.sessions_per_task_target is not None:
            # Scales out only: the app sends its count when a session starts or ends, and a policy without data blocks
            # every scale-in (Application Auto Scaling User Guide, "How target tracking scaling for Application Auto
            # Scaling works"). The busiest task decides: an average would weight a task by how often it sends.
            last = aws.appautoscaling.Policy(
                "sessions",
                policy_type="TargetTrackingScaling",
                service_namespace=target.service_namespace,
                resource_id=target.resource_id,
                scalable_dimension=target.scalable_dimension,
                target_tracking_scaling_policy_configuration={
                    "customized_metric_specification": {
                        "namespace": CONCURRENT_SESSIONS.namespace,
                        "metric_name": CONCURRENT_SESSIONS.name,
                        "statistic": "Maximum",
                    },
                    "target_value": rules.sessions_per_task_target,
                    "disable_scale_in": True,
                    "scale_out_cooldown": _SCALE_OUT_COOLDOWN_SECONDS,
                },
                opts=pulumi.ResourceOptions(parent=self, depends_on=[last]),
            )
        for schedule_name, schedule in rules.schedules.items():
            last = aws.appautoscaling.ScheduledAction(
                schedule_name,
                name=schedule_name,
                service_namespace=target.service_namespace,
                resource_id=target.resource_id,
                scalable_dimension=target.scalable_dimension,
                schedule=f"cron({schedule.cron})",
                timezone=schedule.time_zone,
                scalable_target_action={"min_capacity": schedule.min_count, "max_capacity": schedule.max_count},
                opts=pulumi.ResourceOptions(parent=self, depends_on=[last]),
            )
        self.register_outputs({})
