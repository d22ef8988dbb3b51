"""What the account shows of an object, as outputs and as the program's own inputs."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .account import AccountError
from .calls import output_shape
from .checking import DEFAULTED, IMPORTED, MARKS
from .convert import decode, find_member, step_into
from .spec import Call, Context, Resource, Tags, fill
from .values import EMPTY, Values, agrees, reconcile

_Part = tuple[Any, Any]  # an answer, or the part of it that shows the object, and its shape


def _ask(call: Call, params: Values, context: Context) -> _Part:
    """The part of an answer that the call wants; None when what is asked for does not exist. Raises AccountError."""
    try:
        answer = context.call(call.operation, **fill(params, context.known))
    except AccountError as error:
        if not error.absent:
            raise
        return None, None
    found, shape = step_into(answer, output_shape(context.service, call.operation), call.at)
    return (None, None) if found == [] else (found, shape)


def live(resource: Resource, context: Context, like: Values) -> Values | None:
    """Everything that the account shows of the object, by property; None when there is no object.

    Names and nesting follow `like`, the program's inputs, where the service leaves a choice. Raises AccountError.
    """
    parts: list[_Part] = []
    shown: Values = {"id": context["id"]}
    for index, call in enumerate(resource.read):
        part, shape = _ask(call, call.fixed, context)
        if call.only and part is not None:
            wanted: Values = fill(call.only, context.known)
            part = [item for item in part if wanted.items() <= item.items()] or None
        taken: Values | None = call.hook(part, context) if call.hook and part is not None else {}
        if index == 0 and (part is None or taken is None or _is_gone(resource, part, shape)):
            return None
        if part is not None:
            parts.append((part, shape))
            shown |= taken or {}
    for name in dict.fromkeys((*resource.carried, *resource.computed)):
        if name not in shown and name not in resource.locals and not resource.reads.get(name, "").startswith("="):
            found = _look_up(resource, name, parts, like.get(name))
            told = context[name] if name in resource.in_id else resource.otherwise.get(name)
            shown[name] = told if found is None else found
    for name in resource.blocks:
        value = shown.get(name)
        shown[name] = [value] if isinstance(value, dict) else value[0] if value else None
    known = {**context.known, **shown}
    for name, template in resource.reads.items():
        if template.startswith("="):
            shown[name] = known[name] = fill(template[1:], known)
    if resource.tags:
        shown["tagsAll"] = _live_tags(resource.tags, parts[0], replace(context, known=known))
    if resource.regional:
        shown["region"] = context.region
    return {name: value for name, value in shown.items() if value is not None}


def _is_gone(resource: Resource, part: Any, shape: Any) -> bool:
    where, values = resource.gone
    found = step_into(part, shape, where)[0] if where else None
    return found in values if values else found is not None


def _live_tags(spec: Tags, first: _Part, context: Context) -> Values:
    if spec.read:
        found, shape = _ask(spec.read, spec.target, context)
    else:
        found, shape = step_into(*first, find_member(_structure(first[1]), "tags") or "Tags")
    tags: Values = decode(shape, {}, "tags", found) if found else {}
    return {key: value for key, value in tags.items() if not key.startswith("aws:")}


def _structure(shape: Any) -> Any:
    return shape.member if shape.type_name == "list" else shape


def _look_up(resource: Resource, name: str, parts: list[_Part], like: Any) -> Any:
    """The value of property `name`, in the first of the answers that has it."""
    target, _, each = (resource.reads.get(name) or resource.names.get(name) or "").partition("[].")
    for value, shape in parts:
        structure = _structure(shape)
        if structure.type_name != "structure":
            continue
        if target == ".":
            first = value[0] if shape.type_name == "list" else value
            return decode(structure, {**resource.names, name: "."}, name, first, like)
        # An answer may nest a member as the call's parameters do, or hold it right at its top.
        for path in (target, target.rpartition(".")[2]) if target else (find_member(structure, name),):
            found, found_shape = step_into(value, shape, path) if path else (None, None)
            if found is not None:
                return (
                    [item[each] for item in found] if each else decode(found_shape, resource.names, name, found, like)
                )
    return None


def lost(resource: Resource, inputs: Values, shown: Values) -> list[str]:
    """The inputs that the account took and does not show as they were sent."""
    missing = [name for name in resource.carried if name in inputs and not agrees(inputs[name], shown.get(name))]
    same_tags = not resource.tags or (inputs.get("tagsAll") or {}) == (shown.get("tagsAll") or {})
    return missing if same_tags else [*missing, "tagsAll"]


def left(resource: Resource, taken: Mapping[str, Any], shown: Values) -> list[str]:
    """The inputs that the program gives no more, and that the account still shows as they were."""
    names = [name for name in resource.carried if name in taken and name not in resource.computed]
    return [name for name in names if shown.get(name) not in EMPTY and agrees(taken[name], shown[name])]


def outputs(resource: Resource, inputs: Values, shown: Values, default_tags: Mapping[str, str]) -> Values:
    """The outputs: each input as the account shows it, in the program's spelling, and what only the account knows."""
    made: Values = {}
    for name, value in inputs.items():
        if name in MARKS or name in ("tags", "tagsAll"):
            continue
        if name in resource.locals or agrees(value, shown.get(name)):
            made[name] = value
        elif name in shown:
            made[name] = reconcile(value, shown[name], ordered=name in resource.in_order)
    for name in resource.computed:
        if name in shown:
            made.setdefault(name, shown[name])
    if resource.tags:
        every: Values = shown.get("tagsAll", {})
        own: Values = inputs.get("tags") or {}
        made["tagsAll"] = every
        tags = {key: value for key, value in every.items() if key in own or default_tags.get(key) != value}
        if tags or "tags" in inputs:
            made["tags"] = tags
    if "region" in shown:
        made["region"] = shown["region"]
    return made


def inputs_of(resource: Resource, inputs: Values, made: Values) -> Values:
    """The program's inputs with what the outputs `made` say of them."""
    kept = {name: made[name] for name in inputs if name in made}
    if resource.tags and "tags" in made:
        kept["tags"] = made["tags"]
    return kept | {mark: inputs[mark] for mark in MARKS if mark in inputs}


def imported(resource: Resource, shown: Values, context: Context) -> Values:
    """Inputs for an object that the program did not make: what is set, and what its id or a default says."""
    inputs: Values = {DEFAULTED: sorted(resource.defaults), IMPORTED: True}
    for name in (*resource.carried, *resource.locals):
        value = shown.get(name, context[name])
        if value is None or value in ("", [], {}):
            value = resource.defaults.get(name)
        if value is not None:
            inputs[name] = value
    if resource.tags:
        inputs["tagsAll"] = shown.get("tagsAll", {})
    return inputs
