"""The commands of the documents that need dev, staging and prod, run as they stand there."""

from __future__ import annotations

import gzip
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.live.harness import ACCOUNT_ID, ROOT, LiveSandbox, succeeded
from tests.live.stack import Stack, ensure
from tests.support.commands import below, blocks

pytestmark = pytest.mark.live

STACKS = ("dev", "staging", "prod")
# What the first block of docs/ci.md sets, of a made-up repository.
VARIABLES = {
    "REPOSITORY": "octo/backend",
    "REPOSITORY_WITH_IDS": "octo@1/backend@2",
    "ACCOUNT": ACCOUNT_ID,
    "STATE_BUCKET": "state",
    "SECRETS_KEY_ARN": f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/1",
    "HOSTED_ZONE_ID": "NONE",
    "TABLE_PREFIX": "demo-",
}


@pytest.fixture(scope="module")
def stacks(sandbox: LiveSandbox) -> Iterator[LiveSandbox]:
    """The stacks are up. At the end they have their config again."""
    for name in STACKS:
        ensure(sandbox, name)
    files = {sandbox.stack_file(name): sandbox.stack_file(name).read_text() for name in STACKS}
    yield sandbox
    for file, config in files.items():
        file.write_text(config)


def test_release_of_the_readme(stacks: LiveSandbox, tmp_path: Path) -> None:
    stacks.image("dev", "1.4.2")
    (to_staging,) = [block for block in blocks("docs/releases.md") if block.code.startswith("make promote")]
    assert "Copied: " in succeeded(stacks.types(to_staging.code, tmp_path))
    release, rollback = below("README.md", "Release, verify, roll back")
    output = succeeded(stacks.types(release + rollback, tmp_path))
    assert output.count("OK: the service runs") == 2, "after the release, and after the rollback"
    assert "prod is back on stand-in." in output


def test_traffic_logs_are_read(stacks: LiveSandbox, tmp_path: Path) -> None:
    """On staging, which has them."""
    bucket = stacks.outputs("staging")["logsBucketName"]
    key = f"AWSLogs/{ACCOUNT_ID}/elasticloadbalancing/us-east-1/{datetime.now(UTC):%Y/%m/%d}/1.log.gz"
    read, delivery, latest = [block.code for block in blocks("docs/traffic-logs.md")]
    with Stack(stacks, "staging").bucket_without_policy(bucket) as s3:
        s3.put_object(Bucket=bucket, Key=key, Body=gzip.compress(b"http GET 200 /\nhttp GET 502 /health\n"))
        output = succeeded(stacks.types("\n".join(["pulumi stack select staging", read, delivery, latest]), tmp_path))
    assert "http GET 502 /health" in output
    assert "http GET 200 /" not in output
    assert re.search(r"^ACTIVE\tSUCCESS\tNone$", output, re.MULTILINE)
    assert key in output


def test_log_of_the_web_acl_is_read(stacks: LiveSandbox, tmp_path: Path) -> None:
    """On prod, which has it."""
    logs, group = stacks.client("logs"), f"aws-waf-logs-{stacks.outputs('prod')['serviceName']}"
    entry = {"terminatingRuleId": "connects", "httpRequest": {"clientIp": "203.0.113.7"}}
    logs.create_log_stream(logGroupName=group, logStreamName="us-east-1_voiceter-backend_0")
    logs.put_log_events(
        logGroupName=group,
        logStreamName="us-east-1_voiceter-backend_0",
        logEvents=[{"timestamp": int(time.time() * 1000), "message": json.dumps(entry, separators=(",", ":"))}] * 2,
    )
    (read,) = [block.code for block in blocks("docs/firewall.md")]
    output = succeeded(stacks.types(f"pulumi stack select prod\n{read}", tmp_path))
    assert re.search(r'^ *2 "terminatingRuleId":"connects"$', output, re.MULTILINE)
    assert re.search(r'^ *2 "clientIp":"203\.0\.113\.7"$', output, re.MULTILINE)


def test_setup_of_ci(stacks: LiveSandbox, tmp_path: Path) -> None:
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    setup = [block.code for block in blocks("docs/ci.md") if not block.reason]
    variables = "\n".join(f"export {name}={value}" for name, value in VARIABLES.items())
    succeeded(stacks.types("\n".join([variables, *setup]), tmp_path))
    iam: Any = stacks.client("iam")
    for role, most in (("preview", 2), ("deploy", 6)):
        attached = iam.list_attached_role_policies(RoleName=f"voiceter-ci-{role}")["AttachedPolicies"]
        assert len(attached) == most
        trust = iam.get_role(RoleName=f"voiceter-ci-{role}")["Role"]["AssumeRolePolicyDocument"]
        assert "octo@1/backend@2" in json.dumps(trust)
        assert "$" not in json.dumps(trust)
    boundary = f"permissionsBoundaryArn: arn:aws:iam::{ACCOUNT_ID}:policy/voiceter-boundary\n"
    assert all(boundary in stacks.stack_file(name).read_text() for name in STACKS)
