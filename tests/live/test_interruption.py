"""Processes that are killed in the middle of an `up`: the next one goes on, and makes nothing twice."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pytest

from sandbox.layout import PACKAGE_ROOT, read_json
from tests.live.harness import LiveSandbox, live_sandbox

DEADLINE_SECONDS = 120
PLUGIN_SECONDS = 5


@pytest.fixture
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSandbox]:
    with live_sandbox(tmp_path_factory.mktemp("interruption")) as sandbox:
        yield sandbox


# The same points at each run, so that a run tells of the change that is tested; another seed looks at others.
SEED = int(os.environ.get("INTERRUPTION_SEED", "1"))
KILLS = 10
HOLDINGS = {
    "vpcs": 1,
    "endpoints": 2,
    "security groups": 2,
    "clusters": 1,
    "task definitions": 1,
    "repositories": 1,
    "tables": 4,
    "buckets": 1,
    "log groups": 1,
    "roles": 2,
    "load balancers": 1,
    "target groups": 1,
    # The program's own, and two of each target-tracking policy.
    "alarms": 6 + 4,
    "dashboards": 1,
    "topics": 1,
    "aliases": 1,
    "saved queries": 3,
    "scalable targets": 1,
}


@contextmanager
def an_up(sandbox: LiveSandbox) -> Generator[subprocess.Popen[str]]:
    """An `up` of dev under way."""
    with subprocess.Popen(
        [sys.executable, "-m", "sandbox", "up", "dev"],
        cwd=PACKAGE_ROOT,
        env={**os.environ, "SANDBOX_HOME": str(sandbox.home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as up:
        # Read as it comes, or the engine would wait for room in the pipe.
        said: list[str] = []
        reader = threading.Thread(target=lambda: said.extend(up.stdout or ()), daemon=True)
        reader.start()
        try:
            yield up
        finally:
            engine = engine_of(sandbox)
            up.terminate()
            up.wait(timeout=DEADLINE_SECONDS)
            # Its engine does not end with it, and still writes the state.
            began = time.monotonic()
            while engine in processes():
                assert time.monotonic() - began < DEADLINE_SECONDS
                time.sleep(0.1)
            reader.join(timeout=DEADLINE_SECONDS)


def processes() -> dict[int, tuple[int, str]]:
    """Each process: its parent and its command line."""
    listed = subprocess.run(["ps", "-axo", "pid=,ppid=,args="], capture_output=True, text=True, check=True)  # noqa: S607
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
    return {int(row[0]): (int(row[1]), row[2] if len(row) > 2 else "") for row in rows}


def engine_of(sandbox: LiveSandbox) -> int | None:
    """The engine that holds the lock of the stack."""
    locks = list((sandbox.layout.state / ".pulumi" / "locks").rglob("*.json"))
    pid = read_json(locks[0]).get("pid") if locks else None
    return pid if isinstance(pid, int) else None


def plugins_of(sandbox: LiveSandbox) -> list[int]:
    """The provider plugins of this sandbox's engine."""
    engine = engine_of(sandbox)
    return [pid for pid, (parent, words) in processes().items() if parent == engine and "sandbox.provider" in words]


def test_a_second_up_is_told_of_the_first(sandbox: LiveSandbox) -> None:
    """By the sandbox's own lock, and a plain `pulumi up` by the engine's."""
    with an_up(sandbox):
        began = time.monotonic()
        while not plugins_of(sandbox):
            assert time.monotonic() - began < DEADLINE_SECONDS
            time.sleep(0.05)
        second = sandbox.command("up", "dev")
        plain = sandbox.shell("pulumi up -s dev --yes --non-interactive")
    assert second.status != 0
    assert "Another make is changing the stack dev" in second.output
    assert plain.status != 0
    assert "the stack is currently locked by" in plain.output
    assert "Traceback" not in second.output + plain.output


def test_a_stand_in_that_an_account_took_along_is_supplied_again(sandbox: LiveSandbox) -> None:
    sandbox.up("dev")
    images = [{"imageTag": "stand-in"}]
    sandbox.client("ecr").batch_delete_image(repositoryName="voiceter-backend-dev", imageIds=images)
    assert "Supplied: a stand-in image" in sandbox.up("dev")
