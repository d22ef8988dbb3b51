"""AWS's published rules that botocore's models do not hold, by resource type: checked before anything is made."""

from collections.abc import Iterator

from ..faults import Fault
from ..spec import Context, Resource
from ..values import Values
from . import containers, data, load_balancing, operations
from .across import Rules

RULES: dict[str, Rules] = {**containers.RULES, **load_balancing.RULES, **data.RULES, **operations.RULES}


def broken(resource: Resource, inputs: Values, context: Context) -> Iterator[Fault]:
    """A fault for each rule that the inputs break, as far as they are known."""
    if resource.token in RULES:
        yield from RULES[resource.token](inputs, context)
