"""The log group of the web ACL: who may write to it."""

from __future__ import annotations

from typing import Any

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


def build() -> Deployment:
    args = WebAclLogArgs(account=Account(ACCOUNT, "aws", REGION), name=NAME, protect=True, encryption_key=None)
    return deploy(lambda: WebAclLog("web-acl-log", args), answers=FakeAws(region=REGION))


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
