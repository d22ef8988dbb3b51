"""The calls of a resource: their parameters out of properties, and tagging."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from .account import AccountError, service_model
from .convert import find_member, place
from .faults import Fault
from .spec import Call, Context, Resource, Tags, fill
from .values import Values

# Where EC2 takes tags: by the kind of the object.
_TAGS_OF_KIND = {"tags": "TagSpecifications.Tags", "kind": "TagSpecifications.ResourceType"}


def input_shape(service: str, operation: str) -> Any:
    """botocore's shape of what an operation takes."""
    return service_model(service).operation_model(operation).input_shape


def output_shape(service: str, operation: str) -> Any:
    """botocore's shape of what an operation answers."""
    return service_model(service).operation_model(operation).output_shape


def parameters(
    resource: Resource,
    call: Call,
    values: Values,
    context: Context,
    tags: Values | None = None,
    faults: list[Fault] | None = None,
) -> list[Values]:
    """The parameters of each time that `call` has to be made to carry its share of `values`; `tags` go along if given.

    `faults` gets an entry for each rule of the service's model that a value breaks.

    Raises:
        ConversionError: a value that the call does not take.
    """
    sent = [name for name in call.carries if values.get(name) is not None and name not in call.unsent]
    given: Values = {name: values[name] for name in sent}
    built: Values | list[Values] = call.hook(given, context) if call.hook else given
    shape, names = input_shape(resource.service, call.operation), {**resource.names, **call.names}
    made: list[Values] = []
    for one in built if isinstance(built, list) else [built]:
        params: Values = {}
        if tags and resource.tags:
            kind = resource.tags.kind
            place(params, shape, _TAGS_OF_KIND if kind else names, "tags", tags)
            if kind:
                place(params, shape, _TAGS_OF_KIND, "kind", kind)
        for name, value in one.items():
            place(params, shape, names, name, value, faults)
        made.append(_merge(fill(call.fixed, context.known), params))
    return made


def carry_out(resource: Resource, call: Call, values: Values, context: Context) -> None:
    """Make `call`, as often as it takes. Raises AccountError, ConversionError."""
    for params in parameters(resource, call, values, context):
        context.call(call.operation, **params)


def make(
    resource: Resource, values: Values, context: Context, tags: Values | None, urn: str, how: str = ""
) -> tuple[Any, bool]:
    """Make the object of a resource: the answer, and whether it is that of an earlier call; see `Account.make`."""
    create = resource.create
    answer: Any = None
    recorded = False
    for index, params in enumerate(parameters(resource, create, values, context, tags)):
        mark = f"{urn} {index}"
        answer, recorded = context.account.make(resource.service, create.operation, params, context.region, mark, how)
    return answer, recorded


def recall(resource: Resource, values: Values, context: Context, tags: Values | None, urn: str) -> tuple[Any, bool]:
    """The recorded answer to what has made the object of a resource, and whether there is one."""
    try:
        return make(resource, values, replace(context, offline=True), tags, urn, "recall")
    except AccountError:
        return None, False


def _merge(params: Values, more: Values) -> Values:
    for name, value in more.items():
        old: Any = params.get(name)
        if isinstance(old, dict) and isinstance(value, dict):
            _merge(cast(Values, old), cast(Values, value))
        else:
            params[name] = value
    return params


def tags_at_create(resource: Resource) -> bool:
    """Whether the call that makes an object of this type takes its tags as well."""
    if resource.tags is None:
        return False
    shape = input_shape(resource.service, resource.create.operation)
    return bool(resource.tags.kind or "tags" in resource.names or find_member(shape, "tags"))


def tag(spec: Tags, context: Context, tags: Mapping[str, str]) -> None:
    """Put `tags` on the object. Raises AccountError."""
    shape = input_shape(context.service, spec.tag)
    params: Values = fill(spec.target, context.known)
    place(params, shape, {"tags": find_member(shape, "tags") or spec.path}, "tags", dict(tags))
    context.call(spec.tag, **params)


def retag(spec: Tags, context: Context, olds: Values, news: Values) -> None:
    """Turn the object's tags from `olds` into `news`, touching those alone that differ. Raises AccountError."""
    target: Values = fill(spec.target, context.known)
    takes = input_shape(context.service, spec.untag).members.items()
    listed = [(name, keys) for name, keys in takes if keys.type_name == "list" and "tag" in name.casefold()]
    if not listed:  # the service sets all tags at once, and takes all of them away
        if news:
            tag(spec, context, news)
        else:
            context.call(spec.untag, **target)
        return
    removed = sorted(olds.keys() - news.keys())
    if removed:
        name, keys = listed[0]
        whole = keys.member.type_name == "structure"
        context.call(spec.untag, **target, **{name: [{"Key": key} for key in removed] if whole else removed})
    added = {key: value for key, value in news.items() if olds.get(key) != value}
    if added:
        tag(spec, context, added)
