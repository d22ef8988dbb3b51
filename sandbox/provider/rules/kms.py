"""AWS KMS."""

from collections.abc import Iterator

from ..faults import Fault
from ..values import Values
from .checks import between, document, matches, resource_statements


def key(inputs: Values) -> Iterator[Fault]:
    """AWS KMS API Reference, ScheduleKeyDeletion; Developer Guide, "Quotas"."""
    yield from between(inputs, "deletionWindowInDays", 7, 30, "days")
    yield from document(inputs, "policy", 32 * 1024)
    yield from resource_statements(inputs, "policy")


def alias(inputs: Values) -> Iterator[Fault]:
    """AWS KMS API Reference, CreateAlias."""
    rule = "must be alias/ and 1 to 250 letters, digits and /_-, not starting with aws/"
    yield from matches(inputs, "name", r"alias/(?!aws/)[A-Za-z0-9/_-]{1,250}", rule)
