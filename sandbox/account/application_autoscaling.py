"""Application Auto Scaling: tags of scalable targets, what policies and schedules need, and scaling activities.

moto stores no tags of a scalable target. It lacks DescribeScalingActivities. Its RegisterScalableTarget leaves a count
that is outside the new limits; Application Auto Scaling sets it to the nearer one. Its PutScalingPolicy takes a second
policy that tracks the same metric. Policies and scheduled actions need no target and outlive it.

Sources: Application Auto Scaling API Reference: RegisterScalableTarget, DeregisterScalableTarget, PutScheduledAction,
TagResource, UntagResource, ListTagsForResource, DescribeScalingActivities, ScalingActivity; Application Auto Scaling
User Guide, "Scaling activities for Application Auto Scaling", which has the words. The error of PutScalingPolicy is
AWS's (gravitational/teleport, lib/backend/dynamo).
"""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError
from moto.ecs.models import ecs_backends

from sandbox.account.ecs.scheduler import scale
from sandbox.account.patching import adds, replaces

_TAGS = "tags"  # the attribute of moto's scalable target
_TRACKING = "TargetTrackingScalingPolicyConfiguration"
_ACTIVITIES = "activities"  # the attribute of moto's backend


@replaces(ApplicationAutoScalingResponse)
def register_scalable_target(original: Callable[[], str], request: Any) -> str:
    """Registers or changes a target, adds the given tags, and brings the count of a service within the limits."""
    answer = original()
    arn = json.loads(answer)["ScalableTargetARN"]
    _tags(request, arn).update(request._get_param("Tags") or {})
    if request._get_param("ServiceNamespace") == "ecs":
        _bring_within_limits(request)
    return answer


def _bring_within_limits(request: Any) -> None:
    backend = request.applicationautoscaling_backend
    resource, dimension = request._get_param("ResourceId"), request._get_param("ScalableDimension")
    target = backend.targets[dimension][resource]
    _, cluster, name = resource.split("/")
    service = ecs_backends[backend.account_id][backend.region_name].services[f"{cluster}:{name}"]
    count = min(max(service.desired_count, target.min_capacity), target.max_capacity)
    if count == service.desired_count:
        return
    started = time.time()
    limit = "minimum" if count > service.desired_count else "maximum"
    service.desired_count = count
    scale(service)
    activity = {
        "ActivityId": str(uuid.uuid4()),
        "ServiceNamespace": "ecs",
        "ResourceId": resource,
        "ScalableDimension": dimension,
        "Description": f"Setting desired count to {count}.",
        "Cause": f"{limit} capacity was set to {count}",
        "StartTime": started,
        "EndTime": time.time(),
        "StatusCode": "Successful",
        "StatusMessage": f"Successfully set desired count to {count}. Change successfully fulfilled by ecs.",
    }
    _activities(request).insert(0, activity)


def _activities(request: Any) -> list[dict[str, Any]]:
    """Returns the scaling activities of all targets, latest first. They outlive their target."""
    return request.applicationautoscaling_backend.__dict__.setdefault(_ACTIVITIES, [])


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
                return target.__dict__.setdefault(_TAGS, {})
    raise JsonRESTError("ResourceNotFoundException", f"The specified resource doesn't exist: {arn}")


@replaces(ApplicationAutoScalingResponse)
def deregister_scalable_target(original: Callable[[], str], request: Any) -> str:
    """Deletes a target with its policies and scheduled actions."""
    answer = original()
    backend = request.applicationautoscaling_backend
    for one in [*backend.policies.values()]:
        if _is_of_target(one, request):
            which = (one.service_namespace, one.resource_id, one.scalable_dimension)
            backend.delete_scaling_policy(one.policy_name, *which)
    backend.scheduled_actions = [one for one in backend.scheduled_actions if not _is_of_target(one, request)]
    return answer


def _is_of_target(held: Any, request: Any) -> bool:
    requested = (request._get_param("ResourceId"), request._get_param("ScalableDimension"))
    return (held.resource_id, held.scalable_dimension) == requested


@replaces(ApplicationAutoScalingResponse)
def put_scheduled_action(original: Callable[[], str], request: Any) -> str:
    """Requires the target."""
    _require_target(request)
    return original()


def _require_target(request: Any) -> None:
    namespace, resource, dimension = (
        request._get_param(name) for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")
    )
    if resource not in request.applicationautoscaling_backend.targets.get(dimension, {}):
        message = f"service namespace: {namespace}, resource ID: {resource}, scalable dimension: {dimension}"
        raise JsonRESTError("ObjectNotFoundException", f"No scalable target registered for {message}")


@replaces(ApplicationAutoScalingResponse)
def put_scaling_policy(original: Callable[[], str], request: Any) -> str:
    """Requires the target. Refuses a second policy of a target that tracks the same metric."""
    _require_target(request)
    metric = _metric(request._get_param(_TRACKING))
    for policy in request.applicationautoscaling_backend.policies.values():
        is_other = policy.policy_name != request._get_param("PolicyName")
        held = _metric(policy.target_tracking_scaling_policy_configuration)
        if is_other and _is_of_target(policy, request) and held == metric != ():
            message = "Only one TargetTrackingScaling policy for a given metric specification is allowed."
            raise JsonRESTError("ValidationException", message)
    return original()


def _metric(tracking: dict[str, Any] | None) -> tuple[Any, ...]:
    names = ("PredefinedMetricSpecification", "CustomizedMetricSpecification")
    return tuple(tracking.get(name) for name in names) if tracking else ()


@adds(ApplicationAutoScalingResponse)
def describe_scaling_activities(request: Any) -> str:
    """Returns the activities of the requested target, latest first: no alarm and no schedule starts one here."""
    names = ("ServiceNamespace", "ResourceId", "ScalableDimension")
    requested = {name: request._get_param(name) for name in names}
    found = [
        activity
        for activity in _activities(request)
        if all(value in (None, activity[name]) for name, value in requested.items())
    ]
    return json.dumps({"ScalingActivities": found})
