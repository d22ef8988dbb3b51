"""Log groups and saved queries of Amazon CloudWatch Logs in the account."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.tests.account.world import ACCOUNT, REGION


def test_key_of_a_log_group(aws: Callable[[str], Any]) -> None:
    logs, kms = aws("logs"), aws("kms")
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/keyed"
    admits: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{REGION}.amazonaws.com"},
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        "Resource": "*",
        "Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": [group]}},
    }

    def new_key(**changes: Any) -> dict[str, Any]:
        policy = {"Version": "2012-10-17", "Statement": [{**admits, **changes}]}
        return kms.create_key(Policy=json.dumps(policy))["KeyMetadata"]

    key, of_the_account = new_key(), kms.create_key()["KeyMetadata"]
    other_group = {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": f"{group}-2"}}
    others = [of_the_account, new_key(Condition=other_group), new_key(Action=["kms:Decrypt"])]
    refused = logs.exceptions.InvalidParameterException

    def shown() -> str | None:
        return logs.describe_log_groups()["logGroups"][0].get("kmsKeyId")

    for other in others:
        with pytest.raises(refused, match="does not exist or is not allowed"):
            logs.create_log_group(logGroupName="/keyed", kmsKeyId=other["Arn"])
    logs.create_log_group(logGroupName="/keyed", kmsKeyId=key["Arn"])
    assert shown() == key["Arn"]
    logs.disassociate_kms_key(logGroupName="/keyed")
    assert shown() is None
    logs.associate_kms_key(logGroupName="/keyed", kmsKeyId=key["Arn"])
    assert shown() == key["Arn"]
    kms.disable_key(KeyId=key["KeyId"])
    for arn in (key["Arn"], of_the_account["Arn"]):
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


def test_log_group_has_five_filters_with_a_regular_expression(aws: Callable[[str], Any]) -> None:
    logs = aws("logs")
    metric = [{"metricNamespace": "App", "metricName": "Errors", "metricValue": "1"}]
    logs.create_log_group(logGroupName="/one")

    def put(name: str, pattern: str) -> None:
        logs.put_metric_filter(
            logGroupName="/one", filterName=name, filterPattern=pattern, metricTransformations=metric
        )

    for number in range(5):
        put(f"filter-{number}", "%a%")
    put("filter-4", "%b%")
    put("text", "ERROR")
    with pytest.raises(logs.exceptions.LimitExceededException):
        put("filter-5", "%a%")
