"""Amazon Route 53: record sets, which have a name, a type and a set identifier, and health checks.

moto accepts a CREATE of a record set that exists if a value differs, refuses a CREATE after a DELETE, accepts a DELETE
of what does not exist, and deletes every record set of the zone with the same set identifier. It accepts a health check
that does not exist, a CNAME record beside others, a record set without latency beside one with latency, and two for one
region. An update of a health check drops the regions that it does not name.

Source: Amazon Route 53 API Reference, ChangeResourceRecordSets, ResourceRecordSet, UpdateHealthCheck.
"""

from collections.abc import Callable
from typing import Any

from moto.route53.exceptions import NoSuchHealthCheck, ResourceRecordAlreadyExists, Route53ClientError
from moto.route53.models import RecordSet, Route53Backend

from sandbox.account.patching import replaces


@replaces(Route53Backend)
def change_resource_record_sets(
    original: Callable[..., None], route53: Any, zoneid: str, change_list: list[dict[str, Any]]
) -> None:
    """Changes record sets: all of the batch, or none if one change is refused."""
    zone: Any = route53.get_hosted_zone(zoneid)
    before = {_identity(record_set): record_set for record_set in zone.rrsets}
    existing, changed = dict(before), set[Any]()
    for change in change_list:
        record_set = RecordSet(change["ResourceRecordSet"])
        name, kind, _ = identity = _identity(record_set)
        if change["Action"] == "CREATE" and identity in existing:
            raise ResourceRecordAlreadyExists(name=f"{name}.", _type=kind)
        if change["Action"] == "DELETE" and identity not in existing:
            message = f"Tried to delete resource record set [name='{name}.', type='{kind}'] but it was not found"
            raise Route53ClientError("InvalidChangeBatch", message)
        health_check = change["ResourceRecordSet"].get("HealthCheckId")
        if change["Action"] != "DELETE" and health_check and health_check not in route53.health_checks:
            raise NoSuchHealthCheck(health_check)
        changed.add(identity)
        if change["Action"] == "DELETE":
            del existing[identity]
        else:
            existing[identity] = record_set
    for identity in changed & existing.keys():
        others = [one for held, one in existing.items() if held[0] == identity[0] and held != identity]
        _require_one_canonical_name(existing[identity], others, zone)
        _require_same_routing(existing[identity], [one for one in others if one.type == identity[1]])
    # moto would refuse a CREATE after a DELETE. An UPSERT of what does not exist does the same.
    batch = [{**change, "Action": "UPSERT"} if change["Action"] == "CREATE" else change for change in change_list]
    original(zoneid, batch)
    unchanged = [record_set for identity, record_set in before.items() if identity not in changed]
    zone.rrsets = unchanged + [record_set for record_set in zone.rrsets if _identity(record_set) in changed]


def _require_one_canonical_name(new: Any, others: list[Any], zone: Any) -> None:
    """A name with a CNAME record has no record of another type. The errors are AWS's (cookpad/roadworker, pull request
    89; RJPearson94/terraform-aws-open-next, issue 24).
    """
    name, zone_name = f"{new.name.rstrip('.')}.", f"{zone.name.rstrip('.')}."
    if new.type == "CNAME" and any(one.type != "CNAME" for one in others):
        reason = f"as it conflicts with other records with the same DNS name in zone {zone_name}"
    elif new.type != "CNAME" and any(one.type == "CNAME" for one in others):
        reason = f"because a conflicting RRSet of type CNAME with the same DNS name already exists in zone {zone_name}"
    else:
        return
    message = f"RRSet of type {new.type} with DNS name {name} is not permitted {reason}"
    raise Route53ClientError("InvalidChangeBatch", message)


def _require_same_routing(new: Any, others: list[Any]) -> None:
    """Record sets of one name and type are all by latency, each for another region, or none is."""
    subject = f"RRSet with DNS name {new.name.rstrip('.')}., type {new.type}, SetIdentifier {new.set_identifier}"
    regions = [one.region for one in others]
    if any(bool(region) != bool(new.region) for region in regions):
        kind = "non-latency" if new.region else "latency"
        message = f"{subject} cannot be created as a {kind} set exists with the same name and type."
        raise Route53ClientError("InvalidChangeBatch", message)
    if new.region and new.region in regions:
        message = f"{subject} cannot be created as another set exists with the same name, type and region."
        raise Route53ClientError("InvalidChangeBatch", message)


def _identity(record_set: Any) -> tuple[str, str, str | None]:
    return record_set.name.rstrip(".").lower(), record_set.type, record_set.set_identifier


@replaces(Route53Backend)
def update_health_check(original: Callable[..., Any], _: Any, health_check_id: str, changes: dict[str, Any]) -> Any:
    """Changes what the caller names, and nothing else: moto gives an empty list for a list that is not named."""
    return original(health_check_id, {name: value for name, value in changes.items() if value != []})
