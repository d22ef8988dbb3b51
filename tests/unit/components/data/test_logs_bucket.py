"""The bucket of the load balancer's logs and the flow log: who may write to it, and in which order it is set up."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from components.data.logs_bucket import LogsBucket, LogsBucketArgs
from components.lib.account import Account
from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT, FakeAws
from recording.mocks import deploy
from tests.support import iam

REGION = "eu-north-1"
BUCKET = f"voiceter-logs-{ACCOUNT}-dev"
ARN = f"arn:aws:s3:::{BUCKET}"
FOLDER = f"{ARN}/AWSLogs/{ACCOUNT}"
LOAD_BALANCERS = "logdelivery.elasticloadbalancing.amazonaws.com"
LOAD_BALANCER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/voiceter-backend-dev/0a1b"
DELIVERY = "delivery.logs.amazonaws.com"
FLOW_LOG: dict[str, str] = {
    "aws:SourceAccount": ACCOUNT,
    "aws:SourceArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:delivery-source:1",
    "s3:x-amz-acl": "bucket-owner-full-control",
}


@cache
def build(vpc: str | None = "vpc-1") -> Deployment:
    args = LogsBucketArgs(Account(ACCOUNT, "aws", REGION), BUCKET, vpc, protect=True)
    return deploy(lambda: LogsBucket("logs-bucket", args), answers=FakeAws(region=REGION))


def policy(vpc: str | None = "vpc-1") -> dict[str, Any]:
    return build(vpc).one(":BucketPolicy").json("policy")


@pytest.mark.parametrize("vpc", ["vpc-1", None])
def test_load_balancers_of_the_account_write_logs(vpc: str | None) -> None:
    def writes(resource: str, arn: str) -> bool:
        return iam.lets_in(policy(vpc), LOAD_BALANCERS, "s3:PutObject", resource, {"aws:SourceArn": arn})

    file = f"{FOLDER}/elasticloadbalancing/{REGION}/2026/11/28/log.gz"
    assert writes(file, LOAD_BALANCER)
    assert not writes(file, LOAD_BALANCER.replace(ACCOUNT, "210987654321"))
    assert not writes(file, LOAD_BALANCER.replace(REGION, "us-east-1"))
    assert not writes(f"{ARN}/AWSLogs/210987654321/log.gz", LOAD_BALANCER)
    assert not iam.lets_in(policy(vpc), LOAD_BALANCERS, "s3:GetObject", file, {"aws:SourceArn": LOAD_BALANCER})


def test_flow_logs_of_the_account_are_delivered() -> None:
    def delivers(action: str, resource: str, **changes: str) -> bool:
        context = FLOW_LOG | {key.replace("_", ":"): value for key, value in changes.items()}
        return iam.lets_in(policy(), DELIVERY, action, resource, context)

    file = f"{FOLDER}/vpcflowlogs/{REGION}/2026/11/28/log.gz"
    assert delivers("s3:PutObject", file)
    assert delivers("s3:GetBucketAcl", ARN)
    assert not delivers("s3:PutObject", file, aws_SourceAccount="210987654321")
    assert not delivers("s3:PutObject", file, aws_SourceArn=f"arn:aws:logs:{REGION}:210987654321:delivery-source:1")
    assert not iam.lets_in(policy(), DELIVERY, "s3:PutObject", file, {**FLOW_LOG, "s3:x-amz-acl": "private"})
    assert not delivers("s3:GetObject", file)


def test_policy_is_written_after_the_flow_log_and_anew_for_each() -> None:
    """AWS writes the bucket's policy when it creates a flow log."""
    run = build()
    flow_log, written = run.one(":FlowLog"), run.one(":BucketPolicy")
    assert {flow_log.urn, run.one(":BucketPublicAccessBlock").urn} <= written.depends_on
    assert written.json("policy")["Id"].startswith("FlowLog-")
    assert "Id" not in policy(None)
