"""The account of a stack."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
import pytest

from components.lib.account import Account
from recording.fake_aws import ACCOUNT, FakeAws
from recording.mocks import deploy


def look_up(answers: FakeAws) -> tuple[Account, list[str]]:
    found: list[Account] = []
    run = deploy(
        lambda: found.append(Account.of(aws.Provider("aws", region="eu-north-1"), "eu-north-1")), answers=answers
    )
    return found[0], [provider for _, _, provider in run.calls]


def test_account_is_that_of_the_provider() -> None:
    account, providers = look_up(FakeAws(region="eu-north-1"))
    assert account == Account(id=ACCOUNT, partition="aws", region="eu-north-1")
    assert len(providers) == 2
    assert all("pulumi:providers:aws::aws" in provider for provider in providers)


def test_arns_name_partition_region_and_account() -> None:
    account = Account(id="1", partition="aws-cn", region="cn-north-1")
    assert account.arn("ecs", "*") == "arn:aws-cn:ecs:cn-north-1:1:*"


def test_error_of_aws_is_reported() -> None:
    with pytest.raises(pulumi.RunError, match=r"which account.*refused the credentials .*\(ExpiredToken\)"):
        look_up(FakeAws(failures={"getCallerIdentity": "ExpiredToken: the security token is expired"}))
