"""AWS Certificate Manager."""

from collections.abc import Iterator

from ..faults import Fault
from ..values import Values
from .checks import matches


def certificate(inputs: Values) -> Iterator[Fault]:
    """AWS Certificate Manager API Reference, RequestCertificate: the name becomes the common name."""
    yield from matches(inputs, "domainName", r".{1,64}", "must be 1 to 64 characters")
