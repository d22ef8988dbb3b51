"""Where moto does otherwise than AWS with what it has, mended: what the AWS CLI sees here is what it sees on AWS.

Each function says what moto does, and what AWS does instead. It stands in the place of moto's own of its name, and
mostly calls that.
"""

from collections.abc import Callable
from typing import Any

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


_MENDS: dict[type, tuple[Callable[..., Any], ...]] = {
    Route53Backend: (change_resource_record_sets,),
}
