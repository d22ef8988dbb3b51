"""Rules between keys."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from config.app_environment import set_by_program
from tests.support.config_values import CERTIFICATE, HTTPS, SECRET, ZONE
from tests.support.stack_config import load, mistakes

POOL = "COGNITO_USER_POOL_ID"
HIDDEN = "correct-horse-battery"
SCHEDULE = {"cron": "0 7 ? * MON-FRI *", "min": 1, "max": 4}
SCHEDULES = {f"schedule {number}": SCHEDULE for number in range(200)}
NO_TASKS = {"minCount": "0", "desiredCount": "0", "maxCount": "0"}

BAKE = (
    "where traffic shifts, the old tasks must stay for 1 minute or more, as long as a client's cookie names them: "
    "`pulumi config set bakeTimeMinutes 10`"
)
ORDER = "must be in this order: minCount <= desiredCount <= maxCount"
NAME = "needs domainName, the name that clients use: `pulumi config set domainName <name>`"
EVACUATED = (
    "evacuated = 'true': needs hostedZoneId, as no other region shares the name without it: `pulumi config rm "
    "evacuated`"
)
AUTH = (
    f"enableAuth = 'true': needs {POOL} under secrets or secretArns: `pulumi config set --secret --path "
    f"'secrets.{POOL}'`"
)

# The config of a stack, and the mistakes in it.
REFUSED: Mapping[str, tuple[Mapping[str, object], list[str]]] = {
    **{
        f"{strategy} without a bake": (
            {"deploymentStrategy": strategy, "bakeTimeMinutes": "0"},
            [f"deploymentStrategy = {strategy!r}, bakeTimeMinutes = 0: {BAKE}"],
        )
        for strategy in ("blue-green", "canary", "linear")
    },
    # tests/unit/config/test_aws_rules.py compares the sizes with those of Amazon ECS.
    "memory with steps": (
        {"cpu": "8192", "memory": "17408"},
        ["cpu = 8192, memory = 17408: with that cpu, Fargate sells a memory of 16384 to 61440 in steps of 4096 MiB"],
    ),
    "memory of three sizes": (
        {"cpu": "256", "memory": "1536"},
        ["cpu = 256, memory = 1536: with that cpu, Fargate sells a memory of 512, 1024 or 2048 MiB"],
    ),
    "memory for the default of cpu": (
        {"memory": "512"},
        [
            "cpu = 1024 (default), memory = 512: with that cpu, Fargate sells a memory of 2048 to 8192 in steps of "
            "1024 MiB"
        ],
    ),
    "minCount above desiredCount": (
        {"minCount": "3"},
        [f"minCount = 3, desiredCount = 2 (default), maxCount = 10 (default): {ORDER}"],
    ),
    "maxCount below desiredCount": (
        {"maxCount": "1"},
        [f"minCount = 2 (default), desiredCount = 2 (default), maxCount = 1: {ORDER}"],
    ),
    "counts that fall": (
        {"minCount": "5", "desiredCount": "4", "maxCount": "3"},
        [f"minCount = 5, desiredCount = 4, maxCount = 3: {ORDER}"],
    ),
    "autoscaler that starts from 0": (
        {"minCount": "0"},
        [
            "minCount = 0, maxCount = 10 (default): nothing scales from 0 tasks, as tasks that do not run send no "
            "data: `pulumi config set minCount 1`, or set desiredCount and maxCount to 0 as well"
        ],
    ),
    "onDemandBase above maxCount": (
        {"onDemandBase": "11"},
        ["onDemandBase = 11, maxCount = 10 (default): onDemandBase must not exceed maxCount"],
    ),
    "more schedules than AWS takes": (
        {"scalingSchedule": SCHEDULES | {"more": SCHEDULE}},
        ["scalingSchedule: has 201 schedules: Application Auto Scaling takes 200"],
    ),
    "domainName alone": (
        {"domainName": "voice.example.com"},
        [
            "domainName = 'voice.example.com': needs hostedZoneId (`aws route53 list-hosted-zones`), certificateArn "
            "(`aws acm list-certificates`) or both"
        ],
    ),
    "hostedZoneId alone": ({"hostedZoneId": ZONE}, [f"hostedZoneId = {ZONE!r}: {NAME}"]),
    "certificateArn alone": ({"certificateArn": CERTIFICATE}, [f"certificateArn = {CERTIFICATE!r}: {NAME}"]),
    "no domainName": (
        {"hostedZoneId": ZONE, "certificateArn": CERTIFICATE},
        [f"hostedZoneId = {ZONE!r}: {NAME}", f"certificateArn = {CERTIFICATE!r}: {NAME}"],
    ),
    "evacuated without a domain": ({"evacuated": True}, [EVACUATED]),
    "evacuated without a zone": ({**HTTPS, "evacuated": True}, [EVACUATED]),
    "variable with a key": (
        {"environment": {"LOG_LEVEL": "DEBUG"}},
        ["environment.LOG_LEVEL: is set by the program: use the key logLevel"],
    ),
    "variable without a key": (
        {"environment": {"PORT": "80"}},
        ["environment.PORT: is set by the program: `pulumi config rm --path 'environment.PORT'`"],
    ),
    "user pool in the clear": (
        {"environment": {POOL: HIDDEN}},
        [
            f"environment.{POOL}: is sensitive: `pulumi config set --secret --path 'secrets.{POOL}'`, and "
            f"`pulumi config rm --path 'environment.{POOL}'`"
        ],
    ),
    "auth without secrets": ({"enableAuth": "true"}, [AUTH]),
    "auth without its user pool": ({"enableAuth": "true", "secrets": {"OTHER": "x"}}, [AUTH]),
    "Redis without a token": (
        {"redisEnabled": "true"},
        [
            "redisAuthToken: is not set, and redisEnabled needs it: `openssl rand -hex 32 | pulumi config set --secret "
            "redisAuthToken`"
        ],
    ),
}

# What comes close to a mistake.
ACCEPTED: Mapping[str, Mapping[str, object]] = {
    "shift with the shortest bake": {"deploymentStrategy": "canary", "bakeTimeMinutes": "1"},
    "rolling without a bake": {"bakeTimeMinutes": "0"},
    "no tasks": NO_TASKS,
    "tasks by schedule alone": {
        **NO_TASKS,
        "scalingSchedule": {
            "morning": {"cron": "0 7 ? * MON-FRI *", "min": 1, "max": 4},
            "night": {"cron": "0 19 ? * MON-FRI *", "min": 0, "max": 0},
        },
    },
    "onDemandBase of maxCount": {"onDemandBase": "10"},
    "as many schedules as AWS takes": {"scalingSchedule": SCHEDULES},
    "user pool as a secret": {"enableAuth": "true", "secrets": {POOL: HIDDEN}},
    "user pool as the secret of another": {"enableAuth": "true", "secretArns": {POOL: SECRET}},
}


@pytest.mark.parametrize("case", REFUSED)
def test_keys_that_do_not_fit_together_are_refused_with_the_remedy(case: str) -> None:
    config, lines = REFUSED[case]
    assert mistakes(config) == lines


@pytest.mark.parametrize("case", ACCEPTED)
def test_keys_that_fit_together_are_accepted(case: str) -> None:
    load(ACCEPTED[case])


@pytest.mark.parametrize("stack", ["Prod", "1prod", "-prod", "prod_1", "prod.1", "prod "])
def test_illegal_stack_name_is_refused(stack: str) -> None:
    (line,) = mistakes({}, stack=stack)
    assert line == f"stack name = {stack!r}: must match ^[a-z][a-z0-9-]*$: `pulumi stack rename <name>`"


def test_region_that_contradicts_the_stack_name_is_refused() -> None:
    (line,) = mistakes({}, stack="dev-eu-north-1", region="us-east-1")
    assert line == "aws:region = 'us-east-1': must be eu-north-1, as the name of the stack dev-eu-north-1 says"
    assert load({"allowPlainHttp": "true"}, stack="prod", region="eu-north-1").region == "eu-north-1"


def test_partner_with_a_wrong_value_counts_as_set() -> None:
    (line,) = mistakes({"domainName": "voice.example.com", "hostedZoneId": "zone"})
    assert line.startswith("hostedZoneId = 'zone': must be")
    (line,) = mistakes({"domainName": "Voice", "certificateArn": CERTIFICATE})
    assert line.startswith("domainName = 'Voice': must be")


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


@pytest.mark.parametrize("key", ["environment", "secrets", "secretArns"])
@pytest.mark.parametrize("name", set_by_program())
def test_name_that_the_program_sets_is_refused(key: str, name: str) -> None:
    (line,) = mistakes({key: {name: SECRET}})
    assert line.startswith(f"{key}.{name}: is set by the program: ")


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


@pytest.mark.parametrize(("key", "subscriber"), [("alarmEmails", "a@b.example"), ("alarmPhones", "+358401234567")])
def test_subscriber_named_twice_is_refused(key: str, subscriber: str) -> None:
    duplicate = f"{key}[1] = {subscriber!r}: is in the list already: remove one of them"
    assert mistakes({key: [subscriber, subscriber]}) == [duplicate]
    (wrong, second) = mistakes({key: [subscriber, subscriber, "x"]})
    assert wrong.startswith(f"{key}[2] = 'x': must be ") and second == duplicate
    (first, second) = mistakes({key: ["", ""]})
    assert first.startswith(f"{key}[0] = '': must be ") and second.startswith(f"{key}[1] = '': must be ")
