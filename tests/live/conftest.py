"""The sandbox that live tests share: one in each process of pytest, with one account for all of its stacks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live.harness import LiveSandbox, Stack, live_sandbox

EVERYTHING = r"""
pulumi config set enableMetrics true -s dev
pulumi config set customerKey true -s dev
pulumi config set natGateways single -s dev
pulumi config set domainName voice.sandbox.test -s dev
zone=$(aws route53 create-hosted-zone --name sandbox.test --caller-reference test --query HostedZone.Id --output text)
pulumi config set hostedZoneId "${zone##*/}" -s dev
pulumi config set --secret --path secrets.API_TOKEN correct-horse-battery -s dev
pulumi config set --path 'alarmEmails[0]' oncall@example.com -s dev
pulumi config set --path 'alarmPhones[0]' --type string -s dev -- +4915112345678
pulumi config set monthlyBudgetUsd 250 -s dev
pulumi config set accessLogs true -s dev
pulumi config set waf true -s dev
boundary=$(aws iam create-policy --policy-name boundary --query Policy.Arn --output text \
  --policy-document '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')
pulumi config set permissionsBoundaryArn "$boundary" -s dev
pulumi config set redisEnabled true -s dev
pulumi config set --secret redisAuthToken correct-horse-battery -s dev
pulumi config set --path scalingSchedule.morning.cron '0 6 * * ? *' -s dev
pulumi config set --path scalingSchedule.morning.min 1 -s dev
pulumi config set --path scalingSchedule.morning.max 2 -s dev
"""


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSandbox]:
    with live_sandbox(tmp_path_factory.mktemp("shared")) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def dev(sandbox: LiveSandbox) -> Stack:
    """The stack dev, up with its committed config. What the tests of another file have changed is undone first."""
    return sandbox.ensure("dev")


@pytest.fixture(scope="session")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack dev in an account of its own, with all that the program can be configured to create."""
    with live_sandbox(tmp_path_factory.mktemp("everything")) as sandbox:
        sandbox.up("dev")
        sandbox.succeeds(EVERYTHING)
        sandbox.updated("dev")
        yield Stack(sandbox, "dev")
