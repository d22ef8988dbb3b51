"""Tables in the account: backups of a deleted table and of an earlier time, changes of encryption and expiry."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from sandbox.account import dynamodb as account
from sandbox.tests.account.world import refused

TABLE: dict[str, Any] = {
    "AttributeDefinitions": [
        {"AttributeName": "session", "AttributeType": "S"},
        {"AttributeName": "number", "AttributeType": "N"},
    ],
    "KeySchema": [
        {"AttributeName": "session", "KeyType": "HASH"},
        {"AttributeName": "number", "KeyType": "RANGE"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
    "SSESpecification": {"Enabled": True},
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-number",
            "KeySchema": [{"AttributeName": "number", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}


@pytest.fixture
def dynamodb(aws: Callable[[str], Any]) -> Any:
    """A client, with a table that has point-in-time recovery."""
    client = aws("dynamodb")
    client.create_table(TableName="pairs", **TABLE)
    recover(client, "pairs")
    return client


def recover(dynamodb: Any, table: str, *, enabled: bool = True) -> None:
    specification = {"PointInTimeRecoveryEnabled": enabled}
    dynamodb.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=specification)


def key(number: int) -> dict[str, Any]:
    return {"session": {"S": "s"}, "number": {"N": str(number)}}


def content(dynamodb: Any, table: str) -> dict[str, str]:
    """The numbers in a table with their texts."""
    items = dynamodb.scan(TableName=table)["Items"]
    return {item["number"]["N"]: item["text"]["S"] for item in items}


def put(dynamodb: Any, number: int, text: str) -> None:
    dynamodb.put_item(TableName="pairs", Item={**key(number), "text": {"S": text}})


def change(dynamodb: Any, number: int, text: str) -> None:
    update = {"UpdateExpression": "SET #t = :t", "ExpressionAttributeNames": {"#t": "text"}}
    dynamodb.update_item(TableName="pairs", Key=key(number), ExpressionAttributeValues={":t": {"S": text}}, **update)


def assert_restored(dynamodb: Any, table: str) -> None:
    """Asserts what a restore carries over, and what it does not."""
    described = dynamodb.describe_table(TableName=table)["Table"]
    assert described["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert described["SSEDescription"]["Status"] == "ENABLED"
    assert [index["IndexName"] for index in described["GlobalSecondaryIndexes"]] == ["by-number"]
    assert described["DeletionProtectionEnabled"] is False
    assert dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED"
    assert dynamodb.list_tags_of_resource(ResourceArn=described["TableArn"])["Tags"] == []
    recovery = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    assert recovery["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED"


def test_deleted_table_is_restored_from_its_system_backup(dynamodb: Any) -> None:
    put(dynamodb, 0, "kept")
    dynamodb.delete_table(TableName="pairs")
    assert dynamodb.list_backups()["BackupSummaries"] == [], "of users"
    (backup,) = dynamodb.list_backups(BackupType="SYSTEM")["BackupSummaries"]
    assert backup["BackupName"] == "pairs$DeletedTableBackup"
    dynamodb.restore_table_from_backup(TargetTableName="pairs", BackupArn=backup["BackupArn"])
    assert content(dynamodb, "pairs") == {"0": "kept"}
    assert_restored(dynamodb, "pairs")


def test_table_without_point_in_time_recovery_has_no_system_backup(dynamodb: Any) -> None:
    recover(dynamodb, "pairs", enabled=False)
    dynamodb.delete_table(TableName="pairs")
    assert dynamodb.list_backups(BackupType="ALL")["BackupSummaries"] == []


def test_earlier_content_is_restored(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    start = int(time.time()) + 1  # recovery has been on since the second before
    clock = mock.Mock()
    monkeypatch.setattr(account, "time", clock)
    clock.time.return_value = start
    for number, text in enumerate(("replaced", "updated", "deleted", "untouched")):
        put(dynamodb, number, text)
    contents = [content(dynamodb, "pairs")]
    clock.time.return_value = start + 1.5
    change(dynamodb, 1, "bad")
    change(dynamodb, 1, "worse")
    put(dynamodb, 0, "bad")
    contents.append(content(dynamodb, "pairs"))
    clock.time.return_value = start + 3.5
    dynamodb.delete_item(TableName="pairs", Key=key(2))
    put(dynamodb, 4, "new")
    change(dynamodb, 5, "new too")
    after = content(dynamodb, "pairs")

    source = {"SourceTableName": "pairs"}
    for seconds, before in ((0, {}), (1, contents[0]), (2, contents[1]), (3, contents[1])):
        name, moment = f"at-{seconds}", start + seconds
        dynamodb.restore_table_to_point_in_time(TargetTableName=name, RestoreDateTime=moment, **source)
        assert content(dynamodb, name) == before
        assert_restored(dynamodb, name)
    dynamodb.restore_table_to_point_in_time(TargetTableName="latest", UseLatestRestorableTime=True, **source)
    assert content(dynamodb, "latest") == after == content(dynamodb, "pairs")


def test_restore_to_a_time_without_a_backup_is_refused(dynamodb: Any) -> None:
    def restore(**moment: Any) -> None:
        dynamodb.restore_table_to_point_in_time(SourceTableName="pairs", TargetTableName="other", **moment)

    for moment in (time.time() - 60, time.time() + 60):
        with refused("InvalidRestoreTimeException"):
            restore(RestoreDateTime=moment)
    recover(dynamodb, "pairs", enabled=False)
    with refused("PointInTimeRecoveryUnavailableException"):
        restore(UseLatestRestorableTime=True)
    assert dynamodb.list_tables()["TableNames"] == ["pairs"]


def test_expiry_moves_to_another_attribute_only_after_it_was_turned_off(dynamodb: Any) -> None:
    def expire(attribute: str, *, enabled: bool) -> None:
        setting = {"AttributeName": attribute, "Enabled": enabled}
        dynamodb.update_time_to_live(TableName="pairs", TimeToLiveSpecification=setting)

    expire("ttl", enabled=True)
    for enabled in (True, False):
        with refused("TimeToLive is active on a different AttributeName: current AttributeName is ttl"):
            expire("expiresAt", enabled=enabled)
    expire("ttl", enabled=False)
    expire("expiresAt", enabled=True)
