"""The stack that a command works on: in the Pulumi backend and the AWS account of this shell."""

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Self

import yaml

from components.lib import sdk
from config.stack_files import ROOT
from config.stack_name import STACK_NAME
from operations.console import say
from operations.errors import SANDBOX, OperationError, PulumiError

_OUTPUTS_OF_SERVICE = ("serviceName", "taskDefinitionArn", "taskFamily", "containerName")


@dataclass(frozen=True)
class Target:
    """A stack.

    Args:
        stack: its name.
        on: where the Pulumi backend and the AWS account of this shell are.
    """

    stack: str
    on: Literal["sandbox", "aws"]

    @classmethod
    def open(cls, stack: str) -> Self:
        """Returns the stack of that name in this shell's Pulumi backend.

        Raises:
            OperationError: the name is not one of a stack, or there is no pulumi on PATH.
        """
        if not STACK_NAME.fullmatch(stack):
            raise OperationError(
                f"STACK={stack}: a stack's name is a lower-case letter, then lower-case letters, digits and hyphens."
            )
        if shutil.which("pulumi") is None:
            raise OperationError(
                "There is no pulumi on PATH. Install it (https://www.pulumi.com/docs/install/), then log in to the"
                f" backend that holds {stack}. Or `make up STACK={stack}` brings it up in the sandbox, without a pulumi"
                " on PATH."
            )
        return cls(stack, "sandbox" if os.environ.get(SANDBOX) else "aws")

    def __str__(self) -> str:
        """Returns which stack this is, and how to choose its namesake."""
        shell = "the stack in this shell's Pulumi backend and AWS account"
        if self.on == "sandbox":
            return f"{self.stack} on the sandbox (ON=aws: {shell})"
        return f"{self.stack} on AWS: {shell} (ON=sandbox: the one on this machine)"

    def make(self, command: str, *options: str) -> str:
        """Returns the make command that works on this stack, for a message."""
        on = ["ON=sandbox"] if self.on == "sandbox" else []
        return " ".join(["make", command, f"STACK={self.stack}", *on, *options])

    @property
    def sourcing(self) -> str:
        """The command after which plain pulumi works on this stack; empty on AWS."""
        return (
            f"source {shlex.quote(os.path.relpath(os.environ.get(SANDBOX, '.sandbox')))}/env"
            if self.on == "sandbox"
            else ""
        )

    def command(self, command: str) -> str:
        """Returns a pulumi command on this stack, in quotes, for a message."""
        quoted = f"`{command} --stack {self.stack}`"
        return f"`{self.sourcing}`, then {quoted}" if self.on == "sandbox" else quoted

    def pulumi(self, *arguments: str, capture: bool = False) -> str:
        """Runs pulumi on this stack.

        Args:
            arguments: the command and its options, without the stack.
            capture: return the standard output instead of showing it.

        Raises:
            PulumiError: the exit status is not 0.
        """
        name = " ".join(arguments[:2] if arguments[0] in ("stack", "config") else arguments[:1])
        return run_pulumi([*arguments, "--stack", self.stack], f"`pulumi {name}` of {self}", capture=capture)

    def up(self, *options: str) -> None:
        """Runs `pulumi up` without a question, with the stack's name before each line of its output.

        So the output of several stacks can be read while they are updated at the same time. The update starts only if
        its preview succeeds and, on AWS, breaks no policy of policy/.

        Raises:
            PulumiError: the exit status is not 0.
        """
        self.forget_state()
        command = ["up", "--yes", "--suppress-outputs", "--suppress-progress", "--color", "never", *options]
        if self.on == "aws":  # an engine of the sandbox may not run a folder as a policy pack
            command += ["--policy-pack", str(ROOT / "policy")]
        with _started([*command, "--stack", self.stack], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            for line in process.stdout or ():
                say(f"{self.stack} | {line.rstrip()}")
        if process.returncode != 0:
            raise PulumiError(f"`pulumi up` of {self} ended with status {process.returncode}")

    @cached_property
    def _state(self) -> list[dict[str, Any]]:
        """The resources in the stack's state, also those that are not in AWS."""
        return json.loads(self._read("stack", "export"))["deployment"].get("resources", [])

    def _read(self, *arguments: str) -> str:
        """Returns what pulumi prints about this stack. Raises OperationError if there is no such stack."""
        try:
            return self.pulumi(*arguments, capture=True)
        except PulumiError as error:
            if "no stack named" not in error.stderr:
                raise
            raise OperationError(self._no_such_stack()) from None

    def _no_such_stack(self) -> str:
        if self.on == "sandbox":
            return (
                f"There is no stack {self.stack} in the sandbox. `make up STACK={self.stack}` brings it up;"
                " ON=aws chooses the stack of a shell that has not sourced the sandbox's environment."
            )
        return (
            f"There is no stack {self.stack} in the Pulumi backend of this shell, nor in the sandbox."
            f" `make up STACK={self.stack}` brings it up in the sandbox. For a stack on AWS, `pulumi whoami --verbose`"
            " shows the backend, `pulumi stack ls` its stacks."
        )

    def resources(self) -> list[dict[str, Any]]:
        """Returns the resources in the stack's state that are in AWS, too: components have no id.

        Raises:
            OperationError: there is no such stack.
        """
        return [one for one in self._state if one.get("id")]

    def is_half_updated(self) -> bool:
        """Returns whether the last update failed at an object that is in AWS.

        The state then says what was asked for, whatever AWS has done of it. So an update that does not refresh finds no
        difference there and succeeds (pulumi, issue 21458).

        Raises:
            OperationError: there is no such stack.
        """
        return any(one.get("initErrors") for one in self.resources())

    def outputs(self) -> dict[str, Any]:
        """Returns the stack's outputs. None of them is a secret, which the state would hold encrypted.

        Raises:
            OperationError: there is no such stack.
        """
        found = [one for one in self._state if one["type"] == "pulumi:pulumi:Stack"]
        return (found[0].get("outputs") or {}) if found else {}

    def forget_state(self) -> None:
        """Makes the next call read the state again, after an update of the stack."""
        self.__dict__.pop("_state", None)

    def output(self, name: str) -> Any:
        """Returns one output: a text, or a dictionary for `tableNames`.

        Raises:
            OperationError: the stack has no such output, or there is no such stack.
        """
        value = self.outputs().get(name)
        if not value:
            raise OperationError(self._no_such_output(name))
        return value

    def _no_such_output(self, name: str) -> str:
        up = self.command("pulumi up")
        if not self.outputs():
            return f"The stack {self.stack} has no outputs, because it was never brought up: {up}."
        if name in _OUTPUTS_OF_SERVICE:
            return (
                f"The stack {self.stack} has no service yet, because it has no image. Push an image, then"
                f" {self.command('pulumi config set imageTag …')} and `pulumi up --stack {self.stack}`."
            )
        return f"The stack {self.stack} has no output {name}. {up} by this program adds it."

    @property
    def region(self) -> str:
        """The stack's region. Raises OperationError if the stack was never brought up."""
        return str(self.output("region"))

    def client(self, service: str) -> Any:
        """Returns a boto3 client (untyped) for the stack's region, with the credentials of this shell."""
        if service not in self._clients:
            self._clients[service] = sdk.client(service, self.region)
        return self._clients[service]

    @cached_property
    def _clients(self) -> dict[str, Any]:
        """The clients by service: a command asks for some often, and each takes 40 ms to make."""
        return {}

    def config(self) -> Mapping[str, str]:
        """Returns the plain config values, by key without the project's namespace. Secrets are left out.

        Raises:
            OperationError: there is no such stack.
        """
        return self.configured()[0]

    def configured(self) -> tuple[Mapping[str, str], frozenset[str]]:
        """Returns the plain config values by key, and the keys with an encrypted value; see `config`."""
        namespace = f"{project()}:"
        entries: dict[str, Any] = json.loads(self._read("config", "--json"))
        found = {key.removeprefix(namespace): entry for key, entry in entries.items()}
        plain = {key: str(one["value"]) for key, one in found.items() if not one.get("secret") and "value" in one}
        return plain, frozenset(key for key, one in found.items() if one.get("secret"))

    def set_config(self, key: str, value: str | None) -> None:
        """Sets a config value in the stack file, or removes it if `value` is None."""
        if value is None:
            self.pulumi("config", "rm", key, capture=True)
        else:
            self.pulumi("config", "set", key, value, "--plaintext", capture=True)


def run_pulumi(arguments: Sequence[str], name: str, *, capture: bool) -> str:
    """Runs pulumi in this project.

    Args:
        arguments: the command and its options.
        name: the command as an error message names it.
        capture: return the standard output instead of showing it.

    Raises:
        PulumiError: the exit status is not 0.
    """
    piped = subprocess.PIPE if capture else None
    process = _started(arguments, stdout=piped, stderr=piped)
    try:
        stdout, stderr = process.communicate()
    except KeyboardInterrupt:
        # The terminal sends pulumi the same signal. Pulumi then cancels the update and saves the state.
        process.wait()
        raise
    if process.returncode != 0:
        raise PulumiError(f"{name} ended with status {process.returncode}", stderr or "")
    return stdout or ""


def _started(arguments: Sequence[str], *, stdout: int | None, stderr: int | None) -> subprocess.Popen[str]:
    """Starts pulumi in this project."""
    return subprocess.Popen(  # noqa: S603 - no shell
        ["pulumi", *arguments, "--non-interactive"],  # noqa: S607
        cwd=ROOT,
        env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        text=True,
    )


def project() -> str:
    """Returns the project's name, which is the namespace of its config."""
    return str(yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["name"])
