"""DynamoDB: tables."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..resource import Call, Context, Name, Read, Resource, Tags
from ..rules import Fault, distinct, found
from ..values import Values, agrees, has_unknown, is_object

_KEYS = ("hashKey", "rangeKey", "globalSecondaryIndexes.hashKey", "globalSecondaryIndexes.rangeKey")


# Where calls have an index: CreateTable, and UpdateTable.
_INDEX_PATHS = ("globalSecondaryIndexes", "globalSecondaryIndexUpdates.create")
_INDEX_MEMBERS = {"name": "IndexName", "keySchemas": "KeySchema", "projectionType": "Projection.ProjectionType"}


def _table_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon DynamoDB API Reference, CreateTable."""
    yield from distinct(found(inputs, "globalSecondaryIndexes.name"), "must not be the name of another index")
    if any(has_unknown(inputs.get(name)) for name in ("hashKey", "rangeKey", "attributes", "globalSecondaryIndexes")):
        return
    paths = (*_KEYS, "globalSecondaryIndexes.keySchemas.attributeName")
    keys = {key: place for path in paths for place, key in found(inputs, path)}
    defined = {name: place for place, name in found(inputs, "attributes.name")}
    for name in keys.keys() - defined.keys():
        yield Fault(keys[name], "must be defined in `attributes`, as it is a key", name)
    for name in defined.keys() - keys.keys():
        yield Fault(defined[name], "must be a key of the table or of an index", name)


def _grouped(values: Values, _: Context) -> Values:
    """Keys the way that CreateTable groups them."""
    built = dict(values)
    keys = [(built.pop("hashKey", None), "HASH"), (built.pop("rangeKey", None), "RANGE")]
    schema = [{"attributeName": name, "keyType": kind} for name, kind in keys if name]
    if schema:
        built["keySchema"] = schema
    return built


def _index_changes(values: Values, it: Context) -> list[Values]:
    """DynamoDB creates or deletes one index a call. An index cannot be changed: it is deleted and created again."""
    wanted, had = _by_name(values), _by_name(it.olds)
    stale = [name for name in had if name not in wanted or not agrees(wanted[name], had[name])]
    new = [name for name in wanted if name not in had or name in stale]
    deletions = [{"globalSecondaryIndexUpdates": [{"delete": {"indexName": name}}]} for name in stale]
    creations = [{"globalSecondaryIndexUpdates": [{"create": wanted[name]}]} for name in new]
    return [*deletions, *({**one, "attributes": it["attributes"]} for one in creations)]


def _by_name(values: Mapping[str, Any]) -> Values:
    indexes: list[Values] = values.get("globalSecondaryIndexes") or []
    return {index["name"]: index for index in indexes}


def _table(table: Any, _: Context) -> Values:
    keys = {key["KeyType"]: key["AttributeName"] for key in table["KeySchema"]}
    encryption = table.get("SSEDescription", {})
    return {
        "hashKey": keys["HASH"],
        "rangeKey": keys.get("RANGE"),
        "serverSideEncryption": {
            "enabled": encryption.get("Status") in ("ENABLED", "ENABLING", "UPDATING"),
            "kmsKeyArn": encryption.get("KMSMasterKeyArn", ""),
        },
    }


def _recovery(found: Any, _: Context) -> Values:
    status = found.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
    return {"pointInTimeRecovery": {"enabled": status == "ENABLED"}}


def _time_to_live(found: Any, _: Context) -> Values:
    enabled = found.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
    return {"ttl": {"enabled": enabled, "attributeName": found.get("AttributeName", "") if enabled else ""}}


def _time_to_live_setting(values: Values, it: Context) -> Values | list[Values]:
    """The call that turns the setting off has to name the attribute; if it is off already there is nothing to call."""
    given: Values = values.get("ttl") or {"enabled": False}
    had: Values = it.olds.get("ttl") or {}
    attribute = given.get("attributeName") or had.get("attributeName")
    is_off = given.get("enabled") is False and not (attribute and had.get("enabled"))
    return [] if is_off and not it.offline else {"ttl": {**given, "attributeName": attribute}}


def _refuse_a_key_that_stays(olds: Values, news: Values) -> None:
    """Refuses what the AWS provider ignores: its `kms_key_arn` is computed, so the table would keep the former key."""
    old, new = olds.get("serverSideEncryption"), news.get("serverSideEncryption")
    if not is_object(old) or not is_object(new):
        return
    if old.get("kmsKeyArn") and new.get("enabled") is True and not new.get("kmsKeyArn"):
        raise ValueError("serverSideEncryption: without kmsKeyArn the AWS provider keeps the former key")


TABLE = Resource(
    "aws:dynamodb/table:Table",
    service="dynamodb",
    create=Call(
        "CreateTable",
        (
            *("name", "attributes", "hashKey", "rangeKey", "billingMode", "globalSecondaryIndexes"),
            *("serverSideEncryption", "deletionProtectionEnabled"),
        ),
        prepare=_grouped,
    ),
    id="name",
    identity=lambda it: {"TableName": it.id},
    read=(
        Read("DescribeTable", at="Table", show=_table),
        Read("DescribeTimeToLive", at="TimeToLiveDescription", show=_time_to_live),
        Read("DescribeContinuousBackups", at="ContinuousBackupsDescription", show=_recovery),
    ),
    update=(
        Call("UpdateTable", ("billingMode",)),
        Call("UpdateTable", ("globalSecondaryIndexes", "attributes"), prepare=_index_changes, send_all=True),
        Call("UpdateTable", ("serverSideEncryption",)),
        Call("UpdateTable", ("deletionProtectionEnabled",)),
    ),
    after_create=(
        Call("UpdateTimeToLive", ("ttl",), prepare=_time_to_live_setting),
        Call("UpdateContinuousBackups", ("pointInTimeRecovery",)),
    ),
    delete=(Call("DeleteTable"),),
    rename={
        "name": "TableName",
        "attributes": "AttributeDefinitions",
        "attributes.name": "AttributeName",
        "attributes.type": "AttributeType",
        **{f"{path}.{name}": member for path in _INDEX_PATHS for name, member in _INDEX_MEMBERS.items()},
        "serverSideEncryption": "SSESpecification",
        "serverSideEncryption.kmsKeyArn": "KMSMasterKeyId",
        "ttl": "TimeToLiveSpecification",
        "pointInTimeRecovery": "PointInTimeRecoverySpecification",
        "pointInTimeRecovery.enabled": "PointInTimeRecoveryEnabled",
    },
    shown_as={"arn": "TableArn", "billingMode": "BillingModeSummary.BillingMode"},
    outputs=("arn", "pointInTimeRecovery", "serverSideEncryption", "ttl"),
    defaults={"billingMode": "PROVISIONED"},
    clear={"deletionProtectionEnabled": False},
    members={
        "attributes": ("name", "type"),
        "globalSecondaryIndexes": ("keySchemas", "name", "projectionType"),
        "globalSecondaryIndexes.keySchemas": ("attributeName", "keyType"),
        "pointInTimeRecovery": ("enabled",),
        "serverSideEncryption": ("enabled", "kmsKeyArn"),
        "ttl": ("attributeName", "enabled"),
    },
    name=Name("name"),
    refuses=_refuse_a_key_that_stays,
    tags=Tags(list="ListTagsOfResource"),
    rules=_table_rules,
)

RESOURCES = (TABLE,)
