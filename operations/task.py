"""`make task`: runs a command on this machine as the deployed task: with its environment, secrets, limits and role."""

import importlib
import os
import re
import shlex
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from operations.console import confirm, say
from operations.definition import Container, TaskDefinition, registered
from operations.errors import OperationError
from operations.health import HealthCheck
from operations.injection import inject
from operations.supervisor import Launch, supervise
from operations.target import Target

# The variables of this shell that every program needs. In a container, they come from the image.
_INHERITED = ("PATH", "HOME", "TMPDIR")
_PORT = "PORT"
_REDIS_URL = "REDIS_URL"


@dataclass(frozen=True)
class Credentials:
    """AWS credentials as environment variables, and a description of whose they are."""

    variables: Mapping[str, str]
    whose: str


def run(
    target: Target,
    command: Sequence[str],
    cwd: Path,
    *,
    port: int | None = None,
    revision: int | None = None,
    yes: bool = False,
) -> int:
    """Runs the command and returns its exit status.

    Args:
        command: a program and its arguments; the definition's if empty.
        cwd: the folder to run it in.
        port: the port to listen on; None: the definition's.
        revision: of the stack's family; None: the deployed one.
        yes: do not ask before the command gets real secrets.

    Raises:
        OperationError: ECS or this machine could not start the command, or the person at the keyboard refused.
    """
    definition = registered(target, revision)
    container = definition.container
    command = command or (*container.entry_point, *container.command)
    if not command:
        raise OperationError(
            f"The definition leaves the command to the image. Name a command: `{target.make('task')}"
            " CMD='node dist/src/server/index.js'`."
        )
    if not cwd.is_dir():
        raise OperationError(
            f"There is no folder {cwd} to run the command in. Choose one with --cwd (CWD=… with make)."
        )
    port, check = published(container, port)
    if port is not None:
        _require_free(port)
    credentials = _credentials(target, definition)
    if target.on == "aws":
        secrets = ", ".join(container.secrets) or "none"
        say(
            f"On AWS, this gives `{shlex.join(command)}` on this machine the stack's real secrets ({secrets})"
            f" and the credentials of {credentials.whose}."
        )
        confirm("Go on?", yes=yes)
    secrets = inject(target, definition)
    environment = composed(container, secrets, credentials.variables, target.region, port, os.environ)
    say(f"Task: {definition.name}, container {container.name}")
    say(f"Secrets: {', '.join(secrets) or 'none'}")
    say(f"AWS: as {credentials.whose}")
    say(f"Limits: {', '.join(f'{limit.name} {limit.soft}/{limit.hard}' for limit in container.ulimits) or 'none'}")
    if port is not None:
        here = f" in place of {container.port}, in {_PORT} and in the health check" if port != container.port else ""
        say(f"Port: {port}{here}")
    if _REDIS_URL in environment:
        say(
            f"Redis: {_REDIS_URL} is the stack's cache, which this machine cannot reach; `make compose` starts one here"
        )
    say("Not as on ECS: the image, its user, a read-only root, CPU, memory and the network; `make compose` has these")
    say(f"Command: {shlex.join(command)}, in {cwd}")
    return supervise(Launch(command, cwd, environment, container.ulimits, check, container.stop_timeout))


def published(container: Container, port: int | None) -> tuple[int | None, HealthCheck | None]:
    """Returns the port to listen on, and the health check on that port.

    Raises:
        OperationError: the port differs from the container's, and no variable gives it to the command.
    """
    check = container.health_check
    if port is None or port == container.port:
        return container.port, check
    if container.port is None or container.environment.get(_PORT) != str(container.port):
        raise OperationError(
            f"--port={port}: the container does not take its port from {_PORT}, so it always uses {container.port}."
        )
    if check:
        number = re.compile(rf"(?<=:){container.port}(?!\d)")
        check = replace(check, command=tuple(number.sub(str(port), word) for word in check.command))
    return port, check


def _require_free(port: int) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("", port))
        except OSError as error:
            raise OperationError(
                f"Port {port} cannot be used on this machine ({error.strerror}). Stop the process that listens there,"
                " or choose another port with --port (PORT=… with make)."
            ) from None


def composed(
    container: Container,
    secrets: Mapping[str, str],
    credentials: Mapping[str, str],
    region: str,
    port: int | None,
    shell: Mapping[str, str],
) -> dict[str, str]:
    """Returns the whole environment of the command.

    Args:
        port: the value of `PORT`, if the container has that variable.
        shell: the environment of this shell, of which only the variables that every program needs are passed on.
    """
    environment = {name: shell[name] for name in _INHERITED if name in shell}
    # As Fargate sets them. Its addresses of metadata and credentials do not exist here.
    environment |= {"AWS_EXECUTION_ENV": "AWS_ECS_FARGATE", "AWS_DEFAULT_REGION": region}
    environment |= container.environment
    environment |= secrets
    environment |= credentials
    if port is not None and _PORT in container.environment:
        environment[_PORT] = str(port)
    return environment


def _credentials(target: Target, definition: TaskDefinition) -> Credentials:
    """Returns the credentials of the task role, or those of this shell on AWS, where only ECS can assume the role."""
    # A container has no ~/.aws.
    isolated = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
        isolated["AWS_ENDPOINT_URL"] = endpoint
    role = definition.task_role_arn
    sts = target.client("sts")
    if role is None:
        return Credentials(isolated, "nobody, because the definition has no task role")
    try:
        assumed = sts.assume_role(RoleArn=role, RoleSessionName=f"make-task-{target.stack}"[:64])
    except sts.exceptions.ClientError as error:
        refusal: Any = error
        if refusal.response["Error"]["Code"] != "AccessDenied":
            raise
        return _of_the_shell(sts, role, isolated)
    keys = assumed["Credentials"]
    variables = _variables(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    return Credentials(isolated | variables, f"the task role, {role}, until {keys['Expiration']:%H:%M} UTC")


def _of_the_shell(sts: Any, role: str, isolated: Mapping[str, str]) -> Credentials:
    boto3: Any = importlib.import_module("boto3")
    found = boto3.Session().get_credentials().get_frozen_credentials()
    variables = _variables(found.access_key, found.secret_key, found.token)
    return Credentials(
        {**isolated, **variables},
        f"this shell, {sts.get_caller_identity()['Arn']}, because only ECS can assume {role}: this does not test the"
        " task's permissions",
    )


def _variables(key: str, secret: str, token: str | None) -> dict[str, str]:
    variables = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
    return {**variables, "AWS_SESSION_TOKEN": token} if token else variables
