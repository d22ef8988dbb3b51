"""ACM certificates and Route 53 records."""

from collections.abc import Callable
from typing import Any

from ..spec import Context, pairs, table
from ..values import Values, is_list

_MEMBERS = pairs(
    "ttl=TTL setIdentifier=SetIdentifier healthCheckId=HealthCheckId multivalueAnswerRoutingPolicy=MultiValueAnswer"
)
# Block of a routing policy → its one property, and the member of a record set that it is.
_POLICIES = {
    "latencyRoutingPolicies": ("region", "Region"),
    "weightedRoutingPolicies": ("weight", "Weight"),
    "failoverRoutingPolicies": ("type", "Failover"),
}


_TEXT = ("TXT", "SPF")


def certificate(found: Any, _: Context) -> Values:
    options: list[Values] = found.get("DomainValidationOptions", [])
    shown: list[Values] = []
    for option in options:
        record: Values = option.get("ResourceRecord", {})
        members = {f"resourceRecord{name}": record.get(name) for name in ("Name", "Type", "Value")}
        shown.append({"domainName": option["DomainName"], **members})
    others = [name for name in found.get("SubjectAlternativeNames", []) if name != found["DomainName"]]
    method = options[0].get("ValidationMethod") if options else "NONE"
    return {"domainValidationOptions": shown, "validationMethod": method, "subjectAlternativeNames": others}


def issued(context: Context) -> bool:
    status = context.call("DescribeCertificate", CertificateArn=context["certificateArn"])["Certificate"]["Status"]
    return status == "ISSUED"


def issued_only(found: Any, _: Context) -> Values | None:
    return {} if found["Status"] == "ISSUED" else None


def _record_set(values: Values) -> Values:
    """A record set in the API's grouping."""
    plain = ("name", "type", "ttl", "setIdentifier", "healthCheckId")
    built: Values = {name: values[name] for name in plain if values.get(name) is not None}
    if values.get("multivalueAnswerRoutingPolicy"):
        built["multiValueAnswer"] = True
    records = values.get("records")
    if records is not None:
        quoted = is_list(records) and [{"value": _quoted(record, values["type"])} for record in records]
        built["resourceRecords"] = quoted or records
    alias = _only(values.get("aliases"))
    if alias:
        target = {"hostedZoneId": alias["zoneId"], "dNSName": alias["name"]}
        built["aliasTarget"] = {**target, "evaluateTargetHealth": alias["evaluateTargetHealth"]}
    for block, (name, member) in _POLICIES.items():
        policy = _only(values.get(block))
        if policy:
            built[member.lower()] = policy[name]
    return built


def _quoted(value: Any, kind: Any) -> Any:
    """Text in a TXT record stands in quotation marks."""
    return f'"{value}"' if kind in _TEXT and isinstance(value, str) and not value.startswith('"') else value


def _only(blocks: Any) -> Any:
    return blocks[0] if is_list(blocks) and blocks else None


def _change(action: str) -> Callable[[Values, Context], Values]:
    def build(values: Values, context: Context) -> Values:
        every = {**context.known, **values}
        change = {"action": action, "resourceRecordSet": _record_set(every)}
        return {"hostedZoneId": every["zoneId"], "changeBatch": {"changes": [change]}}

    return build


def new_record(values: Values, context: Context) -> Values:
    return _change("UPSERT" if context["allowOverwrite"] else "CREATE")(values, context)


def _bare(name: str) -> str:
    return name.rstrip(".").replace("\\052", "*").lower()


def record(found: Any, context: Context) -> Values | None:
    """The record set of this name, type and set identifier, out of those that start at the name."""
    name, kind = str(context["name"]), context["type"]
    wanted = (_bare(name), kind, context["setIdentifier"])
    one = next((r for r in found if (_bare(r["Name"]), r["Type"], r.get("SetIdentifier")) == wanted), None)
    if one is None:
        return None
    texts = [record["Value"] for record in one.get("ResourceRecords", [])]
    records = [text.strip('"') if kind in _TEXT else text for text in texts]
    values: Values = {"zoneId": context["zoneId"], "name": name, "type": kind, "fqdn": _bare(one["Name"])}
    values |= {"records": records or None} | {name: one.get(member) for name, member in _MEMBERS.items()}
    alias = one.get("AliasTarget")
    if alias:
        given: Values = _only(context["aliases"]) or {}
        target, asked = str(alias["DNSName"]).rstrip("."), str(given.get("name", ""))
        shown = {"name": asked if _bare(asked) == _bare(target) else target, "zoneId": alias["HostedZoneId"]}
        values["aliases"] = [{**shown, "evaluateTargetHealth": alias["EvaluateTargetHealth"]}]
    return values | {block: [{name: one[member]}] for block, (name, member) in _POLICIES.items() if member in one}


def changed_record(values: Values, context: Context) -> Values:
    """One of another type or set identifier takes the place of the old one, in one batch."""
    built = _change("UPSERT")(values, context)
    olds = {name: context.olds.get(name) for name in ("type", "setIdentifier")}
    if context.olds and olds != {name: values.get(name) for name in olds}:
        old = {"action": "DELETE", "resourceRecordSet": _record_set(dict(context.olds))}
        built["changeBatch"]["changes"].insert(0, old)
    return built


remove = _change("DELETE")

RESOURCES = table(
    globals(),
    r"""
    aws:acm/certificate:Certificate
      create    RequestCertificate domainName validationMethod subjectAlternativeNames keyAlgorithm options
                -> CertificateArn
      read      DescribeCertificate CertificateArn={id} @certificate -> Certificate
      update    UpdateCertificateOptions options CertificateArn={id}
      delete    DeleteCertificate CertificateArn={id}
      outputs   arn=CertificateArn domainName validationMethod domainValidationOptions status type notBefore notAfter
                renewalEligibility keyAlgorithm subjectAlternativeNames options
      tags      AddTagsToCertificate RemoveTagsFromCertificate ListTagsForCertificate CertificateArn={id} -> Tags

    aws:acm/certificateValidation:CertificateValidation
      create    DescribeCertificate certificateArn -> {certificateArn}
      read      DescribeCertificate CertificateArn={id} @issued_only -> Certificate
      local     validationRecordFqdns
      replaces  validationRecordFqdns
      settle    @issued

    aws:route53/record:Record global
      create    ChangeResourceRecordSets zoneId name (type records ttl aliases setIdentifier healthCheckId
                latencyRoutingPolicies weightedRoutingPolicies failoverRoutingPolicies multivalueAnswerRoutingPolicy)
                @new_record -> {zoneId}_{name}_{type}_{setIdentifier}
      id        (?P<zoneId>[^_]+)_(?P<name>.+)_(?P<type>[A-Z]+)(?:_(?P<setIdentifier>.+))?
      read      ListResourceRecordSets HostedZoneId={zoneId} StartRecordName={name} StartRecordType={type} @record
                -> ResourceRecordSets
      put       ChangeResourceRecordSets () @changed_record
      delete    ChangeResourceRecordSets zoneId name () @remove
      outputs   fqdn
      local     allowOverwrite
      keeps     allowOverwrite
    """,
)
