"""Amazon EventBridge."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from ..faults import Fault
from ..values import Values, is_list, is_object
from .checks import document, found, get, matches, parse


def event_rule(inputs: Values) -> Iterator[Fault]:
    """Amazon EventBridge API Reference, PutRule; User Guide, "Creating Amazon EventBridge event patterns"."""
    yield from document(inputs, "eventPattern", 4096)
    yield from _values(parse(inputs, "eventPattern"))


def _values(pattern: Any) -> Iterator[Fault]:
    """Every field of a pattern has a list of values, or fields of its own."""
    for place, value in cast(Mapping[str, Any], pattern).items() if is_object(pattern) else ():
        if is_object(value):
            yield from (Fault(f"{place}.{fault.path}", fault.rule, fault.value) for fault in _values(value))
        elif not is_list(value) or not value:
            yield Fault(place, "must be a list of values, or an object", value)


def event_target(inputs: Values) -> Iterator[Fault]:
    """Amazon EventBridge User Guide, "Amazon EventBridge input transformation": strings are in quotes."""
    path = "inputTransformer.inputTemplate"
    rule = 'must be a text in quotes, "…", or a JSON object, {…}'
    yield from matches(inputs, path, r"""\s*("[^\n]*"|\{[\s\S]*\})\s*""", rule)
    paths = get(inputs, "inputTransformer.inputPaths")
    for place, template in found(inputs, path):
        for variable in re.findall(r"<([^<>]+)>", template) if isinstance(template, str) else ():
            if is_object(paths) and variable not in paths and not variable.startswith("aws.events."):
                yield Fault(place, "must use variables of `inputPaths` only", variable)
