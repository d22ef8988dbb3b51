"""Amazon DynamoDB: the backup of a deleted table, the content of a table at an earlier time, and changes of encryption.

moto deletes a table without a backup, restores today's content whatever time is asked for, and drops billing mode and
encryption of the restored table. Its UpdateTable drops the encryption, too, and its UpdateTimeToLive moves a setting
that is on to another attribute. A restore here can reach up to now; on AWS, up to five minutes ago.

Sources: Amazon DynamoDB Developer Guide, "Point-in-time recovery: How it works", "Delete a table with PITR enabled";
API Reference: ListBackups, RestoreTableFromBackup, RestoreTableToPointInTime, UpdateTable. The error of
UpdateTimeToLive is AWS's (aws-controllers-k8s/dynamodb-controller, its terminal codes).
"""

import copy
import time
from collections.abc import Callable
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Backup, RestoredPITTable, RestoredTable, Table
from moto.dynamodb.responses import DynamoHandler

from sandbox.account.patching import replaces

_CONTENTS = "contents"  # an attribute of moto's table: the items before the first change of each second


def _recovery(table: Any) -> dict[str, Any]:
    return table.continuous_backups["PointInTimeRecoveryDescription"]


def _is_recoverable(table: Any) -> bool:
    return _recovery(table)["PointInTimeRecoveryStatus"] == "ENABLED"


@replaces(DynamoDBBackend)
def delete_table(original: Callable[[str], Any], dynamodb: Any, name: str) -> Any:
    """Keeps a system backup of a table with point-in-time recovery."""
    table = original(name)
    if _is_recoverable(table):
        backup_name = f"{table.name}$DeletedTableBackup"
        backup = Backup(dynamodb.account_id, dynamodb.region_name, backup_name, table, type_="SYSTEM")
        dynamodb.backups[backup.arn] = backup
    return table


@replaces(DynamoHandler)
def list_backups(original: Callable[[], Any], request: Any) -> Any:
    """Returns backups of the requested type, which is `USER` by default."""
    answer, requested = original(), request.body.get("BackupType", "USER")
    found: list[dict[str, Any]] = answer.result["BackupSummaries"]
    answer.result["BackupSummaries"] = [one for one in found if requested in ("ALL", one["BackupType"])]
    return answer


def _kept(table: Any) -> dict[str, Any]:
    return {"billing_mode": table.billing_mode, "sse_specification": copy.deepcopy(table.sse_specification)}


@replaces(RestoredTable)
def _parse_params_from_backup(original: Callable[..., Any], _: Any, backup: Any) -> dict[str, Any]:
    return {**original(backup), **_kept(backup.table)}


@replaces(RestoredPITTable)
def _parse_params_from_table(original: Callable[..., Any], _: Any, table: Any) -> dict[str, Any]:
    return {**original(table), **_kept(table)}


def _keep_content(table: Any) -> None:
    """Keeps a copy of a table's items, unless there is one of this second: a restore reaches whole seconds."""
    contents: dict[int, Any] = table.__dict__.setdefault(_CONTENTS, {})
    second = int(time.time())
    if second not in contents:
        contents[second] = copy.deepcopy(table.items)


@replaces(Table)
def put_item(original: Callable[..., Any], table: Any, *args: Any, **more: Any) -> Any:
    """Keeps the content before the change."""
    _keep_content(table)
    return original(*args, **more)


@replaces(Table)
def delete_item(original: Callable[..., Any], table: Any, *args: Any) -> Any:
    """Keeps the content before the change."""
    _keep_content(table)
    return original(*args)


@replaces(DynamoDBBackend)
def update_item(original: Callable[..., Any], dynamodb: Any, table_name: str, *args: Any, **more: Any) -> Any:
    """Keeps the content before the change, which moto makes in the item itself."""
    _keep_content(dynamodb.get_table(table_name))
    return original(table_name, *args, **more)


@replaces(DynamoHandler)
def restore_table_to_point_in_time(original: Callable[[], Any], request: Any) -> Any:
    """Restores the content that the table had at the requested time."""
    backend = request.dynamodb_backend
    source = backend.tables.get(request.body["SourceTableName"])
    if source and not _is_recoverable(source):
        message = f"Point in time recovery is not enabled for table '{source.name}'"
        raise JsonRESTError("PointInTimeRecoveryUnavailableException", message)
    if source is None or "RestoreDateTime" not in request.body:
        return original()
    moment = request.body["RestoreDateTime"].timestamp()  # clients send whole seconds
    if not int(_recovery(source)["EarliestRestorableDateTime"]) <= moment <= time.time():
        message = "RestoreDateTime must be between EarliestRestorableDateTime and LatestRestorableDateTime."
        raise JsonRESTError("InvalidRestoreTimeException", message)
    answer = original()
    contents: dict[int, Any] = getattr(source, _CONTENTS, {})
    later = [second for second in contents if second >= moment]
    if later:
        backend.tables[request.body["TargetTableName"]].items = copy.deepcopy(contents[min(later)])
    return answer


@replaces(DynamoHandler)
def update_table(original: Callable[[], Any], request: Any) -> Any:
    """Changes a table, also the key that encrypts it."""
    specification: dict[str, Any] | None = request.body.get("SSESpecification")
    if specification is None:
        return original()
    table: Any = request.dynamodb_backend.get_table(request.body["TableName"])
    table.sse_specification = _with_key(table, specification)
    return original()


def _with_key(table: Any, specification: dict[str, Any]) -> dict[str, Any]:
    """Adds the key that DynamoDB takes if none is given: the account's, which AWS manages."""
    return {"KMSMasterKeyId": table._get_default_encryption_key(table.account_id, table.region_name), **specification}


@replaces(DynamoDBBackend)
def update_time_to_live(
    original: Callable[..., None], dynamodb: Any, table_name: str, ttl_spec: dict[str, Any]
) -> None:
    """Refuses another attribute than the one by which items expire now: it has to be turned off first."""
    ttl: dict[str, Any] = dynamodb.get_table(table_name).ttl
    if ttl["TimeToLiveStatus"] == "ENABLED" and ttl["AttributeName"] != ttl_spec["AttributeName"]:
        message = f"current AttributeName is {ttl['AttributeName']}"
        raise MockValidationException(f"TimeToLive is active on a different AttributeName: {message}")
    original(table_name, ttl_spec)
