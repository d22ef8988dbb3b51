"""The log group, and the grant to write to it."""

from __future__ import annotations

import json

import pulumi
import pytest

from components.data.logs import Logs, LogsArgs
from components.lib.policy import document
from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT
from recording.mocks import deploy
from tests.support import iam

GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/ecs/voiceter-backend"


KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0a1b"


def build(protect: bool = True, key: str | None = None) -> Deployment:
    def program() -> None:
        logs = Logs("logs", LogsArgs("/ecs/voiceter-backend", 90, protect, key))
        pulumi.export("sessions", document(logs.write_sessions()))
        pulumi.export("name", logs.group_name)
        pulumi.export("policy", document(logs.write()))

    return deploy(program)


@pytest.mark.parametrize("protect", [True, False])
def test_the_log_group(protect: bool) -> None:
    run = build(protect)
    group = run.one(":LogGroup")
    assert group.inputs == {
        "name": "/ecs/voiceter-backend",
        "retentionInDays": 90,
        "deletionProtectionEnabled": protect,
    }
    assert group.protect is protect
    assert run.exports["name"] == "/ecs/voiceter-backend"


def test_the_grant_is_for_the_streams_of_this_group() -> None:
    policy = json.loads(build().exports["policy"])
    stream = "log-stream:voiceter-backend/voiceter-backend/0123abcd"
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        assert iam.allows(policy, action, f"{GROUP}:{stream}")
        assert not iam.allows(policy, action, f"{GROUP}-dev:{stream}")
    assert not iam.allows(policy, "logs:GetLogEvents", f"{GROUP}:{stream}")
    assert not iam.allows(policy, "logs:CreateLogGroup", GROUP)


@pytest.mark.parametrize("key", [KEY, None])
def test_new_events_are_encrypted_with_the_key(key: str | None) -> None:
    assert build(key=key).one(":LogGroup").inputs.get("kmsKeyId") == key


def test_sessions_of_a_shell_are_written_to_this_group_only() -> None:
    policy = json.loads(build().exports["sessions"])
    for action in ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"):
        assert iam.allows(policy, action, f"{GROUP}:log-stream:ecs-execute-command-0a1b")
        assert not iam.allows(policy, action, f"{GROUP}-dev:log-stream:ecs-execute-command-0a1b")
    assert iam.allows(policy, "logs:DescribeLogGroups", "*")
    assert not iam.allows(policy, "logs:GetLogEvents", f"{GROUP}:log-stream:ecs-execute-command-0a1b")
