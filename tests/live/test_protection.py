"""Data on a protected stack: the engine, or else AWS, refuses to replace, rename or delete it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.live.harness import ACCOUNT_ID, LiveSandbox, succeeded
from tests.live.stack import Stack
from tests.support import contract
from tests.support.commands import below

pytestmark = pytest.mark.live

TABLES = {f"demo-{table}" for table in contract.TABLES}
BUCKET = f"voiceter-recordings-{ACCOUNT_ID}-prod"
LOGS_BUCKET = f"voiceter-logs-{ACCOUNT_ID}-prod"
LOG_GROUP = "/ecs/voiceter-backend"
WAF_LOG_GROUP = "aws-waf-logs-voiceter-backend"
TABLE_REFUSAL = "can't be deleted while DeletionProtectionEnabled is set to True"
TYPES = {
    "aws:dynamodb/table:Table": TABLES,
    "aws:s3/bucket:Bucket": {BUCKET, LOGS_BUCKET},
    "aws:cloudwatch/logGroup:LogGroup": {LOG_GROUP, WAF_LOG_GROUP},
}
RENAME, LET_GO = below("docs/recovery.md", "A protected stack")


@pytest.fixture(scope="module")
def prod(regions: LiveSandbox) -> Stack:
    """The stack prod, alone in its region, with an item in a table."""
    if not regions.resources("prod"):  # test_regions.py leaves it up
        regions.up("prod")
    regions.client("dynamodb").put_item(TableName="demo-waitlist", Item={"email": {"S": "a@example.com"}})
    return Stack(regions, "prod")


def protected(prod: Stack) -> dict[str, dict[str, Any]]:
    """The resources in the state that hold data, by id."""
    return {one["id"]: one for one in prod.sandbox.resources("prod") if one["type"] in TYPES}


def tables(prod: Stack) -> set[str]:
    return set(prod.client("dynamodb").list_tables()["TableNames"])


def log_groups(prod: Stack) -> set[str]:
    return {one["logGroupName"] for one in prod.client("logs").describe_log_groups()["logGroups"]}


def buckets(prod: Stack) -> set[str]:
    """The buckets of prod, under its new name too. S3 lists those of the other stacks as well."""
    names = {one["Name"] for one in prod.client("s3").list_buckets()["Buckets"]}
    return {name for name in names if name.endswith((f"{ACCOUNT_ID}-prod", f"{ACCOUNT_ID}-other"))}


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
    let_go_of_all_but_recordings_and_tables(prod)
    kept = {"BucketNotEmpty": delete_recordings, TABLE_REFUSAL: let_go_of_tables}
    while kept:  # the first refusal ends an update
        run = sandbox.update("other")
        assert run.status != 0
        refusals = [refusal for refusal in kept if refusal in run.output]
        assert refusals, run.output
        assert prod.client("dynamodb").scan(TableName="demo-waitlist")["Count"] == 1
        if "BucketNotEmpty" in kept:
            assert [one["Key"] for one in prod.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]] == [recording]
        for refusal in refusals:
            kept.pop(refusal)(prod)
    # The last `pulumi up` of the procedure is the one that removes the protection of the tables that can be renamed.
    let_the_table_go, remove_protection = LET_GO.removesuffix("pulumi up"), RENAME.splitlines()[0]
    succeeded(sandbox.types(f"pulumi stack select other\n{let_the_table_go}\n{remove_protection}", tmp_path))
    assert tables(prod) == renamed("third-")
    assert buckets(prod) == {BUCKET.replace("prod", "other"), LOGS_BUCKET.replace("prod", "other")}
    assert log_groups(prod) == {f"{LOG_GROUP}-other", f"{WAF_LOG_GROUP}-other"}


def test_tables_are_renamed_after_an_update_that_removes_protection(prod: Stack, tmp_path: Path) -> None:
    """Of the renamed stack."""
    succeeded(prod.sandbox.types(RENAME.splitlines()[1], tmp_path))
    assert tables(prod) == renamed("other-")


def put_object(prod: Stack, key: str) -> None:
    """Puts an object into the bucket of recordings."""
    with prod.bucket_without_policy(BUCKET) as s3:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"RIFF")


def let_go_of_all_but_recordings_and_tables(prod: Stack) -> None:
    """Removes the images, which keep the registry, and AWS's protection of the log groups and the load balancer.

    sandbox/tests/provider/test_types.py deletes each of them with what keeps it.
    """
    ecr, logs = prod.client("ecr"), prod.client("logs")
    images = ecr.list_images(repositoryName="voiceter-backend")["imageIds"]
    ecr.batch_delete_image(repositoryName="voiceter-backend", imageIds=images)
    for group in (LOG_GROUP, WAF_LOG_GROUP):
        logs.put_log_group_deletion_protection(logGroupIdentifier=group, deletionProtectionEnabled=False)
    off = [{"Key": "deletion_protection.enabled", "Value": "false"}]
    balancer = prod.load_balancer()["LoadBalancerArn"]
    prod.client("elbv2").modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=off)


def delete_recordings(prod: Stack) -> None:
    s3 = prod.client("s3")
    versions = s3.list_object_versions(Bucket=BUCKET)
    for one in [*versions["Versions"], *versions.get("DeleteMarkers", [])]:
        s3.delete_object(Bucket=BUCKET, Key=one["Key"], VersionId=one["VersionId"])


def let_go_of_tables(prod: Stack) -> None:
    """Removes AWS's protection of the old tables, but for waitlist: the document has the command for this one."""
    assert tables(prod) == TABLES | renamed("third-")
    for name in TABLES - {"demo-waitlist"}:
        prod.client("dynamodb").update_table(TableName=name, DeletionProtectionEnabled=False)
