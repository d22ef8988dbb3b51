"""The log group of the web ACL: who may write to it, and how it is kept."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.data.web_acl_log import WebAclLog, WebAclLogArgs
from components.lib.account import Account
from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT, FakeAws
from recording.mocks import deploy
from tests.support import iam

REGION = "eu-north-1"
NAME = "aws-waf-logs-voiceter-backend-dev"
ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{NAME}"
DELIVERY = "delivery.logs.amazonaws.com"
SOURCE = {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:delivery-source:1"}


def build(protect: bool = True, encryption_key: str | None = None) -> Deployment:
    def program() -> None:
        account = Account(ACCOUNT, "aws", REGION)
        args = WebAclLogArgs(account=account, name=NAME, protect=protect, encryption_key=encryption_key)
        pulumi.export("group", WebAclLog("web-acl-log", args).group_arn)

    return deploy(program, answers=FakeAws(region=REGION))


def test_log_delivery_of_the_account_writes_to_the_group_alone() -> None:
    policy: Any = build().one(":LogResourcePolicy").json("policyDocument")
    stream = f"{ARN}:log-stream:{REGION}_voiceter-backend-dev_0"
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        assert iam.lets_in(policy, DELIVERY, action, stream, SOURCE)
        assert not iam.lets_in(policy, DELIVERY, action, stream.replace("-dev:", "-prod:"), SOURCE)
        for key in SOURCE:
            other = {key: SOURCE[key].replace(ACCOUNT, "210987654321")}
            assert not iam.lets_in(policy, DELIVERY, action, stream, {**SOURCE, **other})
    assert not iam.lets_in(policy, DELIVERY, "logs:DeleteLogStream", stream, SOURCE)


def test_policy_is_named_after_the_group() -> None:
    """An account has few policies of this kind, so an operator wants to see whose each is."""
    assert build().one(":LogResourcePolicy").inputs["policyName"] == NAME


@pytest.mark.parametrize("protect", [True, False])
def test_log_is_kept_for_90_days_and_protected_with_the_data(protect: bool) -> None:
    group = build(protect).one(":LogGroup")
    assert group.inputs == {"name": NAME, "retentionInDays": 90, "deletionProtectionEnabled": protect}
    assert group.protect is protect


def test_log_has_the_key_of_the_data() -> None:
    assert build(encryption_key="arn:key").one(":LogGroup").inputs["kmsKeyId"] == "arn:key"


def test_group_is_known_after_the_delivery_may_write() -> None:
    assert build().exports["group"] == ARN
