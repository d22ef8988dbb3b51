"""What the config adds to the container's environment: plain variables, secrets, and secrets that someone else owns."""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from config.model import ConfigError
from tests.support.stack_config import SECRET, awaited, load, mistakes

POOL = "COGNITO_USER_POOL_ID"
HIDDEN = "correct-horse-battery"

# What the service's contract puts into the container's environment, apart from what it leaves to the key environment.
SET_BY_THE_PROGRAM = [
    "NODE_ENV",
    "PORT",
    "AWS_REGION",
    "BEDROCK_MODEL_ID",
    "DYNAMODB_TABLE_PREFIX",
    "DYNAMODB_SESSIONS_TABLE",
    "DYNAMODB_RESPONSES_TABLE",
    "DYNAMODB_TRANSCRIPTS_TABLE",
    "S3_BUCKET_NAME",
    "S3_AUDIO_PREFIX",
    "LOG_LEVEL",
    "ENABLE_AUTH",
    "ENABLE_AUDIO_RECORDING",
    "ENABLE_SENTIMENT_ANALYSIS",
    "ENABLE_QUOTA_MANAGEMENT",
    "MAX_MESSAGES_PER_SECOND",
    "MAX_AUDIO_CHUNK_SIZE_MB",
    "SESSION_TIMEOUT_MINUTES",
    "CLEANUP_TIMEOUT_SECONDS",
    "DISCONNECT_CLEANUP_TIMEOUT_SECONDS",
    "CLOUDWATCH_NAMESPACE",
    "METRICS_ENABLED",
    "DEPLOYMENT_ENV",
    "ENABLE_XRAY_TRACING",
    "CORS_ORIGIN",
    "REDIS_URL",
    "REDIS_SESSION_TTL",
]


@pytest.mark.parametrize("key", ["environment", "secrets", "secretArns"])
@pytest.mark.parametrize("name", SET_BY_THE_PROGRAM)
def test_a_name_that_the_program_sets_is_refused(key: str, name: str) -> None:
    (line,) = mistakes({key: {name: SECRET}})
    assert line.startswith(f"{key}.{name}: is set by the program: ")


def test_the_key_behind_a_name_of_the_program_is_told() -> None:
    assert mistakes({"environment": {"LOG_LEVEL": "DEBUG"}}) == [
        "environment.LOG_LEVEL: is set by the program: use the key logLevel"
    ]
    assert mistakes({"environment": {"PORT": "80"}}) == ["environment.PORT: is set by the program: leave it out"]


@pytest.mark.parametrize("key", ["environment", "secrets", "secretArns"])
@pytest.mark.parametrize(
    "name",
    [
        "AWS_ACCESS_KEY_ID",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_PROFILE",
        "AWS_ROLE_ARN",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "ECS_AGENT_URI",
        "ECS_CONTAINER_METADATA_URI",
        "ECS_CONTAINER_METADATA_URI_V4",
    ],
)
def test_a_name_that_aws_sets_is_refused(key: str, name: str) -> None:
    (line,) = mistakes({key: {name: SECRET}})
    assert line == f"{key}.{name}: is set by AWS in every task, or would take the place of the task role: leave it out"


@pytest.mark.parametrize("key", ["environment", "secrets", "secretArns"])
@pytest.mark.parametrize("name", ["", "1A", "A-B", "A.B", "A B", "Ä", "A=B", "A\n"])
def test_an_illegal_name_is_refused(key: str, name: str) -> None:
    rule = "must be named with letters, digits and '_', not starting with a digit"
    shown = f".{name}" if name in ("1A", "A-B") else f"[{json.dumps(name)}]"
    assert mistakes({key: {name: SECRET}}) == [f"{key}{shown}: {rule}"]


@pytest.mark.parametrize(
    ("first", "second"), [("environment", "secrets"), ("environment", "secretArns"), ("secrets", "secretArns")]
)
def test_a_name_in_two_places_is_refused(first: str, second: str) -> None:
    assert mistakes({first: {"TOKEN": SECRET}, second: {"TOKEN": SECRET}}) == [
        f"{first}.TOKEN: is set under {second} too: keep one of them"
    ]


def test_the_user_pool_is_no_plain_variable() -> None:
    (line,) = mistakes({"environment": {POOL: HIDDEN}})
    assert line == (
        f"environment.{POOL}: is sensitive: `pulumi config set --secret --path 'secrets.{POOL}'`, and remove it here"
    )


def test_auth_needs_its_user_pool() -> None:
    assert load({"enableAuth": "true", "secrets": {POOL: HIDDEN}}).enable_auth
    assert load({"enableAuth": "true", "secretArns": {POOL: SECRET}}).enable_auth
    for config in ({}, {"secrets": {"OTHER": "x"}}):
        (line,) = mistakes({"enableAuth": "true", **config})
        assert line == (
            f"enableAuth = 'true': needs {POOL} under secrets or secretArns: "
            f"`pulumi config set --secret --path 'secrets.{POOL}'`"
        )


@awaited
def test_secrets_arrive_as_secrets() -> pulumi.Output[None]:
    loaded = load({"secrets": {"B": "two", "A": HIDDEN}})
    assert list(loaded.secret_values) == ["A", "B"]
    assert HIDDEN not in repr(loaded)

    async def all_secret() -> bool:
        return all([await secret.is_secret() for secret in loaded.secret_values.values()])

    def check(values: list[Any]) -> None:
        assert values == [HIDDEN, "two", True]

    return pulumi.Output.all(*loaded.secret_values.values(), all_secret()).apply(check)


def test_a_secret_in_the_clear_is_refused() -> None:
    assert mistakes({"secrets": {POOL: HIDDEN, "A": "b"}}, encrypted=[]) == [
        f"secrets.{name}: is not encrypted in the stack file: set it again with "
        f"`pulumi config set --secret --path 'secrets.{name}'`"
        for name in ("A", POOL)
    ]


def test_no_secret_needs_no_encryption() -> None:
    assert load({"secrets": {}}, encrypted=[]).secret_values == {}


@pytest.mark.parametrize("value", ["", 5, True, None, ["a"], {"a": "b"}, "x" * 65537, "ä" * 32769])
def test_a_secret_that_is_no_secret_is_refused(value: object) -> None:
    assert mistakes({"secrets": {"TOKEN": value}}) == ["secrets.TOKEN: must be a string of 1 to 65536 bytes"]


def test_a_secret_may_be_as_long_as_secrets_manager_takes() -> None:
    assert list(load({"secrets": {"A": "x" * 65536, "B": "x"}}).secret_values) == ["A", "B"]


@pytest.mark.parametrize("text", ["[]", HIDDEN, "null", "{", '"a"'])
def test_secrets_that_are_no_object_are_refused(text: str) -> None:
    assert mistakes({"secrets": text}) == ["secrets: must be an object of names and values"]


@pytest.mark.parametrize(
    ("config", "encrypted"),
    [
        ({"secrets": {POOL: HIDDEN}}, []),
        ({"secrets": HIDDEN}, []),
        ({"secrets": HIDDEN}, ["secrets"]),
        ({"secrets": [HIDDEN]}, ["secrets"]),
        ({"secrets": {"A": [HIDDEN]}}, ["secrets"]),
        ({"secrets": {"A": HIDDEN * 4000}}, ["secrets"]),
        ({"secrets": {"A-B": HIDDEN, "PORT": HIDDEN}}, ["secrets"]),
        ({"secrets": {"A": HIDDEN}, "environment": {"A": HIDDEN}, "secretArns": {"A": HIDDEN}}, ["secrets"]),
        ({"secrets": {"A": HIDDEN}, "cpu": "1"}, ["secrets"]),
        ({"secretArns": {"A": HIDDEN}}, []),
        ({"secretArns": HIDDEN}, []),
        ({"environment": {POOL: HIDDEN, "REDIS_URL": HIDDEN, "AWS_SECRET_ACCESS_KEY": HIDDEN}}, []),
        ({"redisAuthToken": HIDDEN}, []),
        ({"redisAuthToken": f"{HIDDEN}/"}, ["redisAuthToken"]),
        ({"redisAuthToken": HIDDEN, "cpu": "1"}, ["redisAuthToken"]),
        ({"redisAuthToken": {"a": HIDDEN}, "redisEnabled": "true"}, ["redisAuthToken"]),
        ({"secret": HIDDEN}, []),
        ({"cpu": HIDDEN, "guardrailArns": [HIDDEN], "environment": [HIDDEN]}, ["cpu", "guardrailArns", "environment"]),
    ],
)
def test_no_secret_is_ever_shown(
    config: Mapping[str, object],
    encrypted: list[str],
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(config, encrypted=encrypted)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    written = capsys.readouterr()
    assert HIDDEN not in shown + caplog.text + written.out + written.err
