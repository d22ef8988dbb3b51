"""The two IAM roles of a task. Other components supply the grants.

The roles exist before the data, as the key of the data is granted to them before anything is encrypted with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.lib.account import Account
from components.lib.names import Names
from components.lib.policy import Statement, document, from_service


@dataclass(frozen=True)
class Roles:
    """The ARNs of the two roles."""

    execution_arn: pulumi.Input[str]
    task_arn: pulumi.Input[str]


@dataclass(frozen=True)
class IdentityArgs:
    """The inputs of `Identity`."""

    account: Account
    names: Names
    permissions_boundary_arn: str | None  # of both roles


class Identity(pulumi.ComponentResource):
    """The execution role, with which ECS starts a task, and the task role, which the app uses."""

    roles: Roles

    def __init__(self, name: str, args: IdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:identity:Identity", name, {}, opts)
        trust = document([_trust(args.account)])
        self._execution = self._role("execution", args.names.execution_role, trust, args)
        self._task = self._role("task", args.names.task_role, trust, args)
        self.roles = Roles(execution_arn=self._execution.arn, task_arn=self._task.arn)
        self.register_outputs(
            {"execution_role_arn": self.roles.execution_arn, "task_role_arn": self.roles.task_arn},
        )

    def grant(
        self,
        *,
        execution: Sequence[Statement],
        task: Sequence[Statement],
        parent: pulumi.Resource | None = None,
    ) -> list[aws.iam.RolePolicy]:
        """Creates one inline policy for each statement. Returns the policies.

        A changed statement is a new policy beside the old policy, and no update of it. The engine creates policies
        before it updates the service, and deletes policies after everything else, if nothing failed. So a task of the
        previous revision keeps its rights while it drains and after a rollback.

        Args:
            execution: what ECS needs to start a task.
            task: what the app may call.
            parent: the component that the policies belong to, if not this one.
        """
        return [
            aws.iam.RolePolicy(
                f"{use}-{statement.sid}",  # and no `name`: the new and the old policy exist side by side
                role=role.name,
                policy=document([statement]),
                opts=pulumi.ResourceOptions(parent=parent or self, replace_on_changes=["policy"]),
            )
            for use, role, grants in (("execution", self._execution, execution), ("task", self._task, task))
            for statement in grants
        ]

    def _role(self, use: str, role_name: str, trust: pulumi.Output[str], args: IdentityArgs) -> aws.iam.Role:
        return aws.iam.Role(
            use,
            name=role_name,
            description=f"The {use} role of the Voiceter backend's tasks",
            assume_role_policy=trust,
            permissions_boundary=args.permissions_boundary_arn,
            opts=pulumi.ResourceOptions(parent=self),
        )


def _trust(account: Account) -> Statement:
    """Returns the trust policy: ECS assumes the role for tasks of this account and region only.

    A narrower source, such as a cluster, is not supported (Amazon ECS Developer Guide, "Amazon ECS task IAM role").
    """
    return Statement(
        "EcsTasks",
        ["sts:AssumeRole"],
        conditions=from_service(account, "ecs"),
        principal={"Service": "ecs-tasks.amazonaws.com"},
    )
