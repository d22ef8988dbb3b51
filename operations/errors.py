"""Errors that the person at the keyboard can act on."""

import importlib
import os
from typing import Any

# botocore's errors about credentials: missing ones, then those of a login that is over.
_NO_CREDENTIALS = (
    "NoCredentialsError",
    "PartialCredentialsError",
    "ProfileNotFound",
    "TokenRetrievalError",
    "SSOTokenLoadError",
    "UnauthorizedSSOTokenError",
    "CredentialRetrievalError",
)
# Codes of a service that refuses the credentials.
_REFUSED_CREDENTIALS = (
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
)
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
    if isinstance(error, exceptions.ClientError):
        refusal: Any = error
        details = refusal.response["Error"]
        code, message = details.get("Code", ""), details.get("Message", "")
        if code in _REFUSED_CREDENTIALS:
            return f"AWS refused the credentials of this shell ({code}: {message}). Log in again and retry."
        return f"AWS refused {refusal.operation_name}: {code}: {message}"
    if not isinstance(error, exceptions.BotoCoreError):
        return None
    if type(error).__name__ in _NO_CREDENTIALS:
        return f"This shell has no working AWS credentials ({error}). Log in or set AWS_PROFILE, then retry."
    return f"AWS cannot be reached: {error}{_SANDBOX_HINT if os.environ.get(SANDBOX) else ''}"


# `.sandbox/env` sets this variable; its value is the sandbox's folder.
SANDBOX = "VOICETER_SANDBOX"
_SANDBOX_HINT = "\nThis shell leads to the sandbox, whose account does not answer: `make up STACK=…` starts it."
