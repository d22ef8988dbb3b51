"""The container's environment, row by row of what the app reads."""

from __future__ import annotations

from typing import Any

import pytest

from config.rules import SET_BY_PROGRAM
from tests.support.program import REDIS, run

DEFAULTS = {
    "NODE_ENV": "production",
    "PORT": "8080",
    "AWS_REGION": "us-east-1",
    "BEDROCK_MODEL_ID": "amazon.nova-2-sonic-v1:0",
    "DYNAMODB_TABLE_PREFIX": "demo-",
    "DYNAMODB_SESSIONS_TABLE": "demo-sessions",
    "DYNAMODB_RESPONSES_TABLE": "demo-responses",
    "DYNAMODB_TRANSCRIPTS_TABLE": "demo-transcripts",
    "S3_BUCKET_NAME": "voiceter-recordings-123456789012-prod",
    "S3_AUDIO_PREFIX": "recordings/",
    "LOG_LEVEL": "INFO",
    "ENABLE_AUTH": "false",
    "ENABLE_AUDIO_RECORDING": "false",
    "ENABLE_SENTIMENT_ANALYSIS": "false",
    "ENABLE_QUOTA_MANAGEMENT": "false",
    "MAX_MESSAGES_PER_SECOND": "100",
    "MAX_AUDIO_CHUNK_SIZE_MB": "1",
    "SESSION_TIMEOUT_MINUTES": "30",
    "CLEANUP_TIMEOUT_SECONDS": "5",
    "DISCONNECT_CLEANUP_TIMEOUT_SECONDS": "3",
    "CLOUDWATCH_NAMESPACE": "Voiceter/Backend",
    "METRICS_ENABLED": "true",
    "DEPLOYMENT_ENV": "prod",
    "ENABLE_XRAY_TRACING": "false",
    "CORS_ORIGIN": "https://voiceter-backend-0a1b.us-east-1.elb.amazonaws.com",
}


def environment(stack: str = "prod", **arguments: Any) -> dict[str, str]:
    [container] = run(stack, **arguments).containers()
    return {variable["name"]: variable["value"] for variable in container["environment"]}


def test_the_defaults() -> None:
    assert environment() == DEFAULTS


def test_no_variable_of_the_program_is_free_for_the_config() -> None:
    # The other two are there with Redis, one of them as a secret.
    assert set(DEFAULTS) == set(SET_BY_PROGRAM) - {"REDIS_URL", "REDIS_SESSION_TTL"}


@pytest.mark.parametrize(("minutes", "seconds"), [(30, "1800"), (1, "60"), (90, "5400")])
def test_with_redis_a_session_is_kept_as_long_as_it_may_last(minutes: int, seconds: str) -> None:
    with_redis = environment(sessionTimeoutMinutes=minutes, **REDIS)
    assert with_redis == {**DEFAULTS, "SESSION_TIMEOUT_MINUTES": str(minutes), "REDIS_SESSION_TTL": seconds}


@pytest.mark.parametrize(
    ("key", "value", "variable", "text"),
    [
        ("bedrockModelId", "amazon.nova-sonic-v1:0", "BEDROCK_MODEL_ID", "amazon.nova-sonic-v1:0"),
        ("logLevel", "DEBUG", "LOG_LEVEL", "DEBUG"),
        ("enableAudioRecording", True, "ENABLE_AUDIO_RECORDING", "true"),
        ("enableSentimentAnalysis", True, "ENABLE_SENTIMENT_ANALYSIS", "true"),
        ("enableQuotaManagement", True, "ENABLE_QUOTA_MANAGEMENT", "true"),
        ("enableXrayTracing", True, "ENABLE_XRAY_TRACING", "true"),
        ("enableMetrics", False, "METRICS_ENABLED", "false"),
        ("maxMessagesPerSecond", 7, "MAX_MESSAGES_PER_SECOND", "7"),
        ("maxAudioChunkSizeMb", 2, "MAX_AUDIO_CHUNK_SIZE_MB", "2"),
        ("sessionTimeoutMinutes", 20, "SESSION_TIMEOUT_MINUTES", "20"),
        ("cleanupTimeoutSeconds", 6, "CLEANUP_TIMEOUT_SECONDS", "6"),
        ("disconnectCleanupTimeoutSeconds", 4, "DISCONNECT_CLEANUP_TIMEOUT_SECONDS", "4"),
        ("corsOrigins", "https://a.example,https://b.example", "CORS_ORIGIN", "https://a.example,https://b.example"),
        ("environment", {"NLP_MODEL_ID": "x"}, "NLP_MODEL_ID", "x"),
    ],
)
def test_a_key_changes_its_variable_and_no_other(key: str, value: object, variable: str, text: str) -> None:
    changed: dict[str, Any] = {key: value}
    assert environment(**changed) == {**DEFAULTS, variable: text}


def test_authentication() -> None:
    settings = environment(enableAuth=True, secrets={"COGNITO_USER_POOL_ID": "pool"})
    assert settings == {**DEFAULTS, "ENABLE_AUTH": "true"}


def test_the_table_prefix() -> None:
    changed = environment(tablePrefix="other-")
    assert changed["DYNAMODB_TABLE_PREFIX"] == "other-"
    assert changed["DYNAMODB_TRANSCRIPTS_TABLE"] == "other-transcripts"


def test_pages_of_the_stacks_own_domain_may_call_the_app() -> None:
    changed = environment(domainName="voice.example.com", hostedZoneId="Z1D633PJN98FT9")
    assert changed["CORS_ORIGIN"] == "https://voice.example.com"


def test_dev() -> None:
    dev = environment("dev", https=False)
    assert dev["DEPLOYMENT_ENV"] == "dev"
    assert dev["CORS_ORIGIN"] == "*"
    assert dev["METRICS_ENABLED"] == "false"
    assert dev["DYNAMODB_TABLE_PREFIX"] == "demo-dev-"


def test_a_second_region_of_prod_is_prod() -> None:
    second = environment("prod-eu-north-1", like="prod", region="eu-north-1")
    changed = {variable for variable, text in second.items() if text != DEFAULTS[variable]}
    assert changed == {"AWS_REGION", "S3_BUCKET_NAME", "CORS_ORIGIN"}
    assert second["AWS_REGION"] == "eu-north-1"
