"""Rules between keys."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from config.app_environment import set_by_program
from tests.support.stack_config import CERTIFICATE, HTTPS, SECRET, load, mistakes

DOMAIN = {"domainName": "voice.example.com", "hostedZoneId": "Z1D633PJN98FT9"}
POOL = "COGNITO_USER_POOL_ID"
HIDDEN = "correct-horse-battery"
GB = 1024


# Stack and region


@pytest.mark.parametrize("stack", ["Prod", "1prod", "-prod", "prod_1", "prod.1", "prod "])
def test_illegal_stack_name_is_refused(stack: str) -> None:
    (line,) = mistakes({}, stack=stack)
    assert line == f"stack name = {stack!r}: must match ^[a-z][a-z0-9-]*$: `pulumi stack rename <name>`"


def test_region_that_contradicts_the_stack_name_is_refused() -> None:
    (line,) = mistakes({}, stack="dev-eu-north-1", region="us-east-1")
    assert line == "aws:region = 'us-east-1': must be eu-north-1, as the name of the stack dev-eu-north-1 says"
    assert load({"allowPlainHttp": "true"}, stack="prod", region="eu-north-1").region == "eu-north-1"


# Deployments


@pytest.mark.parametrize("strategy", ["blue-green", "canary", "linear"])
def test_bake_shorter_than_the_cookie_of_a_shifting_strategy_is_refused(strategy: str) -> None:
    (line,) = mistakes({"deploymentStrategy": strategy, "bakeTimeMinutes": "0"})
    assert line == (
        f"deploymentStrategy = {strategy!r}, bakeTimeMinutes = 0: where traffic shifts, the old tasks must stay for 1 "
        "minute or more, as long as a client's cookie names them: `pulumi config set bakeTimeMinutes 10`"
    )
    assert load({"deploymentStrategy": strategy, "bakeTimeMinutes": "1"}).bake_time_minutes == 1


def test_rolling_deployments_need_no_bake() -> None:
    assert load({"bakeTimeMinutes": "0"}).bake_time_minutes == 0


# Tasks


# CPU units, then MiB: least, most, step. Amazon ECS Developer Guide, "Task definition parameters for Fargate".
@pytest.mark.parametrize(
    ("cpu", "least", "most", "step"),
    [
        (512, 1 * GB, 4 * GB, GB),
        (1024, 2 * GB, 8 * GB, GB),
        (2048, 4 * GB, 16 * GB, GB),
        (4096, 8 * GB, 30 * GB, GB),
        (8192, 16 * GB, 60 * GB, 4 * GB),
        (16384, 32 * GB, 120 * GB, 8 * GB),
    ],
)
def test_memory_has_to_be_a_size_that_fargate_sells_with_that_cpu(cpu: int, least: int, most: int, step: int) -> None:
    for memory in (least, least + step, most):
        assert load({"cpu": str(cpu), "memory": str(memory)}).memory == memory
    for memory in {least - step, most + step, least + step // 2, least + 1} - {0}:
        (line,) = mistakes({"cpu": str(cpu), "memory": str(memory)})
        sold = f"Fargate sells a memory of {least} to {most} in steps of {step} MiB"
        assert line == f"cpu = {cpu}, memory = {memory}: with that cpu, {sold}"


@pytest.mark.parametrize(
    ("cpu", "sold", "others", "listed"),
    [
        (256, (512, 1024, 2048), (256, 1536, 3072), "512, 1024 or 2048"),
        (32768, (60 * GB, 120 * GB, 244 * GB), (32 * GB, 61 * GB, 240 * GB), "61440, 122880 or 249856"),
    ],
)
def test_memory_of_the_smallest_and_of_the_largest_task_has_three_sizes(
    cpu: int, sold: tuple[int, ...], others: tuple[int, ...], listed: str
) -> None:
    for memory in sold:
        assert load({"cpu": str(cpu), "memory": str(memory)}).memory == memory
    for memory in others:
        (line,) = mistakes({"cpu": str(cpu), "memory": str(memory)})
        assert line.endswith(f"Fargate sells a memory of {listed} MiB")


def test_default_in_a_wrong_pair_is_marked_as_such() -> None:
    (line,) = mistakes({"memory": "512"})
    assert line.startswith("cpu = 1024 (default), memory = 512: ")


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


def test_counts_may_all_be_0() -> None:
    loaded = load({"minCount": "0", "desiredCount": "0", "maxCount": "0"})
    assert (loaded.min_count, loaded.desired_count, loaded.max_count, loaded.on_demand_base) == (0, 0, 0, 0)


def test_autoscaler_that_would_start_from_0_is_refused() -> None:
    assert mistakes({"minCount": "0"}) == [
        "minCount = 0, maxCount = 10 (default): nothing scales from 0 tasks, as tasks that do not run send no data: "
        "`pulumi config set minCount 1`, or set desiredCount and maxCount to 0 as well"
    ]


def test_service_without_tasks_may_get_tasks_by_schedule() -> None:
    none = {"minCount": "0", "desiredCount": "0", "maxCount": "0"}
    morning = {"cron": "0 7 ? * MON-FRI *", "min": 1, "max": 4}
    night = {"cron": "0 19 ? * MON-FRI *", "min": 0, "max": 0}
    assert set(load({**none, "scalingSchedule": {"morning": morning, "night": night}}).schedules) == {
        "morning",
        "night",
    }


def test_on_demand_base_above_max_count_is_refused() -> None:
    assert mistakes({"onDemandBase": "11"}) == [
        "onDemandBase = 11, maxCount = 10 (default): onDemandBase must not exceed maxCount"
    ]


# Edge


NEEDS_NAME = "needs domainName, the name that clients use: `pulumi config set domainName <name>`"


def test_domain_name_needs_a_zone_or_a_certificate() -> None:
    assert mistakes({"domainName": "voice.example.com"}) == [
        "domainName = 'voice.example.com': needs hostedZoneId (`aws route53 list-hosted-zones`), certificateArn "
        "(`aws acm list-certificates`) or both"
    ]


@pytest.mark.parametrize("config", [{}, HTTPS])
def test_evacuation_needs_a_zone(config: Mapping[str, str]) -> None:
    assert mistakes({**config, "evacuated": True}) == [
        "evacuated = 'true': needs hostedZoneId, as no other region shares the name without it: `pulumi config rm "
        "evacuated`"
    ]


def test_zone_and_certificate_need_a_domain_name() -> None:
    zone, certificate = (
        f"hostedZoneId = 'Z1D633PJN98FT9': {NEEDS_NAME}",
        f"certificateArn = {CERTIFICATE!r}: {NEEDS_NAME}",
    )
    assert mistakes({"hostedZoneId": "Z1D633PJN98FT9"}) == [zone]
    assert mistakes({"certificateArn": CERTIFICATE}) == [certificate]
    assert mistakes({"hostedZoneId": "Z1D633PJN98FT9", "certificateArn": CERTIFICATE}) == [zone, certificate]


def test_partner_with_a_wrong_value_counts_as_set() -> None:
    (line,) = mistakes({"domainName": "voice.example.com", "hostedZoneId": "zone"})
    assert line.startswith("hostedZoneId = 'zone': must be")
    (line,) = mistakes({"domainName": "Voice", "certificateArn": CERTIFICATE})
    assert line.startswith("domainName = 'Voice': must be")


@pytest.mark.parametrize("stack", ["test", "prod"])
@pytest.mark.parametrize("config", [HTTPS, DOMAIN, {**HTTPS, **DOMAIN}])
def test_domain_with_a_zone_a_certificate_or_both_is_accepted(config: Mapping[str, str], stack: str) -> None:
    domain = load(config, stack=stack).domain
    assert domain is not None
    assert domain.name == "voice.example.com"
    assert (domain.hosted_zone_id, domain.certificate_arn) == (config.get("hostedZoneId"), config.get("certificateArn"))


@pytest.mark.parametrize("stack", ["prod", "prod-us-east-1"])
@pytest.mark.parametrize("config", [{}, {"allowPlainHttp": "false"}])
def test_prod_without_https_is_refused(stack: str, config: Mapping[str, str]) -> None:
    assert mistakes(config, stack=stack) == [
        "domainName: is not set, and prod needs HTTPS: `pulumi config set domainName <name>`, and hostedZoneId or "
        "certificateArn; or do without by `pulumi config set allowPlainHttp true`"
    ]


def test_every_origin_is_accepted_in_dev_alone() -> None:
    assert load({"corsOrigins": "*"}, stack="dev-us-east-1").cors_origins == ("*",)
    assert load({"corsOrigins": "https://a.example"}, stack="dev").cors_origins == ("https://a.example",)
    for stack, origins in (("test", ["*"]), ("test", ["https://a.example", "*"]), ("dev", ["https://a.example", "*"])):
        assert mistakes({"corsOrigins": origins}, stack=stack) == [
            f"corsOrigins = {origins!r}: may be * in the environment dev only, and then nothing else"
        ]


# Environment variables


@pytest.mark.parametrize("key", ["environment", "secrets", "secretArns"])
@pytest.mark.parametrize("name", set_by_program())
def test_name_that_the_program_sets_is_refused(key: str, name: str) -> None:
    (line,) = mistakes({key: {name: SECRET}})
    assert line.startswith(f"{key}.{name}: is set by the program: ")


def test_key_behind_a_name_of_the_program_is_named() -> None:
    assert mistakes({"environment": {"LOG_LEVEL": "DEBUG"}}) == [
        "environment.LOG_LEVEL: is set by the program: use the key logLevel"
    ]
    assert mistakes({"environment": {"PORT": "80"}}) == [
        "environment.PORT: is set by the program: `pulumi config rm --path 'environment.PORT'`"
    ]


@pytest.mark.parametrize("key", ["environment", "secrets", "secretArns"])
@pytest.mark.parametrize("name", ["AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ROLE_ARN", "ECS_CONTAINER_METADATA_URI_V4"])
def test_name_that_aws_sets_is_refused(key: str, name: str) -> None:
    (line,) = mistakes({key: {name: SECRET}})
    assert line == (
        f"{key}.{name}: is set by AWS in every task, or would take the place of the task role: "
        f"`pulumi config rm --path '{key}.{name}'`"
    )


@pytest.mark.parametrize("key", ["environment", "secrets", "secretArns"])
@pytest.mark.parametrize("name", ["", "1A", "A-B", "A.B", "A B", "Ä", "A=B", "A\n"])
def test_illegal_name_is_refused(key: str, name: str) -> None:
    rule = "must be named with letters, digits and '_', not starting with a digit"
    shown = f".{name}" if name in ("1A", "A-B") else f"[{json.dumps(name)}]"
    assert mistakes({key: {name: SECRET}}) == [f"{key}{shown}: {rule}"]


@pytest.mark.parametrize(
    ("first", "second"), [("environment", "secrets"), ("environment", "secretArns"), ("secrets", "secretArns")]
)
def test_name_under_two_keys_is_refused(first: str, second: str) -> None:
    assert mistakes({first: {"TOKEN": SECRET}, second: {"TOKEN": SECRET}}) == [
        f"{first}.TOKEN: is set under {second} too: keep one of them"
    ]


def test_user_pool_in_the_clear_is_refused() -> None:
    (line,) = mistakes({"environment": {POOL: HIDDEN}})
    assert line == (
        f"environment.{POOL}: is sensitive: `pulumi config set --secret --path 'secrets.{POOL}'`, and "
        f"`pulumi config rm --path 'environment.{POOL}'`"
    )


def test_auth_without_its_user_pool_is_refused() -> None:
    assert load({"enableAuth": "true", "secrets": {POOL: HIDDEN}}).enable_auth
    assert load({"enableAuth": "true", "secretArns": {POOL: SECRET}}).enable_auth
    for config in ({}, {"secrets": {"OTHER": "x"}}):
        (line,) = mistakes({"enableAuth": "true", **config})
        assert line == (
            f"enableAuth = 'true': needs {POOL} under secrets or secretArns: "
            f"`pulumi config set --secret --path 'secrets.{POOL}'`"
        )


# Redis and subscribers


def test_redis_without_a_token_is_refused() -> None:
    (line,) = mistakes({"redisEnabled": "true"})
    command = "`openssl rand -hex 32 | pulumi config set --secret redisAuthToken`"
    assert line == f"redisAuthToken: is not set, and redisEnabled needs it: {command}"


@pytest.mark.parametrize(("key", "subscriber"), [("alarmEmails", "a@b.example"), ("alarmPhones", "+358401234567")])
def test_subscriber_named_twice_is_refused(key: str, subscriber: str) -> None:
    duplicate = f"{key}[1] = {subscriber!r}: is in the list already: remove one of them"
    assert mistakes({key: [subscriber, subscriber]}) == [duplicate]
    (wrong, second) = mistakes({key: [subscriber, subscriber, "x"]})
    assert wrong.startswith(f"{key}[2] = 'x': must be ") and second == duplicate
    (first, second) = mistakes({key: ["", ""]})
    assert first.startswith(f"{key}[0] = '': must be ") and second.startswith(f"{key}[1] = '': must be ")
