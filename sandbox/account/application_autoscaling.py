"""Application Auto Scaling: tags of scalable targets, policies by name, and scaling activities.

moto stores no tags of a scalable target. Its DescribeScalingPolicies ignores names, and also returns the policies of
targets whose id is a part of the requested id. It lacks DescribeScalingActivities.

Source: Application Auto Scaling API Reference: RegisterScalableTarget, TagResource, UntagResource, ListTagsForResource,
DescribeScalingPolicies, DescribeScalingActivities.
"""

import json
from collections.abc import Callable
from typing import Any

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError

from sandbox.account.patching import adds, replaces

_TAGS = "tags"  # the attribute of moto's scalable target


@replaces(ApplicationAutoScalingResponse)
def register_scalable_target(original: Callable[[], str], request: Any) -> str:
    """Registers or changes a target, and adds the given tags."""
    answer = original()
    arn = json.loads(answer)["ScalableTargetARN"]
    _tags(request, arn).update(request._get_param("Tags") or {})
    return answer


@adds(ApplicationAutoScalingResponse)
def tag_resource(request: Any) -> str:
    """Adds tags to a target."""
    _tags(request, request._get_param("ResourceARN")).update(request._get_param("Tags"))
    return "{}"


@adds(ApplicationAutoScalingResponse)
def untag_resource(request: Any) -> str:
    """Removes tags from a target."""
    tags = _tags(request, request._get_param("ResourceARN"))
    for key in request._get_param("TagKeys"):
        tags.pop(key, None)
    return "{}"


@adds(ApplicationAutoScalingResponse)
def list_tags_for_resource(request: Any) -> str:
    """Returns the tags of a target."""
    return json.dumps({"Tags": _tags(request, request._get_param("ResourceARN"))})


def _tags(request: Any, arn: str) -> dict[str, str]:
    for targets in request.applicationautoscaling_backend.targets.values():
        for target in targets.values():
            if target.arn == arn:
                if not hasattr(target, _TAGS):
                    setattr(target, _TAGS, {})
                return getattr(target, _TAGS)
    raise JsonRESTError("ResourceNotFoundException", f"The specified resource doesn't exist: {arn}")


@replaces(ApplicationAutoScalingResponse)
def describe_scaling_policies(original: Callable[[], str], request: Any) -> str:
    """Returns the policies with the requested names, target and dimension."""
    answer: dict[str, Any] = json.loads(original())
    requested = {name: request._get_param(name) for name in ("ResourceId", "ScalableDimension")}
    names: list[str] = request._get_param("PolicyNames") or []
    answer["ScalingPolicies"] = [
        policy
        for policy in answer["ScalingPolicies"]
        if all(value in (None, policy[name]) for name, value in requested.items())
        and (not names or policy["PolicyName"] in names)
    ]
    return json.dumps(answer)


@adds(ApplicationAutoScalingResponse)
def describe_scaling_activities(_request: Any) -> str:
    """Returns no activity, as nothing scales by itself here."""
    return json.dumps({"ScalingActivities": []})
