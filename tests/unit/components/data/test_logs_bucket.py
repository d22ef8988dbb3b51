"""The order in which the bucket of the logs is set up. tests/program/test_resource_policies.py has who writes to it."""

from __future__ import annotations

from functools import cache

from components.data.logs_bucket import LogsBucket, LogsBucketArgs
from components.lib.account import Account
from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT, FakeAws
from recording.mocks import deploy

REGION = "eu-north-1"
BUCKET = f"voiceter-logs-{ACCOUNT}-dev"


@cache
def build(vpc: str | None = "vpc-1") -> Deployment:
    args = LogsBucketArgs(Account(ACCOUNT, "aws", REGION), BUCKET, vpc, protect=True)
    return deploy(lambda: LogsBucket("logs-bucket", args), answers=FakeAws(region=REGION))


def test_policy_is_written_after_the_flow_log_and_anew_for_each() -> None:
    """AWS writes the bucket's policy when it creates a flow log."""
    run = build()
    flow_log, written = run.one(":FlowLog"), run.one(":BucketPolicy")
    assert flow_log.urn in written.depends_on
    assert written.json("policy")["Id"].startswith("FlowLog-")
    assert "Id" not in build(vpc=None).one(":BucketPolicy").json("policy")
