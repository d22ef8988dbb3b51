"""What changes in place on a stack that is up, without a deployment: the key of its data, its tags, its cache.

The fixture `everything` has turned both on, on a stack that was up without them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import pytest

from tests.live.stack import Stack
from tests.support import contract

pytestmark = pytest.mark.live

ALIAS = "alias/voiceter-backend-data-dev"
SWITCHED = {
    *(f"dynamodb/table:Table {name}" for name in contract.TABLES),
    "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration recordings",
    "cloudwatch/logGroup:LogGroup containers",
    "cloudwatch/logGroup:LogGroup web-acl",
    "ecs/cluster:Cluster cluster",
}


@dataclass(frozen=True)
class Keys:
    """The keys in the account, by ARN; None: a key of AWS."""

    tables: set[str | None]
    recordings: str | None
    logs: set[str | None]
    secrets: set[str | None]
    sessions: str | None
    sessions_need_it: bool  # whether ECS Exec refuses a log group without a key


def keys(stack: Stack) -> Keys:
    tables = [
        stack.client("dynamodb").describe_table(TableName=stack.table(name))["Table"].get("SSEDescription", {})
        for name in contract.TABLES
    ]
    bucket = stack.outputs["recordingsBucketName"]
    encryption = stack.client("s3").get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    (rule,) = encryption["Rules"]
    default = rule["ApplyServerSideEncryptionByDefault"]
    assert (default["SSEAlgorithm"] == "aws:kms") is ("KMSMasterKeyID" in default)
    assert rule.get("BucketKeyEnabled", False) is ("KMSMasterKeyID" in default)
    groups = stack.client("logs").describe_log_groups()["logGroups"]
    secrets = stack.client("secretsmanager").list_secrets()["SecretList"]
    clusters = stack.client("ecs").describe_clusters(
        clusters=[stack.outputs["clusterName"]], include=["CONFIGURATIONS"]
    )["clusters"]
    sessions = clusters[0]["configuration"]["executeCommandConfiguration"]
    log = sessions["logConfiguration"]
    assert (sessions["logging"], log["cloudWatchLogGroupName"]) == ("OVERRIDE", stack.outputs["logGroupName"])
    return Keys(
        tables={table.get("KMSMasterKeyArn") for table in tables},
        recordings=default.get("KMSMasterKeyID"),
        logs={group.get("kmsKeyId") for group in groups},
        secrets={secret.get("KmsKeyId") for secret in secrets},
        sessions=sessions.get("kmsKeyId"),
        sessions_need_it=log["cloudWatchEncryptionEnabled"],
    )


def key(stack: Stack) -> dict[str, Any]:
    return stack.client("kms").describe_key(KeyId=ALIAS)["KeyMetadata"]


def rights(stack: Stack) -> dict[str, list[str]]:
    """The rights of the roles on the key: policy -> actions."""
    iam, arn = stack.client("iam"), key(stack)["Arn"]
    found: dict[str, list[str]] = {}
    for output in ("executionRoleArn", "taskRoleArn"):
        name = stack.outputs[output].rpartition("/")[2]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            (statement,) = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]["Statement"]
            if arn in statement["Resource"]:
                found[statement["Sid"]] = statement["Action"]
    return found


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
    assert not without(everything, {**tags, "CostCenter": "voice"})
    (task,) = [item for item in taggable(everything) if item["type"] == "aws:ecs/taskDefinition:TaskDefinition"]
    assert tags_of(everything, task)["Version"] == "stand-in"


def test_everything_is_encrypted_with_the_stacks_key(everything: Stack) -> None:
    arn = key(everything)["Arn"]
    assert keys(everything) == Keys({arn}, arn, {arn}, {arn}, arn, sessions_need_it=True)
    assert rights(everything).keys() == {"DataKeySecrets", "DataKeyTables", "DataKeyRecordings"}
    rotation = everything.client("kms").get_key_rotation_status(KeyId=key(everything)["KeyId"])
    assert rotation["KeyRotationEnabled"] is True


def test_key_and_its_rights_stay_when_it_is_turned_off(everything: Stack) -> None:
    before, had = key(everything), rights(everything)
    everything.sandbox.set("dev", customerKey="false")
    assert everything.sandbox.changed("dev") == dict.fromkeys(SWITCHED, "update")
    arn = before["Arn"]
    assert keys(everything) == Keys({None}, None, {None}, {arn}, arn, sessions_need_it=False)
    assert key(everything) == before
    assert before["KeyState"] == "Enabled"
    assert rights(everything) == had


def test_same_key_is_used_when_it_is_turned_on_again_while_tags_go_and_a_cache_grows(everything: Stack) -> None:
    before, deployments = key(everything), [one["id"] for one in everything.service()["deployments"]]
    everything.sandbox.remove("dev", "extraTags")
    everything.sandbox.set("dev", customerKey="true", redisReplicas="2")
    changed = everything.sandbox.changed("dev")
    assert changed.keys() > SWITCHED
    alarms_of_the_new_node = {name for name in changed if "MetricAlarm" in name and name.endswith("-003")}
    assert {name: change for name, change in changed.items() if change != "update"} == dict.fromkeys(
        alarms_of_the_new_node, "create"
    )
    arn = before["Arn"]
    assert keys(everything) == Keys({arn}, arn, {arn}, {arn}, arn, sessions_need_it=True)
    assert key(everything) == before
    assert not [item["type"] for item in taggable(everything) if "CostCenter" in tags_of(everything, item)]
    (group,) = everything.client("elasticache").describe_replication_groups()["ReplicationGroups"]
    assert group["MemberClusters"] == [f"voiceter-sessions-dev-00{number}" for number in (1, 2, 3)]
    assert [one["id"] for one in everything.service()["deployments"]] == deployments
