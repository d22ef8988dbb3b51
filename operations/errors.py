"""Errors that the person at the keyboard can act on."""

import importlib
import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from components.lib.refusals import refusal

# `.sandbox/env` sets this variable; its value is the sandbox's folder.
SANDBOX = "VOICETER_SANDBOX"
_SANDBOX_HINT = "\nThis shell uses the sandbox, whose account does not answer: `make up STACK=…` starts it."
_LAST_LINES = 15


class OperationError(Exception):
    """A command cannot do its work. Its text is all that is shown."""


class PulumiError(OperationError):
    """A pulumi command failed.

    Args:
        text: the message.
        stderr: what pulumi wrote to a captured standard error; its last lines end the message.
    """

    def __init__(self, text: str, stderr: str = "") -> None:
        lines = [line for line in stderr.splitlines() if line.strip()][-_LAST_LINES:]
        super().__init__("".join([text, ":" if lines else ".", *(f"\n  {line}" for line in lines)]))
        self.stderr = stderr


def describe_aws_error(error: Exception) -> str | None:
    """Returns the message for an error of an AWS call, or None for any other error."""
    exceptions: Any = importlib.import_module("botocore.exceptions")
    if not isinstance(error, exceptions.ClientError | exceptions.BotoCoreError):
        return None
    if why := refusal(error):
        return f"{why[0].upper()}{why[1:]}."
    if isinstance(error, exceptions.ClientError):
        answer: Any = error
        details = answer.response["Error"]
        return f"AWS refused {answer.operation_name}: {details.get('Code', '')}: {details.get('Message', '')}"
    return f"AWS cannot be reached: {error}{_SANDBOX_HINT if os.environ.get(SANDBOX) else ''}"


@contextmanager
def collected(messages: list[str]) -> Generator[None]:
    """Adds the message of an error that the person at the keyboard can act on, in one line, instead of raising it."""
    try:
        yield
    except Exception as error:
        message = str(error) if isinstance(error, OperationError) else describe_aws_error(error)
        if message is None:
            raise
        line = " ".join(message.split())
        if line not in messages:
            messages.append(line)
