"""The recording of the whole program, shared by the tests that give the same arguments."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, Final
from unittest import mock

from components.monitoring.monitoring import Monitoring
from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT, FakeAws
from recording.program import DIGEST, TAG, record
from tests.support.config_values import BOUNDARY, DOMAIN, GUARDRAIL, PROMPT, REDIS, SES_IDENTITY

REGIONS: Final = ("us-east-1", "us-west-2", "ap-northeast-1", "eu-north-1")

HIDDEN: Final = "correct-horse-battery"  # the value of a secret of `everything`
_SECRETS: Final = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:shared"
SHARED_SECRET: Final = f"{_SECRETS}/token-XyZ123"
SECRET_UNDER_AN_ALIAS: Final = f"{_SECRETS}/other-AbC456"
KEY: Final = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234-abcd"  # of SHARED_SECRET
_OPTIONS: Final[dict[str, Any]] = {
    **REDIS,
    **DOMAIN,
    "secrets": {"COGNITO_USER_POOL_ID": HIDDEN},
    "secretArns": {"TOKEN": SHARED_SECRET, "OTHER": SECRET_UNDER_AN_ALIAS},
    "enableAuth": True,
    "enableXrayTracing": True,
    "enableExec": True,
    "sesIdentityArns": [SES_IDENTITY],
    "guardrailArns": [GUARDRAIL],
    "promptArns": [PROMPT],
    "permissionsBoundaryArn": BOUNDARY,
    "extraTags": {"CostCenter": "007"},
    "allowedAccountIds": [ACCOUNT],
    "alarmEmails": ["a@b.example", "c@d.example"],
    "alarmPhones": ["+358401234567"],
    "monthlyBudgetUsd": 250,
    "scalingSchedule": {"day": {"cron": "0 6 * * ? *", "timeZone": "Europe/Helsinki", "min": 2, "max": 5}},
}

_RECORDED: Final[dict[str, Deployment]] = {}


def run(stack: str, watched: bool = True, **arguments: Any) -> Deployment:
    """Returns what the program registers: one run for all tests that give the same arguments of `record`.

    `watched=False` takes half the time: it leaves out what is created after the service, its alarms and its events.
    """
    key = repr((stack, watched, sorted({"region": REGIONS[0], **arguments}.items())))
    if key not in _RECORDED:
        with nullcontext() if watched else mock.patch.object(Monitoring, "watch"):
            _RECORDED[key] = record(stack, **arguments)
    return _RECORDED[key]


def everything() -> Deployment:
    """Returns what prod registers with every optional feature."""
    keys = {SHARED_SECRET: KEY, SECRET_UNDER_AN_ALIAS: f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/a"}
    return run("prod", answers=FakeAws(images={DIGEST: [TAG]}, secret_keys=keys), **_OPTIONS)


def two_target_groups() -> Deployment:
    """Returns what prod registers with a strategy that shifts traffic, Redis and a hosted zone."""
    return run("prod", deploymentStrategy="blue-green", **REDIS, **DOMAIN)


def in_region(region: str) -> Deployment:
    """Returns what the stack of prod in that region registers, under the domain that it shares with the others."""
    return run(f"prod-{region}", like="prod", region=region, **DOMAIN)


def with_a_long_name() -> Deployment:
    """Returns what a stack of prod registers whose name has 100 characters, the most that Pulumi takes."""
    region = "ap-northeast-1"
    stack = f"prod-{'x' * (94 - len(region))}-{region}"
    return run(stack, like="prod", region=region, waf=True, accessLogs=True, monthlyBudgetUsd=9, **REDIS, **DOMAIN)
