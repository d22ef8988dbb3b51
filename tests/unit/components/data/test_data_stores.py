"""The tables as the app uses them, the bucket, and their names."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.data.data_stores import DataStores, DataStoresArgs
from recording.deployment import Deployment
from recording.mocks import deploy
from tests.support import iam
from tests.support.buckets import assert_private_and_encrypted_by_s3
from tests.support.contract import TABLES

BUCKET = "voiceter-recordings-123456789012-dev"


KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b"


def build(protect: bool = True, key: str | None = None) -> Deployment:
    def program() -> None:
        stores = DataStores("data-stores", DataStoresArgs("demo-dev-", BUCKET, protect, key))
        pulumi.export("tables", stores.table_names)
        pulumi.export("bucket", stores.bucket_name)

    return deploy(program)


def test_every_table_of_the_contract_is_registered() -> None:
    assert [table.name for table in build().all(":Table")] == sorted(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_table_has_the_keys_of_the_contract(name: str) -> None:
    expected, table = TABLES[name], build().one(":Table", name).inputs
    types = {attribute["name"]: attribute["type"] for attribute in table["attributes"]}
    keys = [(table["hashKey"], types[table["hashKey"]], "HASH")]
    if "rangeKey" in table:
        keys.append((table["rangeKey"], types[table["rangeKey"]], "RANGE"))
    assert keys == expected.keys
    indexes: dict[str, Any] = {}
    for index in table.get("globalSecondaryIndexes", []):
        schema = [(key["attributeName"], key["keyType"]) for key in index["keySchemas"]]
        indexes[index["name"]] = [(attribute, types[attribute], use) for attribute, use in schema]
        assert index["projectionType"] == "ALL"
    assert indexes == expected.indexes
    # DynamoDB refuses attributes that no key uses.
    assert set(types) == {name for key in (expected.keys, *expected.indexes.values()) for name, _, _ in key}
    assert table["name"] == f"demo-dev-{name}"
    assert table.get("ttl") == ({"attributeName": expected.ttl, "enabled": True} if expected.ttl else None)


def test_names_of_the_stores_are_outputs() -> None:
    assert build().exports == {"tables": {name: f"demo-dev-{name}" for name in TABLES}, "bucket": BUCKET}


def test_store_of_a_changed_name_is_created_before_the_old_one_is_deleted() -> None:
    run = build()
    # The provider asks for the opposite where the program sets the name.
    for store in (*run.all(":Table"), run.one("s3/bucket:Bucket")):
        assert store.delete_before_replace is False, store.name


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("protect", [True, False])
def test_table_is_encrypted_backed_up_and_protected(name: str, protect: bool) -> None:
    table = build(protect).one(":Table", name)
    assert table.inputs["billingMode"] == "PAY_PER_REQUEST"
    assert table.inputs["pointInTimeRecovery"] == {"enabled": True}
    assert table.inputs["deletionProtectionEnabled"] is protect
    assert table.protect is protect


@pytest.mark.parametrize("protect", [True, False])
def test_bucket_is_protected_with_its_settings_or_may_be_emptied(protect: bool) -> None:
    run = build(protect)
    assert run.one(":Bucket").inputs == {"bucket": BUCKET, "forceDestroy": not protect}
    assert {part.protect for part in run.registered if part.type.startswith("aws:")} == {protect}


def test_bucket_is_private_encrypted_and_versioned() -> None:
    run = build()
    assert_private_and_encrypted_by_s3(run, BUCKET)
    assert run.one(":BucketVersioning").inputs["versioningConfiguration"] == {"status": "Enabled"}


def test_every_setting_is_of_this_bucket() -> None:
    parts = [r for r in build().registered if r.type.startswith("aws:s3/")]
    assert len(parts) == 7
    assert {part.inputs["bucket"] for part in parts} == {BUCKET}


def test_recordings_expire_after_90_days_and_unfinished_uploads_after_7() -> None:
    run = build()
    lifecycle = run.one(":BucketLifecycleConfiguration")
    assert lifecycle.inputs["rules"] == [
        {
            "id": "recordings",
            "status": "Enabled",
            "filter": {"prefix": "recordings/"},
            "expiration": {"days": 90},
            "noncurrentVersionExpiration": {"noncurrentDays": 90},
        },
        {
            "id": "unfinished-uploads",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
        },
    ]
    assert run.one(":BucketVersioning").urn in lifecycle.depends_on


def test_bucket_denies_calls_without_tls() -> None:
    policy = build().one(":BucketPolicy").json("policy")
    bucket = f"arn:aws:s3:::{BUCKET}"
    for action, resource in {
        "s3:GetObject": f"{bucket}/recordings/a.wav",
        "s3:PutObject": f"{bucket}/recordings/a.wav",
        "s3:ListBucket": bucket,
    }.items():
        assert iam.denies(policy, action, resource, {"aws:SecureTransport": "false"})
        assert not iam.denies(policy, action, resource, {"aws:SecureTransport": "true"})
    assert not iam.denies(policy, "s3:GetObject", f"{bucket}-other/a.wav", {"aws:SecureTransport": "false"})


def test_bucket_policy_comes_after_the_public_access_block() -> None:
    run = build()
    assert run.one(":BucketPublicAccessBlock").urn in run.one(":BucketPolicy").depends_on


def test_tables_have_the_stacks_key_or_one_of_dynamodb() -> None:
    """A table that is enabled without a key would keep the former key when the stack's key is turned off."""
    for key, expected in ((KEY, {"enabled": True, "kmsKeyArn": KEY}), (None, {"enabled": False})):
        for table in build(key=key).all(":Table"):
            assert table.inputs["serverSideEncryption"] == expected


def test_new_recordings_have_the_stacks_key_or_one_of_s3() -> None:
    def rule(key: str | None) -> Any:
        (rule,) = build(key=key).one(":BucketServerSideEncryptionConfiguration").inputs["rules"]
        return rule

    assert rule(None) == {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    assert rule(KEY) == {
        "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY},
        "bucketKeyEnabled": True,
    }
