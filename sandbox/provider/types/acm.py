"""AWS Certificate Manager: certificates, and the wait for their validation."""

from collections.abc import Iterator
from typing import Any

from ..account import AccountError
from ..resource import Call, Context, Read, Resource, Tags
from ..rules import Fault, matches
from ..values import Values


def _certificate_rules(inputs: Values) -> Iterator[Fault]:
    """AWS Certificate Manager API Reference, RequestCertificate: the name becomes the common name."""
    yield from matches(inputs, "domainName", r".{1,64}", "must be 1 to 64 characters")


def _certificate(found: Any, _: Context) -> Values:
    options: list[Values] = found.get("DomainValidationOptions", [])
    shown: list[Values] = []
    for option in options:
        record: Values = option.get("ResourceRecord", {})
        members = {f"resourceRecord{name}": record.get(name) for name in ("Name", "Type", "Value")}
        shown.append({"domainName": option["DomainName"], **members})
    method = options[0].get("ValidationMethod") if options else "NONE"
    return {"domainValidationOptions": shown, "validationMethod": method}


def _is_issued(it: Context) -> bool:
    return it.call("DescribeCertificate", CertificateArn=it.id)["Certificate"]["Status"] == "ISSUED"


CERTIFICATE = Resource(
    "aws:acm/certificate:Certificate",
    service="acm",
    create=Call("RequestCertificate", ("domainName", "validationMethod")),
    id=lambda answer, _: answer["CertificateArn"],
    identity=lambda it: {"CertificateArn": it.id},
    read=(Read("DescribeCertificate", at="Certificate", show=_certificate),),
    delete=(Call("DeleteCertificate"),),
    shown_as={"arn": "CertificateArn"},
    outputs=("arn", "domainName", "domainValidationOptions", "validationMethod"),
    tags=Tags("AddTagsToCertificate", "RemoveTagsFromCertificate", "ListTagsForCertificate"),
    rules=_certificate_rules,
)


def _certificate_to_wait_for(answer: Any, it: Context) -> str:
    """Refuses to wait for a record that is not among those that the program names, as the AWS provider does.

    Source: terraform-provider-aws, internal/service/acm/certificate_validation.go.
    """
    named = {name.rstrip(".") for name in it["validationRecordFqdns"] or ()}
    for option in answer["Certificate"].get("DomainValidationOptions", []):
        record = option.get("ResourceRecord", {}).get("Name", "").rstrip(".")
        if record and named and record not in named:
            message = f"missing {option['DomainName']} DNS validation record: {record}"
            raise AccountError("DescribeCertificate", "MissingRecord", message)
    return it["certificateArn"]


# It creates nothing: it waits until the certificate is issued.
VALIDATION = Resource(
    "aws:acm/certificateValidation:CertificateValidation",
    service="acm",
    create=Call("DescribeCertificate", ("certificateArn",)),
    id=_certificate_to_wait_for,
    identity=lambda it: {"CertificateArn": it.id},
    read=(Read("DescribeCertificate", at="Certificate", gone=lambda certificate: certificate["Status"] != "ISSUED"),),
    local=("validationRecordFqdns",),
    replaces=("validationRecordFqdns",),
    steady=_is_issued,
)

RESOURCES = (CERTIFICATE, VALIDATION)
