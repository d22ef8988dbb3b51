"""What the account shows of an object, as outputs and as the program's inputs."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from .account import AccountError
from .calls import identify, identify_for_tags, output_shape
from .checking import DEFAULTED, IMPORTED, MARKS
from .convert import decode, find_member, step_into
from .resource import Context, Read, Resource, Tags
from .values import EMPTY, Values, agrees, is_list, is_object, reconcile

_Part = tuple[Any, Any]  # an answer, or the object in it, and its shape


def _ask(operation: str, at: str, params: Values, it: Context) -> _Part:
    """What an answer has at a path; None if the object does not exist. Raises AccountError."""
    try:
        answer = it.call(operation, **params)
    except AccountError as error:
        if not error.absent:
            raise
        return None, None
    return step_into(answer, output_shape(it.resource.service, operation), at)


def _find(read: Read, it: Context) -> _Part:
    """The object in the answer of a read; None if it does not exist."""
    params = read.params(it) if read.params else identify(read.operation, it)
    found, shape = _ask(read.operation, read.at, params, it)
    if shape is not None and shape.type_name == "list":
        items, shape, is_it = found, shape.member, read.find or partial(_is_identified, shape.member)
        found = next((item for item in items if is_it(item, it)), None)
    return found, shape


def _is_identified(shape: Any, item: Any, it: Context) -> bool:
    """Whether an item of a list has the values that name the object, as far as its shape has members for them."""
    named = {find_member(shape, name): value for name, value in it.resource.identity(it).items() if value is not None}
    return all(item.get(member) == value for member, value in named.items() if member)


def live(it: Context, like: Values) -> Values | None:
    """Everything that the account shows of the object, by property; None if it does not exist.

    Names and nesting follow `like`, the program's inputs, where the service leaves a choice. Raises AccountError.
    """
    resource, parts = it.resource, list[_Part]()
    shown: Values = {}
    for index, read in enumerate(resource.read):
        part, shape = _find(read, it)
        if part is None or (read.gone and read.gone(part)):
            if index == 0:
                return None
            continue
        parts.append((part, shape))
        if read.show:
            shown |= read.show(part, it)
    known = resource.in_id(it.id)
    for name in dict.fromkeys((*resource.sent, *resource.outputs)):
        if name not in shown and name not in resource.unsent:
            found = _look_up(resource, name, parts, like.get(name))
            shown[name] = known.get(name) if found is None else found
    if resource.tags:
        it = replace(it, properties={**it.properties, **shown})
        shown["tagsAll"] = _live_tags(resource.tags, parts[0], it)
    if resource.regional:
        shown["region"] = it.region
    return {name: value for name, value in shown.items() if value is not None}


def _live_tags(tags: Tags, first: _Part, it: Context) -> Values:
    answer, shape = _ask(tags.list, "", identify_for_tags(tags.list, tags, it), it) if tags.list else first
    if answer is None:
        return {}
    found, shape = step_into(answer, shape, tags.listed_at or find_member(shape, "tags") or "Tags")
    every: Values = decode(shape, {}, "tags", found) if found else {}
    return {key: value for key, value in every.items() if not key.startswith("aws:")}


def _look_up(resource: Resource, name: str, parts: list[_Part], like: Any) -> Any:
    """The value of property `name` in the first of the answers that has it."""
    target = resource.shown_as.get(name) or resource.rename.get(name)
    for value, shape in parts:
        if target == ".":
            return decode(shape, {**resource.rename, name: "."}, name, value, like)
        # An answer may nest a member as the call's parameters do, or hold it at its top.
        for path in (target, target.rpartition(".")[2]) if target else (find_member(shape, name),):
            found, found_shape = step_into(value, shape, path) if path else (None, None)
            if found is not None:
                return decode(found_shape, resource.rename, name, found, like)
    return None


def lost(resource: Resource, inputs: Values, shown: Values) -> list[str]:
    """The inputs that the account accepted and does not show as they were sent."""
    missing = [name for name in resource.sent if name in inputs and not agrees(inputs[name], shown.get(name))]
    same_tags = not resource.tags or (inputs.get("tagsAll") or {}) == (shown.get("tagsAll") or {})
    return missing if same_tags else [*missing, "tagsAll"]


def left(resource: Resource, dropped: Values, shown: Values) -> list[str]:
    """The inputs that the program dropped, and that the account still shows as they were."""
    names = [name for name in resource.sent if name in dropped and name not in resource.outputs]
    return [name for name in names if shown.get(name) not in EMPTY and agrees(dropped[name], shown[name])]


def outputs(resource: Resource, inputs: Values, shown: Values, default_tags: Mapping[str, str]) -> Values:
    """The outputs: each input as the account shows it, in the program's spelling, and what only the account knows."""
    made: Values = {}
    for name, value in inputs.items():
        if name in MARKS or name in ("tags", "tagsAll"):
            continue
        if name in resource.unsent or agrees(value, shown.get(name)):
            made[name] = value
        elif name in shown:
            made[name] = reconcile(value, shown[name], ordered=name in resource.ordered)
    for name in resource.outputs:
        if name in shown:
            made.setdefault(name, shown[name])
    if resource.tags:
        every: Values = shown.get("tagsAll", {})
        given: Values = inputs.get("tags") or {}
        made["tagsAll"] = every
        tags = {key: value for key, value in every.items() if key in given or default_tags.get(key) != value}
        if tags or "tags" in inputs:
            made["tags"] = tags
    if "region" in shown:
        made["region"] = shown["region"]
    return made


def inputs_of(resource: Resource, inputs: Values, made: Values) -> Values:
    """The program's inputs, with the values of the outputs `made`."""
    kept = {name: made[name] for name in inputs if name in made}
    if resource.tags and "tags" in made:
        kept["tags"] = made["tags"]
    return kept | {mark: inputs[mark] for mark in MARKS if mark in inputs}


def _with_known_members(resource: Resource, path: str, value: Any) -> Any:
    """Returns the value at the path without the members that the type does not have: an answer may have more."""
    if is_list(value):
        return [_with_known_members(resource, path, item) for item in value]
    known = resource.members.get(path, ())
    if not is_object(value) or "*" in known:
        return value
    return {
        name: _with_known_members(resource, f"{path}.{name}", item) for name, item in value.items() if name in known
    }


def imported(shown: Values, it: Context) -> Values:
    """Inputs for an object that is imported: what the account shows, its id says or a default is."""
    resource = it.resource
    inputs: Values = {DEFAULTED: sorted(resource.defaults), IMPORTED: True}
    for name in (*resource.sent, *resource.unsent):
        value = shown.get(name, it[name])
        if name in resource.members:
            value = _with_known_members(resource, name, value)
        if value is None or value in ("", [], {}):
            value = resource.defaults.get(name)
        if value is not None:
            inputs[name] = value
    if resource.tags:
        inputs["tagsAll"] = shown.get("tagsAll", {})
    return inputs
