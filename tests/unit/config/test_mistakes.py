"""Every config key by itself: the values just beyond its rule, and what the message says about them."""

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
    mistakes,
)

MODEL_ARN = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-2-sonic-v1:0"
ARABIC_2048 = "\u0662\u0660\u0664\u0668"

# What a message says first about a wrong value.
WHOLE = "must be a whole number"
CIDR = "must be a private IPv4 block (in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16) from /16 to /22"
CERTIFICATE_RULE = "must be an ARN like arn:aws:acm:us-east-1:<account>:certificate/<id>"
BEDROCK_RULE = "must be an ARN like arn:aws:bedrock:us-east-1:<account>"
SES_RULE = "must be an ARN like arn:aws:ses:us-east-1:<account>:identity/<address or domain>"
SECRETSMANAGER_RULE = "must be an ARN like arn:aws:secretsmanager:us-east-1:<account>:secret:<name>-<6 characters>"
MODEL_RULE = "must be the id of a foundation model"
DOLLAR_RULE = "must be an amount of US dollars above 0"
MAIL_RULE = "must be an e-mail address"
PHONE_RULE = "must be a phone number in E.164"
NODE_RULE = "must be a current ElastiCache node type that takes TLS"
STRATEGY_RULE = "must be rolling, blue-green, canary or linear"
ORIGIN_RULE = "must be an http or https origin"

# key, wrong texts, a part of the rule
WRONG: list[tuple[str, list[str], str]] = [
    (
        "imageTag",
        ["", "-a", ".a", "a b", "a/b", "repo:1", "a" * 129, DIGEST[:-1], DIGEST.upper()],
        "must be an ECR tag",
    ),
    ("cpu", ["1000", "0", "-256", "1024.0", "1 vCPU", "1e3", ""], "must be 256, 512, 1024, 2048, 4096, 8192 or 16384"),
    (
        "memory",
        ["2048.0", "2 GB", "2_048", "+2048", "02048", ARABIC_2048, "", "true", "[2048]"],
        f"{WHOLE} of 1 or more",
    ),
    ("cpuArchitecture", ["arm64", "x86_64", "AMD64"], "must be X86_64 or ARM64"),
    ("desiredCount", ["-1", "2.5", "two"], f"{WHOLE} of 0 or more"),
    ("minCount", ["-1", "yes", "1.0"], f"{WHOLE} of 0 or more"),
    ("maxCount", ["-1", "", "ten"], f"{WHOLE} of 0 or more"),
    ("onDemandBase", ["-1", "1.5"], f"{WHOLE} of 0 or more"),
    ("cpuTargetPercent", ["0", "101", "70%"], f"{WHOLE} from 1 to 100"),
    ("memoryTargetPercent", ["0", "101", "-1"], f"{WHOLE} from 1 to 100"),
    ("spotPercent", ["-1", "101", "0.5"], f"{WHOLE} from 0 to 100"),
    ("deploymentStrategy", ["", "ROLLING", "blue_green", "bluegreen", "all-at-once"], STRATEGY_RULE),
    ("bakeTimeMinutes", ["-1", "1441", "5.5", "5m", ""], f"{WHOLE} from 0 to 1440"),
    ("canaryPercent", ["0", "0.05", "100.1", "-5", "5%", "1e1", "05", ""], "must be a number from 0.1 to 100, with"),
    ("linearStepPercent", ["2.9", "0", "101", "10.25", ".5", "ten"], "must be a number from 3 to 100, with at most"),
    ("vpcCidr", ["8.8.0.0/16", "100.64.0.0/16", "172.32.0.0/16", "192.0.0.0/16"], CIDR),
    ("vpcCidr", ["10.0.0.0/15", "10.0.0.0/23", "10.0.0.1/16", "10.0.0.0", "10.0.0.0/255.255.0.0"], CIDR),
    ("vpcCidr", ["fd00::/16", "ten", ""], CIDR),
    ("availabilityZones", ["1", "4", "two"], f"{WHOLE} from 2 to 3"),
    ("natGateways", ["", "one", "None", "true"], "must be one-per-az, single or none"),
    ("certificateArn", ["", "12345678", f"{CERTIFICATE}*", SECRET], CERTIFICATE_RULE),
    ("certificateArn", [CERTIFICATE.replace("acm", "iam"), CERTIFICATE.replace(ACCOUNT, "")], CERTIFICATE_RULE),
    ("certificateArn", [CERTIFICATE.replace("arn:aws:", "arn:aws-cn:")], CERTIFICATE_RULE),
    ("allowPlainHttp", ["yes", "1", "True", "TRUE", "", "null"], "must be true or false"),
    ("protectData", ["no", "0", "False"], "must be true or false"),
    ("enableMetrics", ["on"], "must be true or false"),
    ("enableAuth", ["yes"], "must be true or false"),
    ("enableAudioRecording", ["yes"], "must be true or false"),
    ("enableSentimentAnalysis", ["yes"], "must be true or false"),
    ("enableQuotaManagement", ["yes"], "must be true or false"),
    ("enableXrayTracing", ["yes"], "must be true or false"),
    ("enableExec", ["yes"], "must be true or false"),
    ("tablePrefix", ["", "demo/", "demo ", "dé", "a\n", "x" * 245], "must be 1 to 244 letters, digits, '_', '.' and"),
    ("logRetentionDays", ["0", "2", "31", "3654", "7.0"], "must be 1, 3, 5, 7, 14, 30, 60, 90, 120,"),
    ("logLevel", ["info", "TRACE", ""], "must be DEBUG, INFO, WARN or ERROR"),
    ("bedrockModelId", ["", "nova", "Amazon.nova", "amazon.*", MODEL_ARN], MODEL_RULE),
    ("bedrockModelId", ["us.amazon.nova-2-sonic-v1:0", "us-gov.amazon.nova-lite-v1:0"], MODEL_RULE),
    ("bedrockModelId", ["apac.amazon.nova-2-sonic-v1:0", "global.amazon.nova-2-sonic-v1:0"], MODEL_RULE),
    ("bedrockModelId", [f"{'a' * 64}.b", f"a.{'b' * 64}", "a.b.c.d.e", "a.b:1:2:3", f"a.b:{'1' * 64}"], MODEL_RULE),
    ("maxMessagesPerSecond", ["0", "-1", "1.5"], f"{WHOLE} of 1 or more"),
    ("maxAudioChunkSizeMb", ["0", "0.5", "1MB"], f"{WHOLE} of 1 or more"),
    ("sessionTimeoutMinutes", ["0", "half"], f"{WHOLE} of 1 or more"),
    ("cleanupTimeoutSeconds", ["0", "-5"], f"{WHOLE} of 1 or more"),
    ("disconnectCleanupTimeoutSeconds", ["0", "3s"], f"{WHOLE} of 1 or more"),
    ("stopTimeoutSeconds", ["29", "121"], f"{WHOLE} from 30 to 120"),
    ("deregistrationDelaySeconds", ["-1", "3601"], f"{WHOLE} from 0 to 3600"),
    ("idleTimeoutSeconds", ["10", "4001"], f"{WHOLE} from 11 to 4000"),
    ("corsOrigins", ["[]"], "must not be empty"),
    ("corsOrigins", ["[", '["https://a.example"'], "must be a list"),
    ("environment", ["[]", "A=b", '"A"', "1", "null", "{", ""], "must be an object of names and values"),
    ("extraModelIds", ["{}", "amazon.nova-lite-v1:0", "null", '"a.b"'], "must be a list"),
    ("guardrailArns", ["{}", GUARDRAIL], "must be a list"),
    ("promptArns", ["{}", PROMPT], "must be a list"),
    ("sesIdentityArns", ["{}", SES_IDENTITY], "must be a list"),
    ("sessionsPerTaskTarget", ["0", "46", "30.5"], f"{WHOLE} from 1 to 45"),
    ("redisEnabled", ["yes", ""], "must be true or false"),
    (
        "redisNodeType",
        ["", "t4g.small", "cache.t4g", "cache.t4g.large", "cache.t1.micro", "cache.m3.medium"],
        NODE_RULE,
    ),
    ("redisNodeType", ["cache.r6gd.xlarge", "cache.m1.small", "cache.r3.large", "cache.t4.small"], NODE_RULE),
    ("redisReplicas", ["-1", "6", "1.5", ""], f"{WHOLE} from 0 to 5"),
    ("scalingSchedule", ["[]", "0 7 ? * MON *", "null", "1"], "must be an object of names and values"),
    ("alarmEmails", ["a@b.example", "{}"], "must be a list"),
    ("alarmPhones", ["+358401234567", "null"], "must be a list"),
    ("monthlyBudgetUsd", ["0", "0.00", "-1", "", "1e3", "100 USD", "1,000", "0.001", ".5", "05"], DOLLAR_RULE),
]


@pytest.mark.parametrize(
    ("key", "given", "rule"), [(key, given, rule) for key, values, rule in WRONG for given in values]
)
def test_a_wrong_value_is_named_with_its_rule(key: str, given: str, rule: str) -> None:
    (line,) = mistakes({key: given})
    assert line.startswith(f"{key} = {given!r}: {rule}")


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1 ", "US-EAST-1", ""])
def test_a_region_that_the_app_does_not_take_is_refused(region: str) -> None:
    assert mistakes({}, region=region) == [
        f"aws:region = {region!r}: must be us-east-1, us-west-2, ap-northeast-1 or eu-north-1"
    ]


# key, the place of the mistake, wrong values, a part of the rule
WRONG_INSIDE: list[tuple[str, str, list[object], str]] = [
    ("extraModelIds", "[1]", [1, None, True, ["a.b"], {}], "must be a string"),
    ("extraModelIds", "[1]", ["us.amazon.nova-lite-v1:0", MODEL_ARN, "*", ""], MODEL_RULE),
    ("guardrailArns", "[1]", ["*", PROMPT, f"{GUARDRAIL}*", f"{GUARDRAIL}:1"], f"{BEDROCK_RULE}:guardrail/<id>"),
    (
        "promptArns",
        "[1]",
        ["*", GUARDRAIL, f"{PROMPT}:*", f"{PROMPT}:DRAFT", f"{PROMPT}:123456"],
        f"{BEDROCK_RULE}:prompt/<id>",
    ),
    ("sesIdentityArns", "[1]", ["*", "a@b.example", SES_IDENTITY.replace("ses", "sns")], SES_RULE),
    ("sesIdentityArns", "[1]", [SES_IDENTITY.replace("no-reply", "*")], SES_RULE),
    ("corsOrigins", "[1]", ["", "null", "example.com", "ftp://a.example", "https://a.example/"], ORIGIN_RULE),
    ("corsOrigins", "[1]", ["https://a.example/app", "https://a.example?x", "https://a.example:0"], ORIGIN_RULE),
    ("corsOrigins", "[1]", ["https://a.example:123456", f"https://{'a' * 64}.example"], ORIGIN_RULE),
    ("corsOrigins", "[1]", ["HTTPS://a.example", "https://A.example", "https://u@a.example"], ORIGIN_RULE),
    ("corsOrigins", "[1]", ["https://*.example"], ORIGIN_RULE),
    ("corsOrigins", "[1]", [1, None], "must be a string"),
    ("alarmEmails", "[1]", ["", "oncall", "@b.example", "a@b", "a b@c.example", "a@b.example,c@d.example"], MAIL_RULE),
    ("alarmEmails", "[1]", ["mailto:a@b.example", "<a@b.example>", "a..b@c.example", "a@-b.example"], MAIL_RULE),
    ("alarmEmails", "[1]", ["a" * 250 + "@b.example"], MAIL_RULE),
    (
        "alarmPhones",
        "[1]",
        ["", "358401234567", "+0401234567", "+358 40 123", "+358401", "+3584012345678901"],
        PHONE_RULE,
    ),
    ("alarmPhones", "[1]", [0, -358401234567, 1.5, True, None], "must be a string"),
    ("environment", ".A", [1.5, None, [], {"B": "c"}], "must be a string, a whole number or a boolean"),
    ("secretArns", ".A", [f"{SECRET}:key::", SECRET[:-7], f"{SECRET}*"], SECRETSMANAGER_RULE),
    ("secretArns", ".A", [SECRET.replace("secretsmanager", "ssm")], SECRETSMANAGER_RULE),
]

FIRST: Mapping[str, str] = {
    "extraModelIds": "a.b",
    "guardrailArns": GUARDRAIL,
    "promptArns": PROMPT,
    "sesIdentityArns": SES_IDENTITY,
    "alarmEmails": "first@b.example",
    "alarmPhones": "+358409999999",
    "corsOrigins": "https://a.example",
}


@pytest.mark.parametrize(
    ("key", "at", "given", "rule"),
    [(key, at, given, rule) for key, at, values, rule in WRONG_INSIDE for given in values],
)
def test_a_wrong_value_inside_a_list_or_an_object_is_named_with_its_place(
    key: str, at: str, given: object, rule: str
) -> None:
    whole = {"A": given} if at == ".A" else [FIRST[key], given]
    (line,) = mistakes({key: whole})
    assert line.startswith(f"{key}{at} = {given!r}: {rule}")


def test_an_origin_in_a_comma_separated_text_is_checked_too() -> None:
    (line,) = mistakes({"corsOrigins": "https://a.example,https://b.example/"})
    assert line.startswith("corsOrigins[1] = 'https://b.example/': must be an http or https origin")


@pytest.mark.parametrize(
    "domain",
    [
        "example",
        "Voice.example.com",
        "*.example.com",
        "a.example.com.",
        "https://a.example",
        "-a.example",
        "a_b.example",
        "10.0.0.1",
        "a..example",
        "",
        "x" * 61 + ".abc",
    ],
)
def test_a_wrong_domain_is_refused(domain: str) -> None:
    (line,) = mistakes({"domainName": domain, "hostedZoneId": "Z1D633PJN98FT9"})
    assert line.startswith(f"domainName = {domain!r}: must be a DNS name in lower case of at most 64 characters")


@pytest.mark.parametrize("zone", ["", "/hostedzone/Z1D633PJN98FT9", "z1d633pjn98ft9", "example.com", "Z" * 33])
def test_a_wrong_hosted_zone_is_refused(zone: str) -> None:
    (line,) = mistakes({"domainName": "a.example.com", "hostedZoneId": zone})
    assert line.startswith(f"hostedZoneId = {zone!r}: must be the id of a Route 53 hosted zone")
