"""Amazon EventBridge: rules of the default event bus, and their targets."""

import re
from collections.abc import Iterator
from typing import Any

from ..resource import Call, Context, Name, Read, Resource, Tags
from ..rules import Fault, document, found, get, matches, parse
from ..values import Values, is_list, is_object


def _event_rule_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon EventBridge API Reference, PutRule; User Guide, "Creating Amazon EventBridge event patterns"."""
    yield from document(inputs, "eventPattern", 4096)
    yield from _values(parse(inputs, "eventPattern"))


def _values(pattern: Any) -> Iterator[Fault]:
    """Every field of a pattern has a list of values, or fields of its own."""
    for place, value in pattern.items() if is_object(pattern) else ():
        if is_object(value):
            yield from (fault.within(place) for fault in _values(value))
        elif not is_list(value) or not value:
            yield Fault(place, "must be a list of values, or an object", value)


def _event_target_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon EventBridge User Guide, "Amazon EventBridge input transformation": strings are in quotes."""
    path = "inputTransformer.inputTemplate"
    rule = 'must be a text in quotes, "…", or a JSON object, {…}'
    yield from matches(inputs, path, r"""\s*("[^\n]*"|\{[\s\S]*\})\s*""", rule)
    paths = get(inputs, "inputTransformer.inputPaths")
    for place, template in found(inputs, path):
        for variable in re.findall(r"<([^<>]+)>", template) if isinstance(template, str) else ():
            if is_object(paths) and variable not in paths and not variable.startswith("aws.events."):
                yield Fault(place, "must use variables of `inputPaths` only", variable)


_RULE = ("name", "description", "eventPattern", "state")

RULE = Resource(
    "aws:cloudwatch/eventRule:EventRule",
    service="events",
    create=Call("PutRule", _RULE),
    id="name",
    identity=lambda it: {"Name": it.id},
    read=(Read("DescribeRule"),),
    update=(Call("PutRule", _RULE[1:], send_all=True),),
    delete=(Call("DeleteRule"),),
    outputs=("arn",),
    keeps=("state",),
    name=Name("name", max_length=64),
    tags=Tags(),
    rules=_event_rule_rules,
)

_TARGET = ("rule", "targetId", "arn", "inputTransformer")


def _id(_: Any, it: Context) -> str:
    return f"{it['rule']}-{it['targetId']}"


def _import_id(id: str) -> Values:
    """An import names a target as rule/target; the state as rule-target, which cannot be taken apart."""
    rule, separator, target = id.partition("/")
    return {"rule": rule, "targetId": target} if separator else {}


TARGET = Resource(
    "aws:cloudwatch/eventTarget:EventTarget",
    service="events",
    create=Call("PutTargets", _TARGET),
    id=_id,
    parse_id=_import_id,
    canonical_id=lambda made: f"{made['rule']}-{made['targetId']}",
    identity=lambda it: {"Rule": it["rule"], "Id": it["targetId"]},
    read=(Read("ListTargetsByRule", at="Targets", show=lambda _, it: {"rule": it["rule"]}),),
    update=(Call("PutTargets", _TARGET, send_all=True),),
    delete=(Call("RemoveTargets"),),
    rename={
        "rule": "Rule",
        "targetId": "Targets.Id",
        "arn": "Targets.Arn",
        "inputTransformer": "Targets.InputTransformer",
        "inputTransformer.inputPaths": "InputPathsMap",
    },
    members={"inputTransformer": ("inputPaths", "inputTemplate"), "inputTransformer.inputPaths": ("*",)},
    name=Name("targetId"),
    keeps=("targetId",),
    replaces=("rule", "targetId"),
    rules=_event_target_rules,
)

RESOURCES = (RULE, TARGET)
