"""Route 53: records and health checks."""

import re
import uuid
from collections.abc import Iterator
from typing import Any

from ..resource import Call, Context, Read, Resource, Tags
from ..rules import Fault, forbidden, given, one_of, required
from ..values import Values, is_list


def _record_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon Route 53 API Reference: ChangeResourceRecordSets, ResourceRecordSet."""
    if given(inputs, "aliases"):
        yield from forbidden(inputs, "must not be given for an alias", "records", "ttl")
    else:
        yield from required(inputs, "must be given unless the record is an alias", "records", "ttl")
    if any("RoutingPolic" in name and given(inputs, name) for name in inputs):
        yield from required(inputs, "must be given with a routing policy", "setIdentifier")
    else:
        yield from forbidden(inputs, "must not be given without a routing policy", "setIdentifier")


def _health_check_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon Route 53 API Reference: HealthCheckConfig."""
    yield from one_of(inputs, "requestInterval", 10, 30)
    yield from required(inputs, "must be given", "fqdn")


def _record_set(record: Values) -> Values:
    """A record the way that the API groups it."""
    built: Values = {
        name: record[name] for name in ("name", "type", "ttl", "setIdentifier", "healthCheckId") if record.get(name)
    }
    records = record.get("records")
    if records is not None:
        built["resourceRecords"] = [{"value": value} for value in records] if is_list(records) else records
    alias = _first(record.get("aliases"))
    if alias:
        built["aliasTarget"] = {
            "hostedZoneId": alias["zoneId"],
            "dNSName": alias["name"],
            "evaluateTargetHealth": alias["evaluateTargetHealth"],
        }
    latency = _first(record.get("latencyRoutingPolicies"))
    if latency:
        built["region"] = latency["region"]
    return built


def _first(blocks: Any) -> Any:
    return blocks[0] if is_list(blocks) and blocks else None


def _change(action: str, record: Values) -> Values:
    return {"action": action, "resourceRecordSet": _record_set(record)}


def _created(values: Values, it: Context) -> Values:
    action = "UPSERT" if it["allowOverwrite"] else "CREATE"
    record = {**it.properties, **values}
    return {"hostedZoneId": record["zoneId"], "changeBatch": {"changes": [_change(action, record)]}}


def _updated(values: Values, it: Context) -> Values:
    """A record of another type or set identifier takes the place of the old one in one batch."""
    changes = [_change("UPSERT", {**it.properties, **values})]
    if any(it.olds.get(name) != values.get(name) for name in ("type", "setIdentifier")):
        changes.insert(0, _change("DELETE", dict(it.olds)))
    return {"hostedZoneId": it["zoneId"], "changeBatch": {"changes": changes}}


def _deleted(_: Values, it: Context) -> Values:
    return {"hostedZoneId": it["zoneId"], "changeBatch": {"changes": [_change("DELETE", dict(it.properties))]}}


def _bare(name: str) -> str:
    """A domain name without the dot at its end and the API's spelling of `*`."""
    return name.rstrip(".").replace("\\052", "*").lower()


def _is_record(found: Any, it: Context) -> bool:
    wanted = (_bare(str(it["name"])), it["type"], it["setIdentifier"])
    return (_bare(found["Name"]), found["Type"], found.get("SetIdentifier")) == wanted


def _record(found: Any, it: Context) -> Values:
    shown: Values = {"fqdn": _bare(found["Name"]), "zoneId": it["zoneId"], "name": it["name"], "ttl": found.get("TTL")}
    shown["healthCheckId"] = found.get("HealthCheckId")
    if found.get("ResourceRecords"):
        shown["records"] = [record["Value"] for record in found["ResourceRecords"]]
    if "Region" in found:
        shown["latencyRoutingPolicies"] = [{"region": found["Region"]}]
    target = found.get("AliasTarget")
    if target:
        given: Values = _first(it["aliases"]) or {}
        name, asked = str(target["DNSName"]).rstrip("."), str(given.get("name", ""))
        shown["aliases"] = [
            {
                "name": asked if _bare(asked) == _bare(name) else name,
                "zoneId": target["HostedZoneId"],
                "evaluateTargetHealth": target["EvaluateTargetHealth"],
            }
        ]
    return shown


def _record_id(_answer: Any, it: Context) -> str:
    parts = (it["zoneId"], it["name"], it["type"], it["setIdentifier"])
    return "_".join(part for part in parts if part)


def _parse_id(id: str) -> Values:
    pattern = r"(?P<zoneId>[^_]+)_(?P<name>.+)_(?P<type>[A-Z]+)(?:_(?P<setIdentifier>.+))?"
    found = re.fullmatch(pattern, id)
    return {name: value for name, value in found.groupdict().items() if value} if found else {}


_RECORD = ("type", "records", "ttl", "aliases", "setIdentifier", "latencyRoutingPolicies", "healthCheckId")

RECORD = Resource(
    "aws:route53/record:Record",
    service="route53",
    regional=False,
    create=Call("ChangeResourceRecordSets", ("zoneId", "name", *_RECORD), prepare=_created),
    id=_record_id,
    parse_id=_parse_id,
    read=(
        Read(
            "ListResourceRecordSets",
            at="ResourceRecordSets",
            params=lambda it: {
                "HostedZoneId": it["zoneId"],
                "StartRecordName": it["name"],
                "StartRecordType": it["type"],
            },
            find=_is_record,
            show=_record,
        ),
    ),
    update=(Call("ChangeResourceRecordSets", _RECORD, prepare=_updated, send_all=True),),
    delete=(Call("ChangeResourceRecordSets", prepare=_deleted),),
    outputs=("fqdn",),
    keeps=("allowOverwrite",),
    local=("allowOverwrite",),
    members={
        "aliases": ("evaluateTargetHealth", "name", "zoneId"),
        "latencyRoutingPolicies": ("region",),
    },
    rules=_record_rules,
)

_FIXED = ("type", "requestInterval", "measureLatency")
_CHANGEABLE = ("fqdn", "port", "resourcePath", "failureThreshold", "regions", "disabled", "invertHealthcheck")
_HEALTH_CHECK_MEMBERS = {"fqdn": "FullyQualifiedDomainName", "invertHealthcheck": "Inverted"}

HEALTH_CHECK = Resource(
    "aws:route53/healthCheck:HealthCheck",
    service="route53",
    regional=False,
    create=Call(
        "CreateHealthCheck",
        (*_FIXED, *_CHANGEABLE),
        params=lambda _: {"CallerReference": uuid.uuid4().hex},
        rename={
            name: f"HealthCheckConfig.{_HEALTH_CHECK_MEMBERS.get(name) or name[0].upper() + name[1:]}"
            for name in (*_FIXED, *_CHANGEABLE)
        },
    ),
    id=lambda answer, _: answer["HealthCheck"]["Id"],
    identity=lambda it: {"HealthCheckId": it.id},
    read=(
        Read(
            "GetHealthCheck",
            at="HealthCheck.HealthCheckConfig",
            show=lambda _, it: {"arn": f"arn:aws:route53:::healthcheck/{it.id}"},
        ),
    ),
    update=(Call("UpdateHealthCheck", _CHANGEABLE),),
    delete=(Call("DeleteHealthCheck"),),
    rename=_HEALTH_CHECK_MEMBERS,
    outputs=("arn",),
    keeps=("failureThreshold",),
    defaults={"disabled": False, "measureLatency": False},
    tags=Tags(
        "ChangeTagsForResource",
        "ChangeTagsForResource",
        params=lambda it: {"ResourceType": "healthcheck", "ResourceId": it.id},
        listed_at="ResourceTagSet.Tags",
        sent_as="AddTags",
    ),
    rules=_health_check_rules,
)

RESOURCES = (RECORD, HEALTH_CHECK)
