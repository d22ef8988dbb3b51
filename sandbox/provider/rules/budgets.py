"""AWS Budgets."""

from collections.abc import Iterator

from ..faults import Fault
from ..values import Values
from .checks import found, matches, number


def budget(inputs: Values) -> Iterator[Fault]:
    """AWS Cost Management API Reference: Budget, Notification."""
    yield from matches(inputs, "name", r"[^:\\]{1,100}", r"must be 1 to 100 characters other than : and \\")
    for path in ("limitAmount", "notifications.threshold"):
        for place, value in found(inputs, path):
            if (number(value) or 0) <= 0:
                yield Fault(place, "must be more than 0", value)
