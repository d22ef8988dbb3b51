"""Amazon DynamoDB."""

from collections.abc import Iterator

from ..faults import Fault
from ..values import Values, has_unknown
from .checks import distinct, found

_KEYS = ("hashKey", "rangeKey", "globalSecondaryIndexes.hashKey", "globalSecondaryIndexes.rangeKey")


def table(inputs: Values) -> Iterator[Fault]:
    """Amazon DynamoDB API Reference, CreateTable."""
    yield from distinct(found(inputs, "globalSecondaryIndexes.name"), "must not be the name of another index")
    if any(has_unknown(inputs.get(name)) for name in ("hashKey", "rangeKey", "attributes", "globalSecondaryIndexes")):
        return
    paths = (*_KEYS, "globalSecondaryIndexes.keySchemas.attributeName")
    keys = {key: place for path in paths for place, key in found(inputs, path)}
    defined = {name: place for place, name in found(inputs, "attributes.name")}
    for name in keys.keys() - defined.keys():
        yield Fault(keys[name], "must be defined in `attributes`, as it is a key", name)
    for name in defined.keys() - keys.keys():
        yield Fault(defined[name], "must be a key of the table or of an index", name)
