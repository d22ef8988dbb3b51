"""AWS Secrets Manager."""

from collections.abc import Iterator

from ..faults import Fault
from ..values import Values
from .checks import between, matches


def secret(inputs: Values) -> Iterator[Fault]:
    """AWS Secrets Manager API Reference: CreateSecret, DeleteSecret. The provider takes 0 for deletion at once."""
    yield from matches(inputs, "name", r"[A-Za-z0-9/_+=.@-]{1,512}", "must be 1 to 512 letters, digits and /_+=.@-")
    if inputs.get("recoveryWindowInDays") != 0:
        yield from between(inputs, "recoveryWindowInDays", 7, 30, "days, or 0 for deletion at once")
