"""Log groups and saved queries of Amazon CloudWatch Logs in the account."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest


def test_key_of_a_log_group(aws: Callable[[str], Any]) -> None:
    logs, kms = aws("logs"), aws("kms")
    admits: dict[str, Any] = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    admits["Principal"] = {"Service": f"logs.{logs.meta.region_name}.amazonaws.com"}
    key = kms.create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": [admits]}))["KeyMetadata"]
    other = kms.create_key()["KeyMetadata"]["Arn"]
    refused = logs.exceptions.InvalidParameterException

    def shown() -> str | None:
        return logs.describe_log_groups()["logGroups"][0].get("kmsKeyId")

    with pytest.raises(refused, match="does not exist or is not allowed"):
        logs.create_log_group(logGroupName="/keyed", kmsKeyId=other)
    logs.create_log_group(logGroupName="/keyed", kmsKeyId=key["Arn"])
    assert shown() == key["Arn"]
    logs.disassociate_kms_key(logGroupName="/keyed")
    assert shown() is None
    logs.associate_kms_key(logGroupName="/keyed", kmsKeyId=key["Arn"])
    assert shown() == key["Arn"]
    kms.disable_key(KeyId=key["KeyId"])
    for arn in (key["Arn"], other):
        with pytest.raises(refused, match="does not exist or is not allowed"):
            logs.associate_kms_key(logGroupName="/keyed", kmsKeyId=arn)
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.disassociate_kms_key(logGroupName="/none")


def test_metric_filter_belongs_to_a_log_group_and_is_overwritten_by_name(aws: Callable[[str], Any]) -> None:
    logs = aws("logs")
    metric = [{"metricNamespace": "App", "metricName": "Errors", "metricValue": "1"}]

    def put(group: str, pattern: str) -> None:
        logs.put_metric_filter(
            logGroupName=group, filterName="errors", filterPattern=pattern, metricTransformations=metric
        )

    def patterns(group: str) -> list[str]:
        found = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
        return [one["filterPattern"] for one in found]

    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        put("/none", "%a%")
    logs.create_log_group(logGroupName="/one")
    logs.create_log_group(logGroupName="/other")
    put("/one", "%a%")
    put("/other", "%b%")
    put("/one", "%c%")
    assert (patterns("/one"), patterns("/other")) == (["%c%"], ["%b%"])
    logs.delete_log_group(logGroupName="/one")
    assert (patterns("/one"), patterns("/other")) == ([], ["%b%"])
