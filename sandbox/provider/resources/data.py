"""DynamoDB tables, Secrets Manager's secrets, log groups."""

from typing import Any, cast

from ..convert import members
from ..spec import Call, Context, Resource, Tags, pairs
from ..values import Values, agrees


def _key_schema(values: Values) -> list[Values]:
    """An index's or table's keys, given as hashKey and rangeKey or as keySchemas."""
    given = values.pop("keySchemas", None)
    if given:
        return given
    keys = [(values.pop("hashKey", None), "HASH"), (values.pop("rangeKey", None), "RANGE")]
    return [{"attributeName": name, "keyType": kind} for name, kind in keys if name]


def _index(values: Values) -> Values:
    built = {name: value for name, value in values.items() if value not in (None, [])}
    made: Values = {"indexName": built.pop("name"), "keySchema": _key_schema(built)}
    made["projection"] = {name: built.pop(name) for name in ("projectionType", "nonKeyAttributes") if name in built}
    capacity = {f"{name}Units": built.pop(name) for name in ("readCapacity", "writeCapacity") if name in built}
    if any(capacity.values()):
        made["provisionedThroughput"] = capacity
    return built | made


def _table(values: Values, _: Context) -> Values:
    """Keys, capacity, indexes and streams the way that CreateTable groups them."""
    built = dict(values)
    keys = _key_schema(built)
    if keys:
        built["keySchema"] = keys
    for name in ("globalSecondaryIndexes", "localSecondaryIndexes"):
        if isinstance(built.get(name), list):
            built[name] = [_index(cast(Values, one)) if isinstance(one, dict) else one for one in built[name]]
    if not built.get("streamEnabled", True):
        built.pop("streamViewType", None)
    return built


def _index_changes(values: Values, context: Context) -> list[Values]:
    """DynamoDB makes or drops one index a call, and an index cannot be changed: it is dropped and made again."""
    given: list[Values] = values.get("globalSecondaryIndexes") or []
    wanted = {index["name"]: index for index in given}
    table = context.call("DescribeTable", TableName=context["id"])["Table"]
    had = {index["name"]: index for index in _indexes(table, "GlobalSecondaryIndexes")}
    stale = [name for name in had if name not in wanted or not agrees(wanted[name], had[name])]
    new = [name for name in wanted if name not in had or name in stale]
    drop = [{"globalSecondaryIndexUpdates": [{"delete": {"indexName": name}}]} for name in stale]
    make = [{"globalSecondaryIndexUpdates": [{"create": _index(wanted[name])}]} for name in new]
    return [*drop, *({**one, "attributes": context["attributes"]} for one in make)]


def _indexes(table: Any, member: str) -> list[Values]:
    found: list[Values] = []
    described: list[Values] = table.get(member) or []
    for index in described:
        keys: dict[str, str] = {key["KeyType"]: key["AttributeName"] for key in index["KeySchema"]}
        capacity: Values = index.get("ProvisionedThroughput", {})
        one: Values = {
            "name": index["IndexName"],
            "hashKey": keys["HASH"],
            "rangeKey": keys.get("RANGE"),
            "keySchemas": [members(key, "attributeName keyType") for key in index["KeySchema"]],
            **members(index.get("Projection", {}), "projectionType nonKeyAttributes"),
            "readCapacity": capacity.get("ReadCapacityUnits"),
            "writeCapacity": capacity.get("WriteCapacityUnits"),
        }
        found.append({name: value for name, value in one.items() if value is not None})
    return found


def _described_table(table: Any, _: Context) -> Values:
    keys = {key["KeyType"]: key["AttributeName"] for key in table["KeySchema"]}
    encryption = table.get("SSEDescription", {})
    stream = table.get("StreamSpecification", {})
    capacity = table.get("ProvisionedThroughput", {})
    return {
        "hashKey": keys["HASH"],
        "rangeKey": keys.get("RANGE"),
        "billingMode": table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
        "tableClass": table.get("TableClassSummary", {}).get("TableClass", "STANDARD"),
        "globalSecondaryIndexes": _indexes(table, "GlobalSecondaryIndexes"),
        "localSecondaryIndexes": _indexes(table, "LocalSecondaryIndexes"),
        "serverSideEncryption": {
            "enabled": encryption.get("Status") in ("ENABLED", "ENABLING", "UPDATING"),
            "kmsKeyArn": encryption.get("KMSMasterKeyArn"),
        },
        "streamEnabled": bool(stream.get("StreamEnabled")),
        "streamViewType": stream.get("StreamViewType", ""),
        "streamArn": table.get("LatestStreamArn", ""),
        "streamLabel": table.get("LatestStreamLabel", ""),
        "readCapacity": capacity.get("ReadCapacityUnits", 0),
        "writeCapacity": capacity.get("WriteCapacityUnits", 0),
    }


def _recovery(found: Any, _: Context) -> Values:
    state = found.get("PointInTimeRecoveryDescription", {})
    enabled = state.get("PointInTimeRecoveryStatus") == "ENABLED"
    return {"pointInTimeRecovery": {"enabled": enabled, "recoveryPeriodInDays": state.get("RecoveryPeriodInDays")}}


def _time_to_live(found: Any, _: Context) -> Values:
    enabled = found.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
    return {"ttl": {"enabled": enabled, "attributeName": found.get("AttributeName", "") if enabled else ""}}


def _time_to_live_setting(values: Values, context: Context) -> Values | list[Values]:
    """To be turned off, the setting names the attribute that it was about; without one there is nothing to do."""
    given: Values = values.get("ttl") or {"enabled": False}
    had: Values = context.olds.get("ttl") or {}
    attribute = given.get("attributeName") or had.get("attributeName")
    off = given.get("enabled") is False and not (attribute and had.get("enabled"))
    return [] if off and not context.offline else {"ttl": {**given, "attributeName": attribute}}


def _secret_policy(found: Any, _: Context) -> Values:
    return {"policy": found.get("ResourcePolicy") or ""}


def _version_stages(secret: Any, context: Context) -> Values:
    stages = secret.get("VersionIdsToStages", {}).get(context["id"].rpartition("|")[2])
    return {"versionStages": stages} if stages else {}


def _drop_version(context: Context) -> None:
    """A version ends when it loses its stages; the current one cannot, so it stays with its secret."""
    found = context.call("DescribeSecret", SecretId=context["secretId"])
    version = context["versionId"]
    for stage in found.get("VersionIdsToStages", {}).get(version, []):
        if stage != "AWSCURRENT":
            of_secret = {"SecretId": context["secretId"], "RemoveFromVersionId": version}
            context.call("UpdateSecretVersionStage", **of_secret, VersionStage=stage)


def _log_group(found: Any, _: Context) -> Values:
    group = found[0]
    return {
        "arn": group["arn"].removesuffix(":*"),
        "retentionInDays": group.get("retentionInDays", 0),
        "kmsKeyId": group.get("kmsKeyId", ""),
        "logGroupClass": group.get("logGroupClass", "STANDARD"),
    }


RESOURCES = (
    Resource(
        "aws:dynamodb/table:Table",
        create=Call(
            "CreateTable name attributes hashKey rangeKey billingMode readCapacity writeCapacity "
            "globalSecondaryIndexes localSecondaryIndexes serverSideEncryption streamEnabled streamViewType "
            "tableClass deletionProtectionEnabled onDemandThroughput -> {name}",
            build=_table,
        ),
        read=(
            Call("DescribeTable TableName={id} -> Table", take=_described_table),
            Call("DescribeTimeToLive TableName={id} -> TimeToLiveDescription", take=_time_to_live),
            Call("DescribeContinuousBackups TableName={id} -> ContinuousBackupsDescription", take=_recovery),
        ),
        updates=(
            Call("UpdateTable billingMode readCapacity writeCapacity TableName={id}", whole=True),
            Call("UpdateTable globalSecondaryIndexes attributes TableName={id}", whole=True, build=_index_changes),
            Call("UpdateTable serverSideEncryption TableName={id}"),
            Call("UpdateTable streamEnabled streamViewType TableName={id}", whole=True, build=_table),
            Call("UpdateTable tableClass TableName={id}"),
            Call("UpdateTable deletionProtectionEnabled TableName={id}"),
            Call("UpdateTable onDemandThroughput TableName={id}"),
        ),
        steps=(
            Call("UpdateTimeToLive ttl TableName={id}", build=_time_to_live_setting),
            Call("UpdateContinuousBackups pointInTimeRecovery TableName={id}"),
        ),
        delete=Call("DeleteTable TableName={id}"),
        names=pairs(
            "name=TableName attributes=AttributeDefinitions attributes.name=AttributeName "
            "attributes.type=AttributeType readCapacity=ProvisionedThroughput.ReadCapacityUnits "
            "writeCapacity=ProvisionedThroughput.WriteCapacityUnits "
            "globalSecondaryIndexes.provisionedThroughput.readCapacityUnits=ReadCapacityUnits "
            "serverSideEncryption=SSESpecification serverSideEncryption.kmsKeyArn=KMSMasterKeyId "
            "streamEnabled=StreamSpecification.StreamEnabled streamViewType=StreamSpecification.StreamViewType "
            "ttl=TimeToLiveSpecification pointInTimeRecovery=PointInTimeRecoverySpecification "
            "pointInTimeRecovery.enabled=PointInTimeRecoveryEnabled"
        ),
        reads={"arn": "TableArn"},
        outputs="arn streamArn streamLabel",
        defaults={"billingMode": "PROVISIONED"},
        clear={
            "deletionProtectionEnabled": False,
            "streamEnabled": False,
            "serverSideEncryption": {"enabled": False},
            "pointInTimeRecovery": {"enabled": False},
            "tableClass": "STANDARD",
        },
        name="name",
        tags=Tags("TagResource UntagResource ResourceArn={arn}", "ListTagsOfResource -> Tags"),
    ),
    Resource(
        "aws:secretsmanager/secret:Secret",
        create=Call("CreateSecret name description kmsKeyId -> ARN"),
        read=(
            Call("DescribeSecret SecretId={id}", take=lambda secret, _: None if "DeletedDate" in secret else {}),
            Call("GetResourcePolicy SecretId={id}", take=_secret_policy),
        ),
        updates=Call("UpdateSecret description kmsKeyId SecretId={id}"),
        steps=Call("PutResourcePolicy policy SecretId={id}", absent=Call("DeleteResourcePolicy SecretId={id}")),
        delete=Call(
            "DeleteSecret recoveryWindowInDays SecretId={id}",
            build=lambda values, _: (
                values if values.get("recoveryWindowInDays") else {"forceDeleteWithoutRecovery": True}
            ),
        ),
        names={"policy": "ResourcePolicy"},
        outputs="arn",
        defaults={"recoveryWindowInDays": 30, "forceOverwriteReplicaSecret": False},
        clear={"description": ""},
        local="recoveryWindowInDays forceOverwriteReplicaSecret",
        name="name",
        limit=512,
        tags=Tags("TagResource UntagResource SecretId={id}"),
    ),
    Resource(
        "aws:secretsmanager/secretVersion:SecretVersion",
        create=Call("PutSecretValue secretId secretString secretBinary versionStages -> {secretId}|{versionId}"),
        read=(
            Call("GetSecretValue SecretId={secretId} VersionId={versionId}"),
            Call("DescribeSecret SecretId={secretId}", take=_version_stages),
        ),
        reads={"secretArn": "ARN", "secretId": "ARN"},
        outputs="arn secretArn versionId versionStages",
        unique="",
        secret="secretString secretBinary",  # noqa: S106 - names of outputs
        prepare_delete=_drop_version,
    ),
    Resource(
        "aws:cloudwatch/logGroup:LogGroup",
        "logs",
        create=Call("CreateLogGroup name kmsKeyId logGroupClass deletionProtectionEnabled -> {name}"),
        read=Call(
            "DescribeLogGroups logGroupNamePrefix={id} -> logGroups",
            only={"logGroupName": "{id}"},  # the search is by prefix
            take=_log_group,
        ),
        updates=Call("PutLogGroupDeletionProtection deletionProtectionEnabled logGroupIdentifier={id}"),
        steps=Call(
            "PutRetentionPolicy retentionInDays logGroupName={id}",
            absent=Call("DeleteRetentionPolicy logGroupName={id}"),
        ),
        delete=Call("DeleteLogGroup logGroupName={id}"),
        names={"name": "logGroupName"},
        outputs="arn logGroupClass",
        defaults={"skipDestroy": False},
        local="skipDestroy",
        gaps={"deletionProtectionEnabled": "the account has no deletion protection of log groups"},
        name="name",
        limit=512,
        tags=Tags("TagResource UntagResource resourceArn={arn}", "ListTagsForResource -> tags", keys="tagKeys"),
    ),
)
