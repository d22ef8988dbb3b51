"""The rules that repeat AWS's, compared with botocore's models of AWS's API."""

from __future__ import annotations

import functools
import importlib
import re
from typing import Any, cast

import pytest

from config import rules
from config.key import declarations
from config.rule import Rule, decimal
from config.settings import Settings
from tests.support.config_values import CERTIFICATE, GUARDRAIL, PROMPT
from tests.support.contract import TABLES

SCHEMAS = {declared.name: declared.schema for declared in declarations(Settings)}


@functools.cache
def service(name: str) -> Any:
    """Returns botocore's model of a service. botocore is untyped."""
    session: Any = importlib.import_module("botocore.session").get_session()
    return session.get_service_model(name)


def documentation(service_name: str, shape: str, member: str) -> str:
    """Returns what AWS documents about a member of a shape, as one line without tags."""
    text = cast(str, service(service_name).shape_for(shape).members[member].documentation)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_log_retention_values_are_those_of_cloudwatch_logs() -> None:
    text = documentation("logs", "PutRetentionPolicyRequest", "retentionInDays")
    listed = re.search(r"Possible values are: ([0-9, and]+)", text)
    assert listed
    assert tuple(map(int, re.findall("[0-9]+", listed[1]))) == rules.LOG_RETENTION_DAYS


def test_fargate_sizes_are_those_of_ecs() -> None:
    """The Developer Guide lists one more size than the API Reference: 32 vCPUs."""
    text = documentation("ecs", "RegisterTaskDefinitionRequest", "memory")
    sizes: dict[int, list[int]] = {}
    start = text.index("512 (0.5 GB)")
    for memory, cpu in re.findall(r"(.*?) - Available cpu values: ([0-9]+) \([0-9.]+ vCPU\)", text[start:]):
        between = re.search(r"Between ([0-9]+).*? and ([0-9]+).*? in (?:increments of )?([0-9]+)", memory)
        if between is None:
            sizes[int(cpu)] = [int(size) for size in re.findall(r"([0-9]+) \([0-9.]+ GB\)", memory)]
        else:
            # AWS gives the larger sizes in GB, and the others in MiB.
            low, high, step = (int(size) if int(size) > 512 else 1024 * int(size) for size in between.groups())
            sizes[int(cpu)] = list(range(low, high + 1, step))
    sizes[32768] = [61440, 122880, 249856]
    assert sizes == {cpu: list(memory) for cpu, memory in rules.FARGATE_MEMORY.items()}


@pytest.mark.parametrize(
    ("key", "service_name", "shape", "member", "text"),
    [
        ("stopTimeoutSeconds", "ecs", "ContainerDefinition", "stopTimeout", "max stop timeout value is {high} seconds"),
        ("deregistrationDelaySeconds", "elbv2", "TargetGroupAttribute", "Key", "The range is {low}-{high} seconds"),
        ("idleTimeoutSeconds", "elbv2", "LoadBalancerAttribute", "Key", "The valid range is 1-{high} seconds"),
        ("redisReplicas", "elasticache", "CreateReplicationGroupMessage", "ReplicasPerNodeGroup", "{low} to {high}"),
    ],
)
def test_limits_are_those_that_aws_documents(key: str, service_name: str, shape: str, member: str, text: str) -> None:
    limits = {"low": SCHEMAS[key]["minimum"], "high": SCHEMAS[key]["maximum"]}
    assert text.format(**limits) in documentation(service_name, shape, member)


@pytest.mark.parametrize(
    ("key", "shape", "member"),
    [
        ("canaryPercent", "CanaryConfiguration", "canaryPercent"),
        ("linearStepPercent", "LinearConfiguration", "stepPercent"),
    ],
)
def test_shares_of_traffic_are_those_of_ecs(key: str, shape: str, member: str) -> None:
    found = re.search(r"multiples of 0.1 from ([0-9.]+) to ([0-9.]+)\.", documentation("ecs", shape, member))
    assert found
    (rule,) = [declared.rule for declared in declarations(Settings) if declared.name == key]
    assert rule == decimal(float(found[1]), float(found[2])).allowed


def test_redis_token_is_that_of_elasticache() -> None:
    text = documentation("elasticache", "CreateReplicationGroupMessage", "AuthToken")
    assert "at least 16 characters and no more than 128 characters" in text
    special = re.search(r"special characters are (.+?)\. ", text)
    assert special
    allowed = re.sub(r"&amp;", "&", special[1]).replace("&lt;", "<").replace("&gt;", ">")
    for character in map(chr, range(33, 127)):
        accepted = character.isalnum() or character in re.sub(r", (?:and )?", "", allowed)
        assert rules.REDIS_AUTH_TOKEN.holds(character * 16) is accepted, character


def test_redis_node_types_are_those_of_elasticache() -> None:
    text = documentation("elasticache", "CreateReplicationGroupMessage", "CacheNodeType")
    parts = re.split(r"(Current|Previous) generation:", text)
    for generation, part in zip(parts[1::2], parts[2::2], strict=True):
        for node_type in re.findall(r"cache\.[a-z0-9]+\.[a-z0-9]+", part):
            assert rules.REDIS_NODE_TYPE.holds(node_type) is (generation == "Current"), node_type


def test_schedule_names_are_those_of_application_auto_scaling() -> None:
    shape = service("application-autoscaling").shape_for("ScheduledActionName").metadata
    for name in ("a", "a b", "Ünï", "x" * 256, "", "a:b", "a/b", "a|b", " a", "a ", "a\nb", "a\x7f", "x" * 257):
        accepted = shape["min"] <= len(name) <= shape["max"] and re.fullmatch(shape["pattern"], name, re.DOTALL)
        assert rules.SCHEDULE_NAME.holds(name) is bool(accepted), name


def test_lengths_are_those_of_aws() -> None:
    assert service("secretsmanager").shape_for("SecretStringType").metadata["max"] == 65536
    assert rules.SECRET_VALUE.holds("x" * 65536) and not rules.SECRET_VALUE.holds("x" * 65537)
    table = service("dynamodb").shape_for("TableName").metadata
    assert rules.TABLE_PREFIX.holds("x" * (table["max"] - max(map(len, TABLES))))
    assert not rules.TABLE_PREFIX.holds("x" * (table["max"] - max(map(len, TABLES)) + 1))
    zone = service("route53").shape_for("ResourceId").metadata
    assert rules.HOSTED_ZONE_ID.holds("Z" * zone["max"]) and not rules.HOSTED_ZONE_ID.holds("Z" * (zone["max"] + 1))


@pytest.mark.parametrize(
    ("rule", "value", "service_name", "shape"),
    [
        (rules.CERTIFICATE_ARN, CERTIFICATE, "acm", "Arn"),
        (rules.GUARDRAIL_ARN, GUARDRAIL, "bedrock", "GuardrailArn"),
        (rules.PROMPT_ARN, PROMPT, "bedrock-agent", "PromptArn"),
        (rules.PROMPT_ARN, f"{PROMPT}:12", "bedrock-agent", "PromptArn"),
        (rules.SPEECH_MODEL_ID, "amazon.nova-2-sonic-v1:0", "bedrock", "BedrockModelId"),
        (rules.MODEL_ID, "us.amazon.nova-lite-v1:0", "bedrock", "InferenceProfileId"),
        (rules.MODEL_ID, "meta.llama3-1-70b-instruct-v1:0", "bedrock", "BedrockModelId"),
    ],
)
def test_value_that_a_rule_accepts_has_the_form_that_aws_requires(
    rule: Rule, value: str, service_name: str, shape: str
) -> None:
    assert rule.holds(value)
    assert re.fullmatch(service(service_name).shape_for(shape).metadata["pattern"], value)
