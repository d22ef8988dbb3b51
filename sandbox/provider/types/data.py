"""DynamoDB tables, Secrets Manager's secrets, log groups."""

from typing import Any

from ..convert import members
from ..spec import Context, table
from ..values import Values, agrees, is_list, is_object

_CURRENT = "AWSCURRENT"  # the stage of the version that a secret's readers get


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


def grouped(values: Values, _: Context) -> Values:
    """Keys, capacity, indexes and streams the way that CreateTable groups them."""
    built = dict(values)
    keys = _key_schema(built)
    if keys:
        built["keySchema"] = keys
    for name in ("globalSecondaryIndexes", "localSecondaryIndexes"):
        if is_list(built.get(name)):
            built[name] = [_index(one) if is_object(one) else one for one in built[name]]
    if not built.get("streamEnabled", True):
        built.pop("streamViewType", None)
    return built


def index_changes(values: Values, context: Context) -> list[Values]:
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


def _keys(described: Any) -> Values:
    """The keys of a table or of an index, by their properties."""
    keys = {key["KeyType"]: key["AttributeName"] for key in described["KeySchema"]}
    return {"hashKey": keys["HASH"], "rangeKey": keys.get("RANGE")}


def _indexes(table: Any, member: str) -> list[Values]:
    found: list[Values] = []
    described: list[Values] = table.get(member) or []
    for index in described:
        capacity: Values = index.get("ProvisionedThroughput", {})
        one: Values = {
            "name": index["IndexName"],
            **_keys(index),
            "keySchemas": [members(key, "attributeName keyType") for key in index["KeySchema"]],
            **members(index.get("Projection", {}), "projectionType nonKeyAttributes"),
            "readCapacity": capacity.get("ReadCapacityUnits"),
            "writeCapacity": capacity.get("WriteCapacityUnits"),
        }
        found.append({name: value for name, value in one.items() if value is not None})
    return found


def described_table(table: Any, _: Context) -> Values:
    encryption = table.get("SSEDescription", {})
    enabled = encryption.get("Status") in ("ENABLED", "ENABLING", "UPDATING")
    return {
        **_keys(table),
        "globalSecondaryIndexes": _indexes(table, "GlobalSecondaryIndexes"),
        "localSecondaryIndexes": _indexes(table, "LocalSecondaryIndexes"),
        "serverSideEncryption": {"enabled": enabled, "kmsKeyArn": encryption.get("KMSMasterKeyArn")},
    }


def recovery(found: Any, _: Context) -> Values:
    state = found.get("PointInTimeRecoveryDescription", {})
    enabled = state.get("PointInTimeRecoveryStatus") == "ENABLED"
    return {"pointInTimeRecovery": {"enabled": enabled, "recoveryPeriodInDays": state.get("RecoveryPeriodInDays")}}


def time_to_live(found: Any, _: Context) -> Values:
    enabled = found.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
    return {"ttl": {"enabled": enabled, "attributeName": found.get("AttributeName", "") if enabled else ""}}


def time_to_live_setting(values: Values, context: Context) -> Values | list[Values]:
    """To be turned off, the setting names the attribute that it was about; without one there is nothing to do."""
    given: Values = values.get("ttl") or {"enabled": False}
    had: Values = context.olds.get("ttl") or {}
    attribute = given.get("attributeName") or had.get("attributeName")
    off = given.get("enabled") is False and not (attribute and had.get("enabled"))
    return [] if off and not context.offline else {"ttl": {**given, "attributeName": attribute}}


def version_stages(secret: Any, context: Context) -> Values:
    stages = secret.get("VersionIdsToStages", {}).get(context["id"].rpartition("|")[2])
    return {"versionStages": stages} if stages else {}


def moved_stages(values: Values, context: Context) -> Values | list[Values]:
    """Stages one by one. The current one only comes, from the version that has it; it cannot be taken off."""
    if context.offline:
        return values
    version = context["versionId"]
    wanted, had = set[str](values.get("versionStages") or ()), set[str](context.olds.get("versionStages", ()))
    versions = context.call("DescribeSecret", SecretId=context["secretId"]).get("VersionIdsToStages", {})
    moves: list[Values] = []
    for stage in sorted(wanted - had):
        holder = next((one for one, stages in versions.items() if stage == _CURRENT in stages), None)
        moves.append({"versionStage": stage, "moveToVersionId": version, "removeFromVersionId": holder})
    # The previous one goes elsewhere by itself when the current one comes.
    off = sorted(had - wanted - {_CURRENT, *(["AWSPREVIOUS"] if _CURRENT in wanted - had else [])})
    return [*moves, *({"versionStage": stage, "removeFromVersionId": version} for stage in off)]


def drop_version(context: Context) -> None:
    """A version ends when it loses its stages; the current one cannot, so it stays with its secret."""
    found = context.call("DescribeSecret", SecretId=context["secretId"])
    version = context["versionId"]
    for stage in found.get("VersionIdsToStages", {}).get(version, []):
        if stage != _CURRENT:
            of_secret = {"SecretId": context["secretId"], "RemoveFromVersionId": version}
            context.call("UpdateSecretVersionStage", **of_secret, VersionStage=stage)


def recovery_window(values: Values, _: Context) -> Values:
    return values if values.get("recoveryWindowInDays") else {"forceDeleteWithoutRecovery": True}


RESOURCES = table(
    globals(),
    """
    aws:dynamodb/table:Table
      create    CreateTable name attributes hashKey rangeKey billingMode readCapacity writeCapacity
                globalSecondaryIndexes localSecondaryIndexes serverSideEncryption streamEnabled streamViewType
                tableClass deletionProtectionEnabled onDemandThroughput @grouped -> {name}
      read      DescribeTable TableName={id} @described_table -> Table
      read      DescribeTimeToLive TableName={id} @time_to_live -> TimeToLiveDescription
      read      DescribeContinuousBackups TableName={id} @recovery -> ContinuousBackupsDescription
      put       UpdateTable billingMode readCapacity writeCapacity TableName={id}
      put       UpdateTable globalSecondaryIndexes attributes TableName={id} @index_changes
      update    UpdateTable serverSideEncryption TableName={id}
      put       UpdateTable streamEnabled streamViewType TableName={id} @grouped
      update    UpdateTable tableClass TableName={id}
      update    UpdateTable deletionProtectionEnabled TableName={id}
      update    UpdateTable onDemandThroughput TableName={id}
      then      UpdateTimeToLive ttl TableName={id} @time_to_live_setting
      then      UpdateContinuousBackups pointInTimeRecovery TableName={id}
      delete    DeleteTable TableName={id}
      names     name=TableName attributes=AttributeDefinitions attributes.name=AttributeName
                attributes.type=AttributeType readCapacity=ProvisionedThroughput.ReadCapacityUnits
                writeCapacity=ProvisionedThroughput.WriteCapacityUnits
                globalSecondaryIndexes.provisionedThroughput.readCapacityUnits=ReadCapacityUnits
                serverSideEncryption=SSESpecification serverSideEncryption.kmsKeyArn=KMSMasterKeyId
                streamEnabled=StreamSpecification.StreamEnabled streamViewType=StreamSpecification.StreamViewType
                ttl=TimeToLiveSpecification pointInTimeRecovery=PointInTimeRecoverySpecification
                pointInTimeRecovery.enabled=PointInTimeRecoveryEnabled
      reads     billingMode=BillingModeSummary.BillingMode tableClass=TableClassSummary.TableClass
      otherwise billingMode=PROVISIONED tableClass=STANDARD streamEnabled=false streamViewType= streamArn=
                streamLabel= readCapacity=0 writeCapacity=0
      outputs   arn=TableArn streamArn=LatestStreamArn streamLabel=LatestStreamLabel pointInTimeRecovery readCapacity
                serverSideEncryption streamViewType ttl writeCapacity
      defaults  billingMode=PROVISIONED tableClass=STANDARD ttl.enabled=false
      clear     deletionProtectionEnabled=false streamEnabled=false
      named     name
      tags      TagResource UntagResource ListTagsOfResource ResourceArn={arn} -> Tags

    aws:secretsmanager/secret:Secret
      create    CreateSecret name (description kmsKeyId) -> ARN
      read      DescribeSecret SecretId={id}
      read      GetResourcePolicy SecretId={id}
      update    UpdateSecret () SecretId={id}
      then      PutResourcePolicy policy SecretId={id} else DeleteResourcePolicy SecretId={id}
      delete    DeleteSecret recoveryWindowInDays SecretId={id} @recovery_window
      names     policy=ResourcePolicy
      otherwise policy=
      outputs   arn policy
      defaults  recoveryWindowInDays=30 forceOverwriteReplicaSecret=false
      clear     description=
      local     recoveryWindowInDays forceOverwriteReplicaSecret
      gone      DeletedDate
      named     name namePrefix
      tags      TagResource UntagResource SecretId={id}

    aws:secretsmanager/secretVersion:SecretVersion
      create    PutSecretValue secretId secretString secretBinary (versionStages) -> {secretId}|{versionId}
      read      GetSecretValue SecretId={secretId} VersionId={versionId}
      read      DescribeSecret SecretId={secretId} @version_stages
      update    UpdateSecretVersionStage () SecretId={secretId} @moved_stages
      reads     secretId=ARN
      outputs   arn secretArn=ARN versionId versionStages
      secret    secretString secretBinary
      before-delete  @drop_version

    aws:cloudwatch/logGroup:LogGroup logs
      create    CreateLogGroup name kmsKeyId logGroupClass deletionProtectionEnabled -> {name}
      # The search is by prefix.
      read      DescribeLogGroups logGroupNamePrefix={id} -> logGroups[logGroupName={id}]
      update    PutLogGroupDeletionProtection deletionProtectionEnabled logGroupIdentifier={id}
      update    AssociateKmsKey kmsKeyId logGroupName={id} else DisassociateKmsKey logGroupName={id}
      then      PutRetentionPolicy retentionInDays logGroupName={id} else DeleteRetentionPolicy logGroupName={id}
      delete    DeleteLogGroup logGroupName={id}
      names     name=logGroupName
      otherwise retentionInDays=0 kmsKeyId= logGroupClass=STANDARD
      outputs   arn==arn:{partition}:logs:{region}:{account}:log-group:{id} logGroupClass deletionProtectionEnabled
      defaults  retentionInDays=0 skipDestroy=false
      local     skipDestroy
      named     name namePrefix
      tags      TagResource UntagResource ListTagsForResource resourceArn={arn} -> tags
    """,
)
