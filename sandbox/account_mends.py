"""Where moto does otherwise than AWS with what it has, mended: what the AWS CLI sees here is what it sees on AWS.

Each function says what moto does, and what AWS does instead. It stands in the place of moto's own of its name, and
mostly calls that.
"""

from collections.abc import Callable
from typing import Any

from moto.logs.exceptions import ResourceNotFoundException, ValidationException
from moto.logs.models import LogGroup
from moto.logs.responses import LogsResponse
from moto.route53.exceptions import ResourceRecordAlreadyExists, Route53ClientError
from moto.route53.models import RecordSet, Route53Backend

# moto's own, by the name of what stands in its place.
_moto: dict[str, Callable[..., Any]] = {}


def install() -> None:
    """Put them into moto; doing so again changes nothing."""
    for owner, mends in _MENDS.items():
        for mend in mends:
            name = mend.__name__
            if hasattr(owner, name):
                _moto.setdefault(name, getattr(owner, name))
            setattr(owner, name, mend)


# Route 53


def change_resource_record_sets(backend: Any, zoneid: str, change_list: list[dict[str, Any]]) -> None:
    """Change record sets, each of which is one name, type and set identifier.

    moto makes a record set that exists once more unless its values are the same, does not make one again that was
    deleted, deletes what is not there, and with a set identifier everything in the zone that has the same one.
    AWS refuses to make what exists and to delete what does not, and touches nothing else.

    Source: Amazon Route 53 API Reference, ChangeResourceRecordSets.
    """
    zone: Any = backend.get_hosted_zone(zoneid)
    before = {_identity(one): one for one in zone.rrsets}
    there, touched = set(before), set[Any]()
    for change in change_list:
        name, kind, _ = identity = _identity(RecordSet(change["ResourceRecordSet"]))
        if change["Action"] == "CREATE" and identity in there:
            raise ResourceRecordAlreadyExists(name=f"{name}.", _type=kind)
        if change["Action"] == "DELETE" and identity not in there:
            said = f"Tried to delete resource record set [name='{name}.', type='{kind}'] but it was not found"
            raise Route53ClientError("InvalidChangeBatch", said)
        touched.add(identity)
        (there.discard if change["Action"] == "DELETE" else there.add)(identity)
    # As nothing is there that is to be made, to put it there is the same.
    changes = [{**one, "Action": "UPSERT"} if one["Action"] == "CREATE" else one for one in change_list]
    _moto["change_resource_record_sets"](backend, zoneid, changes)
    untouched = [one for identity, one in before.items() if identity not in touched]
    zone.rrsets = untouched + [one for one in zone.rrsets if _identity(one) in touched]


def _identity(record_set: Any) -> tuple[str, str, str | None]:
    return record_set.name.rstrip(".").lower(), record_set.type, record_set.set_identifier


# CloudWatch Logs: moto knows no deletion protection of log groups.
#
# Sources: Amazon CloudWatch Logs API Reference, CreateLogGroup, PutLogGroupDeletionProtection, LogGroup; User Guide,
# "Protecting log groups from deletion".

_PROTECTED = "deletion_protection_enabled"


def create_log_group(logs: Any) -> str:
    """Make a log group, protected from deletion if that is asked for."""
    answer = _moto["create_log_group"](logs)
    group = logs.logs_backend.groups[logs._get_param("logGroupName")]
    setattr(group, _PROTECTED, logs._get_param("deletionProtectionEnabled") or False)
    return answer


def put_log_group_deletion_protection(logs: Any) -> str:
    """Protect a log group, named by itself or by its ARN, from deletion, or do so no longer."""
    name = logs._get_param("logGroupIdentifier").removesuffix(":*").rpartition(":log-group:")[2]
    group = logs.logs_backend.groups.get(name)
    if group is None:
        raise ResourceNotFoundException
    setattr(group, _PROTECTED, logs._get_param("deletionProtectionEnabled"))
    return ""


def delete_log_group(logs: Any) -> str:
    """End a log group that is not protected."""
    if getattr(logs.logs_backend.groups.get(logs._get_param("logGroupName")), _PROTECTED, False):
        raise ValidationException(
            "Cannot delete log group with deletion protection enabled. Disable deletion protection first."
        )
    return _moto["delete_log_group"](logs)


def to_describe_dict(group: Any) -> dict[str, Any]:
    """A log group in DescribeLogGroups."""
    return {**_moto["to_describe_dict"](group), "deletionProtectionEnabled": getattr(group, _PROTECTED, False)}


_MENDS: dict[type, tuple[Callable[..., Any], ...]] = {
    LogsResponse: (create_log_group, delete_log_group, put_log_group_deletion_protection),
    LogGroup: (to_describe_dict,),
    Route53Backend: (change_resource_record_sets,),
}
