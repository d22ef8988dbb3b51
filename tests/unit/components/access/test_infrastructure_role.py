"""The role with which ECS shifts traffic."""

from __future__ import annotations

from components.access.infrastructure_role import InfrastructureRole, InfrastructureRoleArgs
from components.lib.account import Account
from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT
from recording.mocks import deploy
from tests.support import iam
from tests.support.program import two_target_groups


def build() -> Deployment:
    args = InfrastructureRoleArgs(Account(ACCOUNT, "aws", "eu-north-1"), "voiceter-backend-infrastructure-role-dev")
    return deploy(lambda: InfrastructureRole("role", args))


def test_ecs_assumes_the_role_and_tasks_do_not() -> None:
    trust = build().one(":Role").json("assumeRolePolicy")
    assert iam.trusts(trust, "ecs.amazonaws.com", {})
    assert not iam.trusts(trust, "ecs-tasks.amazonaws.com", {})


def test_service_that_shifts_traffic_follows_the_role() -> None:
    deployment = two_target_groups()
    # The policy is attached before the first deployment.
    assert deployment.one(":RolePolicyAttachment").urn in deployment.one("ecs/service:Service").depends_on
