"""One stack that is up, and the way to it: on the sandbox, or on AWS, where this shell's own settings lead."""

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from sandbox import engine_state, stacks
from sandbox.account.process import Account
from sandbox.layout import PACKAGE_ROOT, PROJECT, Layout

Where = Literal["sandbox", "aws"]

# Set by .sandbox/env, and by nothing else: a file in the sandbox's folder.
_SOURCED = "SANDBOX_JOURNAL"
_BY_SHELL = "the stack that this shell's Pulumi backend and AWS credentials lead to"
_LAST_LINES = 15


class OperationError(Exception):
    """Something that the person at the keyboard can act on; its text is all that is shown."""


class PulumiError(OperationError):
    """A pulumi command that failed; `said` is what it wrote where that was not on the terminal."""

    def __init__(self, text: str, said: str = "") -> None:
        super().__init__(text)
        self.said = said


@dataclass(frozen=True)
class Target:
    """A stack, and the way to it.

    Args:
        stack: its name.
        on: where it is.
        engine: the pulumi to run.
        environment: of every command that is started for it.
        account: the embedded account; None on AWS.
        layout: the sandbox's folders; None on AWS.
    """

    stack: str
    on: Where
    engine: Path
    environment: Mapping[str, str]
    account: Account | None = None
    layout: Layout | None = None

    @classmethod
    def open(cls, stack: str, on: Where | None = None) -> Self:
        """Find the stack.

        Args:
            on: where to look. None: on the sandbox where this shell has sourced its environment or the sandbox of this
                clone has such a stack, else on AWS.

        Raises:
            OperationError: there is no way to it from here.
            SandboxError: the sandbox cannot be reached, or its account has ended.
        """
        if (on or place_of(stack)) == "sandbox":
            return cls._on_sandbox(stack, _sandbox())
        return cls._on_aws(stack)

    @classmethod
    def _on_sandbox(cls, stack: str, layout: Layout) -> Self:
        if stack not in engine_state.stacks(layout):
            held = ", ".join(engine_state.stacks(layout)) or "none"
            raise OperationError(
                f"There is no stack {stack} in the sandbox (there: {held}). `make up STACK={stack}` brings it up;"
                f" ON=aws means {_BY_SHELL}."
            )
        session = stacks.Session.open(layout, stack, new_account=False)
        return cls(stack, "sandbox", session.engine.pulumi, session.environment, session.account, layout)

    @classmethod
    def _on_aws(cls, stack: str) -> Self:
        if _SOURCED in os.environ:
            raise OperationError(
                f"This shell has sourced the sandbox's environment, which replaced its AWS credentials and its Pulumi"
                f" backend: reach {stack} on AWS from a new shell."
            )
        found = shutil.which("pulumi")
        if found is None:
            raise OperationError(
                "No pulumi on PATH: install it (https://www.pulumi.com/docs/install/) and log in to the backend that"
                f" holds {stack}."
            )
        return cls(stack, "aws", Path(found), {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"})

    def __str__(self) -> str:
        """Which stack this is, and how to mean the other one of that name."""
        if self.on == "sandbox":
            return f"{self.stack} on the sandbox (ON=aws: {_BY_SHELL})"
        return f"{self.stack} on AWS: {_BY_SHELL} (ON=sandbox: the one on this machine)"

    def pulumi(self, *arguments: str, capture: bool = False) -> str:
        """Run pulumi on this stack.

        Args:
            arguments: the command and its options, without the stack.
            capture: give back what it writes to standard output, instead of showing it.

        Raises:
            PulumiError: it ended with another status than 0.
        """
        command = [str(self.engine), *arguments, "--stack", self.stack, "--non-interactive"]
        sys.stdout.flush()
        piped = subprocess.PIPE if capture else None
        process = subprocess.Popen(  # noqa: S603 - arguments of our own and the stack's name, never by a shell
            command,
            cwd=PACKAGE_ROOT,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=piped,
            stderr=piped,
            text=True,
        )
        try:
            said, complaints = process.communicate()
        except KeyboardInterrupt:
            # The terminal has sent it the same signal: it ends what is under way and saves the stack's state.
            process.wait()
            raise
        if process.returncode != 0:
            what = " ".join(arguments[:2] if arguments[0] in ("stack", "config") else arguments[:1])
            raise PulumiError(
                f"`pulumi {what}` of {self} ended with status {process.returncode}{_ending(complaints)}", complaints
            )
        return said or ""

    @cached_property
    def _outputs(self) -> dict[str, Any]:
        try:
            return json.loads(self.pulumi("stack", "output", "--json", capture=True))
        except PulumiError as error:
            if "no stack named" not in error.said:
                raise
            raise OperationError(
                f"There is no stack {self.stack} in the Pulumi backend of this shell: `pulumi whoami --verbose` says"
                " which backend that is, `pulumi stack ls` what it holds."
            ) from None

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, as they were when first asked for.

        Raises:
            OperationError: there is no such stack.
        """
        return dict(self._outputs)

    def output(self, name: str) -> str:
        """One output.

        Raises:
            OperationError: the stack has no such output, or there is no such stack.
        """
        value = self._outputs.get(name)
        if not isinstance(value, str) or not value:
            raise OperationError(_without(self.stack, name, has_any=bool(self._outputs)))
        return value

    @property
    def region(self) -> str:
        """The region that the stack is in. Raises OperationError where it has never been up."""
        return self.output("region")

    def client(self, service: str) -> Any:
        """A boto3 client (untyped) in the stack's region: of the embedded account, or by the shell's credentials."""
        if self.account is not None:
            return self.account.client(service, self.region)
        # Imported here, as it is slow and what is wrong with the stack's name is said before.
        boto3: Any = importlib.import_module("boto3")
        return boto3.client(service, region_name=self.region)

    def forget_outputs(self) -> None:
        """Ask for the outputs anew, after the stack was changed."""
        self.__dict__.pop("_outputs", None)

    def config(self) -> dict[str, str]:
        """The plain config values of the project, by key without its namespace; secrets are left out."""
        found: dict[str, Any] = json.loads(self.pulumi("config", "--json", capture=True))
        prefix = f"{PROJECT}:"
        return {
            key.removeprefix(prefix): str(entry["value"])
            for key, entry in found.items()
            if key.startswith(prefix) and not entry.get("secret") and "value" in entry
        }

    def set_config(self, key: str, value: str | None) -> None:
        """Set a config value in the stack's file, or with None remove it."""
        if value is None:
            self.pulumi("config", "rm", key, capture=True)
        else:
            self.pulumi("config", "set", key, value, "--plaintext", capture=True)

    def exclusively(self) -> AbstractContextManager[None]:
        """Keep a second command of the sandbox from changing the stack meanwhile; on AWS the backend's lock does."""
        return stacks.exclusively(self.layout, self.stack) if self.layout else nullcontext()


# How AWS's client library and its services say that the credentials are missing or no longer good.
_NO_CREDENTIALS = ("NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "TokenRetrievalError")
_STALE = ("SSOTokenLoadError", "UnauthorizedSSOTokenError", "CredentialRetrievalError")
_REFUSED_CREDENTIALS = (
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
)


def explained(error: Exception) -> str | None:
    """What went wrong in a call to AWS, in one message; None for any other error."""
    exceptions: Any = importlib.import_module("botocore.exceptions")
    if isinstance(error, exceptions.ClientError):
        said: Any = error
        code, words = said.response["Error"].get("Code", ""), said.response["Error"].get("Message", "")
        if code in _REFUSED_CREDENTIALS:
            return f"AWS does not take the credentials of this shell ({code}: {words}). Log in again, and try again."
        return f"AWS refused {said.operation_name}: {code}: {words}"
    if not isinstance(error, exceptions.BotoCoreError):
        return None
    if type(error).__name__ in (*_NO_CREDENTIALS, *_STALE):
        return f"This shell has no AWS credentials that work ({error}). Log in, or set AWS_PROFILE, and try again."
    return f"AWS could not be reached: {error}"


def place_of(stack: str) -> Where:
    """Where a stack is looked for when nobody says where."""
    return "sandbox" if _SOURCED in os.environ or stack in engine_state.stacks(_sandbox()) else "aws"


def _sandbox() -> Layout:
    """The sandbox that this shell has sourced, or the one of this clone."""
    journal = os.environ.get(_SOURCED)
    return Layout(PACKAGE_ROOT, Path(journal).parent) if journal else Layout.of_clone()


def _ending(complaints: str | None) -> str:
    """What a command wrote last, to go on a message; nothing where it went to the terminal."""
    lines = [line for line in (complaints or "").splitlines() if line.strip()][-_LAST_LINES:]
    return "".join([":", *(f"\n  {line}" for line in lines)]) if lines else "."


def _without(stack: str, output: str, *, has_any: bool) -> str:
    if not has_any:
        return f"The stack {stack} has no outputs: it has never been brought up."
    if output in ("serviceName", "taskDefinitionArn", "taskFamily", "containerName"):
        return (
            f"The stack {stack} has no service yet, as it has no image: push one, `pulumi config set imageTag … --stack"
            f" {stack}`, `pulumi up --stack {stack}`."
        )
    return f"The stack {stack} has no output {output}: `pulumi up --stack {stack}` by this program adds it."
