"""AWS Certificate Manager: a certificate that a listener uses cannot be deleted, and a requested one is issued once the
records that validate it exist. moto issues it without.

Sources: AWS Certificate Manager API Reference, DeleteCertificate; User Guide, "DNS validation".
"""

from collections.abc import Callable
from typing import Any

from moto.acm.models import AWSCertificateManagerBackend, CertBundle
from moto.core.exceptions import AWSError
from moto.elbv2.models import elbv2_backends
from moto.route53.models import route53_backends

from sandbox.account.patching import replaces


@replaces(AWSCertificateManagerBackend)
def delete_certificate(original: Callable[..., None], acm: Any, arn: str) -> None:
    """Refuses while a listener uses the certificate."""
    region = arn.split(":")[3]
    for balancer in elbv2_backends[acm.account_id][region].load_balancers.values():
        if any(arn in listener.certificates for listener in balancer.listeners.values()):
            raise AWSError(f"Certificate {arn} in account {acm.account_id} is in use.", "ResourceInUseException")
    original(arn)


@replaces(CertBundle)
def check(original: Callable[[], None], certificate: Any) -> None:
    """Issues a requested certificate once it is validated."""
    if certificate.status != "PENDING_VALIDATION":
        original()
    elif _is_validated(certificate):
        certificate.status = "ISSUED"


def _is_validated(certificate: Any) -> bool:
    """Whether the account's zones have the records that validate a certificate.

    A name that is in no zone of the account counts as validated: somebody has its DNS elsewhere.
    """
    options: list[dict[str, Any]] = certificate.describe()["Certificate"]["DomainValidationOptions"]
    names = {option["ResourceRecord"]["Name"].rstrip(".") for option in options if "ResourceRecord" in option}
    zones: Any = route53_backends[certificate.arn.split(":")[4]]["aws"].zones.values()
    suffixes = tuple(f".{zone.name.rstrip('.')}" for zone in zones)
    needed = {name for name in names if name.endswith(suffixes)}
    return needed <= {record_set.name.rstrip(".") for zone in zones for record_set in zone.rrsets}
