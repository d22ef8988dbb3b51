"""The sandbox that live tests share: one in each process of pytest, with one account for all of its stacks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live.harness import LiveSandbox, Stack, live_sandbox

EVERYTHING = r"""
zone=$(aws route53 create-hosted-zone --name sandbox.test --caller-reference test --query HostedZone.Id --output text)
boundary=$(aws iam create-policy --policy-name boundary --query Policy.Arn --output text \
  --policy-document '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')
pulumi config set-all -s dev --path --plaintext enableMetrics=true --plaintext customerKey=true \
  --plaintext natGateways=single --plaintext domainName=voice.sandbox.test --plaintext hostedZoneId="${zone##*/}" \
  --secret secrets.API_TOKEN=correct-horse-battery --plaintext 'alarmEmails[0]=oncall@example.com' \
  --plaintext monthlyBudgetUsd=250 --plaintext accessLogs=true --plaintext waf=true \
  --plaintext permissionsBoundaryArn="$boundary" --plaintext redisEnabled=true \
  --secret redisAuthToken=correct-horse-battery --plaintext 'scalingSchedule.morning.cron=0 6 * * ? *' \
  --plaintext scalingSchedule.morning.min=1 --plaintext scalingSchedule.morning.max=2 \
  --plaintext extraTags.CostCenter=voice
pulumi config set --path 'alarmPhones[0]' --type string -s dev -- +4915112345678
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
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSandbox]:
    """A sandbox with another account, for the stack dev alone. It is empty at first."""
    with live_sandbox(tmp_path_factory.mktemp("apart")) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def everything(apart: LiveSandbox) -> Stack:
    """The stack dev of `apart`, with all that the program can be configured to create."""
    dev = apart.ensure_as_it_is("dev")
    apart.succeeds(EVERYTHING)
    apart.updated("dev")
    return dev
