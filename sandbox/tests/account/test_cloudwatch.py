"""Alarms of Amazon CloudWatch in the account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.tests.account.world import ACCOUNT, REGION, refused

ALARM = {
    "AlarmName": "slow",
    "Namespace": "App",
    "MetricName": "Latency",
    "Statistic": "Maximum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold",
}


def test_new_alarm_has_no_tags_of_a_deleted_alarm(aws: Callable[[str], Any]) -> None:
    cloudwatch = aws("cloudwatch")
    cloudwatch.put_metric_alarm(**ALARM, Tags=[{"Key": "Severity", "Value": "high"}])
    (made,) = cloudwatch.describe_alarms()["MetricAlarms"]
    cloudwatch.delete_alarms(AlarmNames=["slow", "none"])
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    cloudwatch.put_metric_alarm(**ALARM)
    assert cloudwatch.list_tags_for_resource(ResourceARN=made["AlarmArn"])["Tags"] == []


@pytest.mark.parametrize("actions", ["AlarmActions", "OKActions"])
@pytest.mark.filterwarnings("ignore:Exception")  # botocore's model lacks ValidationError
def test_alarm_notifies_topics_of_its_region_only(aws: Callable[[str], Any], actions: str) -> None:
    cloudwatch = aws("cloudwatch")
    cloudwatch.put_metric_alarm(**ALARM, **{actions: [f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"]})
    with refused(f"Invalid region us-east-1 specified. Only {REGION} is supported"):
        cloudwatch.put_metric_alarm(**ALARM, **{actions: [f"arn:aws:sns:us-east-1:{ACCOUNT}:alarms"]})
