"""Data on a protected stack: the engine, or else AWS, refuses to replace, rename or delete it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.harness import ACCOUNT_ID, live_sandbox, succeeded
from tests.live.stack import Stack
from tests.support import contract
from tests.support.commands import below

pytestmark = pytest.mark.live

TABLES = {f"demo-{table}" for table in contract.TABLES}
BUCKET = f"voiceter-recordings-{ACCOUNT_ID}-prod"
LOGS_BUCKET = f"voiceter-logs-{ACCOUNT_ID}-prod"
LOG_GROUP = "/ecs/voiceter-backend"
WAF_LOG_GROUP = "aws-waf-logs-voiceter-backend"
LOAD_BALANCER_REFUSAL = "cannot be deleted because deletion protection is enabled"
TABLE_REFUSAL = "can't be deleted while DeletionProtectionEnabled is set to True"
LOG_GROUP_REFUSAL = "Cannot delete log group with deletion protection enabled"
TYPES = {
    "aws:dynamodb/table:Table": TABLES,
    "aws:s3/bucket:Bucket": {BUCKET, LOGS_BUCKET},
    "aws:cloudwatch/logGroup:LogGroup": {LOG_GROUP, WAF_LOG_GROUP},
}
RENAME, LET_GO = below("docs/recovery.md", "A protected stack")


@pytest.fixture(scope="module")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with live_sandbox(tmp_path_factory.mktemp("protection")) as sandbox:
        sandbox.up("prod")
        sandbox.client("dynamodb").put_item(TableName="demo-waitlist", Item={"email": {"S": "a@example.com"}})
        yield Stack(sandbox, "prod")


def protected(prod: Stack) -> dict[str, dict[str, Any]]:
    """The resources in the state that hold data, by id."""
    return {one["id"]: one for one in prod.sandbox.resources("prod") if one["type"] in TYPES}


def tables(prod: Stack) -> set[str]:
    return set(prod.client("dynamodb").list_tables()["TableNames"])


def log_groups(prod: Stack) -> set[str]:
    return {one["logGroupName"] for one in prod.client("logs").describe_log_groups()["logGroups"]}


def buckets(prod: Stack) -> set[str]:
    return {one["Name"] for one in prod.client("s3").list_buckets()["Buckets"]}


def assert_everything_is_there(prod: Stack) -> None:
    """Everything that holds data is in the account, and in the state, protected."""
    assert tables(prod) == TABLES
    assert prod.client("dynamodb").scan(TableName="demo-waitlist")["Count"] == 1
    assert buckets(prod) == {BUCKET, LOGS_BUCKET}
    assert log_groups(prod) == {LOG_GROUP, WAF_LOG_GROUP}
    found = protected(prod)
    assert found.keys() == set().union(*TYPES.values())
    assert all(one["protect"] for one in found.values())


def test_replacement_is_refused(prod: Stack) -> None:
    """Of the tables by a change of their names, of the buckets and the log groups on demand."""
    found = [one["urn"] for one in protected(prod).values()]
    replace = " ".join(f"--replace '{urn}'" for urn in found if "aws:dynamodb" not in urn)
    with prod.sandbox.temporary_config("prod", tablePrefix="other-"):
        refusal = prod.sandbox.fails(f"pulumi preview -s prod --non-interactive {replace}")
    for urn in found:
        assert f'"{urn}" as it is currently marked for protection' in " ".join(refusal.split())


def test_destroy_is_refused(prod: Stack) -> None:
    refusal = prod.sandbox.fails("pulumi destroy -s prod --yes --non-interactive")
    assert "cannot be deleted because it is protected" in " ".join(refusal.split())
    assert_everything_is_there(prod)


def test_destroy_of_what_is_unprotected_leaves_what_guards_the_data(prod: Stack) -> None:
    plan = prod.sandbox.succeeds("pulumi destroy --exclude-protected --preview-only -s prod --non-interactive")
    assert "aws:appautoscaling:Policy" in plan
    assert not [line for line in plan.splitlines() if re.search("aws:(s3|dynamodb):", line)]


def test_aws_refuses_to_delete_a_table_that_the_engine_no_longer_protects(prod: Stack) -> None:
    urn = protected(prod)["demo-waitlist"]["urn"]
    prod.sandbox.succeeds(f"pulumi state unprotect '{urn}' --yes -s prod")
    prod.sandbox.fails(
        f"pulumi destroy -s prod --yes --skip-preview --non-interactive --target '{urn}' --target-dependents"
    )
    assert tables(prod) == TABLES


def renamed(prefix: str) -> set[str]:
    return {name.replace("demo-", prefix) for name in TABLES}


def test_protection_removed_and_stack_and_tables_renamed_in_one_update_loses_no_data(
    prod: Stack, tmp_path: Path
) -> None:
    """No config key renames the bucket and the log group, but the name of the stack does.

    The engine allows to rename the tables. It creates the new ones, and AWS refuses to delete the old ones.
    """
    sandbox, recording = prod.sandbox, "recordings/1.wav"
    put_object(prod, recording)
    sandbox.succeeds("pulumi stack rename other -s prod")
    sandbox.remove("other", "imageTag")  # the registry is renamed too, and the new one is empty
    sandbox.set("other", protectData="false", tablePrefix="third-")
    # By default, only staging and prod have traffic logs, and only prod has a key.
    sandbox.set("other", accessLogs="true", flowLogs="true", customerKey="true")
    refusal = sandbox.fails("pulumi preview -s other --non-interactive")
    service = next(one["urn"] for one in sandbox.resources("other") if one["type"] == "aws:ecs/service:Service")
    assert f'"{service}" as part of replacing' in refusal, "the service goes before its cluster"
    assert "marked for protection" in refusal

    sandbox.succeeds(f"pulumi state unprotect '{service}' --yes -s other")
    ways_on: dict[str, Callable[[Stack], None]] = {
        "RepositoryNotEmptyException": _delete_images,
        "BucketNotEmpty": _delete_recordings,
        LOG_GROUP_REFUSAL: _turn_off_deletion_protection,
        LOAD_BALANCER_REFUSAL: _let_the_load_balancer_go,
        TABLE_REFUSAL: _let_the_tables_go,
    }
    while ways_on:  # the first refusal ends an update, and timing decides which one that is
        run = sandbox.update("other")
        assert run.status != 0
        refusals = [refusal for refusal in ways_on if refusal in run.output]
        assert refusals, run.output
        if "BucketNotEmpty" in ways_on:
            assert [one["Key"] for one in prod.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]] == [recording]
        if LOG_GROUP_REFUSAL in ways_on:
            assert {LOG_GROUP, WAF_LOG_GROUP} <= log_groups(prod)
        if TABLE_REFUSAL in ways_on:
            assert prod.client("dynamodb").scan(TableName="demo-waitlist")["Count"] == 1
        for refusal in refusals:
            ways_on.pop(refusal)(prod)
    sandbox.set("other", protectData="true")  # for the next test
    succeeded(sandbox.types(f"pulumi stack select other\n{LET_GO}", tmp_path))
    assert tables(prod) == renamed("third-")
    assert buckets(prod) == {BUCKET.replace("prod", "other"), LOGS_BUCKET.replace("prod", "other")}
    assert log_groups(prod) == {f"{LOG_GROUP}-other", f"{WAF_LOG_GROUP}-other"}


def test_tables_are_renamed_after_an_update_that_removes_protection(prod: Stack, tmp_path: Path) -> None:
    """Of the renamed stack."""
    sandbox = prod.sandbox
    assert all(one.get("protect") for one in sandbox.resources("other") if one["type"] in TYPES)
    remove_protection, rename = RENAME.splitlines()
    succeeded(sandbox.types(remove_protection, tmp_path))
    assert tables(prod) == renamed("third-")
    succeeded(sandbox.types(rename, tmp_path))
    assert tables(prod) == renamed("other-")


def put_object(prod: Stack, key: str) -> None:
    """Puts an object into the bucket of recordings."""
    with prod.bucket_without_policy(BUCKET) as s3:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"RIFF")


def _delete_images(prod: Stack) -> None:
    images = prod.client("ecr").list_images(repositoryName="voiceter-backend")["imageIds"]
    prod.client("ecr").batch_delete_image(repositoryName="voiceter-backend", imageIds=images)


def _delete_recordings(prod: Stack) -> None:
    versions = prod.client("s3").list_object_versions(Bucket=BUCKET)
    for one in [*versions["Versions"], *versions.get("DeleteMarkers", [])]:
        prod.client("s3").delete_object(Bucket=BUCKET, Key=one["Key"], VersionId=one["VersionId"])


def _turn_off_deletion_protection(prod: Stack) -> None:
    for group in (LOG_GROUP, WAF_LOG_GROUP):
        of_group = {"logGroupIdentifier": group, "deletionProtectionEnabled": False}
        prod.client("logs").put_log_group_deletion_protection(**of_group)


def _let_the_load_balancer_go(prod: Stack) -> None:
    balancer = prod.load_balancer()["LoadBalancerArn"]
    off = [{"Key": "deletion_protection.enabled", "Value": "false"}]
    prod.client("elbv2").modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=off)


def _let_the_tables_go(prod: Stack) -> None:
    assert tables(prod) == TABLES | renamed("third-")
    for name in TABLES - {"demo-waitlist"}:  # the document has the command for this one
        prod.client("dynamodb").update_table(TableName=name, DeletionProtectionEnabled=False)
