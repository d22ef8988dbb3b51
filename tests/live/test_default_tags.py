"""The tags of every object of a stack, read back from the account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, cast

import pytest

from tests.live.harness import Stack

pytestmark = pytest.mark.live

Tags = Mapping[str, str]
# An item of the state -> its tags, as the service's own API lists them. By the module of the resource's type, or by
# module and name where a module holds objects of several services.
Read = Callable[[Stack, dict[str, Any]], Any]


def _by_arn(service: str, operation: str, parameter: str, key: str) -> Read:
    return lambda stack, item: getattr(stack.client(service), operation)(**{parameter: item["outputs"]["arn"]})[key]


def _of_ec2(stack: Stack, item: dict[str, Any]) -> Any:
    return stack.client("ec2").describe_tags(Filters=[{"Name": "resource-id", "Values": [item["id"]]}])["Tags"]


def _of_elbv2(stack: Stack, item: dict[str, Any]) -> Any:
    return stack.client("elbv2").describe_tags(ResourceArns=[item["outputs"]["arn"]])["TagDescriptions"][0]["Tags"]


READERS: Final[Mapping[str, Read]] = {
    "acm": _by_arn("acm", "list_tags_for_certificate", "CertificateArn", "Tags"),
    "appautoscaling": _by_arn("application-autoscaling", "list_tags_for_resource", "ResourceARN", "Tags"),
    "budgets": _by_arn("budgets", "list_tags_for_resource", "ResourceARN", "ResourceTags"),
    "cloudwatch/eventRule": _by_arn("events", "list_tags_for_resource", "ResourceARN", "Tags"),
    "cloudwatch/logGroup": _by_arn("logs", "list_tags_for_resource", "resourceArn", "tags"),
    "cloudwatch/metricAlarm": _by_arn("cloudwatch", "list_tags_for_resource", "ResourceARN", "Tags"),
    "dynamodb": _by_arn("dynamodb", "list_tags_of_resource", "ResourceArn", "Tags"),
    "ec2": _of_ec2,
    "ecr": _by_arn("ecr", "list_tags_for_resource", "resourceArn", "tags"),
    "ecs": _by_arn("ecs", "list_tags_for_resource", "resourceArn", "tags"),
    "elasticache": _by_arn("elasticache", "list_tags_for_resource", "ResourceName", "TagList"),
    "iam": lambda stack, item: stack.client("iam").list_role_tags(RoleName=item["id"])["Tags"],
    "kms": lambda stack, item: stack.client("kms").list_resource_tags(KeyId=item["id"])["Tags"],
    "lb": _of_elbv2,
    "route53": lambda stack, item: stack.client("route53").list_tags_for_resource(
        ResourceType="healthcheck", ResourceId=item["id"]
    )["ResourceTagSet"]["Tags"],
    "s3": lambda stack, item: stack.client("s3").get_bucket_tagging(Bucket=item["id"])["TagSet"],
    "secretsmanager": _by_arn("secretsmanager", "describe_secret", "SecretId", "Tags"),
    "sns": _by_arn("sns", "list_tags_for_resource", "ResourceArn", "Tags"),
    "vpc": _of_ec2,
    "wafv2": lambda stack, item: stack.client("wafv2").list_tags_for_resource(ResourceARN=item["outputs"]["arn"])[
        "TagInfoForResource"
    ]["TagList"],
}
_NAMES: Final = {"key": "key", "Key": "key", "TagKey": "key", "value": "value", "Value": "value", "TagValue": "value"}


def taggable(stack: Stack) -> list[dict[str, Any]]:
    """Returns the resources in the state that have tags: the provider adds `tagsAll` to each of them."""
    return [item for item in stack.sandbox.resources(stack.name) if "tagsAll" in item.get("outputs", {})]


def tags_of(stack: Stack, item: dict[str, Any]) -> Tags:
    """Returns the tags of an object in the account. Services spell a list of tags in three ways, or give an object."""
    type_ = item["type"].split(":")[1]  # ec2/vpc of aws:ec2/vpc:Vpc
    read = READERS.get(type_) or READERS[type_.partition("/")[0]]
    found: Any = read(stack, item)
    if isinstance(found, Mapping):
        return cast(Tags, found)
    entries = [{_NAMES[name]: value for name, value in entry.items() if name in _NAMES} for entry in found]
    return {entry["key"]: entry["value"] for entry in entries}


def without(stack: Stack, tags: Tags) -> set[str]:
    """Returns the types of the objects that lack one of `tags` in the account."""
    return {item["type"] for item in taggable(stack) if not tags.items() <= tags_of(stack, item).items()}


def test_every_object_has_the_tags_of_its_stack(everything: Stack) -> None:
    tags = {"Application": "voiceter-backend", "Environment": "dev", "ManagedBy": "pulumi", "Stack": "dev"}
    assert len(taggable(everything)) > 40
    assert not without(everything, tags)


def test_extra_tags_change_in_place_and_start_no_deployment(everything: Stack) -> None:
    deployments = [one["id"] for one in everything.service()["deployments"]]
    everything.sandbox.succeeds("pulumi config set --path extraTags.CostCenter voice -s dev")
    changed = everything.sandbox.changed("dev")
    assert set(changed.values()) == {"update"}, changed
    assert not without(everything, {"CostCenter": "voice"})
    assert [one["id"] for one in everything.service()["deployments"]] == deployments

    everything.sandbox.remove("dev", "extraTags")
    assert everything.sandbox.changed("dev") == changed, "the update before has left nothing else to change"
    assert not [item["type"] for item in taggable(everything) if "CostCenter" in tags_of(everything, item)]
