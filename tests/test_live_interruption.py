"""An engine that is killed in the middle of an `up`: the next one goes on, and makes nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox import engine_state
from sandbox.layout import PACKAGE_ROOT, read_json
from tests.live import LiveSandbox, live_sandbox

DEADLINE_SECONDS = 120


@pytest.fixture
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSandbox]:
    with live_sandbox(tmp_path_factory.mktemp("interruption")) as sandbox:
        yield sandbox


def kill_the_engine(sandbox: LiveSandbox, resources: int) -> None:
    """Starts an `up` of dev; kills its engine once the state holds that many resources and creates are under way."""
    environment = {**os.environ, "SANDBOX_HOME": str(sandbox.home)}
    with subprocess.Popen(
        [sys.executable, "-m", "sandbox", "up", "dev"],
        cwd=PACKAGE_ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as up:
        began = time.monotonic()
        while True:
            assert time.monotonic() - began < DEADLINE_SECONDS
            assert up.poll() is None
            held = len(engine_state.resources(sandbox.layout, "dev"))
            if held >= resources and engine_state.pending(sandbox.layout, "dev"):
                break
            time.sleep(0.01)
        (lock,) = (sandbox.layout.state / ".pulumi" / "locks").rglob("*.json")
        os.kill(int(read_json(lock)["pid"]), signal.SIGKILL)
        assert up.wait(timeout=DEADLINE_SECONDS) != 0


@pytest.mark.parametrize("resources", [0, 15, 35])
def test_the_next_up_mends_it_and_nothing_is_there_twice(sandbox: LiveSandbox, resources: int) -> None:
    kill_the_engine(sandbox, resources)
    output = sandbox.up("dev")
    assert "unlocking it" in output
    assert "dev is up" in output
    sandbox.succeeded(sandbox.shell("pulumi up -s dev --yes --non-interactive --expect-no-changes"))
    holdings: dict[str, list[Any]] = sandbox.holdings()
    assert {kind: len(items) for kind, items in holdings.items()} == {
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
    sandbox.succeeded(sandbox.command("down", "dev"))
    assert sandbox.holdings() == {}
