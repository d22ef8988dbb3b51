"""What comes before any change: inputs are completed, checked and compared with those of the state."""

import copy
import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .calls import check_tags, parameters
from .convert import ConversionError
from .resource import Context, Name, Resource
from .rules import Fault
from .values import UNKNOWN, Values, agrees, is_list, is_object, same

# Marks among the inputs: the names of those that the program did not give; and that an object was imported, so that its
# inputs are all that the account shows, and more than any program gives.
DEFAULTED, IMPORTED = "__defaults", "__imported"
MARKS = frozenset({DEFAULTED, IMPORTED})

_SUFFIX_DIGITS = 7  # of a generated name, as Pulumi has them
_PREFIX_DIGITS = 26  # after a name's prefix, as the AWS provider has them


@dataclass(frozen=True)
class Naming:
    """How an object without a name gets one: the resource's logical name, and a random seed."""

    logical: str
    seed: bytes


@dataclass(frozen=True)
class Change:
    """What Diff found.

    kinds           `add`, `delete` or `update` by property
    replaces        the properties that replace the object
    delete_first    whether the object is deleted before its replacement is created
    """

    kinds: Mapping[str, str]
    replaces: tuple[str, ...]
    delete_first: bool


def complete(
    resource: Resource, news: Values, olds: Values, naming: Naming, default_tags: Mapping[str, str]
) -> tuple[Values, list[Fault]]:
    """Returns the inputs with name, defaults and tags filled in, and the properties that the sandbox does not know."""
    inputs = {name: value for name, value in news.items() if value is not None and name not in MARKS}
    unknown = [
        Fault(
            path, f"the sandbox does not support this property of {resource.token}: add it in sandbox/provider/types/"
        )
        for path in _unknown_properties(resource, inputs)
    ]
    defaulted = [name for name in resource.defaults if name not in inputs]
    inputs |= {name: resource.defaults[name] for name in defaulted}
    if resource.name and resource.name.property not in inputs:
        try:
            inputs[resource.name.property] = _generated_name(resource.token, resource.name, inputs, olds, naming)
        except ValueError as error:
            return inputs, [*unknown, Fault("", str(error))]
        defaulted.append(resource.name.property)
    if resource.tags:
        tags = inputs.get("tags", {})
        inputs["tagsAll"] = tags if tags is UNKNOWN else {**default_tags, **tags}
    inputs[DEFAULTED] = sorted(defaulted)
    return inputs, unknown


def _unknown_properties(resource: Resource, inputs: Values) -> Iterator[str]:
    for name, value in inputs.items():
        if name not in resource.inputs and name != "tagsAll":
            yield name
        elif name in resource.members:
            yield from _unknown_members(resource, name, name, value)


def _unknown_members(resource: Resource, property: str, path: str, value: Any) -> Iterator[str]:
    """The members of `value` that the type lacks. `property` is its path without indexes: `loadBalancers`."""
    if is_list(value):
        for index, item in enumerate(value):
            yield from _unknown_members(resource, property, f"{path}[{index}]", item)
    elif is_object(value):
        known = resource.members.get(property, ())
        for name, item in value.items():
            if name not in known and "*" not in known:
                yield f"{path}.{name}"
            else:
                yield from _unknown_members(resource, f"{property}.{name}", f"{path}.{name}", item)


def _generated_name(token: str, name: Name, inputs: Values, olds: Values, naming: Naming) -> Any:
    """A name for an object that the program does not name.

    Raises:
        ValueError: it would exceed the type's limit. The bridge of the AWS provider never shortens a name. Source:
            pulumi-terraform-bridge, pkg/tfbridge/info/autonaming.go; Pulumi SDK, NewUniqueName.
    """
    prefix = inputs.get(name.prefix)
    if prefix is UNKNOWN:
        return UNKNOWN
    was_generated = name.property in olds.get(DEFAULTED, ())
    if was_generated and olds.get(name.prefix) == prefix and name.property in olds:
        return olds[name.property]
    digest = hashlib.sha256(naming.seed + naming.logical.encode()).hexdigest()
    if prefix is not None:
        return name.transform(prefix + digest[:_PREFIX_DIGITS])
    start = f"{name.transform(naming.logical)}-"
    if len(start) + _SUFFIX_DIGITS > name.max_length:
        reason = f"name '{start}' plus {_SUFFIX_DIGITS} random chars is longer than maximum length {name.max_length}"
        raise ValueError(f"could not make instance of '{token}': {reason}")
    return f"{start}{digest[:_SUFFIX_DIGITS]}"


def faults(inputs: Values, it: Context) -> list[Fault]:
    """What the service's model, and the rules beside it, say against the inputs, as far as they are known."""
    resource, found = it.resource, list[Fault]()
    checked: set[str] = set()
    for call in (*resource.calls, *resource.delete):
        for name in call.properties:
            if name in checked or name not in inputs or inputs[name] is UNKNOWN:
                continue
            checked.add(name)
            try:
                parameters(call, {name: inputs[name]}, it, found)
            except ConversionError as error:
                found.append(Fault(error.path, error.reason))
    check_tags(resource, inputs.get("tagsAll", {}), found)
    return list(dict.fromkeys([*found, *resource.rules(inputs)]))


def _ignoring(news: Values, olds: Values, paths: Collection[str]) -> Values:
    """Returns `news` with what `olds` has at these paths: `actions`, `tags.Owner`, `actions[0].order`."""
    news = copy.deepcopy(news)
    for path in paths:
        names: list[Any] = [int(one) if one.isdigit() else one for one in re.findall(r"[^.\[\]\"]+", path)]
        *parents, last = names
        new: Any = news
        old: Any = olds
        try:
            for name in parents:
                new, old = new[name], old[name]
            if is_object(new) and last not in old:
                new.pop(last, None)
            else:
                new[last] = old[last]
        except (IndexError, KeyError, TypeError):
            continue  # one of the two has nothing there to compare
    return news


def diff(
    resource: Resource, olds: Values, news: Values, outputs: Mapping[str, Any], ignored: Collection[str] = ()
) -> Change:
    """Compares the inputs `news` with the inputs `olds` of an object with these recorded `outputs`.

    `ignored` are paths of properties whose changes do not count. Before an update the engine has put the old values
    there already; in a refresh, which compares the account with the state, it leaves that to the provider.

    Raises:
        ValueError: the provider refuses the change.
    """
    news = _ignoring(news, olds, ignored)
    kinds: dict[str, str] = {}
    imported = IMPORTED in olds
    for name in sorted((olds.keys() | news.keys()) - MARKS):
        old, new = olds.get(name), news.get(name)
        if (old is None and new is None) or same(old, new, ordered=name in resource.ordered):
            continue
        if new is None and (imported or name in resource.kept):
            continue  # what the program leaves to the account stays as it is
        if old is None and name in resource.outputs and agrees(new, outputs.get(name)):
            continue  # the program now gives what the account has chosen
        if imported and (name in resource.unsent or agrees(new, old)):
            continue
        if same(new, outputs.get(name)) and not same(old, outputs.get(name)):
            # After a failed update the engine has the inputs from before it, and the outputs that were asked for. The
            # AWS provider compares the outputs (pulumi-terraform-bridge, pkg/tfbridge/provider.go, Diff and Update).
            continue
        kinds[name] = "add" if old is None else "delete" if new is None else "update"
    if resource.refuses:
        # The AWS provider compares the outputs, which differ from the inputs after a failed update
        # (pulumi-terraform-bridge, pkg/tfbridge/provider.go, Diff).
        recorded = {name: outputs[name] for name in news.keys() & outputs.keys()}
        resource.refuses({**olds, **recorded}, news)
    by_value = resource.replaces_if({**outputs, **olds}, news) if resource.replaces_if else ()
    replacing = resource.replacing | set(by_value)
    replaces = tuple(name for name in kinds if name in replacing)
    name = resource.name.property if resource.name else ""
    is_named = name in news and name not in news.get(DEFAULTED, ())
    return Change(kinds, replaces, bool(replaces) and (is_named or resource.delete_before_replace))
