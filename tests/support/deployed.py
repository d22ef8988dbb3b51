"""A deployed task without a stack: roles, secrets and a task definition in the account of this shell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from components.service.container import Container
from operations.definition import TaskDefinition, registered
from operations.target import Target
from tests.support.printed_stack import with_outputs

REGION = "us-east-1"
FAMILY = "voiceter-backend-dev"
EXECUTION_ROLE, TASK_ROLE = "execution", "task"
TRUST = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}


class Deployed:
    """What a stack would have created in the account, and its outputs."""

    def __init__(self) -> None:
        self.outputs: dict[str, Any] = {
            "region": REGION,
            "containerName": "voiceter-backend",
            "taskFamily": FAMILY,
            "recordingsBucketName": "recordings",
        }
        self.target = with_outputs(Target("dev", "sandbox"), self.outputs)
        self.client = self.target.client
        self.execution_role = self.role(EXECUTION_ROLE)
        self.task_role = self.role(TASK_ROLE)

    def on_aws(self) -> Target:
        """Returns the same stack, as if it were not in the sandbox."""
        return with_outputs(replace(self.target, on="aws"), self.outputs)

    def role(self, name: str) -> str:
        iam = self.client("iam")
        return iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(TRUST))["Role"]["Arn"]

    def grant(self, *statements: Mapping[str, Any]) -> None:
        """Gives the execution role these permissions, and no others."""
        self.client("iam").put_role_policy(
            RoleName=EXECUTION_ROLE, PolicyName="execution", PolicyDocument=document(*statements)
        )

    def grant_reading(self, *arns: str) -> None:
        self.grant({"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": list(arns)})

    def secret(self, name: str, **arguments: Any) -> str:
        """Makes a secret; its ARN."""
        return self.client("secretsmanager").create_secret(Name=name, **arguments)["ARN"]

    def register(
        self, secrets: Mapping[str, str] | None = None, *, execution_role: bool = True, **changes: Any
    ) -> TaskDefinition:
        """Registers the program's container definition with these secrets and changes, and deploys it."""
        container = Container(
            image="registry/voiceter-backend:1.0",
            environment={"PORT": "8080", "AWS_REGION": REGION, "MONEY": "$5 and ${more}"},
            secrets=secrets or {},
            log_group="/ecs/voiceter-backend-dev",
            region=REGION,
        )
        definition = container.definition(stop_timeout_seconds=45, writable_root=False)
        arguments = {"executionRoleArn": self.execution_role} if execution_role else {}
        answer = self.client("ecs").register_task_definition(
            family=FAMILY,
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="512",
            memory="1024",
            taskRoleArn=self.task_role,
            containerDefinitions=[{**definition, **changes}],
            **arguments,
        )
        self.outputs["taskDefinitionArn"] = answer["taskDefinition"]["taskDefinitionArn"]
        return registered(self.target)


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
