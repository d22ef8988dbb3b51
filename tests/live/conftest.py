"""The sandbox that live tests share: one in each process of pytest, with one account for all of its stacks."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.live.harness import LiveSandbox, live_sandbox
from tests.live.stack import Stack, ensure

EVERYTHING = {
    "accessLogs": True,
    "alarmEmails": ["oncall@example.com"],
    "alarmPhones": ["+4915112345678"],
    "customerKey": True,
    "deploymentStrategy": "blue-green",
    "domainName": "voice.sandbox.test",
    "enableAuth": True,
    "enableMetrics": True,
    "extraTags": {"CostCenter": "voice"},
    "monthlyBudgetUsd": 250,
    "natGateways": "single",
    "redisEnabled": True,
    "scalingSchedule": {"morning": {"cron": "0 6 * * ? *", "min": 1, "max": 2}},
    "waf": True,
}
SECRETS = {"secrets.COGNITO_USER_POOL_ID": "us-east-1_Sup3rS3cret", "redisAuthToken": "correct-horse-battery"}
ANYTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSandbox]:
    with live_sandbox(tmp_path_factory.mktemp("shared")) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def dev(sandbox: LiveSandbox) -> Stack:
    """The stack dev, up with its committed config. What the tests of another file have changed is undone first."""
    return ensure(sandbox, "dev")


@pytest.fixture(scope="session")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSandbox]:
    """A sandbox with another account, for the stack dev alone. It is empty at first."""
    with live_sandbox(tmp_path_factory.mktemp("apart")) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def regions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSandbox]:
    """A sandbox with another account, for prod and its regions. It is empty at first."""
    with live_sandbox(tmp_path_factory.mktemp("regions")) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def everything(apart: LiveSandbox) -> Stack:
    """The stack dev of `apart`, with all that the program can be configured to create."""
    if not apart.resources("dev"):  # test_interruption.py leaves it up
        apart.up("dev")
    dev = Stack(apart, "dev")
    zone = dev.new_hosted_zone("sandbox.test")
    made = dev.client("iam").create_policy(PolicyName="boundary", PolicyDocument=json.dumps(ANYTHING))
    apart.set("dev", **EVERYTHING, hostedZoneId=zone, permissionsBoundaryArn=made["Policy"]["Arn"])
    apart.configure("dev", secret=SECRETS)
    apart.updated("dev")
    return dev
