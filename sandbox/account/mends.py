"""Where moto does otherwise than AWS with what it has, mended: what the AWS CLI sees here is what it sees on AWS.

Each function says what moto does, and what AWS does instead. It stands in the place of moto's own of its name, and
mostly calls that.
"""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.cloudwatch.models import CloudWatchBackend
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.core.utils import unix_time
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupBackend
from moto.kms.responses import KmsResponse
from moto.logs.exceptions import ResourceNotFoundException, ValidationException
from moto.logs.models import LogGroup
from moto.logs.responses import LogsResponse
from moto.route53.exceptions import ResourceRecordAlreadyExists, Route53ClientError
from moto.route53.models import RecordSet, Route53Backend
from moto.sns.responses import SNSResponse

from sandbox.account.own import own, put


def install() -> None:
    """Put them into moto; doing so again changes nothing."""
    for owner, mends in _MENDS.items():
        put(owner, *mends)


# Route 53


def change_resource_record_sets(backend: Any, zoneid: str, change_list: list[dict[str, Any]]) -> None:
    """Change record sets, each of which is one name, type and set identifier.

    moto makes a record set that exists once more unless its values are the same, does not make one again that was
    deleted, deletes what is not there, and with a set identifier everything in the zone that has the same one.
    AWS refuses to make what exists and to delete what does not, and touches nothing else.

    Source: Amazon Route 53 API Reference, ChangeResourceRecordSets.
    """
    zone: Any = backend.get_hosted_zone(zoneid)
    before = {_identity(one): one for one in zone.rrsets}
    there, touched = set(before), set[Any]()
    for change in change_list:
        name, kind, _ = identity = _identity(RecordSet(change["ResourceRecordSet"]))
        if change["Action"] == "CREATE" and identity in there:
            raise ResourceRecordAlreadyExists(name=f"{name}.", _type=kind)
        if change["Action"] == "DELETE" and identity not in there:
            said = f"Tried to delete resource record set [name='{name}.', type='{kind}'] but it was not found"
            raise Route53ClientError("InvalidChangeBatch", said)
        touched.add(identity)
        (there.discard if change["Action"] == "DELETE" else there.add)(identity)
    # As nothing is there that is to be made, to put it there is the same.
    changes = [{**one, "Action": "UPSERT"} if one["Action"] == "CREATE" else one for one in change_list]
    own(change_resource_record_sets)(backend, zoneid, changes)
    untouched = [one for identity, one in before.items() if identity not in touched]
    zone.rrsets = untouched + [one for one in zone.rrsets if _identity(one) in touched]


def _identity(record_set: Any) -> tuple[str, str, str | None]:
    return record_set.name.rstrip(".").lower(), record_set.type, record_set.set_identifier


# CloudWatch Logs: moto knows no deletion protection of log groups, and no other key than the first one.
#
# Sources: Amazon CloudWatch Logs API Reference, AssociateKmsKey, CreateLogGroup, DisassociateKmsKey, LogGroup,
# PutLogGroupDeletionProtection; User Guide, "Protecting log groups from deletion".

_PROTECTED = "deletion_protection_enabled"


def create_log_group(logs: Any) -> str:
    """Make a log group, protected from deletion if that is asked for."""
    answer = own(create_log_group)(logs)
    group = logs.logs_backend.groups[logs._get_param("logGroupName")]
    setattr(group, _PROTECTED, logs._get_param("deletionProtectionEnabled") or False)
    return answer


def put_log_group_deletion_protection(logs: Any) -> str:
    """Protect a log group, named by itself or by its ARN, from deletion, or do so no longer."""
    name = logs._get_param("logGroupIdentifier").removesuffix(":*").rpartition(":log-group:")[2]
    group = logs.logs_backend.groups.get(name)
    if group is None:
        raise ResourceNotFoundException
    setattr(group, _PROTECTED, logs._get_param("deletionProtectionEnabled"))
    return ""


def associate_kms_key(logs: Any) -> str:
    """Encrypt what comes from now on with another key."""
    logs.logs_backend.groups[logs._get_param("logGroupName")].kms_key_id = logs._get_param("kmsKeyId")
    return ""


def disassociate_kms_key(logs: Any) -> str:
    """Encrypt what comes from now on with the service's own key."""
    logs.logs_backend.groups[logs._get_param("logGroupName")].kms_key_id = None
    return ""


def delete_log_group(logs: Any) -> str:
    """End a log group that is not protected."""
    if getattr(logs.logs_backend.groups.get(logs._get_param("logGroupName")), _PROTECTED, False):
        raise ValidationException(
            "Cannot delete log group with deletion protection enabled. Disable deletion protection first."
        )
    return own(delete_log_group)(logs)


def to_describe_dict(group: Any) -> dict[str, Any]:
    """A log group in DescribeLogGroups."""
    return {**own(to_describe_dict)(group), "deletionProtectionEnabled": getattr(group, _PROTECTED, False)}


# Amazon EC2: moto keeps the description of a rule for addresses with these. It keeps that of a rule for a group as a
# part of the group, so that it is not shown, nor changed, and makes another rule of the same; and drops that of a rule
# for a prefix list. Here all are kept in one place.
#
# Sources: Amazon EC2 API Reference, AuthorizeSecurityGroupIngress, DescribeSecurityGroupRules,
# UpdateSecurityGroupRuleDescriptionsIngress, UserIdGroupPair.


def _iterate_security_rules(
    ec2: Any,
    ip_protocol: str,
    group_id: str,
    from_port: str,
    to_port: str,
    ip_ranges: list[Any],
    source_groups: list[Any],
    prefix_list_ids: list[Any],
    **more: Any,
) -> Iterator[Any]:
    """The rules that a permission consists of, each with its description."""
    targets = (ip_ranges, source_groups, prefix_list_ids)
    rules = own(_iterate_security_rules)(ec2, ip_protocol, group_id, from_port, to_port, *targets, **more)
    for rule, target in zip(rules, [*ip_ranges, *source_groups, *prefix_list_ids], strict=True):
        rule.source_group = {name: value for name, value in rule.source_group.items() if name != "Description"}
        if target.get("Description"):
            rule.ip_range["Description"] = target["Description"]
        yield rule


def _sg_update_description(_ec2: Any, security_rule: Any, rule: Any) -> None:
    """Give `rule` the description of `security_rule`, which is the same but for that."""
    rule.ip_range["Description"] = security_rule.description or ""


def _flattened_rules(group: Any, rules: list[Any]) -> list[Any]:
    """The rules as permissions, in which a group has its rule's description."""
    shown: list[Any] = []
    for rule in rules:
        shown.append(copy.copy(rule))
        if rule.source_group and rule.description:
            shown[-1].source_group = {**rule.source_group, "Description": rule.description}
    return own(_flattened_rules)(group, shown)


# Amazon CloudWatch


def delete_alarms(cloudwatch: Any, alarm_names: list[str]) -> None:
    """End alarms, and their tags, which moto gives to the next alarm of the name.

    Source: Amazon CloudWatch API Reference, DeleteAlarms, TagResource.
    """
    for name in alarm_names:
        if name in cloudwatch.alarms:
            cloudwatch.tagger.delete_all_tags_for_resource(cloudwatch.alarms[name].alarm_arn)
    own(delete_alarms)(cloudwatch, alarm_names)


# AWS KMS: moto keeps whether a key rotates, not how often.
#
# Source: AWS KMS API Reference, EnableKeyRotation, GetKeyRotationStatus.

_ROTATION = "rotation"  # the period in days, and when it began
_DEFAULT_DAYS = 365
_DAY_SECONDS = 24 * 60 * 60


def enable_key_rotation(kms: Any) -> str:
    """Let a key rotate from now on, once a year unless another period is given."""
    answer = own(enable_key_rotation)(kms)
    setattr(_key(kms), _ROTATION, (kms._get_param("RotationPeriodInDays") or _DEFAULT_DAYS, unix_time()))
    return answer


def get_key_rotation_status(kms: Any) -> str:
    """Whether a key rotates, how often, and when next."""
    shown: dict[str, Any] = json.loads(own(get_key_rotation_status)(kms))
    key = _key(kms)
    shown["KeyId"] = key.arn
    if shown["KeyRotationEnabled"]:
        days, began = getattr(key, _ROTATION, (_DEFAULT_DAYS, unix_time()))
        shown |= {"RotationPeriodInDays": days, "NextRotationDate": began + days * _DAY_SECONDS}
    return json.dumps(shown)


def _key(kms: Any) -> Any:
    return kms.kms_backend.keys[kms.kms_backend.get_key_id(kms._get_param("KeyId"))]


# Amazon SNS


def get_topic_attributes(sns: Any) -> Any:
    """A topic's attributes; with those that moto takes and does not show, where they were set.

    Source: Amazon SNS API Reference, CreateTopic, SetTopicAttributes, GetTopicAttributes.
    """
    shown = own(get_topic_attributes)(sns).result["Attributes"]
    topic = sns.backend.get_topic(sns._get_param("TopicArn"))
    for name, kept in (("SignatureVersion", "signature_version"), ("TracingConfig", "tracing_config")):
        if hasattr(topic, kept):
            shown[name] = getattr(topic, kept)
    return ActionResult({"Attributes": shown})


# Application Auto Scaling: moto takes the tags of a scalable target and keeps none, keeps its first role for ever, and
# shows policies by any name.
#
# Source: Application Auto Scaling API Reference, RegisterScalableTarget, TagResource, UntagResource,
# ListTagsForResource, DescribeScalingPolicies.

_TAGS = "tags"


def register_scalable_target(scaling: Any) -> str:
    """Register a target or change it, and put on the tags that are given."""
    answer: str = own(register_scalable_target)(scaling)
    target = _target(scaling, json.loads(answer)["ScalableTargetARN"])
    target.role_arn = scaling._get_param("RoleARN") or target.role_arn
    _tags_of(target).update(scaling._get_param("Tags") or {})
    return answer


def tag_resource(scaling: Any) -> str:
    """Put tags on a target."""
    _tags_of(_target(scaling, scaling._get_param("ResourceARN"))).update(scaling._get_param("Tags"))
    return "{}"


def untag_resource(scaling: Any) -> str:
    """Take tags off a target."""
    tags = _tags_of(_target(scaling, scaling._get_param("ResourceARN")))
    for key in scaling._get_param("TagKeys"):
        tags.pop(key, None)
    return "{}"


def list_tags_for_resource(scaling: Any) -> str:
    """The tags of a target."""
    return json.dumps({"Tags": _tags_of(_target(scaling, scaling._get_param("ResourceARN")))})


def _target(scaling: Any, arn: str) -> Any:
    held = scaling.applicationautoscaling_backend.targets.values()
    target = next((one for targets in held for one in targets.values() if one.arn == arn), None)
    if target is None:
        raise JsonRESTError("ResourceNotFoundException", f"The specified resource doesn't exist: {arn}")
    return target


def _tags_of(target: Any) -> dict[str, str]:
    if not hasattr(target, _TAGS):
        setattr(target, _TAGS, {})
    return getattr(target, _TAGS)


def describe_scaling_policies(scaling: Any) -> str:
    """The policies of the names, the target and the dimension that are asked for.

    moto chooses by no name, and takes a target whose id is a part of the one that is asked for to be the same.
    """
    answer: dict[str, Any] = json.loads(own(describe_scaling_policies)(scaling))
    asked = {name: scaling._get_param(name) for name in ("ResourceId", "ScalableDimension")}
    wanted = {name: value for name, value in asked.items() if value}.items()
    names: list[str] = scaling._get_param("PolicyNames") or []
    found: list[dict[str, Any]] = answer["ScalingPolicies"]
    chosen = [one for one in found if wanted <= one.items() and (not names or one["PolicyName"] in names)]
    return json.dumps({**answer, "ScalingPolicies": chosen})


_MENDS: dict[type, tuple[Callable[..., Any], ...]] = {
    ApplicationAutoScalingResponse: (
        register_scalable_target,
        tag_resource,
        untag_resource,
        list_tags_for_resource,
        describe_scaling_policies,
    ),
    CloudWatchBackend: (delete_alarms,),
    KmsResponse: (enable_key_rotation, get_key_rotation_status),
    SNSResponse: (get_topic_attributes,),
    SecurityGroupBackend: (_iterate_security_rules, _sg_update_description),
    SecurityGroup: (_flattened_rules,),
    LogsResponse: (
        create_log_group,
        delete_log_group,
        put_log_group_deletion_protection,
        associate_kms_key,
        disassociate_kms_key,
    ),
    LogGroup: (to_describe_dict,),
    Route53Backend: (change_resource_record_sets,),
}
