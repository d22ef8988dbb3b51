"""Tables and bucket, row by row of what the app expects of them."""

from __future__ import annotations

from typing import Any

import pytest

from components.data.data_stores import DataStores, DataStoresArgs
from tests.support import iam
from tests.support.mocks import Deployment, deploy

BUCKET = "voiceter-recordings-123456789012-dev"
TTL = {"attributeName": "ttl", "enabled": True}

# table -> partition key, sort key, types of the key attributes, index (name, partition key, sort key), TTL
TABLES: dict[str, tuple[str, str | None, dict[str, str], tuple[str, str, str] | None, dict[str, Any] | None]] = {
    "sessions": (
        "sessionId",
        None,
        {"sessionId": "S", "questionnaireId": "S", "startTime": "S"},
        ("questionnaireId-startTime-index", "questionnaireId", "startTime"),
        TTL,
    ),
    "responses": (
        "sessionId",
        "questionId",
        {"sessionId": "S", "questionId": "S", "timestamp": "S"},
        ("questionId-timestamp-index", "questionId", "timestamp"),
        TTL,
    ),
    "transcripts": ("sessionId", "timestamp", {"sessionId": "S", "timestamp": "N"}, None, TTL),
    "waitlist": ("email", None, {"email": "S"}, None, None),
}


def build(protect: bool = True) -> Deployment:
    return deploy(lambda: DataStores("data-stores", DataStoresArgs("demo-dev-", BUCKET, protect)))


def test_there_are_four_tables() -> None:
    assert [table.name for table in build().all(":Table")] == sorted(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_the_keys_of_a_table(name: str) -> None:
    partition_key, sort_key, attributes, index, ttl = TABLES[name]
    table = build().one(":Table", name).inputs
    assert table["name"] == f"demo-dev-{name}"
    assert (table["hashKey"], table.get("rangeKey")) == (partition_key, sort_key)
    assert {attribute["name"]: attribute["type"] for attribute in table["attributes"]} == attributes
    assert table.get("ttl") == ttl
    expected = [] if index is None else [index]
    assert [
        (
            found["name"],
            *((key["attributeName"], key["keyType"]) for key in found["keySchemas"]),
            found["projectionType"],
        )
        for found in table.get("globalSecondaryIndexes", [])
    ] == [(name, (partition, "HASH"), (sort, "RANGE"), "ALL") for name, partition, sort in expected]


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("protect", [True, False])
def test_the_safety_of_a_table(name: str, protect: bool) -> None:
    table = build(protect).one(":Table", name)
    assert table.inputs["billingMode"] == "PAY_PER_REQUEST"
    assert table.inputs["pointInTimeRecovery"] == {"enabled": True}
    assert table.inputs["serverSideEncryption"] == {"enabled": True}
    assert table.inputs["deletionProtectionEnabled"] is protect
    assert table.protect is protect


@pytest.mark.parametrize("protect", [True, False])
def test_the_bucket(protect: bool) -> None:
    bucket = build(protect).one(":Bucket")
    assert bucket.inputs == {"bucket": BUCKET, "forceDestroy": not protect}
    assert bucket.protect is protect


def test_the_bucket_is_private_encrypted_and_versioned() -> None:
    run = build()
    assert run.one(":BucketPublicAccessBlock").inputs == {
        "bucket": BUCKET,
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }
    assert run.one(":BucketOwnershipControls").inputs["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    assert run.one(":BucketServerSideEncryptionConfiguration").inputs["rules"] == [
        {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    ]
    assert run.one(":BucketVersioning").inputs["versioningConfiguration"] == {"status": "Enabled"}


def test_every_part_of_the_bucket_is_of_this_bucket() -> None:
    parts = [r for r in build().registered if r.type.startswith("aws:s3/")]
    assert len(parts) == 7
    assert {part.inputs["bucket"] for part in parts} == {BUCKET}


def test_recordings_expire() -> None:
    run = build()
    lifecycle = run.one(":BucketLifecycleConfiguration")
    assert lifecycle.inputs["rules"] == [
        {
            "id": "recordings",
            "status": "Enabled",
            "filter": {"prefix": "recordings/"},
            "expiration": {"days": 90},
            "noncurrentVersionExpiration": {"noncurrentDays": 90},
            "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
        }
    ]
    assert run.one(":BucketVersioning").urn in lifecycle.depends_on


def test_the_bucket_takes_tls_only() -> None:
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


def test_the_bucket_policy_comes_after_the_public_access_block() -> None:
    run = build()
    assert run.one(":BucketPublicAccessBlock").urn in run.one(":BucketPolicy").depends_on
