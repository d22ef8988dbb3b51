"""Amazon EventBridge: rules of the default event bus, and their targets."""

from typing import Any

from ..resource import Call, Context, Name, Read, Resource, Tags
from ..values import Values

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
    tags=Tags("TagResource", "UntagResource", lambda it: {"ResourceARN": it["arn"]}, list="ListTagsForResource"),
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
    identity=lambda it: {"Rule": it["rule"]},
    read=(
        Read(
            "ListTargetsByRule",
            at="Targets",
            find=lambda target, it: target["Id"] == it["targetId"],
            show=lambda _, it: {"rule": it["rule"]},
        ),
    ),
    update=(Call("PutTargets", _TARGET, send_all=True),),
    delete=(Call("RemoveTargets", params=lambda it: {"Rule": it["rule"], "Ids": [it["targetId"]]}),),
    rename={
        "rule": "Rule",
        "targetId": "Targets.Id",
        "arn": "Targets.Arn",
        "inputTransformer": "Targets.InputTransformer",
        "inputTransformer.inputPaths": "InputPathsMap",
    },
    members={"inputTransformer": ("inputPaths", "inputTemplate"), "inputTransformer.inputPaths": ("*",)},
    keeps=("targetId",),
    replaces=("rule", "targetId"),
)

RESOURCES = (RULE, TARGET)
