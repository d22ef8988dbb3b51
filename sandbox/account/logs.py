"""Amazon CloudWatch Logs: deletion protection and keys of log groups, and saved queries. moto has none of them.

moto also keeps a metric filter without its log group, a second one of the same name, and any number of regular
expressions. Saved queries and metric filters are stored and returned, never run.

Sources: Amazon CloudWatch Logs API Reference: AssociateKmsKey, CreateLogGroup, DeleteLogGroup, DisassociateKmsKey,
PutLogGroupDeletionProtection, PutMetricFilter, PutQueryDefinition, DescribeQueryDefinitions, DeleteQueryDefinition;
User Guide, "Protecting log groups from deletion", "Encrypt log data in CloudWatch Logs using AWS Key Management
Service", "Supported regular expressions (regex) syntax".
"""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from moto.kms.models import kms_backends
from moto.logs.exceptions import (
    InvalidParameterException,
    LimitExceededException,
    ResourceNotFoundException,
    ValidationException,
)
from moto.logs.models import LogGroup
from moto.logs.responses import LogsResponse

from sandbox.account.bucket_policy import policy_allows
from sandbox.account.patching import adds, replaces

_KEY_ACTIONS = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:GenerateDataKey", "kms:DescribeKey")
_MOST_REGULAR_EXPRESSIONS = 5  # the filters of a log group whose patterns have one
_PROTECTED = "deletion_protection_enabled"  # an attribute of moto's log group
_QUERIES = "query_definitions"  # an attribute of moto's backend, of one region and account


@replaces(LogsResponse)
def create_log_group(original: Callable[[], str], request: Any) -> str:
    """Creates a log group, with a key and deletion protection if requested."""
    if request._get_param("kmsKeyId"):
        _require_key(request)
    answer = original()
    group = request.logs_backend.groups[request._get_param("logGroupName")]
    setattr(group, _PROTECTED, request._get_param("deletionProtectionEnabled") or False)
    return answer


def _require_key(request: Any) -> None:
    """Refuses a key that is not enabled, or whose policy does not let CloudWatch Logs of the region use it for the log
    group, which is the encryption context.
    """
    logs, name, arn = request.logs_backend, request._get_param("logGroupName"), request._get_param("kmsKeyId")
    key = kms_backends[logs.account_id][logs.region_name].keys.get(arn.rpartition("/")[2])
    service = f"logs.{logs.region_name}.amazonaws.com"
    group = f"arn:aws:logs:{logs.region_name}:{logs.account_id}:log-group:{name}"
    context = {"kms:EncryptionContext:aws:logs:arn": group}
    policy = key.policy if key and key.enabled and key.key_state == "Enabled" else None
    if not all(policy_allows(policy, service, action, arn, context) for action in _KEY_ACTIONS):
        raise InvalidParameterException(
            msg=f"The specified KMS key does not exist or is not allowed to be used with Arn '{group}'"
        )


def _group_of(request: Any) -> Any:
    group = request.logs_backend.groups.get(request._get_param("logGroupName"))
    if group is None:
        raise ResourceNotFoundException
    return group


@adds(LogsResponse)
def associate_kms_key(request: Any) -> str:
    """Sets the key of a log group."""
    group = _group_of(request)
    _require_key(request)
    group.kms_key_id = request._get_param("kmsKeyId")
    return ""


@adds(LogsResponse)
def disassociate_kms_key(request: Any) -> str:
    """Removes the key of a log group."""
    _group_of(request).kms_key_id = None
    return ""


@adds(LogsResponse)
def put_log_group_deletion_protection(request: Any) -> str:
    """Turns the deletion protection of a log group on or off. The identifier is a name or an ARN."""
    name = request._get_param("logGroupIdentifier").removesuffix(":*").rpartition(":log-group:")[2]
    group = request.logs_backend.groups.get(name)
    if group is None:
        raise ResourceNotFoundException
    setattr(group, _PROTECTED, request._get_param("deletionProtectionEnabled"))
    return ""


@replaces(LogsResponse)
def delete_log_group(original: Callable[[], str], request: Any) -> str:
    """Refuses to delete a protected log group."""
    if getattr(request.logs_backend.groups.get(request._get_param("logGroupName")), _PROTECTED, False):
        raise ValidationException(
            "Cannot delete log group with deletion protection enabled. Disable deletion protection first."
        )
    answer = original()
    for one in _filters_of(request):
        request.logs_backend.delete_metric_filter(one["filterName"], one["logGroupName"])
    return answer


@replaces(LogsResponse)
def put_metric_filter(original: Callable[[], str], request: Any) -> str:
    """Creates a metric filter of an existing log group, or overwrites the one of that name."""
    _group_of(request)
    held = _filters_of(request)
    others = [one for one in held if one["filterName"] != request._get_param("filterName")]
    patterns = [request._get_param("filterPattern"), *(one["filterPattern"] for one in others)]
    if "%" in patterns[0] and sum("%" in pattern for pattern in patterns) > _MOST_REGULAR_EXPRESSIONS:
        raise LimitExceededException
    if len(others) < len(held):
        request.logs_backend.delete_metric_filter(request._get_param("filterName"), request._get_param("logGroupName"))
    return original()


def _filters_of(request: Any) -> list[Any]:
    return request.logs_backend.describe_metric_filters(log_group_name=request._get_param("logGroupName"))


@replaces(LogGroup)
def to_describe_dict(original: Callable[[], dict[str, Any]], group: Any) -> dict[str, Any]:
    """Returns a log group as DescribeLogGroups does."""
    return {**original(), "deletionProtectionEnabled": getattr(group, _PROTECTED, False)}


def _queries(request: Any) -> dict[str, dict[str, Any]]:
    return request.logs_backend.__dict__.setdefault(_QUERIES, {})


@adds(LogsResponse)
def put_query_definition(request: Any) -> str:
    """Saves a query, or changes the one with the given id."""
    identifier = request._get_param("queryDefinitionId")
    if identifier and identifier not in _queries(request):
        raise ResourceNotFoundException(msg="The specified query definition does not exist.")
    identifier = identifier or str(uuid.uuid4())
    _queries(request)[identifier] = {
        "queryDefinitionId": identifier,
        "name": request._get_param("name"),
        "queryString": request._get_param("queryString"),
        "logGroupNames": request._get_param("logGroupNames") or [],
        "lastModified": int(time.time() * 1000),
    }
    return json.dumps({"queryDefinitionId": identifier})


@adds(LogsResponse)
def describe_query_definitions(request: Any) -> str:
    """Returns the saved queries whose names start with the requested prefix, in one page."""
    prefix = request._get_param("queryDefinitionNamePrefix") or ""
    found = [query for query in _queries(request).values() if query["name"].startswith(prefix)]
    return json.dumps({"queryDefinitions": sorted(found, key=lambda query: query["name"])})


@adds(LogsResponse)
def delete_query_definition(request: Any) -> str:
    """Deletes a saved query."""
    if _queries(request).pop(request._get_param("queryDefinitionId"), None) is None:
        raise ResourceNotFoundException(msg="The specified query definition does not exist.")
    return json.dumps({"success": True})
