"""The certificate of an operator in AWS Certificate Manager."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from components.lib import sdk
from components.lib.lookup import look_up

ISSUED = "ISSUED"


@dataclass(frozen=True)
class Certificate:
    """A certificate as AWS Certificate Manager describes it."""

    status: str  # `ISSUED` if a load balancer can use it
    names: tuple[str, ...]  # the names that it is for, wildcards too

    def covers(self, name: str) -> bool:
        """Returns whether clients accept the certificate for `name`, which is in lower case.

        A wildcard stands for exactly one label: RFC 9525, section 6.3; AWS Certificate Manager User Guide, "Wildcard
        names".
        """
        wildcard = f"*.{name.partition('.')[2]}"
        return any(covered.lower() in (name, wildcard) for covered in self.names)


def describe(acm: Any, arn: str) -> Certificate:
    """Returns a certificate. `acm` is a client of boto3. Raises its error if there is no such certificate."""
    found = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    # Clients look at the alternative names, if there are any, and not at the common name.
    return Certificate(found["Status"], tuple(found.get("SubjectAlternativeNames") or [found["DomainName"]]))


def find_certificate(region: str, arn: str) -> Certificate | None:
    """Returns a certificate, or None if there is no such certificate in the account and region.

    The provider's function `get_certificate` finds certificates by their domain name or their tags, never by ARN.

    Raises:
        pulumi.RunError: AWS does not answer.
    """
    return look_up(f"the certificate {arn} (acm:DescribeCertificate)", lambda: describe(sdk.client("acm", region), arn))
