"""docs/recovery.md after a loss of data: its commands as they stand there.

A procedure runs on dev, which does not protect its data, or on prod, which does; a lost table on each of them.
tests/live/test_interruption.py runs its commands for an engine that was killed.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.live.harness import ACCOUNT_ID, LiveSandbox, succeeded
from tests.live.stack import Stack, ensure
from tests.support.commands import below, blocks, filled

pytestmark = pytest.mark.live

DOCUMENT = "docs/recovery.md"
# tests/live/test_interruption.py and test_protection.py run these.
ELSEWHERE = {"An engine that was killed", "An object that is not in the state", "A protected stack"}
(DRIFT,) = below(DOCUMENT, "Drift")
(HEAD,) = below(DOCUMENT, "Before you restore data")
(DELETED_TABLE,) = below(DOCUMENT, "A deleted table")
(RESTORE_EARLIER,) = below(DOCUMENT, "A table with damaged content")
(COPY_ITEM,) = below(DOCUMENT, "Copy a few items")
BACK_UP, REMOVE_PROTECTION, REPLACE = below(DOCUMENT, "Replace the whole table")
DELETE_RESTORED, DELETE_BACKUP = below(DOCUMENT, "Remove what is no longer needed")
LIST_MARKERS, DELETE_MARKERS, LIST_VERSIONS, COPY_VERSION = below(DOCUMENT, "Deleted or overwritten recordings")
LIST_SECRETS, RESTORE_SECRET = below(DOCUMENT, "A deleted secret")
SHOW_IMAGE, COPY_IMAGE = below(DOCUMENT, "A registry without its images")
UPDATE = 'pulumi up --refresh --stack "$STACK"\n'  # ends a procedure, with VERIFY
VERIFY = 'make verify STACK="$STACK"\n'
SESSION = "5f0c2c8e"  # as in the document
KEY_OF_RESPONSE = """'{"sessionId": {"S": "1"}, "questionId": {"S": "1"}}'"""
POOL = "us-east-1_Sup3rS3cret"
# A resource that the engine shows as changed. On a busy machine a line may follow the dots of the progress display.
CHANGE = re.compile(r"[-+~] +(aws:\S+ \S+) (?!refresh)")


@pytest.fixture(scope="module")
def prod(sandbox: LiveSandbox) -> Stack:
    """prod with a secret, with a version that staging has too, and without the logs of its load balancer."""
    ensure(sandbox, "staging")
    prod = ensure(sandbox, "prod")
    sandbox.image("staging", "1.4.2")
    assert sandbox.operate("promote", "staging", "prod", "1.4.2").status == 0
    sandbox.configure(
        "prod", plain={"imageTag": "1.4.2", "accessLogs": "false"}, secret={"secrets.COGNITO_USER_POOL_ID": POOL}
    )
    sandbox.updated("prod")
    return prod


def types(stack: Stack, folder: Path, *commands: str) -> str:
    """Runs commands of the document in one shell; their output."""
    return succeeded(stack.sandbox.types("\n".join([filled(HEAD, STACK=stack.name), *commands]), folder))


def without_update(procedure: str) -> str:
    """A procedure without its last commands, for another one that ends with them."""
    assert procedure.endswith(UPDATE + VERIFY)
    return procedure.removesuffix(UPDATE + VERIFY)


def settings(stack: Stack, table: str) -> dict[str, Any]:
    """What a restore does not carry over, and the program sets."""
    dynamodb = stack.client("dynamodb")
    described = dynamodb.describe_table(TableName=table)["Table"]
    recovery = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    return {
        "ttl": dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"],
        "recovery": recovery["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
        "deletion protection": described["DeletionProtectionEnabled"],
        "tags": sorted((tag["Key"], tag["Value"]) for tag in _tags(dynamodb, described["TableArn"])),
        "indexes": [index["IndexName"] for index in described.get("GlobalSecondaryIndexes", [])],
        "encryption": described.get("SSEDescription", {}).get("Status"),
        "billing": described["BillingModeSummary"]["BillingMode"],
    }


def _tags(dynamodb: Any, arn: str) -> list[dict[str, str]]:
    return dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]


def put(stack: Stack, table: str, **attributes: str) -> None:
    item = {name: {"S": value} for name, value in attributes.items()}
    stack.client("dynamodb").put_item(TableName=table, Item=item)


def content(stack: Stack, table: str) -> list[dict[str, str]]:
    items = stack.client("dynamodb").scan(TableName=table)["Items"]
    return sorted(({name: value["S"] for name, value in item.items()} for item in items), key=str)


def a_moment() -> str:
    """The time now, when nothing else happens within this second."""
    time.sleep(1)
    moment = int(time.time())
    time.sleep(1)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def test_update_that_aws_refused_is_not_completed_by_the_next_update(prod: Stack) -> None:
    """Here the load balancer may not write to the bucket of the logs yet. A later test refreshes the stack."""
    bucket, s3 = f"voiceter-logs-{ACCOUNT_ID}-prod", prod.client("s3")

    def encrypt(algorithm: str) -> None:
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})

    encrypt("aws:kms")
    prod.sandbox.set("prod", accessLogs="true")
    assert f"Access Denied for bucket: {bucket}" in prod.sandbox.update("prod").output
    failed = [one["id"] for one in prod.sandbox.resources("prod") if one.get("initErrors")]
    assert failed == [prod.load_balancer()["LoadBalancerArn"]]
    encrypt("AES256")
    prod.sandbox.updated("prod")
    assert prod.load_balancer_attributes()["access_logs.s3.enabled"] == "false"


def test_every_procedure_is_run() -> None:
    run = [DRIFT, HEAD, DELETED_TABLE, RESTORE_EARLIER, COPY_ITEM, BACK_UP, REMOVE_PROTECTION, REPLACE]
    run += [DELETE_RESTORED, DELETE_BACKUP, LIST_MARKERS, DELETE_MARKERS, LIST_VERSIONS, COPY_VERSION]
    run += [LIST_SECRETS, RESTORE_SECRET, SHOW_IMAGE, COPY_IMAGE]
    found = [block for block in blocks(DOCUMENT) if block.heading not in ELSEWHERE and not block.reason]
    assert [block.code for block in found] == run


def test_deleted_table_comes_back_and_drift_is_shown_and_changed_back(dev: Stack, tmp_path: Path) -> None:
    """One update ends both procedures. It changes what a restore does not carry over and the drift, nothing else."""
    dynamodb, table = dev.client("dynamodb"), dev.table("sessions")
    before = settings(dev, table)
    assert before["deletion protection"] is False
    put(dev, table, sessionId="lost", state="kept")
    items = content(dev, table)
    dynamodb.delete_table(TableName=table)
    dev.client("logs").put_retention_policy(logGroupName=dev.outputs["logGroupName"], retentionInDays=1)
    output = types(dev, tmp_path, without_update(DELETED_TABLE), "pulumi stack select dev", DRIFT, VERIFY)
    shown, _, changed = output.partition("Updating (dev):")
    for part in (shown, changed):
        assert set(CHANGE.findall(part)) == {"aws:cloudwatch:LogGroup containers", "aws:dynamodb:Table sessions"}, (
            output
        )
    assert "OK: the service runs" in output
    assert content(dev, table) == items
    assert settings(dev, table) == before


def test_damaged_table_and_deleted_secret_come_back(prod: Stack, tmp_path: Path) -> None:
    """An item is copied from an earlier time, then the whole table is replaced.

    One update with a refresh ends both procedures. It also completes the update that AWS refused before.
    """
    table = prod.table("responses")
    for_responses = {"TABLE": f'"{table}"', "RESTORED": f'"{table}-restored"'}
    before = settings(prod, table)
    assert before["deletion protection"] is True
    put(prod, table, sessionId="1", questionId="1", timestamp="1", answer="good")
    good, moment = content(prod, table), a_moment()
    put(prod, table, sessionId="1", questionId="1", timestamp="1", answer="bad")
    put(prod, table, sessionId="2", questionId="1", timestamp="2", answer="later")
    restore = filled(RESTORE_EARLIER, MOMENT=moment, **for_responses)
    types(prod, tmp_path, restore, filled(COPY_ITEM, KEY=KEY_OF_RESPONSE))
    assert {item["sessionId"]: item["answer"] for item in content(prod, table)} == {"1": "good", "2": "later"}
    secrets, revisions = prod.client("secretsmanager"), prod.revisions()
    (injected,) = prod.container()["secrets"]
    arn, version = injected["valueFrom"].rsplit(":::", 1)
    secrets.delete_secret(SecretId=arn, RecoveryWindowInDays=7)
    names, *_ = restore.splitlines()
    replace = (names, BACK_UP, REMOVE_PROTECTION, without_update(REPLACE), DELETE_RESTORED, DELETE_BACKUP)
    output = types(prod, tmp_path, *replace, LIST_SECRETS, filled(RESTORE_SECRET, SECRET=arn), LIST_SECRETS)
    assert "OK: the service runs" in output
    deleted, restored = re.findall(rf"^{re.escape(arn)}\t(.+)$", output, re.MULTILINE)
    assert deleted != "None"
    assert restored == "None"
    assert secrets.get_secret_value(SecretId=arn, VersionId=version)["SecretString"] == POOL
    assert prod.revisions() == revisions
    assert prod.load_balancer_attributes()["access_logs.s3.enabled"] == "true"
    assert content(prod, table) == good
    assert settings(prod, table) == before
    dynamodb = prod.client("dynamodb")
    assert f"{table}-restored" not in dynamodb.list_tables()["TableNames"]
    assert dynamodb.list_backups()["BackupSummaries"] == []
    (damaged,) = dynamodb.list_backups(TableName=table, BackupType="SYSTEM")["BackupSummaries"]
    assert damaged["BackupName"] == f"{table}$DeletedTableBackup"


def test_deleted_and_overwritten_recordings_come_back(prod: Stack, tmp_path: Path) -> None:
    bucket = prod.outputs["recordingsBucketName"]
    key, removed = f"recordings/{SESSION}.wav", ["recordings/with a blank.wav", "recordings/deleted.wav"]
    with prod.bucket_without_policy(bucket) as s3:

        def stored() -> dict[str, bytes]:
            found = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
            return {one: s3.get_object(Bucket=bucket, Key=one)["Body"].read() for one in found}

        for one in (key, "recordings/expired.wav", *removed):
            s3.put_object(Bucket=bucket, Key=one, Body=one.encode())
        good = s3.head_object(Bucket=bucket, Key=key)["VersionId"]
        s3.delete_object(Bucket=bucket, Key="recordings/expired.wav")
        since = a_moment().removesuffix("Z")
        s3.put_object(Bucket=bucket, Key=key, Body=b"overwritten")
        for one in removed:
            s3.delete_object(Bucket=bucket, Key=one)
        assert stored() == {key: b"overwritten"}
        output = types(
            prod,
            tmp_path,
            *(filled(LIST_MARKERS, SINCE=since), DELETE_MARKERS),
            *(LIST_VERSIONS, filled(COPY_VERSION, VERSION=f'"{good}"')),
        )
        assert good in output
        assert stored() == {one: one.encode() for one in (key, *removed)}
        again = types(prod, tmp_path, filled(LIST_MARKERS, SINCE=since), DELETE_MARKERS)
        assert again.strip() == "", "there is nothing left to restore"


def test_images_of_an_emptied_registry_come_back_with_their_digest(prod: Stack, tmp_path: Path) -> None:
    ecr, repository = prod.client("ecr"), prod.named("voiceter-backend")

    def held() -> list[dict[str, str]]:
        return ecr.list_images(repositoryName=repository)["imageIds"]

    images = held()
    ecr.batch_delete_image(repositoryName=repository, imageIds=images)
    assert held() == []
    assert prod.container()["image"] in types(prod, tmp_path, SHOW_IMAGE)
    assert "OK: the service runs" in types(prod, tmp_path, COPY_IMAGE)
    assert held() == [image for image in images if image["imageTag"] == "1.4.2"]
    assert prod.sandbox.operate("redeploy", "prod").status == 0
    assert "OK: the service runs" in prod.sandbox.operate("verify", "prod", "--wait", "60").output
