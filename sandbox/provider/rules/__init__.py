"""AWS's published rules that botocore's models do not hold, by resource type: checked before anything is made."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from ..faults import Fault
from ..spec import Context, Resource
from ..values import Values

if TYPE_CHECKING:
    from .across import Rules


@cache
def tables() -> "dict[str, Rules]":
    """The rules by type. They are imported on first use, as a plugin must start at once."""
    from . import containers, data, load_balancing, operations

    return {**containers.RULES, **load_balancing.RULES, **data.RULES, **operations.RULES}


def broken(resource: Resource, inputs: Values, context: Context) -> Iterator[Fault]:
    """A fault for each rule that the inputs break, as far as they are known."""
    if resource.token in tables():
        yield from tables()[resource.token](inputs, context)
