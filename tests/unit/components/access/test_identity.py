"""The two IAM roles: only ECS assumes them. tests/program/test_grants.py has what they may do."""

from __future__ import annotations

import pytest

from components.access.identity import Identity, IdentityArgs
from components.lib.account import Account
from components.lib.names import Names
from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT
from recording.mocks import deploy
from tests.support import iam

ECS = "ecs-tasks.amazonaws.com"


def build() -> Deployment:
    args = IdentityArgs(account=Account(ACCOUNT, "aws", "eu-north-1"), names=Names("dev"))
    return deploy(lambda: Identity("identity", args))


@pytest.mark.parametrize("role", ["execution", "task"])
def test_only_ecs_tasks_of_this_account_and_region_assume_a_role(role: str) -> None:
    trust = build().one(":Role", role).json("assumeRolePolicy")
    task = f"arn:aws:ecs:eu-north-1:{ACCOUNT}:task/voiceter-cluster-dev/0123abcd"
    ours = {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": task}
    assert iam.trusts(trust, ECS, ours)
    assert not iam.trusts(trust, "ec2.amazonaws.com", ours)
    assert not iam.trusts(trust, ECS, {**ours, "aws:SourceAccount": "999999999999"})
    assert not iam.trusts(trust, ECS, {**ours, "aws:SourceArn": task.replace("eu-north-1", "us-east-1")})
    assert not iam.trusts(trust, ECS, {**ours, "aws:SourceArn": task.replace(ACCOUNT, "999999999999")})
    assert not iam.trusts(trust, ECS, {"aws:SourceAccount": ACCOUNT})
