"""Data on a protected stack: what would replace, rename or destroy it is refused, by the engine or else by AWS.

On prod, whose data the program protects.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import contract
from tests.support.live import ACCOUNT_ID, LiveSandbox, live_sandbox

TABLES = {f"demo-{table}" for table in contract.TABLES}
BUCKET = f"voiceter-recordings-{ACCOUNT_ID}-prod"
LOG_GROUP = "/ecs/voiceter-backend"
LOG_GROUP_REFUSAL = "Cannot delete log group with deletion protection enabled"
KINDS = {
    "aws:dynamodb/table:Table": TABLES,
    "aws:s3/bucket:Bucket": {BUCKET},
    "aws:cloudwatch/logGroup:LogGroup": {LOG_GROUP},
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSandbox]:
    with live_sandbox(tmp_path_factory.mktemp("protection")) as sandbox:
        sandbox.up("prod")
        sandbox.client("dynamodb").put_item(TableName="demo-waitlist", Item={"email": {"S": "a@example.com"}})
        yield sandbox


def resources(sandbox: LiveSandbox) -> dict[str, dict[str, Any]]:
    """The protected kinds in the state, by their ids."""
    return {one["id"]: one for one in sandbox.resources("prod") if one["type"] in KINDS}


def all_there(sandbox: LiveSandbox) -> None:
    """What holds data is in the account still, and in the state, protected."""
    assert set(sandbox.client("dynamodb").list_tables()["TableNames"]) == TABLES
    assert sandbox.client("dynamodb").scan(TableName="demo-waitlist")["Count"] == 1
    assert [one["Name"] for one in sandbox.client("s3").list_buckets()["Buckets"]] == [BUCKET]
    groups = sandbox.client("logs").describe_log_groups(logGroupNamePrefix=LOG_GROUP)["logGroups"]
    assert [one["logGroupName"] for one in groups] == [LOG_GROUP]
    found = resources(sandbox)
    assert found.keys() == set().union(*KINDS.values())
    assert all(one["protect"] for one in found.values())


@pytest.mark.parametrize("command", ["preview", "up --yes --skip-preview"])
def test_other_table_names_are_refused(sandbox: LiveSandbox, command: str) -> None:
    run = sandbox.shell(
        f"pulumi config set tablePrefix other- -s prod; pulumi {command} -s prod --non-interactive || status=$?;"
        " pulumi config rm tablePrefix -s prod; exit ${status:-0}"
    )
    assert run.status != 0
    assert "protect" in run.output
    assert run.output.count("aws:dynamodb") >= 1
    assert "Traceback" not in run.output
    all_there(sandbox)


@pytest.mark.parametrize("kind", KINDS)
def test_a_replacement_is_refused(sandbox: LiveSandbox, kind: str) -> None:
    urn = next(one["urn"] for one in resources(sandbox).values() if one["type"] == kind)
    for command in ("preview", "up --yes --skip-preview"):
        run = sandbox.shell(f"pulumi {command} -s prod --non-interactive --replace '{urn}'")
        assert run.status != 0, command
        assert "protect" in run.output
    all_there(sandbox)


@pytest.mark.parametrize("kind", KINDS)
def test_a_destroy_of_it_alone_is_refused(sandbox: LiveSandbox, kind: str) -> None:
    urn = next(one["urn"] for one in resources(sandbox).values() if one["type"] == kind)
    run = sandbox.shell(f"pulumi destroy -s prod --yes --non-interactive --target '{urn}' --target-dependents")
    assert run.status != 0
    assert "protect" in run.output
    all_there(sandbox)


def test_aws_itself_refuses_to_delete_a_table(sandbox: LiveSandbox) -> None:
    """Also where the engine's protection has been lifted."""
    table = resources(sandbox)["demo-waitlist"]
    sandbox.succeeded(sandbox.shell(f"pulumi state unprotect '{table['urn']}' --yes -s prod"))
    run = sandbox.shell(
        f"pulumi destroy -s prod --yes --skip-preview --non-interactive --target '{table['urn']}' --target-dependents"
    )
    sandbox.succeeded(sandbox.shell("pulumi up -s prod --yes --non-interactive"))
    assert run.status != 0
    all_there(sandbox)


def tables(sandbox: LiveSandbox) -> set[str]:
    return set(sandbox.client("dynamodb").list_tables()["TableNames"])


def test_protection_and_names_at_once_lose_no_table(sandbox: LiveSandbox) -> None:
    """The engine lets it pass; AWS does not, until its own protection goes too, which is how it is then ended.

    What the program has named is deleted before another one is made: nothing new is there either.
    """
    both = "pulumi config set protectData false -s prod; pulumi config set tablePrefix other- -s prod"
    sandbox.succeeded(sandbox.shell(f"{both}; pulumi preview -s prod --non-interactive"))
    for _ in range(2):
        run = sandbox.shell("pulumi up -s prod --yes --skip-preview --non-interactive")
        assert run.status != 0
        assert "can't be deleted while DeletionProtectionEnabled is set to True" in run.output
        assert tables(sandbox) == TABLES
        assert sandbox.client("dynamodb").scan(TableName="demo-waitlist")["Count"] == 1

    up = "pulumi up -s prod --yes --skip-preview --non-interactive"
    back = "pulumi config set protectData true -s prod; pulumi config rm tablePrefix -s prod"
    sandbox.succeeded(sandbox.shell(f"{back}; {up}"))  # as if nothing had happened
    sandbox.succeeded(sandbox.shell(f"{up} --expect-no-changes; {both}"))
    for name in TABLES:
        sandbox.client("dynamodb").update_table(TableName=name, DeletionProtectionEnabled=False)
    sandbox.succeeded(sandbox.shell("pulumi up -s prod --yes --skip-preview --non-interactive"))
    assert tables(sandbox) == {name.replace("demo-", "other-") for name in TABLES}


def test_protection_is_taken_off_on_purpose(sandbox: LiveSandbox) -> None:
    """In an update of its own, after which names may change."""
    up = "pulumi up -s prod --yes --skip-preview --non-interactive"
    sandbox.succeeded(sandbox.shell(f"pulumi config set protectData true -s prod; {up}"))
    before = tables(sandbox)
    sandbox.succeeded(sandbox.shell(f"pulumi config set protectData false -s prod; {up}"))
    assert tables(sandbox) == before
    sandbox.succeeded(sandbox.shell(f"pulumi config set tablePrefix third- -s prod; {up}"))
    assert tables(sandbox) == {name.replace("demo-", "third-") for name in TABLES}


def recordings(sandbox: LiveSandbox) -> list[str]:
    return [one["Key"] for one in sandbox.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])]


@pytest.fixture
def protected_recording(sandbox: LiveSandbox) -> str:
    """Prod is protected again, as a whole, and its bucket holds this key."""
    up = "pulumi up -s prod --yes --skip-preview --non-interactive"
    sandbox.succeeded(sandbox.shell(f"pulumi config set protectData true -s prod; {up}"))
    s3, key = sandbox.client("s3"), "recordings/1.wav"
    # The account takes the policy's denial of plain HTTP for one of everything.
    policy = s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    s3.delete_bucket_policy(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"RIFF")
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)
    return key


def test_protection_and_the_name_of_the_stack_at_once_lose_no_recording(
    sandbox: LiveSandbox, protected_recording: str
) -> None:
    """No config key renames the bucket and the log group; the stack's name does. The engine, then AWS says no."""
    preview = "pulumi preview -s other --non-interactive"
    run = sandbox.shell(f"pulumi stack rename other -s prod; {preview}")
    assert run.status != 0
    assert "imageTag" in run.output  # the registry has another name too, and nothing in it
    sandbox.succeeded(sandbox.shell("pulumi config rm imageTag -s other"))
    for type_ in ("aws:s3/bucket:Bucket::recordings", "aws:cloudwatch/logGroup:LogGroup::containers"):
        run = sandbox.shell(f"{preview} --target '**{type_}'")
        assert run.status != 0
        assert f'{type_}" as it is currently marked for protection' in " ".join(run.output.split())
    run = sandbox.shell(f"pulumi config set protectData false -s other; {preview}")
    assert run.status != 0
    service = next(one["urn"] for one in sandbox.resources("other") if one["type"] == "aws:ecs/service:Service")
    assert f'"{service}" as part of replacing' in run.output  # the cluster, which goes first
    assert "marked for protection" in run.output

    sandbox.succeeded(sandbox.shell(f"pulumi state unprotect '{service}' --yes -s other"))
    ways_on = {
        "RepositoryNotEmptyException": _without_images,
        "BucketNotEmpty": _without_recordings,
        LOG_GROUP_REFUSAL: _without_deletion_protection,
    }
    while ways_on:  # the first refusal ends an update; which it is depends on timing
        run = sandbox.shell("pulumi up -s other --yes --skip-preview --non-interactive")
        assert run.status != 0
        refusals = [refusal for refusal in ways_on if refusal in run.output]
        assert refusals
        if "BucketNotEmpty" in ways_on:
            assert recordings(sandbox) == [protected_recording]
        if LOG_GROUP_REFUSAL in ways_on:
            assert LOG_GROUP in log_groups(sandbox)
        for refusal in refusals:
            ways_on.pop(refusal)(sandbox)
    sandbox.succeeded(sandbox.shell("pulumi up -s other --yes --skip-preview --non-interactive"))
    assert buckets(sandbox) == {BUCKET.replace("prod", "other")}
    assert log_groups(sandbox) == {f"{LOG_GROUP}-other"}


def _without_images(sandbox: LiveSandbox) -> None:
    images = sandbox.client("ecr").list_images(repositoryName="voiceter-backend")["imageIds"]
    sandbox.client("ecr").batch_delete_image(repositoryName="voiceter-backend", imageIds=images)


def _without_recordings(sandbox: LiveSandbox) -> None:
    versions = sandbox.client("s3").list_object_versions(Bucket=BUCKET)
    for one in [*versions["Versions"], *versions.get("DeleteMarkers", [])]:
        sandbox.client("s3").delete_object(Bucket=BUCKET, Key=one["Key"], VersionId=one["VersionId"])


def _without_deletion_protection(sandbox: LiveSandbox) -> None:
    of_group = {"logGroupIdentifier": LOG_GROUP, "deletionProtectionEnabled": False}
    sandbox.client("logs").put_log_group_deletion_protection(**of_group)


def log_groups(sandbox: LiveSandbox) -> set[str]:
    return {one["logGroupName"] for one in sandbox.client("logs").describe_log_groups()["logGroups"]}


def buckets(sandbox: LiveSandbox) -> set[str]:
    return {one["Name"] for one in sandbox.client("s3").list_buckets()["Buckets"]}
