"""The key of the stack is turned off and on on a stack that is up: nothing is replaced, and all data stays readable.

The fixture `everything` has turned it on, on a stack that was up without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.live.harness import Stack
from tests.support import contract

pytestmark = pytest.mark.live

ALIAS = "alias/voiceter-backend-data-dev"
SWITCHED = {
    *(f"dynamodb/table:Table {name}" for name in contract.TABLES),
    "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration recordings",
    "cloudwatch/logGroup:LogGroup containers",
    "cloudwatch/logGroup:LogGroup web-acl",
    "ecs/cluster:Cluster cluster",
}


@dataclass(frozen=True)
class Keys:
    """The keys in the account, by ARN; None: a key of AWS."""

    tables: set[str | None]
    recordings: str | None
    logs: set[str | None]
    secrets: set[str | None]
    sessions: str | None
    sessions_need_it: bool  # whether ECS Exec refuses a log group without a key


def keys(stack: Stack) -> Keys:
    tables = [
        stack.client("dynamodb").describe_table(TableName=stack.table(name))["Table"].get("SSEDescription", {})
        for name in contract.TABLES
    ]
    bucket = stack.outputs["recordingsBucketName"]
    encryption = stack.client("s3").get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    (rule,) = encryption["Rules"]
    default = rule["ApplyServerSideEncryptionByDefault"]
    assert (default["SSEAlgorithm"] == "aws:kms") is ("KMSMasterKeyID" in default)
    assert rule.get("BucketKeyEnabled", False) is ("KMSMasterKeyID" in default)
    groups = stack.client("logs").describe_log_groups()["logGroups"]
    secrets = stack.client("secretsmanager").list_secrets()["SecretList"]
    clusters = stack.client("ecs").describe_clusters(
        clusters=[stack.outputs["clusterName"]], include=["CONFIGURATIONS"]
    )["clusters"]
    sessions = clusters[0]["configuration"]["executeCommandConfiguration"]
    log = sessions["logConfiguration"]
    assert (sessions["logging"], log["cloudWatchLogGroupName"]) == ("OVERRIDE", stack.outputs["logGroupName"])
    return Keys(
        tables={table.get("KMSMasterKeyArn") for table in tables},
        recordings=default.get("KMSMasterKeyID"),
        logs={group.get("kmsKeyId") for group in groups},
        secrets={secret.get("KmsKeyId") for secret in secrets},
        sessions=sessions.get("kmsKeyId"),
        sessions_need_it=log["cloudWatchEncryptionEnabled"],
    )


def key(stack: Stack) -> dict[str, Any]:
    return stack.client("kms").describe_key(KeyId=ALIAS)["KeyMetadata"]


def rights(stack: Stack) -> dict[str, list[str]]:
    """The rights of the roles on the key: policy -> actions."""
    iam, arn = stack.client("iam"), key(stack)["Arn"]
    found: dict[str, list[str]] = {}
    for output in ("executionRoleArn", "taskRoleArn"):
        name = stack.outputs[output].rpartition("/")[2]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            (statement,) = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]["Statement"]
            if arn in statement["Resource"]:
                found[statement["Sid"]] = statement["Action"]
    return found


def in_place(changed: Mapping[str, str]) -> None:
    """Asserts that an update has changed what has a key, in place, and nothing else."""
    assert dict(changed) == dict.fromkeys(SWITCHED, "update")


def test_everything_is_encrypted_with_the_stacks_key(everything: Stack) -> None:
    """The first test of this file."""
    arn = key(everything)["Arn"]
    assert keys(everything) == Keys({arn}, arn, {arn}, {arn}, arn, sessions_need_it=True)
    assert rights(everything).keys() == {"DataKeySecrets", "DataKeyTables", "DataKeyRecordings"}
    rotation = everything.client("kms").get_key_rotation_status(KeyId=key(everything)["KeyId"])
    assert rotation["KeyRotationEnabled"] is True


def test_disabled_key_ends_the_preview_with_the_command_that_enables_it(everything: Stack) -> None:
    kms, id_ = everything.client("kms"), key(everything)["KeyId"]
    kms.disable_key(KeyId=id_)
    try:
        shown = everything.sandbox.fails("pulumi preview -s dev --non-interactive")
    finally:
        kms.enable_key(KeyId=id_)
    assert f"customerKey = True: needs the KMS key {ALIAS}, which is in the state Disabled" in shown
    assert "aws kms enable-key --key-id" in shown


def test_key_and_its_rights_stay_when_it_is_turned_off(everything: Stack) -> None:
    before, had = key(everything), rights(everything)
    everything.sandbox.set("dev", customerKey="false")
    in_place(everything.sandbox.changed("dev"))
    arn = before["Arn"]
    assert keys(everything) == Keys({None}, None, {None}, {arn}, arn, sessions_need_it=False)
    assert key(everything) == before
    assert before["KeyState"] == "Enabled"
    assert rights(everything) == had


def test_same_key_is_used_when_it_is_turned_on_again(everything: Stack) -> None:
    """The update before has left nothing else to change."""
    before = key(everything)
    everything.sandbox.set("dev", customerKey="true")
    in_place(everything.sandbox.changed("dev"))
    arn = before["Arn"]
    assert keys(everything) == Keys({arn}, arn, {arn}, {arn}, arn, sessions_need_it=True)
    assert key(everything) == before
