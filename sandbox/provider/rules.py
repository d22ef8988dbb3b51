"""What is wrong with a resource's inputs, and the checks that find it before anything is created.

A value that is unknown or not given breaks no rule. A path is a property path as Pulumi writes it, without indexes:
`rules.id` stands for the id of each rule.
"""

import ipaddress
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from .values import UNKNOWN, Values, is_list, is_object

_SHOWN_CHARACTERS = 80


class Fault(NamedTuple):
    """One broken rule.

    path    the property as the program spells it, `healthCheck.interval`; empty for the whole resource
    rule    what is allowed
    value   the value that was given, if it can be shown
    """

    path: str
    rule: str
    value: Any = None

    @property
    def name(self) -> str:
        """The top-level property."""
        return re.split(r"[.\[]", self.path)[0]

    def within(self, place: str) -> "Fault":
        """Returns the fault of an object as a fault of what holds the object at this place."""
        return self._replace(path=f"{place}.{self.path}")

    def text(self, *, secret: bool) -> str:
        """Returns the fault as one line, without the value of a secret property."""
        if not self.path:
            return self.rule
        if secret or self.value is None:
            return f"`{self.path}`: {self.rule}"
        shown = json.dumps(self.value, ensure_ascii=False, default=str)
        return f"`{self.path}` is {shown[:_SHOWN_CHARACTERS]}{'…' * (len(shown) > _SHOWN_CHARACTERS)}: {self.rule}"


def found(inputs: Any, path: str, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yields each known value at a path, with its place: `rules[0].id`."""
    if inputs is None or inputs is UNKNOWN:
        return
    if is_list(inputs):
        for index, item in enumerate(inputs):
            yield from found(item, path, f"{place}[{index}]")
    elif not path:
        yield place, inputs
    elif is_object(inputs):
        name, _, rest = path.partition(".")
        yield from found(inputs.get(name), rest, f"{place}.{name}".lstrip("."))


def objects(inputs: Any, path: str) -> Iterator[tuple[str, Values]]:
    """Yields each object at a path, with its place."""
    yield from ((place, value) for place, value in found(inputs, path) if is_object(value))


def get(inputs: Values, path: str) -> Any:
    """Returns the value at a path that leads through no list: None if it is not given, or UNKNOWN."""
    value: Any = inputs
    for name in path.split("."):
        if not is_object(value):
            return UNKNOWN if value is UNKNOWN else None
        value = value.get(name)
    return value


def given(inputs: Values, path: str) -> bool:
    """Whether a property has a value, known or unknown. An empty value counts as none."""
    return get(inputs, path) not in (None, "", [], {})


def number(value: Any) -> float | None:
    """Returns a number, which may be spelled as text; None for anything else."""
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def parse(inputs: Values, name: str) -> Values:
    """Returns the JSON document in a property under the name of the property; nothing if it is unknown or no JSON."""
    try:
        return {name: json.loads(inputs.get(name, ""))}
    except (TypeError, ValueError):
        return {}


def between(inputs: Values, path: str, least: float, most: float | None = None, unit: str = "") -> Iterator[Fault]:
    """The number is within bounds."""
    bounds = f"at least {least:,}" if most is None else f"{least:,} to {most:,}"
    for place, value in found(inputs, path):
        size = number(value)
        if size is not None and (size < least or (most is not None and size > most)):
            yield Fault(place, f"must be {bounds} {unit}".rstrip(), value)


def one_of(inputs: Values, path: str, *allowed: Any) -> Iterator[Fault]:
    """The value is one of those that are allowed. Text and numbers compare as text."""
    names = [str(value) for value in allowed]
    for place, value in found(inputs, path):
        if str(value) not in names:
            yield Fault(place, f"must be one of {', '.join(names)}", value)


def matches(inputs: Values, path: str, pattern: str, rule: str) -> Iterator[Fault]:
    """The whole text matches a pattern."""
    for place, value in found(inputs, path):
        if isinstance(value, str) and not re.fullmatch(pattern, value, re.DOTALL):
            yield Fault(place, rule, value)


def required(inputs: Values, rule: str, *paths: str) -> Iterator[Fault]:
    """The properties are given."""
    yield from (Fault(path, rule) for path in paths if not given(inputs, path))


def forbidden(inputs: Values, rule: str, *paths: str) -> Iterator[Fault]:
    """The properties are not given."""
    yield from (Fault(path, rule) for path in paths if given(inputs, path))


def distinct(values: Iterator[tuple[str, Any]], rule: str) -> Iterator[Fault]:
    """No two values are the same."""
    seen: set[str] = set()
    for place, value in values:
        if str(value) in seen:
            yield Fault(place, rule, value)
        seen.add(str(value))


def at_most(inputs: Values, smaller: str, larger: str, *, less: bool = False) -> Iterator[Fault]:
    """A number is at most, or less than, the number of another property."""
    low, high = number(get(inputs, smaller)), number(get(inputs, larger))
    if low is not None and high is not None and (low > high or (less and low == high)):
        yield Fault(smaller, f"must be {'less than' if less else 'at most'} `{larger}`, {high:g}", get(inputs, smaller))


def exactly_one(inputs: Values, place: str, *names: str) -> Iterator[Fault]:
    """Exactly one of the properties is given."""
    if sum(given(inputs, name) for name in names) != 1:
        yield Fault(place, f"exactly one of {', '.join(names)} must be given")


def document(inputs: Values, name: str, most: int, *, white_space: bool = True) -> Iterator[Fault]:
    """The property is a JSON document of at most so many characters. IAM does not count white space."""
    text = inputs.get(name)
    if not isinstance(text, str):
        return
    if not parse(inputs, name):
        yield Fault(name, "must be a JSON document")
    size = len(text if white_space else re.sub(r"\s", "", text))
    if size > most:
        counted = "" if white_space else " without white space"
        yield Fault(name, f"has {size:,} characters{counted}: at most {most:,} are allowed")


def network_address(inputs: Values, path: str) -> Iterator[Fault]:
    """The value is an IPv4 block whose address is the first of the block: 10.0.0.0/8, and not 10.0.0.1/8.

    Source: terraform-provider-aws, internal/framework/validators/cidr.go and internal/verify/validate.go.
    """
    for place, value in found(inputs, path):
        try:
            ipaddress.IPv4Network(value)
        except ValueError:
            yield Fault(place, "must be an IPv4 block that starts at its network address, such as 10.0.0.0/8", value)


def identity_statements(inputs: Values, name: str) -> Iterator[Fault]:
    """Each statement of a policy of a role has an effect and no principal.

    Source: IAM User Guide, "Grammar of the IAM JSON policy language", "AWS JSON policy elements: Principal".
    """
    for place, statement in objects(parse(inputs, name), f"{name}.Statement"):
        yield from (fault.within(place) for fault in _effect(statement))
        if _has_principal(statement):
            yield Fault(f"{place}.Principal", "must not be given in a policy of a role: the role is the principal")


def resource_statements(inputs: Values, name: str) -> Iterator[Fault]:
    """Each statement of a policy of a resource, and of a trust policy, has an effect and a principal.

    Source: IAM User Guide, "Grammar of the IAM JSON policy language", "AWS JSON policy elements: Principal".
    """
    for place, statement in objects(parse(inputs, name), f"{name}.Statement"):
        yield from (fault.within(place) for fault in _effect(statement))
        if not _has_principal(statement):
            yield Fault(f"{place}.Principal", "must be given: who is allowed or denied")


def _effect(statement: Values) -> Iterator[Fault]:
    yield from required(statement, "must be given: Allow or Deny", "Effect")
    yield from one_of(statement, "Effect", "Allow", "Deny")


def _has_principal(statement: Values) -> bool:
    return given(statement, "Principal") or given(statement, "NotPrincipal")
