"""The CloudWatch alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.lib.names import Names
from components.monitoring.metric_math import Math, Single
from components.monitoring.profile import Alarm


@dataclass(frozen=True)
class AlarmsArgs:
    """The inputs of `Alarms`."""

    names: Names
    alarms: Sequence[Alarm]
    topic_arn: pulumi.Input[str]  # the topic that every alarm notifies when it fires and when it is OK again
    dashboard_url: str
    after: Sequence[pulumi.Resource]  # what exists before the alarms


class Alarms(pulumi.ComponentResource):
    """CloudWatch alarms of a stack."""

    alarm_names: list[pulumi.Output[str]]

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:alarms:Alarms", name, {}, opts)
        self.alarm_names = [self._alarm(alarm, args).name for alarm in args.alarms]
        self.register_outputs({"alarm_names": self.alarm_names})

    def _alarm(self, alarm: Alarm, args: AlarmsArgs) -> aws.cloudwatch.MetricAlarm:
        single = alarm.watches if isinstance(alarm.watches, Single) else None
        is_percentile = single is not None and single.stat.startswith("p")
        return aws.cloudwatch.MetricAlarm(
            alarm.name,
            name=args.names.alarm(alarm.name),
            alarm_description=alarm.description(args.dashboard_url),
            namespace=single.metric.namespace if single else None,
            metric_name=single.metric.name if single else None,
            dimensions=(single.metric.dimensions or None) if single else None,
            statistic=single.stat if single and not is_percentile else None,
            extended_statistic=single.stat if single and is_percentile else None,
            period=single.period if single else None,
            metric_queries=alarm.watches.terms if isinstance(alarm.watches, Math) else None,
            evaluation_periods=alarm.evaluations,
            comparison_operator="LessThanThreshold" if alarm.below else "GreaterThanThreshold",
            threshold=alarm.threshold,
            treat_missing_data="breaching" if alarm.missing_is_bad else "notBreaching",
            alarm_actions=[args.topic_arn],
            ok_actions=[args.topic_arn],
            tags={"Severity": alarm.severity, "Component": alarm.component},
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.after),
        )
