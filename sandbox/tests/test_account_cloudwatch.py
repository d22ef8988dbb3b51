"""Alarms of Amazon CloudWatch in the account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_new_alarm_has_no_tags_of_a_deleted_alarm(aws: Callable[[str], Any]) -> None:
    cloudwatch = aws("cloudwatch")
    alarm = {
        "AlarmName": "slow",
        "Namespace": "App",
        "MetricName": "Latency",
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    cloudwatch.put_metric_alarm(**alarm, Tags=[{"Key": "Severity", "Value": "high"}])
    (made,) = cloudwatch.describe_alarms()["MetricAlarms"]
    cloudwatch.delete_alarms(AlarmNames=["slow", "none"])
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    cloudwatch.put_metric_alarm(**alarm)
    assert cloudwatch.list_tags_for_resource(ResourceARN=made["AlarmArn"])["Tags"] == []
