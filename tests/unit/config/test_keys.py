"""Every config key by itself: its default, and the values that it takes, at their edges."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.support.stack_config import (
    ACCOUNT,
    CERTIFICATE,
    DIGEST,
    GUARDRAIL,
    PROMPT,
    SECRET,
    SES_IDENTITY,
    load,
    mistakes,
)

DEFAULTS: Mapping[str, object] = {
    "stack": "test",
    "environment_name": "test",
    "region": "us-east-1",
    "image_tag": None,
    "image_version": None,
    "cpu": 1024,
    "memory": 2048,
    "cpu_architecture": "X86_64",
    "desired_count": 2,
    "min_count": 2,
    "max_count": 10,
    "cpu_target_percent": 70,
    "memory_target_percent": 80,
    "sessions_per_task_target": 30,
    "on_demand_base": 2,
    "spot_percent": 0,
    "deployment_strategy": "rolling",
    "bake_time_minutes": 10,
    "canary_percent": 10.0,
    "linear_step_percent": 25.0,
    "stop_timeout_seconds": 30,
    "deregistration_delay_seconds": 60,
    "enable_exec": False,
    "vpc_cidr": "10.0.0.0/16",
    "availability_zones": 2,
    "nat_gateways": "one-per-az",
    "idle_timeout_seconds": 300,
    "certificate_arn": None,
    "allow_plain_http": False,
    "domain_name": None,
    "hosted_zone_id": None,
    "table_prefix": "demo-test-",
    "protect_data": False,
    "log_retention_days": 30,
    "log_level": "INFO",
    "enable_metrics": True,
    "bedrock_model_id": "amazon.nova-2-sonic-v1:0",
    "cors_origins": None,
    "enable_auth": False,
    "enable_audio_recording": False,
    "enable_sentiment_analysis": False,
    "enable_quota_management": False,
    "enable_xray_tracing": False,
    "max_messages_per_second": 100,
    "max_audio_chunk_size_mb": 1,
    "session_timeout_minutes": 30,
    "cleanup_timeout_seconds": 5,
    "disconnect_cleanup_timeout_seconds": 3,
    "environment": {},
    "extra_model_ids": ("amazon.nova-lite-v1:0",),
    "ses_identity_arns": (),
    "guardrail_arns": (),
    "prompt_arns": (),
    "secret_values": {},
    "secret_arns": {},
    "scaling_schedule": {},
    "redis_enabled": False,
    "redis_node_type": "cache.t4g.small",
    "redis_replicas": 1,
    "redis_auth_token": None,
    "alarm_emails": (),
    "alarm_phones": (),
    "monthly_budget_usd": None,
}


def test_defaults_are_those_of_the_table() -> None:
    assert vars(load({})) == DEFAULTS


def test_prod_protects_its_data_and_has_the_plain_table_prefix() -> None:
    prod = load({"allowPlainHttp": "true"}, stack="prod")
    changed = {
        "stack": "prod",
        "environment_name": "prod",
        "allow_plain_http": True,
        "table_prefix": "demo-",
        "protect_data": True,
    }
    assert vars(prod) == {**DEFAULTS, **changed}


def test_dev_admits_every_origin() -> None:
    dev = load({}, stack="dev")
    changed = {"stack": "dev", "environment_name": "dev", "table_prefix": "demo-dev-", "cors_origins": ("*",)}
    assert vars(dev) == {**DEFAULTS, **changed}


def test_on_demand_base_follows_min_count() -> None:
    assert load({"minCount": "1"}).on_demand_base == 1


# key, its text, the attribute, its value
RIGHT: list[tuple[str, object, str, object]] = [
    ("imageTag", "1.4.2", "image_tag", "1.4.2"),
    ("imageTag", "_", "image_tag", "_"),
    ("imageTag", "a" * 128, "image_tag", "a" * 128),
    ("imageTag", DIGEST, "image_tag", DIGEST),
    ("cpu", "256", "cpu", 256),
    ("memory", "8192", "memory", 8192),
    ("cpuArchitecture", "ARM64", "cpu_architecture", "ARM64"),
    ("minCount", "0", "min_count", 0),
    ("desiredCount", "10", "desired_count", 10),
    ("maxCount", "2", "max_count", 2),
    ("cpuTargetPercent", "1", "cpu_target_percent", 1),
    ("cpuTargetPercent", "100", "cpu_target_percent", 100),
    ("memoryTargetPercent", "1", "memory_target_percent", 1),
    ("memoryTargetPercent", "100", "memory_target_percent", 100),
    ("onDemandBase", "0", "on_demand_base", 0),
    ("onDemandBase", "10", "on_demand_base", 10),
    ("spotPercent", "0", "spot_percent", 0),
    ("spotPercent", "100", "spot_percent", 100),
    ("deploymentStrategy", "rolling", "deployment_strategy", "rolling"),
    ("deploymentStrategy", "blue-green", "deployment_strategy", "blue-green"),
    ("deploymentStrategy", "canary", "deployment_strategy", "canary"),
    ("deploymentStrategy", "linear", "deployment_strategy", "linear"),
    ("bakeTimeMinutes", "0", "bake_time_minutes", 0),
    ("bakeTimeMinutes", "1440", "bake_time_minutes", 1440),
    ("canaryPercent", "0.1", "canary_percent", 0.1),
    ("canaryPercent", "100", "canary_percent", 100.0),
    ("linearStepPercent", "3", "linear_step_percent", 3.0),
    ("linearStepPercent", "33.3", "linear_step_percent", 33.3),
    ("linearStepPercent", "100.0", "linear_step_percent", 100.0),
    ("vpcCidr", "10.255.0.0/16", "vpc_cidr", "10.255.0.0/16"),
    ("vpcCidr", "172.31.252.0/22", "vpc_cidr", "172.31.252.0/22"),
    ("vpcCidr", "192.168.0.0/16", "vpc_cidr", "192.168.0.0/16"),
    ("availabilityZones", "3", "availability_zones", 3),
    ("natGateways", "single", "nat_gateways", "single"),
    ("natGateways", "none", "nat_gateways", "none"),
    ("certificateArn", CERTIFICATE, "certificate_arn", CERTIFICATE),
    ("allowPlainHttp", "true", "allow_plain_http", True),
    ("tablePrefix", "a", "table_prefix", "a"),
    ("tablePrefix", "A_b-9." + "x" * 238, "table_prefix", "A_b-9." + "x" * 238),
    ("protectData", "true", "protect_data", True),
    ("logRetentionDays", "1", "log_retention_days", 1),
    ("logRetentionDays", "3653", "log_retention_days", 3653),
    ("logLevel", "DEBUG", "log_level", "DEBUG"),
    ("logLevel", "WARN", "log_level", "WARN"),
    ("logLevel", "ERROR", "log_level", "ERROR"),
    ("enableMetrics", "false", "enable_metrics", False),
    ("bedrockModelId", "amazon.nova-sonic-v1:0", "bedrock_model_id", "amazon.nova-sonic-v1:0"),
    ("corsOrigins", "http://localhost:3000", "cors_origins", ("http://localhost:3000",)),
    ("corsOrigins", "https://a.example, https://b.example", "cors_origins", ("https://a.example", "https://b.example")),
    ("corsOrigins", ["https://a.example:8443"], "cors_origins", ("https://a.example:8443",)),
    ("enableAudioRecording", "true", "enable_audio_recording", True),
    ("enableSentimentAnalysis", "true", "enable_sentiment_analysis", True),
    ("enableQuotaManagement", "true", "enable_quota_management", True),
    ("enableXrayTracing", "true", "enable_xray_tracing", True),
    ("enableExec", "true", "enable_exec", True),
    ("maxMessagesPerSecond", "1", "max_messages_per_second", 1),
    ("maxAudioChunkSizeMb", "1", "max_audio_chunk_size_mb", 1),
    ("sessionTimeoutMinutes", "1", "session_timeout_minutes", 1),
    ("cleanupTimeoutSeconds", "1", "cleanup_timeout_seconds", 1),
    ("disconnectCleanupTimeoutSeconds", "1", "disconnect_cleanup_timeout_seconds", 1),
    ("stopTimeoutSeconds", "120", "stop_timeout_seconds", 120),
    ("deregistrationDelaySeconds", "0", "deregistration_delay_seconds", 0),
    ("deregistrationDelaySeconds", "3600", "deregistration_delay_seconds", 3600),
    ("idleTimeoutSeconds", "11", "idle_timeout_seconds", 11),
    ("idleTimeoutSeconds", "4000", "idle_timeout_seconds", 4000),
    (
        "environment",
        {"SES_SENDER_EMAIL": "a@b.example", "_n": ""},
        "environment",
        {"SES_SENDER_EMAIL": "a@b.example", "_n": ""},
    ),
    ("environment", {"A": 5, "B": True, "C": False}, "environment", {"A": "5", "B": "true", "C": "false"}),
    ("extraModelIds", [], "extra_model_ids", ()),
    (
        "extraModelIds",
        ["zai.glm-4.6", "meta.llama3-1-70b-instruct-v1:0"],
        "extra_model_ids",
        ("zai.glm-4.6", "meta.llama3-1-70b-instruct-v1:0"),
    ),
    ("guardrailArns", [GUARDRAIL], "guardrail_arns", (GUARDRAIL,)),
    ("promptArns", [PROMPT, f"{PROMPT}:12"], "prompt_arns", (PROMPT, f"{PROMPT}:12")),
    ("sesIdentityArns", [SES_IDENTITY], "ses_identity_arns", (SES_IDENTITY,)),
    (
        "sesIdentityArns",
        [f"arn:aws:ses:us-east-1:{ACCOUNT}:identity/example.com"],
        "ses_identity_arns",
        (f"arn:aws:ses:us-east-1:{ACCOUNT}:identity/example.com",),
    ),
    ("secretArns", {"TOKEN": SECRET}, "secret_arns", {"TOKEN": SECRET}),
    ("sessionsPerTaskTarget", "1", "sessions_per_task_target", 1),
    ("sessionsPerTaskTarget", "45", "sessions_per_task_target", 45),
    (
        "alarmEmails",
        ["a@b.example", "On.Call+x@ops.example.com"],
        "alarm_emails",
        ("a@b.example", "On.Call+x@ops.example.com"),
    ),
    ("alarmPhones", [358401234567], "alarm_phones", ("+358401234567",)),  # as `pulumi config set --path` stores it
    ("alarmPhones", ["+3584012", "+358401234567890"], "alarm_phones", ("+3584012", "+358401234567890")),
    ("redisNodeType", "cache.t3.micro", "redis_node_type", "cache.t3.micro"),
    ("redisNodeType", "cache.r7g.16xlarge", "redis_node_type", "cache.r7g.16xlarge"),
    ("redisNodeType", "cache.m5.xlarge", "redis_node_type", "cache.m5.xlarge"),
    ("redisNodeType", "cache.c7gn.large", "redis_node_type", "cache.c7gn.large"),
    ("redisReplicas", "0", "redis_replicas", 0),
    ("redisReplicas", "5", "redis_replicas", 5),
    ("monthlyBudgetUsd", "250", "monthly_budget_usd", 250.0),
    ("monthlyBudgetUsd", "0.01", "monthly_budget_usd", 0.01),
    ("monthlyBudgetUsd", "99.5", "monthly_budget_usd", 99.5),
]


@pytest.mark.parametrize(("key", "given", "attribute", "value"), RIGHT)
def test_a_right_value_arrives(key: str, given: object, attribute: str, value: object) -> None:
    assert getattr(load({key: given}), attribute) == value


def test_every_region_of_the_app_is_taken() -> None:
    for region in ("us-east-1", "us-west-2", "ap-northeast-1", "eu-north-1"):
        assert load({}, region=region).region == region


def test_a_domain_arrives() -> None:
    for domain in ("voice.example.com", "a.bc", "x" * 61 + ".ab"):
        loaded = load({"domainName": domain, "hostedZoneId": "Z1D633PJN98FT9"})
        assert (loaded.domain_name, loaded.hosted_zone_id) == (domain, "Z1D633PJN98FT9")


# CPU units, then MiB: least, most, step. Amazon ECS Developer Guide, "Task definition parameters for Fargate".
GB = 1024
FARGATE = [
    (512, 1 * GB, 4 * GB, GB),
    (1024, 2 * GB, 8 * GB, GB),
    (2048, 4 * GB, 16 * GB, GB),
    (4096, 8 * GB, 30 * GB, GB),
    (8192, 16 * GB, 60 * GB, 4 * GB),
    (16384, 32 * GB, 120 * GB, 8 * GB),
]  # fmt: skip


@pytest.mark.parametrize(("cpu", "least", "most", "step"), FARGATE)
def test_fargate_sells_memory_in_steps(cpu: int, least: int, most: int, step: int) -> None:
    for memory in range(least, most + 1, step):
        assert load({"cpu": str(cpu), "memory": str(memory)}).memory == memory
    for memory in (least - step, most + step, least + step // 2, least + 1):
        if memory < 1:
            continue
        (line,) = mistakes({"cpu": str(cpu), "memory": str(memory)})
        sold = f"Fargate sells a memory of {least} to {most} in steps of {step} MiB"
        assert line == f"cpu = {cpu}, memory = {memory}: with that cpu, {sold}"


def test_fargate_sells_three_sizes_of_the_smallest_task() -> None:
    for memory in (512, 1024, 2048):
        assert load({"cpu": "256", "memory": str(memory)}).memory == memory
    for memory in (256, 1536, 3072):
        (line,) = mistakes({"cpu": "256", "memory": str(memory)})
        assert line.endswith("Fargate sells a memory of 512, 1024 or 2048 MiB")


def test_the_default_of_the_other_half_of_a_fargate_pair_is_shown_as_such() -> None:
    (line,) = mistakes({"memory": "512"})
    assert line.startswith("cpu = 1024 (default), memory = 512: ")


def test_every_retention_of_cloudwatch_logs_is_taken() -> None:
    months = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180)
    years = (365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
    for days in months + years:
        assert load({"logRetentionDays": str(days)}).log_retention_days == days
