"""What the roles of a stack may do, by the names of their inline policies."""

from __future__ import annotations

from typing import Final

from tests.live.stack import Stack

SPEECH_MODEL: Final = "amazon.nova-2-sonic-v1:0"  # by default
OTHER_MODEL: Final = "amazon.nova-micro-v1:0"  # a stand-in, as Bedrock has one speech model


def policies(stack: Stack, use: str) -> dict[str, list[list[str]]]:
    """The inline policies of a role: name without the digits that the provider adds -> the ARNs that each grants."""
    iam, role = stack.client("iam"), stack.named(f"voiceter-backend-{use}-role")
    found: dict[str, list[list[str]]] = {}
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        (statement,) = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]
        found.setdefault(name.rpartition("-")[0], []).append(statement["Resource"])
    return found


def granted(stack: Stack, use: str, name: str) -> set[str]:
    """The ARNs that the policies of that name grant."""
    return {arn for arns in policies(stack, use).get(name, []) for arn in arns}


def models(stack: Stack) -> set[str]:
    """The speech models that the task role may invoke."""
    return {arn.rpartition("/")[2] for arn in granted(stack, "task", "task-BedrockSpeech")}


def secrets(stack: Stack) -> set[str]:
    """The variables whose secrets the execution role may read."""
    return {arn.rpartition("/")[2].partition("-")[0] for arn in granted(stack, "execution", "execution-Secrets")}
