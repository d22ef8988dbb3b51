"""The role with which ECS shifts traffic."""

from __future__ import annotations

import pulumi

from components.access.infrastructure_role import InfrastructureRole, InfrastructureRoleArgs
from components.lib.account import Account
from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT
from recording.mocks import deploy
from tests.support import iam
from tests.support.program import two_target_groups

NAME = "voiceter-backend-infrastructure-role-dev"


def build() -> Deployment:
    def program() -> None:
        account = Account(ACCOUNT, "aws", "eu-north-1")
        role = InfrastructureRole("role", InfrastructureRoleArgs(account, NAME))
        pulumi.export("arn", role.arn)

    return deploy(program)


def test_ecs_assumes_the_role_and_tasks_do_not() -> None:
    trust = build().one(":Role").json("assumeRolePolicy")
    assert iam.trusts(trust, "ecs.amazonaws.com", {})
    assert not iam.trusts(trust, "ecs-tasks.amazonaws.com", {})


def test_role_has_the_managed_policy() -> None:
    deployment = build()
    assert deployment.one(":RolePolicyAttachment").inputs == {
        "role": NAME,
        "policyArn": "arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers",
    }
    assert deployment.exports["arn"] == f"arn:aws:iam::{ACCOUNT}:role/{NAME}"


def test_service_that_shifts_traffic_follows_the_role() -> None:
    # The policy is attached before the first deployment.
    assert (
        two_target_groups().one(":RolePolicyAttachment").urn
        in two_target_groups().one("ecs/service:Service").depends_on
    )
