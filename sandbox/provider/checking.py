"""What comes before any change: inputs completed and checked, and compared with those of the state."""

import copy
import hashlib
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast

from .calls import input_shape, parameters
from .convert import ConversionError, find_member
from .faults import Fault
from .rules import broken
from .spec import Context, Resource
from .values import UNKNOWN, Values, agrees, is_list, is_object, same

# Marks among the inputs: the names of those that the program did not give, and that an object was imported, so that its
# inputs came out of the account and say more than any program does.
DEFAULTED, IMPORTED = "__defaults", "__imported"
MARKS = frozenset({DEFAULTED, IMPORTED})

_SUFFIX_DIGITS = 7  # of a generated name, as Pulumi has them
_PREFIX_DIGITS = 26  # after a name's prefix, as the AWS provider has them


@dataclass(frozen=True)
class Naming:
    """How an object without a name gets one: the resource's own name, a random seed, the engine's proposal."""

    logical: str
    seed: bytes = b""
    proposed: str = ""
    enforced: bool = False
    disabled: bool = False


@dataclass(frozen=True)
class Change:
    """What Diff found: kind is `add`, `delete` or `update` by property; the replacing ones; whether to delete first."""

    kinds: Mapping[str, str]
    replaces: tuple[str, ...]
    delete_first: bool


def complete(
    resource: Resource, news: Values, olds: Values, naming: Naming, default_tags: Mapping[str, str]
) -> tuple[Values, list[Fault]]:
    """The inputs with name, defaults and tags filled in, and the properties that the sandbox does not know."""
    inputs = {name: value for name, value in news.items() if value is not None and name not in MARKS}
    strangers = [
        Fault(name, f"the sandbox does not carry out this property of {resource.token}")
        for name in inputs
        if name not in resource.inputs and name != "tagsAll"
    ]
    defaulted = [name for name in resource.defaults if name not in inputs]
    inputs |= {name: resource.defaults[name] for name in defaulted}
    for path, value in resource.inner_defaults.items():
        block, _, member = path.partition(".")
        if block in inputs:
            inputs[block] = _completed(inputs[block], member, value)
    if resource.name and resource.name not in inputs and not naming.disabled:
        inputs[resource.name] = _generated_name(resource, inputs, olds, naming)
        defaulted.append(resource.name)
    if resource.tags:
        tags = inputs.get("tags", {})
        inputs["tagsAll"] = tags if tags is UNKNOWN else {**default_tags, **tags}
    inputs[DEFAULTED] = sorted(defaulted)
    return inputs, strangers


def _completed(block: Any, member: str, value: Any) -> Any:
    """A block, or each of a list of them, with a member that the program leaves out."""
    if is_list(block):
        return [_completed(one, member, value) for one in block]
    return {member: value, **block} if is_object(block) else block


def _generated_name(resource: Resource, inputs: Values, olds: Values, naming: Naming) -> Any:
    prefix = inputs.get(resource.prefix)
    if prefix is UNKNOWN:
        return UNKNOWN
    was_generated = resource.name in olds.get(DEFAULTED, ())
    if was_generated and olds.get(resource.prefix) == prefix and resource.name in olds:
        return olds[resource.name]
    if naming.proposed and prefix is None and (naming.enforced or len(naming.proposed) <= resource.limit):
        return naming.proposed
    seed = naming.seed or os.urandom(32)
    digest = hashlib.sha256(seed + naming.logical.encode()).hexdigest()
    if prefix is not None:
        name = prefix + digest[: max(1, min(_PREFIX_DIGITS, resource.limit - len(prefix)))]
    else:
        name = f"{naming.logical[: resource.limit - _SUFFIX_DIGITS - 1]}-{digest[:_SUFFIX_DIGITS]}"
    return resource.spell(name) if resource.spell else name


def faults(resource: Resource, inputs: Values, context: Context) -> list[Fault]:
    """What the service's published model, and the rules beside it, say against the inputs, as far as they are known."""
    found: list[Fault] = []
    checked: set[str] = set()
    for call in resource.calls:
        for name in call.carries:
            if name in checked or name not in inputs or inputs[name] is UNKNOWN:
                continue
            checked.add(name)
            try:
                parameters(resource, call, {name: inputs[name]}, context, faults=found)
            except ConversionError as error:
                found.append(Fault(error.path, error.reason))
    return list(dict.fromkeys([*found, *_missing(resource, inputs), *broken(resource.token, inputs)]))


def _missing(resource: Resource, inputs: Values) -> list[Fault]:
    """The properties without which the call that makes the object would lack a parameter."""
    call, names = resource.create, resource.names
    shape = input_shape(resource.service, call.operation)
    homes = {name: (names.get(name) or find_member(shape, name) or "").partition(".")[0] for name in call.carries}
    missing: list[Fault] = []
    for member in shape.required_members if shape else ():
        able = [name for name, home in homes.items() if home == member]
        if able and member not in call.fixed and not any(name in inputs for name in able):
            missing.append(Fault(able[0], "is required"))
    return missing


def _ignoring(news: Values, olds: Values, paths: Collection[str]) -> Values:
    """`news` with what `olds` has at these paths: `actions`, `tags.Owner`, `actions[0].order`."""
    news = copy.deepcopy(news)
    for path in paths:
        *parents, last = [int(one) if one.isdigit() else one for one in re.findall(r"[^.\[\]\"]+", path)]
        new: Any = news
        old: Any = olds
        try:
            for name in parents:
                new, old = new[name], old[name]
            if isinstance(new, dict) and last not in old:
                cast(Values, new).pop(cast(str, last), None)
            else:
                new[last] = old[last]
        except (IndexError, KeyError, TypeError):
            continue  # one of the two has nothing there to compare
    return news


def diff(
    resource: Resource, olds: Values, news: Values, outputs: Mapping[str, Any], ignored: Collection[str] = ()
) -> Change:
    """How the inputs `news` differ from the inputs `olds`, of an object with these recorded `outputs`.

    `ignored` are paths of properties whose changes do not count. Before an update the engine has put the old values
    there already; when it refreshes, which compares what is with what was, it leaves that to the provider.
    """
    news = _ignoring(news, olds, ignored)
    kinds: dict[str, str] = {}
    imported = IMPORTED in olds
    for name in sorted((olds.keys() | news.keys()) - MARKS):
        old, new = olds.get(name), news.get(name)
        if (old is None and new is None) or same(old, new, ordered=name in resource.in_order):
            continue
        if new is None and (imported or name in resource.kept):
            continue  # what the program leaves to the account stays as it is
        if old is None and name in (*resource.computed, "region") and agrees(new, outputs.get(name)):
            continue  # nor does it change when the program says what the account has chosen
        if imported and (name in resource.locals or agrees(new, old)):
            continue
        kinds[name] = "add" if old is None else "delete" if new is None else "update"
    by_value = resource.replacing_by_value
    replacing = resource.replacing | set(by_value({**outputs, **olds}, news) if by_value else ())
    replaces = tuple(name for name in kinds if name in replacing)
    named = bool(resource.name) and resource.name in news and resource.name not in news.get(DEFAULTED, ())
    return Change(kinds, replaces, bool(replaces) and (named or resource.delete_first))
