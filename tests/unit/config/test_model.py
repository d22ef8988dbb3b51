"""The configuration as a whole: stack and region, keys that depend on each other, all mistakes at once."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pytest

from config.model import ConfigError, environment_of
from tests.support.stack_config import (
    CERTIFICATE,
    DIGEST,
    GUARDRAIL,
    PROMPT,
    SECRET,
    SES_IDENTITY,
    awaited,
    load,
    mistakes,
)

DOMAIN = {"domainName": "voice.example.com", "hostedZoneId": "Z1D633PJN98FT9"}


# Stack and region


@pytest.mark.parametrize(
    ("stack", "environment"),
    [
        ("prod", "prod"),
        ("prod-us-east-1", "prod"),
        ("prod-us-west-2", "prod"),
        ("prod-ap-northeast-1", "prod"),
        ("prod-eu-north-1", "prod"),
        ("prod-eu-west-1", "prod-eu-west-1"),
        ("eu-north-1", "eu-north-1"),
        ("prodeu-north-1", "prodeu-north-1"),
        ("prod-eu-north-1-b", "prod-eu-north-1-b"),
        ("load-test-eu-north-1", "load-test"),
    ],
)
def test_the_environment_is_the_stack_without_its_region(stack: str, environment: str) -> None:
    assert environment_of(stack) == environment


def test_a_region_beside_prod_has_its_defaults_and_tables() -> None:
    config = {"certificateArn": CERTIFICATE.replace("us-east-1", "eu-north-1")}
    loaded = load(config, stack="prod-eu-north-1", region="eu-north-1")
    assert (loaded.stack, loaded.environment_name, loaded.region) == ("prod-eu-north-1", "prod", "eu-north-1")
    assert (loaded.table_prefix, loaded.protect_data) == ("demo-", True)


@pytest.mark.parametrize("stack", ["Prod", "1prod", "-prod", "prod_1", "prod.1", "prod "])
def test_a_stack_name_that_breaks_the_rule_is_refused(stack: str) -> None:
    (line,) = mistakes({}, stack=stack)
    assert line == f"stack name = {stack!r}: must match ^[a-z][a-z0-9-]*$: `pulumi stack rename <name>`"


def test_a_region_other_than_the_stack_name_says_is_refused() -> None:
    (line,) = mistakes({}, stack="dev-eu-north-1", region="us-east-1")
    assert line == "aws:region = 'us-east-1': must be eu-north-1, as the name of the stack dev-eu-north-1 says"
    assert load({"allowPlainHttp": "true"}, stack="prod", region="eu-north-1").region == "eu-north-1"


def test_a_missing_region_is_refused() -> None:
    (line,) = mistakes({}, region=None)
    assert line == (
        "aws:region: is not set: `pulumi config set aws:region <region>`, "
        "with us-east-1, us-west-2, ap-northeast-1 or eu-north-1"
    )


# Keys


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
def test_an_unknown_key_is_refused_with_the_nearest_one(key: str, nearest: str) -> None:
    assert mistakes({key: "s3cret"}) == [f"{key}: is no key of this program; the nearest one is {nearest}"]


@pytest.mark.parametrize("key", ["aws:profile", "aws:defaultTags", "aws:allowedAccountIds"])
def test_a_key_for_the_default_aws_provider_is_refused_not_passed_over(key: str) -> None:
    (line,) = mistakes({key: "s3cret"})
    assert line.startswith(f"{key}: has no effect on the program's own AWS provider")
    assert "s3cret" not in line


def test_an_unknown_key_without_any_likeness_is_refused_too() -> None:
    (line,) = mistakes({"zzz": "1"})
    assert line.startswith("zzz: is no key of this program; the nearest one is ")


def test_keys_of_other_namespaces_are_left_alone() -> None:
    assert load({"pulumi:tags": "{}", "other:imagTag": "x"}).cpu == 1024


@pytest.mark.parametrize("key", ["cpu", "imageTag", "environment", "extraModelIds", "aws:region"])
def test_an_encrypted_value_that_would_end_in_the_clear_is_refused(key: str) -> None:
    config = {} if key == "aws:region" else {key: "s3cret"}
    (line,) = mistakes(config, encrypted=[key])
    assert line.startswith(f"{key}: is encrypted, but its value goes into resources and the state in the clear")


# Tasks


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({"minCount": "3"}, "minCount = 3, desiredCount = 2 (default), maxCount = 10 (default)"),
        ({"maxCount": "1"}, "minCount = 2 (default), desiredCount = 2 (default), maxCount = 1"),
        ({"desiredCount": "11"}, "minCount = 2 (default), desiredCount = 11, maxCount = 10 (default)"),
        (
            {"minCount": "5", "desiredCount": "4", "maxCount": "3"},
            "minCount = 5, desiredCount = 4, maxCount = 3",
        ),
    ],
)
def test_counts_out_of_order_are_refused(counts: Mapping[str, str], shown: str) -> None:
    assert mistakes(counts) == [f"{shown}: must be in this order: minCount <= desiredCount <= maxCount"]


def test_counts_may_all_be_zero() -> None:
    loaded = load({"minCount": "0", "desiredCount": "0", "maxCount": "0"})
    assert (loaded.min_count, loaded.desired_count, loaded.max_count, loaded.on_demand_base) == (0, 0, 0, 0)


def test_on_demand_base_beyond_max_count_is_refused() -> None:
    assert mistakes({"onDemandBase": "11"}) == [
        "onDemandBase = 11, maxCount = 10 (default): onDemandBase must not exceed maxCount"
    ]


# Image


def test_the_image_is_looked_up_once_in_its_region() -> None:
    asked: list[tuple[str, str]] = []

    def find(region: str, tag: str) -> str | None:
        asked.append((region, tag))
        return "1.4.2"

    loaded = load({"imageTag": DIGEST}, region="us-west-2", find_image=find)
    assert (loaded.image_tag, loaded.image_version) == (DIGEST, "1.4.2")
    assert asked == [("us-west-2", DIGEST)]


def test_an_image_that_the_registry_lacks_is_refused() -> None:
    (line,) = mistakes({"imageTag": "1.4.2"}, region="us-west-2", find_image=lambda _region, _tag: None)
    assert line == (
        "imageTag = '1.4.2': names no tagged image in this stack's registry in us-west-2: push it. "
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
def test_no_image_is_looked_up_where_it_could_not_be_found(
    tag: str | None, stack: str, region: str | None, wrong: str
) -> None:
    def find(region: str, tag: str) -> str | None:
        raise AssertionError(f"looked up {tag} in {region}")

    (line,) = mistakes({} if tag is None else {"imageTag": tag}, stack, region, find_image=find)
    assert line.startswith(wrong)


# Network


def test_the_network_is_looked_up_in_its_region_and_stays_what_it_is() -> None:
    asked: list[str] = []

    def find(region: str) -> str:
        asked.append(region)
        return "10.1.0.0/16"

    assert load({"vpcCidr": "10.1.0.0/16"}, region="us-west-2", find_network=find).vpc_cidr == "10.1.0.0/16"
    (line,) = mistakes({}, region="us-west-2", find_network=find)
    assert line == (
        "vpcCidr = '10.0.0.0/16': must stay 10.1.0.0/16 while the stack is up: AWS moves nothing that is in use to "
        "another network. Bring up another stack, or take this one down first"
    )
    assert asked == ["us-west-2", "us-west-2"]


def test_no_network_is_looked_up_where_something_else_is_wrong() -> None:
    def find(region: str) -> str | None:
        raise AssertionError(f"looked up a network in {region}")

    (line,) = mistakes({"cpu": "1000"}, find_network=find)
    assert line.startswith("cpu")


# Edge


def test_half_a_domain_is_refused() -> None:
    assert mistakes({"domainName": "voice.example.com"}) == [
        "hostedZoneId: is not set, but domainName is: set both or neither"
    ]
    assert mistakes({"hostedZoneId": "Z1D633PJN98FT9"}) == [
        "domainName: is not set, but hostedZoneId is: set both or neither"
    ]


def test_a_domain_beside_a_certificate_is_refused() -> None:
    (line,) = mistakes({**DOMAIN, "certificateArn": CERTIFICATE})
    assert line == (
        f"certificateArn = {CERTIFICATE!r}: is set together with a domain, which makes a certificate of its own: "
        "keep one of them"
    )


@pytest.mark.parametrize("config", [{"certificateArn": CERTIFICATE}, DOMAIN, {"allowPlainHttp": "true"}])
def test_prod_comes_up_with_https_or_by_permission(config: Mapping[str, str]) -> None:
    assert load(config, stack="prod").environment_name == "prod"


@pytest.mark.parametrize("stack", ["prod", "prod-us-east-1"])
@pytest.mark.parametrize("config", [{}, {"allowPlainHttp": "false"}])
def test_prod_without_https_is_refused(stack: str, config: Mapping[str, str]) -> None:
    assert mistakes(config, stack=stack) == [
        "certificateArn: is not set, and prod needs HTTPS: set it, or domainName and hostedZoneId, "
        "or allowPlainHttp to do without"
    ]


def test_every_origin_is_for_dev_alone() -> None:
    assert load({"corsOrigins": "*"}, stack="dev-us-east-1").cors_origins == ("*",)
    assert load({"corsOrigins": "https://a.example"}, stack="dev").cors_origins == ("https://a.example",)
    for stack, origins in (("test", ["*"]), ("test", ["https://a.example", "*"]), ("dev", ["https://a.example", "*"])):
        assert mistakes({"corsOrigins": origins}, stack=stack) == [
            f"corsOrigins = {origins!r}: may be * in the environment dev only, and then nothing else"
        ]


# ARNs of another region


def test_what_belongs_to_the_old_region_is_named_in_one_message() -> None:
    copied = {
        "certificateArn": CERTIFICATE,
        "secretArns": {"TOKEN": SECRET},
        "guardrailArns": [GUARDRAIL],
        "promptArns": [PROMPT],
        "sesIdentityArns": [SES_IDENTITY],
        "imageTag": "1.4.2",
    }
    lines = mistakes(copied, stack="prod-eu-north-1", region="eu-north-1", find_image=lambda _region, _tag: None)
    moved = "belongs to us-east-1, and the stack is in eu-north-1"
    assert sorted(lines[:-1]) == [
        f"certificateArn = {CERTIFICATE!r}: {moved}: request or import the certificate in eu-north-1 and set its ARN, "
        "or `pulumi config rm certificateArn`",
        f"guardrailArns[0] = {GUARDRAIL!r}: {moved}: make the guardrail in eu-north-1 and set its ARN, "
        "or remove this one",
        f"promptArns[0] = {PROMPT!r}: {moved}: make the prompt in eu-north-1 and set its ARN, or remove this one",
        f"secretArns.TOKEN = {SECRET!r}: {moved}: replicate the secret to eu-north-1 and set the replica's ARN",
        f"sesIdentityArns[0] = {SES_IDENTITY!r}: {moved}: verify the identity in eu-north-1 and set its ARN, "
        "or remove this one",
    ]
    assert lines[-1].startswith("imageTag = '1.4.2': names no tagged image in this stack's registry in eu-north-1")


def test_an_unknown_region_hides_no_other_mistake() -> None:
    config = {"certificateArn": SECRET, "guardrailArns": [GUARDRAIL]}
    region, certificate = mistakes(config, region="eu-west-1")
    assert region.startswith("aws:region = 'eu-west-1'")
    assert certificate.endswith("must be an ARN like arn:aws:acm:<region>:<account>:certificate/<id>")


# Alarms


@pytest.mark.parametrize(("key", "subscriber"), [("alarmEmails", "a@b.example"), ("alarmPhones", "+358401234567")])
def test_a_subscriber_is_named_once(key: str, subscriber: str) -> None:
    assert mistakes({key: [subscriber, subscriber]}) == [
        f"{key}[1] = {subscriber!r}: is in the list already: remove one of them"
    ]
    (first, second) = mistakes({key: ["", ""]})
    assert first.startswith(f"{key}[0] = '': must be ") and second.startswith(f"{key}[1] = '': must be ")


# Redis

TOKEN = "Az09!&#$^<>-Az09"  # noqa: S105 - of the tests alone
SET_TOKEN = "`openssl rand -hex 32 | pulumi config set --secret redisAuthToken`"  # noqa: S105 - a command


def test_redis_needs_a_token() -> None:
    assert mistakes({"redisEnabled": "true"}) == [f"redisAuthToken: is not set, and redisEnabled needs it: {SET_TOKEN}"]


@pytest.mark.parametrize("token", [TOKEN, TOKEN * 8])
def test_a_right_token_arrives_as_a_secret(token: str) -> None:
    @awaited
    def check() -> pulumi.Output[None]:
        loaded = load({"redisEnabled": "true", "redisAuthToken": token}, encrypted=["redisAuthToken"])
        assert loaded.redis_enabled and loaded.redis_auth_token is not None

        async def read(output: pulumi.Output[str]) -> None:
            assert await output.is_secret()
            assert await output.future() == token

        return pulumi.Output.from_input(read(loaded.redis_auth_token))

    check()


@pytest.mark.parametrize("token", ["", TOKEN[:-1], TOKEN * 8 + "a", f"{TOKEN}/", f"{TOKEN}@", f"{TOKEN} ", f"{TOKEN}é"])
@pytest.mark.parametrize("enabled", ["true", "false"])
def test_a_wrong_token_is_refused_and_not_shown(token: str, enabled: str) -> None:
    (line,) = mistakes({"redisEnabled": enabled, "redisAuthToken": token}, encrypted=["redisAuthToken"])
    assert line == "redisAuthToken: must be 16 to 128 letters, digits and ! & # $ ^ < > -"


def test_a_token_in_the_clear_is_refused_and_not_shown() -> None:
    assert mistakes({"redisEnabled": "true", "redisAuthToken": TOKEN}, encrypted=[]) == [
        "redisAuthToken: is not encrypted in the stack file: set it again with "
        "`pulumi config set --secret redisAuthToken`"
    ]


def test_the_other_keys_of_redis_may_stay_while_it_is_off() -> None:
    config = {"redisEnabled": "false", "redisAuthToken": TOKEN, "redisNodeType": "cache.t3.micro", "redisReplicas": "2"}
    loaded = load(config, encrypted=["redisAuthToken"])
    assert (loaded.redis_enabled, loaded.redis_node_type, loaded.redis_replicas) == (False, "cache.t3.micro", 2)


# All at once


def test_all_mistakes_come_in_one_message() -> None:
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
        "hostedZoneId": "domainName",
        "redisEnabled": "redisAuthToken",
        "environment": "environment.PORT",
        "secrets": "secrets.1A",
        "promptArns": "promptArns[0]",
    }
    assert sorted(named) == sorted(["stack name", *(changed.get(key, key) for key in config)])


def test_a_config_error_ends_the_program_without_a_traceback() -> None:
    assert issubclass(ConfigError, pulumi.RunError)
