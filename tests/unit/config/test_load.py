"""Loading: lookups in AWS, keys that are unknown or wrongly encrypted, all mistakes in one message, no secret shown."""

from __future__ import annotations

import traceback
from collections.abc import Mapping

import pulumi
import pytest

from components.access.data_key import ExistingKey
from components.data.registry import Image
from components.service.running import NOT_RUNNING, RunningService
from config.mistakes import ConfigError
from tests.support.stack_config import DIGEST, HTTPS, Answers, load, mistakes

POOL = "COGNITO_USER_POOL_ID"
HIDDEN = "correct-horse-battery"
TOKEN = "Az09!&#$^<>-Az09"  # noqa: S105 - of the tests alone


# Image and network


def test_image_is_looked_up_once() -> None:
    asked: list[str] = []

    def find(tag: str) -> Image | None:
        asked.append(tag)
        return Image(DIGEST, "1.4.2")

    loaded = load({"imageTag": DIGEST}, answers=Answers(image=find))
    assert loaded.image == Image(DIGEST, "1.4.2")
    assert asked == [DIGEST]


def test_image_that_the_registry_lacks_is_refused() -> None:
    (line,) = mistakes({"imageTag": "1.4.2"}, region="us-west-2", answers=Answers(image=lambda _tag: None))
    assert line == (
        "imageTag = '1.4.2': names no tagged image in this stack's registry in the account 123456789012, us-west-2: "
        "push it, or log in to the stack's account. "
        "If there is no registry yet, unset the key (`pulumi config rm imageTag`), `pulumi up`, push the image, "
        "and set the key again"
    )


@pytest.mark.parametrize(
    ("tag", "stack", "region", "wrong"),
    [
        (None, "test", "eu-west-1", "aws:region"),
        ("a b", "test", "us-east-1", "imageTag"),
        ("1.4.2", "test", "eu-west-1", "aws:region"),
        ("1.4.2", "test", None, "aws:region"),
        ("1.4.2", "test-us-west-2", "us-east-1", "aws:region"),
        ("1.4.2", "Test", "us-east-1", "stack name"),
    ],
)
def test_image_is_not_looked_up_if_stack_region_or_tag_is_wrong(
    tag: str | None, stack: str, region: str | None, wrong: str
) -> None:
    def find(tag: str) -> Image | None:
        raise AssertionError(f"looked up {tag} in {region}")

    (line,) = mistakes({} if tag is None else {"imageTag": tag}, stack, region, answers=Answers(image=find))
    assert line.startswith(wrong)


def test_network_of_a_stack_that_is_up_cannot_change() -> None:
    is_up = Answers(network=lambda: "10.1.0.0/16")
    assert load({"vpcCidr": "10.1.0.0/16"}, answers=is_up).vpc_cidr == "10.1.0.0/16"
    (line,) = mistakes({}, answers=is_up)
    assert line == (
        "vpcCidr = '10.0.0.0/16': must stay 10.1.0.0/16 while the stack is up: AWS does not move resources that are in "
        "use to another network. Deploy another stack, or destroy this one first"
    )


def test_network_is_not_looked_up_if_anything_else_is_wrong() -> None:
    def find() -> str | None:
        raise AssertionError

    (line,) = mistakes({"cpu": "1000"}, answers=Answers(network=find))
    assert line.startswith("cpu")


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
    assert mistakes({"redisEnabled": "true", "redisAuthToken": TOKEN}, encrypted=[]) == [
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
        "hostedZoneId": "Z1D633PJN98FT9",
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


# The service that runs


def test_change_to_rolling_is_refused_while_the_alternate_group_is_in_use() -> None:
    service = RunningService(zones=2, active_group="arn:b", alternate_in_use=True)
    for config in ({}, HTTPS):
        (line,) = mistakes({**config, "imageTag": "1.0.0"}, answers=Answers(service=lambda: service))
        assert line.startswith("deploymentStrategy = 'rolling': deletes the alternate target group")
        assert "make redeploy STACK=test" in line
        assert "make verify STACK=test WAIT=" in line


@pytest.mark.parametrize(
    "service", [RunningService(zones=2), RunningService(zones=2, active_group="arn:a", alternate_in_use=False)]
)
def test_change_to_rolling_with_an_empty_alternate_group(service: RunningService) -> None:
    assert load({"imageTag": "1.0.0"}, answers=Answers(service=lambda: service)).running == service


@pytest.mark.parametrize("strategy", ["blue-green", "canary", "linear"])
def test_shifting_strategy_uses_the_alternate_group(strategy: str) -> None:
    service = RunningService(zones=2, active_group="arn:b", alternate_in_use=True)
    settings = load({"imageTag": "1.0.0", "deploymentStrategy": strategy}, answers=Answers(service=lambda: service))
    assert settings.running == service


@pytest.mark.parametrize("image", [{}, {"imageTag": "1.0.0"}], ids=["without a service", "with a service"])
def test_zone_with_redis_is_not_taken_away(image: dict[str, str]) -> None:
    redis = {"redisEnabled": "true", "redisAuthToken": "correct-horse-battery", **image}
    encrypted = ("redisAuthToken",)
    (line,) = mistakes(redis, encrypted=encrypted, answers=Answers(zones=lambda: 3))
    assert line.startswith("availabilityZones = 2: takes a zone away in which Redis may have a node")
    assert "pulumi config set redisEnabled false" in line
    for zones in (0, 2):
        assert load(redis, encrypted=encrypted, answers=Answers(zones=lambda zones=zones: zones)).redis
    assert load({**redis, "availabilityZones": "3"}, encrypted=encrypted, answers=Answers(zones=lambda: 3)).redis
    assert load(image, answers=Answers(zones=lambda: 3)).redis is None


def test_service_is_looked_up_only_if_all_is_right_and_it_stays() -> None:
    def fails() -> None:
        raise AssertionError

    assert load({}, answers=Answers(service=fails)).running == NOT_RUNNING
    mistakes({"imageTag": "1.0.0", "cpu": "1"}, answers=Answers(service=fails))


KEY_ALIAS = "alias/voiceter-backend-data-test"


@pytest.mark.parametrize("state", ["Disabled", "PendingDeletion"])
def test_key_that_cannot_decrypt_is_refused_with_the_commands_that_restore_it(state: str) -> None:
    (line,) = mistakes({"customerKey": "true"}, answers=Answers(data_key=lambda: ExistingKey(KEY_ALIAS, state)))
    assert line.startswith(f"customerKey = True: needs the KMS key {KEY_ALIAS}, which is in the state {state}")
    for command in ("aws kms describe-key", "aws kms cancel-key-deletion", "aws kms enable-key"):
        assert command in line


@pytest.mark.parametrize(
    ("config", "key", "has_key"),
    [
        ({"customerKey": "true"}, None, True),
        ({"customerKey": "true"}, "Enabled", True),
        ({}, None, False),
        ({}, "Enabled", True),  # it was turned off: older data needs the key
        ({}, "Disabled", True),
        ({}, "PendingDeletion", False),  # an operator has scheduled its deletion
    ],
)
def test_key_stays_after_it_is_turned_off(config: Mapping[str, object], key: str | None, has_key: bool) -> None:
    existing = ExistingKey(KEY_ALIAS, key) if key else None
    assert load(config, answers=Answers(data_key=lambda: existing)).has_data_key is has_key


def test_config_error_ends_the_program_without_a_traceback() -> None:
    assert issubclass(ConfigError, pulumi.RunError)
