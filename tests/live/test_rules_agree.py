"""The rules of AWS that the program and the sandbox each state agree with each other and with botocore's models."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from components.lib.names import Names
from components.service.strategy import STRATEGIES
from config import rules
from config.settings import Settings
from sandbox.provider.types import TYPES, ecs_task_definitions, logs
from sandbox.provider.values import Values

pytestmark = pytest.mark.sandbox

STACKS = (
    "prod",
    "dev",
    "prod-eu-north-1",
    "a--b",
    "a-",
    "a-s3alias",
    "a--ol-s3",
    "a--x-s3",
    "a--table-s3",
    "a-an",
    "x" * 100,
)
TOKENS = ("x" * 15, "x" * 16, "x" * 128, "x" * 129, "hunter2-hunter2!&#$^<>-", "hunter2-hunter2@", "hunter2 hunter2-")

Place = Callable[[int], Values]
# The config key, the type that gets its value, and the inputs that hold it.
BOUNDED: tuple[tuple[str, str, Place], ...] = (
    (
        "stop_timeout_seconds",
        "aws:ecs/taskDefinition:TaskDefinition",
        lambda value: {"containerDefinitions": json.dumps([{"name": "app", "image": "app", "stopTimeout": value}])},
    ),
    ("deregistration_delay_seconds", "aws:lb/targetGroup:TargetGroup", lambda value: {"deregistrationDelay": value}),
    ("idle_timeout_seconds", "aws:lb/loadBalancer:LoadBalancer", lambda value: {"idleTimeout": value}),
    ("desired_count", "aws:ecs/service:Service", lambda value: {"desiredCount": value}),
)


def _refused(token: str, inputs: Values) -> list[str]:
    """Returns the faults that the sandbox finds in the given properties, and not those about missing properties."""
    return [fault.text(secret=False) for fault in TYPES[token].rules(inputs) if fault.name in inputs]


def _shape(service: str, name: str) -> Any:
    """Returns a shape of botocore's model of a service. botocore is untyped."""
    session: Any = importlib.import_module("botocore.session").get_session()
    return session.get_service_model(service).shape_for(name)


def test_fargate_sizes_agree() -> None:
    program = {cpu: list(memory) for cpu, memory in rules.FARGATE_MEMORY.items()}
    assert program == {cpu: list(memory) for cpu, memory in ecs_task_definitions.FARGATE_MEMORY.items()}


def test_log_retention_values_agree() -> None:
    assert rules.LOG_RETENTION_DAYS == logs.RETENTION


@pytest.mark.parametrize("token", TOKENS)
def test_redis_token_forms_agree(token: str) -> None:
    inputs: Values = {"authToken": token, "transitEncryptionEnabled": True}
    refused = _refused("aws:elasticache/replicationGroup:ReplicationGroup", inputs)
    assert rules.REDIS_AUTH_TOKEN.holds(token) is not bool(refused)


@pytest.mark.parametrize("stack", STACKS)
def test_names_of_every_stack_follow_the_rules_of_the_sandbox(stack: str) -> None:
    names = Names(stack)
    for token, name, value in (
        ("aws:lb/loadBalancer:LoadBalancer", "name", names.load_balancer),
        ("aws:ecs/service:Service", "name", names.service),
        ("aws:ecs/taskDefinition:TaskDefinition", "family", names.service),
        ("aws:s3/bucket:Bucket", "bucket", names.recordings_bucket("123456789012")),
        ("aws:s3/bucket:Bucket", "bucket", names.logs_bucket("123456789012")),
        ("aws:elasticache/replicationGroup:ReplicationGroup", "replicationGroupId", names.cache),
        ("aws:sns/topic:Topic", "name", names.topic),
        ("aws:kms/alias:Alias", "name", f"alias/{names.topic}"),
        ("aws:cloudwatch/dashboard:Dashboard", "dashboardName", names.dashboard),
        ("aws:budgets/budget:Budget", "name", names.budget),
    ):
        assert _refused(token, {name: value}) == []


@pytest.mark.parametrize("stack", STACKS)
def test_names_of_every_stack_follow_the_models_of_aws(stack: str) -> None:
    names = Names(stack)
    for service, shape, value in (
        ("ecr", "RepositoryName", names.repository),
        ("logs", "LogGroupName", names.log_group),
        ("iam", "roleNameType", names.execution_role),
        ("iam", "roleNameType", names.task_role),
        ("iam", "roleNameType", names.infrastructure_role),
        ("cloudwatch", "AlarmName", names.alarm("deployment-unhealthy-critical")),
        ("events", "RuleName", names.event_rule("deployment-failed")),
        ("logs", "QueryDefinitionName", names.queries),
    ):
        metadata: dict[str, Any] = _shape(service, shape).metadata
        assert metadata.get("min", 0) <= len(value) <= metadata["max"], (shape, value)
        # Python's re lacks the classes \p{…} of some patterns.
        pattern = metadata.get("pattern", ".*")
        assert "\\p" in pattern or re.fullmatch(pattern, value), (shape, value)


@pytest.mark.parametrize(("key", "token", "place"), BOUNDED, ids=[key for key, *_ in BOUNDED])
def test_sandbox_accepts_the_limits_of_a_config_key(key: str, token: str, place: Place) -> None:
    declared = Settings.model_fields[key].metadata
    limits = [getattr(rule, name) for rule in declared for name in ("ge", "le") if hasattr(rule, name)]
    assert limits, f"{key} has no limits"
    for limit in limits:
        assert _refused(token, place(limit)) == []


def test_enums_of_the_config_are_those_of_ecs() -> None:
    architectures = Settings.model_fields["cpu_architecture"].annotation
    assert sorted(getattr(architectures, "__args__", ())) == sorted(_shape("ecs", "CPUArchitecture").enum)
    strategies = [strategy.replace("-", "_").upper() for strategy in STRATEGIES]
    assert sorted(strategies) == sorted(_shape("ecs", "DeploymentStrategy").enum)
