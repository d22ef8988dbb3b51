"""Log groups and saved queries of Amazon CloudWatch Logs in the account."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest


def test_protected_log_group_cannot_be_deleted(aws: Callable[[str], Any]) -> None:
    logs = aws("logs")

    def shown() -> list[bool]:
        return [one["deletionProtectionEnabled"] for one in logs.describe_log_groups()["logGroups"]]

    logs.create_log_group(logGroupName="/plain")
    assert shown() == [False]
    logs.delete_log_group(logGroupName="/plain")
    logs.create_log_group(logGroupName="/app", deletionProtectionEnabled=True)
    arn = logs.describe_log_groups()["logGroups"][0]["arn"]
    refused = logs.exceptions.ValidationException
    for identifier in ("/app", arn, arn.removesuffix(":*")):
        logs.put_log_group_deletion_protection(logGroupIdentifier=identifier, deletionProtectionEnabled=True)
        assert shown() == [True]
        with pytest.raises(refused, match="Cannot delete log group with deletion protection enabled"):
            logs.delete_log_group(logGroupName="/app")
        logs.put_log_group_deletion_protection(logGroupIdentifier=identifier, deletionProtectionEnabled=False)
        assert shown() == [False]
    logs.delete_log_group(logGroupName="/app")
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.put_log_group_deletion_protection(logGroupIdentifier="/app", deletionProtectionEnabled=True)


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


def test_saved_queries_are_stored_changed_and_deleted(aws: Callable[[str], Any]) -> None:
    logs = aws("logs")

    def names(prefix: str = "") -> list[str]:
        found = logs.describe_query_definitions(queryDefinitionNamePrefix=prefix) if prefix else None
        return [query["name"] for query in (found or logs.describe_query_definitions())["queryDefinitions"]]

    query = {"queryString": "fields @message", "logGroupNames": ["/app"]}
    first = logs.put_query_definition(name="app/slow", **query)["queryDefinitionId"]
    logs.put_query_definition(name="errors", **query)
    assert names() == ["app/slow", "errors"]
    assert names("app/") == ["app/slow"]
    logs.put_query_definition(name="app/slower", queryDefinitionId=first, **query)
    assert names() == ["app/slower", "errors"]
    logs.delete_query_definition(queryDefinitionId=first)
    assert names() == ["errors"]
    for call, more in ((logs.delete_query_definition, {}), (logs.put_query_definition, {"name": "x", **query})):
        with pytest.raises(logs.exceptions.ResourceNotFoundException):
            call(queryDefinitionId=first, **more)


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
