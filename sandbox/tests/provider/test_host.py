"""The plugin as a process: how it starts, what it answers over gRPC, and how it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest
from google.protobuf import empty_pb2

from sandbox.provider.stubs import provider, provider_grpc

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "sandbox.provider"]
ENVIRONMENT = {**os.environ, "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "PYTHONPATH": str(ROOT)}


@contextmanager
def _plugin() -> Generator[tuple[subprocess.Popen[str], int]]:
    process = subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)  # noqa: S603
    try:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def test_it_prints_its_port_and_answers() -> None:
    with _plugin() as (_, port), grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub: Any = provider_grpc.ResourceProviderStub(channel)
        handshake = stub.Handshake(provider.ProviderHandshakeRequest(engine_address="127.0.0.1:1"))
        assert handshake.accept_secrets
        assert stub.GetPluginInfo(empty_pb2.Empty()).version
        with pytest.raises(grpc.RpcError, match="is not configured"):
            stub.Invoke(provider.InvokeRequest(tok="aws:index/getPartition:getPartition"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once(number: signal.Signals) -> None:
    with _plugin() as (process, _):
        process.send_signal(number)
        assert process.wait(timeout=10) == 0


def test_it_ends_with_its_parent() -> None:
    parent = (
        "import subprocess, sys, time\n"
        f"plugin = subprocess.Popen({COMMAND!r}, stdout=subprocess.PIPE)\n"
        "plugin.stdout.readline()\n"
        "print(plugin.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    started = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)  # noqa: S603
    with started as process:
        assert process.stdout is not None
        plugin = int(process.stdout.readline())
        process.kill()
    deadline = time.monotonic() + 5
    while _runs(plugin):
        assert time.monotonic() < deadline, "the plugin outlived its parent"
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_it_starts_without_slow_imports() -> None:
    """The SDK and botocore each take longer than the rest of the start. A later import still finds them."""
    code = (
        "import sys, sandbox.provider.host, sandbox.provider.servicer\n"
        "print([name for name in ('pulumi', 'grpc.aio', 'botocore', 'boto3', 'sandbox.provider.types')"
        " if name in sys.modules])\n"
        "import pulumi\n"
        "from pulumi.runtime.proto import provider_pb2\n"
        "print(provider_pb2 is sandbox.provider.stubs.provider, pulumi.Output.__name__)\n"
        "from grpc import aio\n"
        "print(aio.insecure_channel.__name__)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=ENVIRONMENT)  # noqa: S603
    assert done.stdout.splitlines() == ["[]", "True Output", "insecure_channel"]
