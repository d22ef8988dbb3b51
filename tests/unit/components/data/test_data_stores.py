"""The tables as the app uses them, the bucket, and their names."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from components.data.data_stores import DataStores, DataStoresArgs
from recording.deployment import Deployment
from recording.mocks import deploy
from tests.support.contract import TABLES

BUCKET = "voiceter-recordings-123456789012-dev"


@cache
def build() -> Deployment:
    return deploy(lambda: DataStores("data-stores", DataStoresArgs("demo-dev-", BUCKET, False, None)))


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


def test_store_of_a_changed_name_is_created_before_the_old_one_is_deleted() -> None:
    run = build()
    # The provider asks for the opposite where the program sets the name.
    for store in (*run.all(":Table"), run.one("s3/bucket:Bucket")):
        assert store.delete_before_replace is False, store.name


def test_settings_of_the_bucket_are_made_in_the_order_that_s3_needs() -> None:
    run = build()
    assert run.one(":BucketVersioning").urn in run.one(":BucketLifecycleConfiguration").depends_on
    assert run.one(":BucketPublicAccessBlock").urn in run.one(":BucketPolicy").depends_on
