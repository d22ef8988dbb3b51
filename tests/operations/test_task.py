"""What `make task` gives a command: environment, port and credentials. And what prevents its start."""

from __future__ import annotations

import importlib
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from operations import __main__ as command_line
from operations import console, task
from operations.definition import TaskDefinition, Ulimit
from operations.errors import OperationError
from operations.supervisor import Launch
from operations.target import Target
from operations.task import composed, published
from tests.support.boto import refusal
from tests.support.deployed import REGION, Deployed

pytestmark = pytest.mark.sandbox  # for moto


@pytest.fixture
def supervise(monkeypatch: pytest.MonkeyPatch) -> mock.Mock:
    """The function that runs a launch, which runs nothing here."""
    replaced = mock.Mock(return_value=7)
    monkeypatch.setattr(task, "supervise", replaced)
    return replaced


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def run(target: Target, command: Sequence[str] = ("true",), cwd: Path = Path(), port: int = 0, **options: Any) -> int:
    """Runs a command in the task, on a free port unless a test names one."""
    return task.run(target, command, cwd, port=port or free_port(), **options)


@pytest.mark.parametrize(("stop_timeout", "read"), [({}, 30), ({"stopTimeout": 0}, 0), ({"stopTimeout": 120}, 120)])
def test_stop_timeout_defaults_to_fargates(stop_timeout: dict[str, int], read: int) -> None:
    described = {
        "taskDefinitionArn": "arn:aws:ecs:us-east-1:1:task-definition/f:1",
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [{"name": "c", "image": "i", **stop_timeout}, {"name": "sidecar", "image": "i"}],
    }
    assert TaskDefinition.of(described, "c").container.stop_timeout == read
    with pytest.raises(OperationError, match="no container d; its containers: c, sidecar"):
        TaskDefinition.of(described, "d")


def test_environment_files_are_refused(deployed: Deployed) -> None:
    with pytest.raises(OperationError, match="environmentFiles"):
        deployed.register(environmentFiles=[{"value": "arn:aws:s3:::b/e.env", "type": "s3"}])


def test_command_gets_the_tasks_environment_alone(deployed: Deployed) -> None:
    registered = deployed.register({"POOL": "x"}).container
    # The definition cannot replace the endpoint.
    container = replace(registered, environment={**registered.environment, "AWS_ENDPOINT_URL": "https://elsewhere"})
    shell = {"PATH": "/bin", "HOME": "/home/me", "AWS_PROFILE": "prod", "EDITOR": "vi", "NODE_OPTIONS": "--inspect"}
    credentials = {"AWS_ACCESS_KEY_ID": "k", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    assert composed(container, {"POOL": "p"}, credentials, REGION, 8080, shell) == {
        "PATH": "/bin",
        "HOME": "/home/me",
        "PORT": "8080",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
        "MONEY": "$5 and ${more}",
        "POOL": "p",
        **credentials,
    }


def test_port_that_the_container_does_not_take_from_a_variable_is_refused(deployed: Deployed) -> None:
    container = deployed.register().container
    assert published(container, None) == published(container, 8080) == (8080, container.health_check)
    with pytest.raises(OperationError, match="does not take its port from PORT"):
        published(replace(container, environment={}), 18080)


def test_command_that_cannot_run_starts_nothing(deployed: Deployed, supervise: mock.Mock) -> None:
    deployed.register({"POOL": deployed.secret("pool", SecretString="us-east-1_Sup3rS3cret")})
    with pytest.raises(OperationError, match="ResourceInitializationError"):
        run(deployed.target)
    with pytest.raises(OperationError, match="Name a command"):
        run(deployed.target, ())
    with pytest.raises(OperationError, match="no folder /nowhere"):
        run(deployed.target, cwd=Path("/nowhere"))
    with pytest.raises(OperationError, match="voiceter-backend-dev:9: "):
        run(deployed.target, revision=9)
    with socket.socket() as listener:
        listener.bind(("", 0))
        listener.listen()
        taken = listener.getsockname()[1]
        with pytest.raises(OperationError, match=f"Port {taken} cannot be used .* choose another port with --port"):
            run(deployed.target, port=taken)
    supervise.assert_not_called()


def test_command_gets_the_task_roles_credentials_and_the_endpoint(
    deployed: Deployed, supervise: mock.Mock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:5000")
    # The clients of this process go to moto all the same.
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    arn = deployed.secret("pool", SecretString="us-east-1_Sup3rS3cret")
    deployed.grant_reading(arn)
    deployed.register({"POOL": arn})
    port = free_port()
    assert run(deployed.target, port=port) == 7
    launch: Launch = supervise.call_args.args[0]
    environment = launch.environment
    said = capsys.readouterr().out
    assert "Task: voiceter-backend-dev:1, container voiceter-backend\n" in said
    assert "Secrets: POOL\n" in said
    assert f"Port: {port} in place of 8080, in PORT and in the health check" in said
    assert "us-east-1_Sup3rS3cret" not in said
    assert environment["AWS_SECRET_ACCESS_KEY"] not in said
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:5000"
    assert environment["POOL"] == "us-east-1_Sup3rS3cret"
    boto3: Any = importlib.import_module("boto3")
    sts = boto3.client(
        "sts",
        region_name=REGION,
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=environment["AWS_SESSION_TOKEN"],
    )
    assert sts.get_caller_identity()["Arn"] == "arn:aws:sts::123456789012:assumed-role/task/make-task-dev"
    # Nothing of ~/.aws is found beside them.
    assert environment["AWS_CONFIG_FILE"] == environment["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert (launch.stop_timeout, launch.ulimits) == (45, (Ulimit("nofile", 65536, 65536),))
    assert environment["PORT"] == str(port)
    assert launch.health_check is not None
    assert f"http://127.0.0.1:{port}/health" in launch.health_check.command[-1]


def test_command_defaults_to_the_definitions(deployed: Deployed, supervise: mock.Mock) -> None:
    deployed.register(entryPoint=["node"], command=["dist/server.js"])
    run(deployed.target, ())
    run(deployed.target)
    assert [call.args[0].command for call in supervise.call_args_list] == [("node", "dist/server.js"), ("true",)]


def test_on_aws_it_asks_before_it_hands_over_secrets(
    deployed: Deployed, supervise: mock.Mock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arn = deployed.secret("pool", SecretString="us-east-1_Sup3rS3cret")
    deployed.grant_reading(arn)
    deployed.register({"POOL": arn})
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOPERATOR")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "operators")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    on_aws = deployed.on_aws()
    on_aws.client("sts").assume_role = mock.Mock(side_effect=refusal("AssumeRole", "AccessDenied"))
    monkeypatch.setattr(console.sys.stdin, "isatty", mock.Mock(side_effect=[False, True, True]))
    monkeypatch.setattr("builtins.input", mock.Mock(side_effect=["", "y"]))
    with pytest.raises(OperationError, match="--yes"):
        run(on_aws)
    with pytest.raises(OperationError, match="Nothing was done"):
        run(on_aws)
    supervise.assert_not_called()
    assert run(on_aws) == 7
    assert run(on_aws, yes=True) == 7
    said = capsys.readouterr().out
    assert "gives `true` on this machine the stack's real secrets (POOL) and the credentials of this shell" in said
    assert "because only ECS can assume" in said
    for call in supervise.call_args_list:
        environment: Mapping[str, str] = call.args[0].environment
        assert environment["AWS_ACCESS_KEY_ID"] == "AKIAOPERATOR"
        assert "AWS_ENDPOINT_URL" not in environment
        assert "AWS_SESSION_TOKEN" not in environment


def test_command_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    ran = mock.Mock(return_value=3)
    monkeypatch.setattr(command_line, "_target", lambda stack: stack)  # type: ignore[reportUnknownLambdaType]
    monkeypatch.setattr(task, "run", ran)
    arguments = ["task", "dev", "--cwd", "app", "--port", "8081", "--", "node", "--port", "1", "--", "x"]
    assert command_line.main(arguments) == 3
    command, folder = ["node", "--port", "1", "--", "x"], Path("app").absolute()
    ran.assert_called_once_with("dev", command, folder, port=8081, revision=None, yes=False)
    for port in ("0", "65536", "http", "-1", "²"):
        with pytest.raises(SystemExit):
            command_line.main(["task", "dev", f"--port={port}"])
        assert "is not a port" in capsys.readouterr().err
