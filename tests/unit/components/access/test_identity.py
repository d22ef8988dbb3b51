"""The two IAM roles: only ECS assumes them, and each has only its grants."""

from __future__ import annotations

import pulumi
import pytest

from components.access.identity import Identity, IdentityArgs
from components.lib.account import Account
from components.lib.names import Names
from components.lib.policy import Statement
from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT
from recording.mocks import deploy
from tests.support import iam

ECS = "ecs-tasks.amazonaws.com"


def build() -> Deployment:
    def program() -> None:
        identity = Identity(
            "identity",
            IdentityArgs(
                account=Account(ACCOUNT, "aws", "eu-north-1"),
                names=Names("dev"),
            ),
        )
        identity.grant(
            execution=[Statement("Pull", ["ecr:BatchGetImage"], [pulumi.Output.from_input("arn:image")])],
            task=[
                Statement("Items", ["dynamodb:GetItem"], ["arn:table"]),
                Statement("Traces", ["xray:PutTraceSegments"], ["*"]),
            ],
        )
        pulumi.export("arns", [identity.roles.execution_arn, identity.roles.task_arn])

    return deploy(program)


def test_roles_have_their_names() -> None:
    run = build()
    assert run.one(":Role", "execution").inputs["name"] == "voiceter-backend-execution-role-dev"
    assert run.one(":Role", "task").inputs["name"] == "voiceter-backend-task-role-dev"
    assert run.exports["arns"] == [
        f"arn:aws:iam::{ACCOUNT}:role/voiceter-backend-{use}-role-dev" for use in ("execution", "task")
    ]


def test_each_role_has_only_its_grants() -> None:
    run = build()
    execution, task = (
        iam.joined(p.json("policy") for p in run.all(":RolePolicy") if p.inputs["role"] == name)
        for name in ("voiceter-backend-execution-role-dev", "voiceter-backend-task-role-dev")
    )
    assert iam.allows(execution, "ecr:BatchGetImage", "arn:image")
    assert iam.allows(task, "dynamodb:GetItem", "arn:table")
    assert not iam.allows(execution, "dynamodb:GetItem", "arn:table")
    assert not iam.allows(task, "ecr:BatchGetImage", "arn:image")


def test_each_grant_is_a_policy_that_is_replaced_and_never_updated() -> None:
    policies = build().all(":RolePolicy")
    assert [policy.name for policy in policies] == ["execution-Pull", "task-Items", "task-Traces"]
    for policy in policies:
        assert len(policy.json("policy")["Statement"]) == 1
        assert policy.replace_on_changes == ("policy",)
        # The engine creates the new policy first only if the provider can choose another name for it.
        assert "name" not in policy.inputs


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
