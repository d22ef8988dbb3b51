"""Amazon Route 53."""

from collections.abc import Iterator

from ..faults import Fault
from ..values import Values
from .checks import forbidden, given, matches, one_of, required


def record(inputs: Values) -> Iterator[Fault]:
    """Amazon Route 53 API Reference: ChangeResourceRecordSets, ResourceRecordSet."""
    yield from matches(inputs, "setIdentifier", r".{1,128}", "must be 1 to 128 characters")
    if given(inputs, "aliases"):
        yield from forbidden(inputs, "must not be given for an alias", "records", "ttl")
    else:
        yield from required(inputs, "must be given unless the record is an alias", "records", "ttl")
    if any("RoutingPolic" in name and given(inputs, name) for name in inputs):
        yield from required(inputs, "must be given with a routing policy", "setIdentifier")
    else:
        yield from forbidden(inputs, "must not be given without a routing policy", "setIdentifier")


def health_check(inputs: Values) -> Iterator[Fault]:
    """Amazon Route 53 API Reference: HealthCheckConfig."""
    yield from one_of(inputs, "requestInterval", 10, 30)
    yield from required(inputs, "must be given", "fqdn")
