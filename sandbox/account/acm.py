"""AWS Certificate Manager: a certificate that a listener uses cannot be deleted.

Source: AWS Certificate Manager API Reference, DeleteCertificate.
"""

from collections.abc import Callable
from typing import Any

from moto.acm.models import AWSCertificateManagerBackend
from moto.core.exceptions import AWSError
from moto.elbv2.models import elbv2_backends

from sandbox.account.patching import replaces


@replaces(AWSCertificateManagerBackend)
def delete_certificate(original: Callable[..., None], acm: Any, arn: str) -> None:
    """Refuses while a listener uses the certificate."""
    region = arn.split(":")[3]
    for balancer in elbv2_backends[acm.account_id][region].load_balancers.values():
        if any(arn in listener.certificates for listener in balancer.listeners.values()):
            raise AWSError(f"Certificate {arn} in account {acm.account_id} is in use.", "ResourceInUseException")
    original(arn)
