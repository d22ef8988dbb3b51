"""Good and bad values of every key whose rule a declaration only names: patterns, lists, objects.

test_key.py has the keys with limits and choices.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

import pytest

from components.lib.provider import PROGRAM_TAGS
from config.key import declarations
from config.mistakes import ConfigError
from config.rules import MOST_EXTRA_TAGS, MOST_EXTRA_TAGS_WITH_ZONE
from config.settings import Settings
from recording.fake_aws import ACCOUNT
from tests.support.config_values import BOUNDARY, CERTIFICATE, DOMAIN, GUARDRAIL, PROMPT, SECRET, SES_IDENTITY, ZONE
from tests.support.stack_config import DIGEST, ENCRYPTED, load, mistakes

MODEL_ARN = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-2-sonic-v1:0"
REDIS_TOKEN = "Az09!&#$^<>-Az09"  # noqa: S105 - of the tests alone
MORNING = {"cron": "0 7 ? * MON-FRI *", "timeZone": "UTC", "min": 2, "max": 4}

KEYS = list(declarations(Settings))

# Keys that have to be set beside another one.
BESIDE: Mapping[str, Mapping[str, str]] = {
    "certificateArn": {"domainName": "a.example.com"},
    "domainName": {"hostedZoneId": ZONE},
    "hostedZoneId": {"domainName": "a.example.com"},
}

# key -> values that it takes
GOOD: Mapping[str, list[object]] = {
    "aws:region": ["us-east-1", "us-west-2", "ap-northeast-1", "eu-north-1"],
    "imageTag": ["1.4.2", "_", "a" * 128, DIGEST, "1.10", "007", "1e5", "v1"],
    "cpu": ["512", "1024"],
    "deploymentStrategy": ["rolling", "blue-green", "canary", "linear"],
    "canaryPercent": ["0.1", "10", "33.3", "100"],
    "linearStepPercent": ["3", "33.3", "100.0"],
    "vpcCidr": ["10.255.0.0/16", "172.31.252.0/22", "192.168.0.0/16"],
    "certificateArn": [CERTIFICATE],
    "domainName": ["voice.example.com", "a.bc", "x" * 61 + ".ab"],
    "hostedZoneId": [ZONE],
    "tablePrefix": ["a", "A_b-9." + "x" * 238],
    "logRetentionDays": ["1", "3653"],
    "bedrockModelId": ["amazon.nova-sonic-v1:0"],
    "corsOrigins": ["http://localhost:3000", ["https://a.example:8443"]],
    "environment": [{"SES_SENDER_EMAIL": "a@b.example", "_n": ""}],
    "extraTags": [{}, {"CostCenter": "007", "team:owner": "Voice + Data", "x" * 128: "y" * 256}],
    "allowedAccountIds": [[], [ACCOUNT, "012345678901"]],
    "permissionsBoundaryArn": [
        BOUNDARY,
        f"arn:aws:iam::{ACCOUNT}:policy/teams/voice/boundary",
        "arn:aws:iam::aws:policy/PowerUserAccess",
    ],
    "secrets": [{"A": "x"}, {"A": "x" * 65536}],
    "secretArns": [{"TOKEN": SECRET, "DATABASE": SECRET.replace(":secret:", ":secret:rds!")}],
    "extraModelIds": [
        [],
        ["zai.glm-4.6", "meta.llama3-1-70b-instruct-v1:0"],
        [f"{prefix}.amazon.nova-2-lite-v1:0" for prefix in ("us", "eu", "apac", "jp", "global")],
    ],
    "guardrailArns": [[GUARDRAIL]],
    "promptArns": [[PROMPT, f"{PROMPT}:12"]],
    "sesIdentityArns": [[SES_IDENTITY], [SES_IDENTITY.replace("example", "no-reply@example")]],
    "redisNodeType": ["cache.t3.micro", "cache.r7g.16xlarge", "cache.m5.xlarge", "cache.c7gn.large"],
    "redisAuthToken": [REDIS_TOKEN, REDIS_TOKEN * 8],
    "alarmEmails": [["a@b.example", "On.Call+x@ops.example.com"]],
    "alarmPhones": [["+3584012", "+358401234567890"]],
    "monthlyBudgetUsd": ["250", "0.01", "99.5"],
    "scalingSchedule": [{}, {"morning": MORNING}],
}

STRATEGY_RULE = "rolling, blue-green, canary or linear"
CIDR_RULE = "a private IPv4 block (in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16) from /16 to /22"
CERTIFICATE_RULE = "an ARN like arn:aws:acm:us-east-1:<account>:certificate/<id>"
GUARDRAIL_RULE = "an ARN like arn:aws:bedrock:us-east-1:<account>:guardrail/<id>"
PROMPT_RULE = "an ARN like arn:aws:bedrock:us-east-1:<account>:prompt/<id>"
SES_RULE = "an ARN like arn:aws:ses:us-east-1:<account>:identity/<address or domain>"
SECRET_RULE = "an ARN like arn:aws:secretsmanager:us-east-1:<account>:secret:<name>-<6 characters>"  # noqa: S105
BOUNDARY_RULE = "an ARN like arn:aws:iam::<account>:policy/<name>"
MODEL_RULE = "the id of a foundation model"
DOLLAR_RULE = "an amount of US dollars above 0"
MAIL_RULE = "an e-mail address"
PHONE_RULE = "a phone number in E.164"
NODE_RULE = "a current ElastiCache node type that supports TLS"
ORIGIN_RULE = "an http or https origin"
DOMAIN_RULE = "a DNS name in lower case of at most 64 characters"
OBJECT_RULE = "an object of names and values"

# key, texts that it refuses, the start of its rule
BAD: list[tuple[str, list[str], str]] = [
    ("aws:region", ["eu-west-1", "us-east-1 ", "US-EAST-1", ""], "us-east-1, us-west-2, ap-northeast-1 or eu-north-1"),
    ("imageTag", ["", "-a", ".a", "a b", "a/b", "repo:1", "a" * 129, DIGEST[:-1], DIGEST.upper()], "an ECR tag"),
    ("cpu", ["1000", "0", "-256", "1024.0", "1 vCPU", "1e3", ""], "256, 512, 1024, 2048, 4096, 8192, 16384 or 32768"),
    ("deploymentStrategy", ["", "ROLLING", "blue_green", "bluegreen", "all-at-once"], STRATEGY_RULE),
    ("canaryPercent", ["0", "0.05", "100.1", "-5", "5%", "1e1", "05", ""], "a number from 0.1 to 100, with"),
    ("linearStepPercent", ["2.9", "0", "101", "10.25", ".5", "ten"], "a number from 3 to 100, with at most"),
    ("vpcCidr", ["8.8.0.0/16", "100.64.0.0/16", "172.32.0.0/16", "192.0.0.0/16"], CIDR_RULE),
    ("vpcCidr", ["10.0.0.0/15", "10.0.0.0/23", "10.0.0.1/16", "10.0.0.0", "10.0.0.0/255.255.0.0"], CIDR_RULE),
    ("vpcCidr", ["fd00::/16", "ten", ""], CIDR_RULE),
    ("certificateArn", ["", "12345678", f"{CERTIFICATE}*", SECRET], CERTIFICATE_RULE),
    ("certificateArn", [CERTIFICATE.replace("acm", "iam"), CERTIFICATE.replace(ACCOUNT, "")], CERTIFICATE_RULE),
    ("certificateArn", [CERTIFICATE.replace("arn:aws:", "arn:aws-cn:")], CERTIFICATE_RULE),
    (
        "domainName",
        ["example", "Voice.example.com", "*.example.com", "a.example.com.", "https://a.example"],
        DOMAIN_RULE,
    ),
    ("domainName", ["-a.example", "a_b.example", "10.0.0.1", "a..example", "", "x" * 61 + ".abc"], DOMAIN_RULE),
    (
        "hostedZoneId",
        ["", f"/hostedzone/{ZONE}", ZONE.lower(), "example.com", "Z" * 33],
        "the id of a Route 53 hosted zone",
    ),
    ("tablePrefix", ["", "demo/", "demo ", "dé", "a\n", "x" * 245], "1 to 244 letters, digits, '_', '.' and"),
    ("logRetentionDays", ["0", "2", "31", "3654", "7.0"], "1, 3, 5, 7, 14, 30, 60, 90, 120,"),
    ("bedrockModelId", ["", "nova", "Amazon.nova", "amazon.*", MODEL_ARN], MODEL_RULE),
    ("bedrockModelId", ["us.amazon.nova-2-sonic-v1:0", "us-gov.amazon.nova-lite-v1:0"], MODEL_RULE),
    ("bedrockModelId", ["apac.amazon.nova-2-sonic-v1:0", "global.amazon.nova-2-sonic-v1:0"], MODEL_RULE),
    ("bedrockModelId", [f"{'a' * 64}.b", f"a.{'b' * 64}", "a.b.c.d.e", "a.b:1:2:3", f"a.b:{'1' * 64}"], MODEL_RULE),
    ("corsOrigins", ["[]", "[", '["https://a.example"', "{}"], "a list or a comma-separated text of at least one"),
    ("environment", ["[]", "A=b", '"A"', "1", "null", "{", ""], OBJECT_RULE),
    ("secrets", ["[]", "correct-horse-battery", "null", "{", '"a"'], OBJECT_RULE),
    ("secretArns", ["[]", SECRET, "null"], OBJECT_RULE),
    ("scalingSchedule", ["[]", "0 7 ? * MON *", "null", "1"], OBJECT_RULE),
    ("extraModelIds", ["{}", "amazon.nova-lite-v1:0", "null", '"a.b"'], "a list"),
    ("guardrailArns", ["{}", GUARDRAIL], "a list"),
    ("promptArns", ["{}", PROMPT], "a list"),
    ("sesIdentityArns", ["{}", SES_IDENTITY], "a list"),
    ("alarmEmails", ["a@b.example", "{}"], "a list"),
    ("alarmPhones", ["+358401234567", "null"], "a list"),
    ("extraTags", ["[]", "CostCenter=1", "null"], OBJECT_RULE),
    ("allowedAccountIds", ["{}", ACCOUNT, "null"], "a list"),
    ("permissionsBoundaryArn", ["", "boundary", BOUNDARY.replace(":policy", ":role"), f"{BOUNDARY}*"], BOUNDARY_RULE),
    ("permissionsBoundaryArn", [BOUNDARY.replace(ACCOUNT, "1")], BOUNDARY_RULE),
    ("redisNodeType", ["", "t4g.small", "cache.t4g", "cache.t4g.large", "cache.t1.micro"], NODE_RULE),
    ("redisNodeType", ["cache.m3.medium", "cache.r6gd.xlarge", "cache.m1.small"], NODE_RULE),
    ("redisNodeType", ["cache.r3.large", "cache.t4.small"], NODE_RULE),
    (
        "redisAuthToken",
        ["", REDIS_TOKEN[:-1], REDIS_TOKEN * 8 + "a", *(f"{REDIS_TOKEN}{extra}" for extra in "/@ é")],
        "16 to 128 letters, digits and ! & # $ ^ < > -",
    ),
    ("monthlyBudgetUsd", ["0", "0.00", "-1", "", "1e3", "100 USD", "1,000", "0.001", ".5", "05"], DOLLAR_RULE),
]

# key, a good item or name before the wrong one, wrong values, the start of the rule
BAD_INSIDE: list[tuple[str, str, list[object], str]] = [
    ("extraModelIds", "a.b", [1, None, True, ["a.b"], {}], "the id of a foundation model"),
    ("extraModelIds", "a.b", ["us.nova", "us.us", MODEL_ARN, "*", ""], "the id of a foundation model, such as"),
    ("guardrailArns", GUARDRAIL, ["*", PROMPT, f"{GUARDRAIL}*", f"{GUARDRAIL}:1"], GUARDRAIL_RULE),
    ("promptArns", PROMPT, ["*", GUARDRAIL, f"{PROMPT}:*", f"{PROMPT}:DRAFT", f"{PROMPT}:123456"], PROMPT_RULE),
    ("sesIdentityArns", SES_IDENTITY, ["*", "a@b.example", SES_IDENTITY.replace("ses", "sns")], SES_RULE),
    ("sesIdentityArns", SES_IDENTITY, [SES_IDENTITY.replace("example", "*")], SES_RULE),
    ("corsOrigins", "https://a.example", ["", "null", "example.com", "ftp://a.example", 1, None], ORIGIN_RULE),
    ("corsOrigins", "https://a.example", ["https://a.example/", "https://a.example/app"], ORIGIN_RULE),
    ("corsOrigins", "https://a.example", ["https://a.example?x", "https://a.example:0"], ORIGIN_RULE),
    ("corsOrigins", "https://a.example", ["https://a.example:123456", f"https://{'a' * 64}.example"], ORIGIN_RULE),
    ("corsOrigins", "https://a.example", ["HTTPS://a.example", "https://A.example"], ORIGIN_RULE),
    ("corsOrigins", "https://a.example", ["https://u@a.example", "https://*.example"], ORIGIN_RULE),
    ("alarmEmails", "first@b.example", ["", "oncall", "@b.example", "a@b", "a b@c.example"], MAIL_RULE),
    ("alarmEmails", "first@b.example", ["a@b.example,c@d.example", "mailto:a@b.example"], MAIL_RULE),
    ("alarmEmails", "first@b.example", ["<a@b.example>", "a..b@c.example", "a@-b.example"], MAIL_RULE),
    ("alarmEmails", "first@b.example", ["a" * 250 + "@b.example"], MAIL_RULE),
    ("alarmPhones", "+358409999999", ["", "358401234567", "+0401234567", "+358 40 123", "+358401"], PHONE_RULE),
    ("alarmPhones", "+358409999999", ["+3584012345678901", 0, -358401234567, 1.5, True, None], PHONE_RULE),
    ("environment", "", [1.5, None, [], {"B": "c"}], "a string, a whole number or a boolean"),
    ("extraTags", "", [7, 1.1, True, None, ["a"], "2026-01-01 00:00:00 +0000 UTC"], "a text in quotes"),
    ("extraTags", "", ["", "a<b", "é", "x" * 257], "a text of 1 to 256 letters"),
    ("allowedAccountIds", ACCOUNT, [123456789012, 1234567890, True, None], "a text in quotes"),
    ("allowedAccountIds", ACCOUNT, ["", "12345678901", "1234-5678-9012", "*"], "the 12 digits of an AWS account"),
    ("secretArns", "", [f"{SECRET}:key::", SECRET[:-7], f"{SECRET}*"], SECRET_RULE),
    ("secretArns", "", [SECRET.replace("secretsmanager", "ssm")], SECRET_RULE),
    ("secrets", "", [5, True, None, ["a"], {"a": "b"}, "", "x" * 65537, "ä" * 32769], "a string of 1 to 65536 bytes"),
]


@pytest.mark.parametrize(("key", "given"), [(key, given) for key, values in GOOD.items() for given in values])
def test_good_value_is_accepted(key: str, given: object) -> None:
    load({key: given, **BESIDE.get(key, {})})


@pytest.mark.parametrize(("key", "given", "rule"), [(key, given, rule) for key, texts, rule in BAD for given in texts])
def test_bad_value_is_refused_with_its_rule(key: str, given: str, rule: str) -> None:
    (line,) = mistakes({key: given, **BESIDE.get(key, {})})
    hidden = key in ENCRYPTED or (key == "secretArns" and given != SECRET)
    assert line.startswith(f"{key}: must be {rule}" if hidden else f"{key} = {given!r}: must be {rule}")


@pytest.mark.parametrize(
    ("key", "first", "given", "rule"),
    [(key, first, given, rule) for key, first, values, rule in BAD_INSIDE for given in values],
)
def test_bad_value_inside_a_list_or_an_object_is_refused_with_its_path(
    key: str, first: str, given: object, rule: str
) -> None:
    whole, path = ([first, given], f"{key}[1]") if first else ({"A": given}, f"{key}.A")
    (line,) = mistakes({key: whole})
    assert line.startswith(f"{path}: must be {rule}" if key in ENCRYPTED else f"{path} = {given!r}: must be {rule}")


@pytest.mark.parametrize("name", ["", "a<b", "é", "x" * 129, "aws:owner", "AWS:owner", *PROGRAM_TAGS, "stack"])
def test_tag_name_that_aws_or_the_program_keeps_for_itself_is_refused(name: str) -> None:
    (line,) = mistakes({"extraTags": {name: "x"}})
    assert "a tag name (1 to 128 letters" in line


def test_tags_that_iam_would_take_for_one_are_refused() -> None:
    lines = mistakes({"extraTags": {"Team": "a", "team": "b"}})
    assert [line.partition(":")[0] for line in lines] == ["extraTags.Team", "extraTags.team"]
    assert "one tag to IAM" in lines[0]


def test_tags_beyond_the_limit_of_a_resource_are_refused() -> None:
    tags = {f"tag{number}": "x" for number in range(MOST_EXTRA_TAGS)}
    load({"extraTags": tags})
    (line,) = mistakes({"extraTags": {**tags, "more": "x"}})
    assert line.startswith("extraTags: has 43 tags: AWS's limit for one resource allows 42 beside the program's")


def test_tags_beyond_the_limit_of_a_health_check_are_refused() -> None:
    tags = {f"tag{number}": "x" for number in range(MOST_EXTRA_TAGS_WITH_ZONE)}
    load({"extraTags": tags, **DOMAIN})
    (line,) = mistakes({"extraTags": {**tags, "more": "x"}, **DOMAIN})
    limit = "Route 53's limit for the health check of hostedZoneId"
    assert line == f"extraTags: has 6 tags: {limit} allows 5 beside the program's"


def test_every_key_has_good_and_bad_values() -> None:
    bad = {key for key, _, _ in BAD}
    limits = {"minimum", "maximum", "enum"}
    derived = {key.name for key in KEYS if key.schema["type"] == "boolean" or limits & key.schema.keys()}
    missing = [key.name for key in KEYS if key.name not in derived | (GOOD.keys() & bad)]
    assert missing == [], "these keys need values in GOOD and in BAD"


def test_missing_region_is_refused() -> None:
    assert mistakes({}, region=None) == [
        "aws:region: is not set: `pulumi config set aws:region <value>`, "
        "with us-east-1, us-west-2, ap-northeast-1 or eu-north-1"
    ]


# Texts that become something else


def test_environment_takes_what_the_command_line_turned_into_numbers_and_booleans() -> None:
    loaded = load({"environment": {"B": True, "A": 5, "C": False}})
    assert list(loaded.environment.items()) == [("A", "5"), ("B", "true"), ("C", "false")]


# What the engine passes for 1.10, 007, 1e5, 1e30, 1.5e-7, TRUE and 2026-01-01 without quotes.
CHANGED = ["1.1", "7", "100000", "1e+30", "1.5e-7", "0", "0.5", "true", "2026-01-01 00:00:00 +0000 UTC"]


@pytest.mark.parametrize("key", ["imageTag", "tablePrefix"])
@pytest.mark.parametrize("given", CHANGED)
def test_text_that_yaml_may_have_changed_is_refused(key: str, given: str) -> None:
    (line,) = mistakes({key: given})
    assert line.startswith(f"{key} = {given!r}: may not be what the stack file says")
    assert "put it in quotes" in line


def test_every_text_that_may_be_a_number_is_refused() -> None:
    """No key takes a text of a stack file that YAML may have made of another text."""
    taken: list[tuple[str, str]] = []
    for key in (key for key in KEYS if key.is_text and not key.key.secret and key.name != "aws:region"):
        for given in CHANGED:
            with contextlib.suppress(ConfigError):
                load({key.name: given, **BESIDE.get(key.name, {})})
                taken.append((key.name, given))
    assert not taken, "the rules of these keys have to be made by `text_matching`"


@pytest.mark.parametrize("given", [2**53 + 1, -(2**53) - 1, "2026-01-01 00:00:00 +0000 UTC"])
def test_environment_value_that_yaml_changed_is_refused(given: object) -> None:
    (line,) = mistakes({"environment": {"A": given}})
    assert line.startswith(f"environment.A = {given!r}: may not be what the stack file says")
    assert "--type string" in line


def test_phone_number_that_lost_its_plus_is_refused_with_how_to_quote_it() -> None:
    (line,) = mistakes({"alarmPhones": [358401234567]})
    assert line.startswith("alarmPhones[0] = 358401234567: must be a phone number in E.164")
    assert "--type string" in line


def test_origins_may_be_separated_by_commas() -> None:
    loaded = load({"corsOrigins": "https://a.example, https://b.example"})
    assert loaded.cors_origins == ("https://a.example", "https://b.example")
    (line,) = mistakes({"corsOrigins": "https://a.example,https://b.example/"})
    assert line.startswith("corsOrigins[1] = 'https://b.example/': must be an http or https origin")


# ARNs of another region


def test_arns_of_another_region_are_refused_with_what_to_do() -> None:
    copied = {
        "domainName": "voice.example.com",
        "certificateArn": CERTIFICATE,
        "secretArns": {"TOKEN": SECRET},
        "guardrailArns": [GUARDRAIL],
        "promptArns": [PROMPT],
        "sesIdentityArns": [SES_IDENTITY],
    }
    moved = "belongs to us-east-1, and the stack is in eu-north-1"
    assert sorted(mistakes(copied, stack="prod-eu-north-1", region="eu-north-1")) == [
        f"certificateArn = {CERTIFICATE!r}: {moved}: request or import the certificate in eu-north-1 and set its ARN; "
        "with hostedZoneId you can leave that to the program: `pulumi config rm certificateArn`",
        f"guardrailArns[0] = {GUARDRAIL!r}: {moved}: create the guardrail in eu-north-1 and set its ARN, "
        "or remove this one",
        f"promptArns[0] = {PROMPT!r}: {moved}: create the prompt in eu-north-1 and set its ARN, or remove this one",
        f"secretArns.TOKEN = {SECRET!r}: {moved}: replicate the secret to eu-north-1 and set the replica's ARN",
        f"sesIdentityArns[0] = {SES_IDENTITY!r}: {moved}: verify the identity in eu-north-1 and set its ARN, "
        "or remove this one",
    ]


def test_keys_whose_values_name_a_region_may_differ_between_regions() -> None:
    """Otherwise `make status` would show each difference as a fault."""
    naming = [declared for declared in KEYS if "us-east-1" in str(GOOD.get(declared.name))]
    assert {"certificateArn", "guardrailArns", "promptArns"} <= {declared.name for declared in naming}
    assert [declared.name for declared in naming if not declared.key.regional] == []


def test_unknown_region_hides_no_other_mistake() -> None:
    region, certificate = mistakes(
        {"domainName": "a.example.com", "certificateArn": SECRET, "guardrailArns": [GUARDRAIL]}, region="eu-west-1"
    )
    assert region.startswith("aws:region = 'eu-west-1'")
    assert certificate.endswith("must be an ARN like arn:aws:acm:<region>:<account>:certificate/<id>")
