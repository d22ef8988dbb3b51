"""Loading: keys that are unknown or wrongly encrypted, all mistakes in one message, no secret shown."""

from __future__ import annotations

import traceback
from collections.abc import Mapping

import pulumi
import pytest

from config.mistakes import ConfigError
from tests.support.config_values import REDIS, ZONE
from tests.support.stack_config import load, mistakes

POOL = "COGNITO_USER_POOL_ID"
HIDDEN = "correct-horse-battery"


# Unknown keys


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("imagTag", "imageTag"),
        ("IMAGETAG", "imageTag"),
        ("image_tag", "imageTag"),
        ("desired", "desiredCount"),
        ("certificateARN", "certificateArn"),
        ("secrets.COGNITO_USER_POOL_ID", "secrets"),
        ("redisEnable", "redisEnabled"),
    ],
)
def test_unknown_key_is_refused_with_the_nearest_one(key: str, nearest: str) -> None:
    assert mistakes({key: "s3cret"}) == [
        f"{key}: is not a key of this program; the nearest one is {nearest}. Remove it with `pulumi config rm {key}`"
    ]


@pytest.mark.parametrize("key", ["aws:profile", "aws:defaultTags", "aws:allowedAccountIds"])
def test_key_of_the_default_aws_provider_is_refused(key: str) -> None:
    (line,) = mistakes({key: "s3cret"})
    assert line.startswith(f"{key}: has no effect")
    assert "s3cret" not in line


def test_keys_of_other_namespaces_are_ignored() -> None:
    assert load({"pulumi:tags": "{}", "other:imagTag": "x"}).cpu == 1024


# Encryption


@pytest.mark.parametrize("key", ["cpu", "imageTag", "environment", "extraModelIds", "aws:region"])
def test_encrypted_value_that_would_end_in_the_clear_is_refused(key: str) -> None:
    config = {} if key == "aws:region" else {key: "s3cret"}
    (line,) = mistakes(config, encrypted=[key])
    assert line.startswith(f"{key}: is encrypted, but its value goes into resources and the state in the clear")


def test_secret_in_the_clear_is_refused() -> None:
    assert mistakes({"secrets": {POOL: HIDDEN, "A": "b"}}, encrypted=[]) == [
        f"secrets.{name}: is not encrypted in the stack file: set it again with "
        f"`pulumi config set --secret --path 'secrets.{name}'`"
        for name in ("A", POOL)
    ]


def test_object_without_secrets_needs_no_encryption() -> None:
    assert load({"secrets": {}}, encrypted=[]).secret_values == {}


def test_redis_token_in_the_clear_is_refused() -> None:
    assert mistakes(REDIS, encrypted=[]) == [
        "redisAuthToken: is not encrypted in the stack file: set it again with "
        "`pulumi config set --secret redisAuthToken`"
    ]


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
def test_no_message_shows_a_secret(
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


# All at once


def test_one_message_names_all_mistakes() -> None:
    config = {
        "cpu": "1000",
        "memory": "two",
        "minCount": "12",
        "vpcCidr": "8.8.0.0/16",
        "hostedZoneId": ZONE,
        "tablePrefix": "demo/",
        "logRetentionDays": "31",
        "enableAuth": "true",
        "imagTag": "1",
        "redisEnabled": "true",
        "environment": {"PORT": "80"},
        "secrets": {"1A": "x"},
        "promptArns": ["prompt"],
        "corsOrigins": "*",
    }
    named = [line.partition(":")[0].partition(" =")[0] for line in mistakes(config, stack="Prod")]
    changed = {
        "redisEnabled": "redisAuthToken",
        "environment": "environment.PORT",
        "secrets": "secrets.1A",
        "promptArns": "promptArns[0]",
    }
    assert sorted(named) == sorted(["stack name", *(changed.get(key, key) for key in config)])


def test_config_error_ends_the_program_without_a_traceback() -> None:
    assert issubclass(ConfigError, pulumi.RunError)
