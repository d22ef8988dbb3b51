"""ACM certificates and Route 53 records."""

from collections.abc import Callable
from typing import Any, cast

from ..account import AccountError
from ..spec import Call, Context, Resource, Tags
from ..values import UNKNOWN, Values

_FROM_NAMES = {
    "records": "ResourceRecords",
    "ttl": "TTL",
    "setIdentifier": "SetIdentifier",
    "multivalueAnswerRoutingPolicy": "MultiValueAnswer",
    "healthCheckId": "HealthCheckId",
}


def _certificate(found: Any, _: Context) -> Values:
    options: list[Values] = []
    for option in found.get("DomainValidationOptions", []):
        record = option.get("ResourceRecord", {})
        options.append(
            {
                "domainName": option["DomainName"],
                "resourceRecordName": record.get("Name"),
                "resourceRecordType": record.get("Type"),
                "resourceRecordValue": record.get("Value"),
            }
        )
    methods = [option.get("ValidationMethod") for option in found.get("DomainValidationOptions", [])]
    others = [name for name in found.get("SubjectAlternativeNames", []) if name != found["DomainName"]]
    return {
        "domainValidationOptions": options,
        "validationMethod": methods[0] if methods else "NONE",
        "subjectAlternativeNames": others,
    }


def _issued(context: Context) -> bool:
    status = context.call("DescribeCertificate", CertificateArn=context["certificateArn"])["Certificate"]["Status"]
    return status == "ISSUED"


def _issued_only(found: Any, context: Context) -> Values | None:
    return {"certificateArn": context["id"]} if found["Status"] == "ISSUED" else None


def _record_set(values: Values) -> Values:
    """A record set in the API's grouping."""
    built: Values = {"name": values["name"], "type": values["type"]}
    for name in ("ttl", "setIdentifier", "healthCheckId"):
        if values.get(name) is not None:
            built[name] = values[name]
    if values.get("multivalueAnswerRoutingPolicy"):
        built["multiValueAnswer"] = True
    if values.get("records") is not None:
        records = values["records"]
        built["resourceRecords"] = (
            records if records is UNKNOWN else [{"value": _quoted(r, values["type"])} for r in records]
        )
    alias = _only(values.get("aliases"))
    if alias:
        built["aliasTarget"] = {
            "hostedZoneId": alias["zoneId"],
            "dNSName": alias["name"],
            "evaluateTargetHealth": alias["evaluateTargetHealth"],
        }
    latency, weighted = _only(values.get("latencyRoutingPolicies")), _only(values.get("weightedRoutingPolicies"))
    failover = _only(values.get("failoverRoutingPolicies"))
    if latency:
        built["region"] = latency["region"]
    if weighted:
        built["weight"] = weighted["weight"]
    if failover:
        built["failover"] = failover["type"]
    return built


def _quoted(value: Any, kind: Any) -> Any:
    """Text in a TXT record stands in quotation marks."""
    return f'"{value}"' if kind in ("TXT", "SPF") and isinstance(value, str) and not value.startswith('"') else value


def _only(blocks: Any) -> Any:
    return cast(list[Any], blocks)[0] if isinstance(blocks, list) and blocks else None


def _change(action: str) -> Callable[[Values, Context], Values]:
    def build(values: Values, context: Context) -> Values:
        every = {**{name: context[name] for name in _RECORD.split()}, **values}
        change = {"action": action, "resourceRecordSet": _record_set(every)}
        return {"hostedZoneId": every["zoneId"], "changeBatch": {"changes": [change]}}

    return build


def _new_record(values: Values, context: Context) -> Values:
    """CREATE by UPSERT, after a look: the account refuses to CREATE again what was deleted before."""
    if not context.offline and not context["allowOverwrite"]:
        name, kind = values["name"], values["type"]
        found = context.call(
            "ListResourceRecordSets", HostedZoneId=values["zoneId"], StartRecordName=name, StartRecordType=kind
        )
        if _record(found["ResourceRecordSets"], context):
            said = f"the zone has a record {name} of type {kind} already, and allowOverwrite is not set"
            raise AccountError("ChangeResourceRecordSets", "InvalidChangeBatch", said)
    return _change("UPSERT")(values, context)


def _bare(name: str) -> str:
    return name.rstrip(".").replace("\\052", "*").lower()


def _record(found: Any, context: Context) -> Values | None:
    """The record set of this name, type and set identifier, out of those that start at the name."""
    for one in found:
        matches = _bare(one["Name"]) == _bare(str(context["name"])) and one["Type"] == context["type"]
        if matches and one.get("SetIdentifier") == context["setIdentifier"]:
            break
    else:
        return None
    alias = one.get("AliasTarget")
    records = [
        r["Value"].strip('"') if one["Type"] in ("TXT", "SPF") else r["Value"] for r in one.get("ResourceRecords", [])
    ]
    name = str(context["name"])
    values: Values = {
        "zoneId": context["zoneId"],
        "name": name,
        "type": one["Type"],
        "fqdn": _bare(one["Name"]),
        "ttl": one.get("TTL"),
        "records": records or None,
        "setIdentifier": one.get("SetIdentifier"),
        "healthCheckId": one.get("HealthCheckId"),
        "multivalueAnswerRoutingPolicy": one.get("MultiValueAnswer"),
    }
    if alias:
        target = str(alias["DNSName"]).rstrip(".")
        given: Values = _only(context["aliases"]) or {}
        asked = str(given.get("name", ""))
        target = asked if _bare(asked) == _bare(target) else target
        values["aliases"] = [
            {"name": target, "zoneId": alias["HostedZoneId"], "evaluateTargetHealth": alias["EvaluateTargetHealth"]}
        ]
    for member, block, name in (
        ("Region", "latencyRoutingPolicies", "region"),
        ("Weight", "weightedRoutingPolicies", "weight"),
        ("Failover", "failoverRoutingPolicies", "type"),
    ):
        if member in one:
            values[block] = [{name: one[member]}]
    return values


_RECORD = (
    "zoneId name type records ttl aliases setIdentifier healthCheckId latencyRoutingPolicies weightedRoutingPolicies"
    " failoverRoutingPolicies multivalueAnswerRoutingPolicy"
)
_CHANGEABLE = _RECORD.replace("zoneId name type ", "")

RESOURCES = (
    Resource(
        "aws:acm/certificate:Certificate",
        "acm",
        create=Call("RequestCertificate", "domainName validationMethod subjectAlternativeNames keyAlgorithm options"),
        id="CertificateArn",
        read=(Call("DescribeCertificate", fixed={"CertificateArn": "{id}"}, at="Certificate", take=_certificate),),
        updates=(Call("UpdateCertificateOptions", "options", {"CertificateArn": "{id}"}),),
        delete=(Call("DeleteCertificate", fixed={"CertificateArn": "{id}"}),),
        reads={"arn": "CertificateArn"},
        outputs="arn domainValidationOptions status type notBefore notAfter renewalEligibility keyAlgorithm"
        " subjectAlternativeNames options",
        unique="",
        tags=Tags(
            "AddTagsToCertificate",
            "RemoveTagsFromCertificate",
            {"CertificateArn": "{id}"},
            read="ListTagsForCertificate",
            keys="Tags",
        ),
    ),
    Resource(
        "aws:acm/certificateValidation:CertificateValidation",
        "acm",
        create=Call("DescribeCertificate", "certificateArn"),
        id="{certificateArn}",
        read=(Call("DescribeCertificate", fixed={"CertificateArn": "{id}"}, at="Certificate", take=_issued_only),),
        local="validationRecordFqdns",
        replaces="validationRecordFqdns",
        unique="",
        settle=_issued,
    ),
    Resource(
        "aws:route53/record:Record",
        "route53",
        create=Call("ChangeResourceRecordSets", _RECORD, build=_new_record),
        id="{zoneId}_{name}_{type}_{setIdentifier}",
        parse=r"(?P<zoneId>[^_]+)_(?P<name>.+)_(?P<type>[A-Z]+)(?:_(?P<setIdentifier>.+))?",
        read=(
            Call(
                "ListResourceRecordSets",
                fixed={"HostedZoneId": "{zoneId}", "StartRecordName": "{name}", "StartRecordType": "{type}"},
                at="ResourceRecordSets",
                take=_record,
            ),
        ),
        updates=(Call("ChangeResourceRecordSets", _CHANGEABLE, whole=True, build=_change("UPSERT")),),
        delete=(Call("ChangeResourceRecordSets", _RECORD, build=_change("DELETE")),),
        outputs="fqdn",
        local="allowOverwrite",
        replaces="setIdentifier",
        regional=False,
    ),
)
