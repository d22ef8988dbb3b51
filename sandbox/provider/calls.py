"""The parameters of a resource's calls, and its tags."""

from typing import Any

from .account import service_model
from .convert import Encoder, find_member
from .resource import Call, Context, Resource, Tags
from .rules import Fault
from .values import Values, is_object

# Where EC2's create calls take tags and the resource type that these belong to.
_TAG_SPECIFICATIONS = {"tags": "TagSpecifications.Tags", "kind": "TagSpecifications.ResourceType"}


def input_shape(service: str, operation: str) -> Any:
    """botocore's shape of an operation's parameters."""
    return service_model(service).operation_model(operation).input_shape


def output_shape(service: str, operation: str) -> Any:
    """botocore's shape of an operation's answer."""
    return service_model(service).operation_model(operation).output_shape


def parameters(
    call: Call, values: Values, it: Context, faults: list[Fault], tags: Values | None = None
) -> list[Values]:
    """The parameters of each time that `call` has to be made to send its properties of `values`, with `tags` if given.

    `faults` gets an entry for each rule of the service's model that a value breaks.

    Raises:
        ConversionError: a value that the call does not take.
    """
    given: Values = {name: values[name] for name in call.properties if values.get(name) is not None}
    built = call.prepare(given, it) if call.prepare else given
    resource, shape = it.resource, input_shape(it.resource.service, call.operation)
    encoder = Encoder({**resource.rename, **call.rename}, faults)
    made: list[Values] = []
    for one in built if isinstance(built, list) else [built]:
        params: Values = {}
        if tags and resource.tags:
            _place_tags(resource.tags, params, shape, tags, faults)
        for name, value in one.items():
            encoder.place(params, shape, name, value)
        made.append(_merge(_further(call, it), params))
    return made


def _further(call: Call, it: Context) -> Values:
    """The parameters that are not properties."""
    if it.offline:
        return {}
    if call.params:
        return call.params(it)
    return {} if call is it.resource.create else identify(call.operation, it)


def identify(operation: str, it: Context) -> Values:
    """The parameters of an operation that name the object. See `Resource.identity`."""
    shape = input_shape(it.resource.service, operation)
    named: Values = {}
    for name, value in ({"ResourceArn": it["arn"]} | it.resource.identity(it)).items():
        member = find_member(shape, name)
        if member and value is not None:  # the id of an import may hold less
            named[member] = [value] if shape.members[member].type_name == "list" else value
    return named


def _merge(params: Values, more: Values) -> Values:
    for name, value in more.items():
        old = params.get(name)
        if is_object(old) and is_object(value):
            _merge(old, value)
        else:
            params[name] = value
    return params


def carry_out(call: Call, values: Values, it: Context, tags: Values | None = None) -> Any:
    """Makes `call` as often as needed. Returns the last answer. Raises AccountError, ConversionError."""
    answer: Any = None
    for params in parameters(call, values, it, [], tags):
        answer = it.call(call.operation, **params)
    return answer


def takes_tags(resource: Resource) -> bool:
    """Whether the call that creates an object takes its tags, too."""
    if resource.tags is None:
        return False
    members = input_shape(resource.service, resource.create.operation).members
    return bool({"TagSpecifications", "Tags", "tags", resource.tags.sent_as} & members.keys())


def _place_tags(tags: Tags, params: Values, shape: Any, values: Values, faults: list[Fault]) -> None:
    if tags.kind and "TagSpecifications" in shape.members:
        encoder = Encoder(_TAG_SPECIFICATIONS, faults)
        encoder.place(params, shape, "kind", tags.kind)
    else:
        encoder = Encoder({"tags": find_member(shape, "tags") or tags.sent_as}, faults)
    encoder.place(params, shape, "tags", values)


def identify_for_tags(operation: str, tags: Tags, it: Context) -> Values:
    """The parameters of an operation on tags that name the object."""
    return tags.params(it) if tags.params else identify(operation, it)


def check_tags(resource: Resource, values: Values, faults: list[Fault]) -> None:
    """Adds an entry to `faults` for each rule of the service's model that the tags break."""
    if resource.tags and values:
        operation = resource.create.operation if takes_tags(resource) else resource.tags.tag
        _place_tags(resource.tags, {}, input_shape(resource.service, operation), values, faults)


def tag(tags: Tags, it: Context, values: Values) -> None:
    """Puts tags on the object. Raises AccountError."""
    params = identify_for_tags(tags.tag, tags, it)
    _place_tags(tags, params, input_shape(it.resource.service, tags.tag), values, [])
    it.call(tags.tag, **params)


def retag(tags: Tags, it: Context, olds: Values, news: Values) -> None:
    """Changes the object's tags from `olds` to `news`, touching only those that differ. Raises AccountError."""
    target = identify_for_tags(tags.untag, tags, it)
    members = dict(input_shape(it.resource.service, tags.untag).members)
    if tags.untag == tags.tag:  # one operation adds and removes
        members.pop(tags.sent_as)
    keys = next(((name, s) for name, s in members.items() if s.type_name == "list" and "tag" in name.casefold()), None)
    if keys is None:  # the service sets all tags at once, and removes all at once
        if news:
            tag(tags, it, news)
        else:
            it.call(tags.untag, **target)
        return
    removed = sorted(olds.keys() - news.keys())
    if removed:
        name, shape = keys
        as_tags = shape.member.type_name == "structure"
        it.call(tags.untag, **target, **{name: [{"Key": key} for key in removed] if as_tags else removed})
    added = {key: value for key, value in news.items() if olds.get(key) != value}
    if added:
        tag(tags, it, added)
