"""The process of the account: started, found, recognised and stopped."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from sandbox.account import process as accounts
from sandbox.account.process import Account
from sandbox.layout import Layout


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    made = Layout(tmp_path, tmp_path / ".sandbox")
    yield made
    accounts.stop(made)


def _start(layout: Layout) -> Account:
    return accounts.start(layout, os.environ)


def _wait_for_end(pid: int) -> None:
    began = time.monotonic()
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() - began < 15, "the account's process did not end"
        time.sleep(0.05)


@contextmanager
def _other_server(layout: Layout, answer: bytes) -> Generator[str]:
    """A server on the port that the account's file names. Yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):  # the test closes the listener
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(1000)
                        connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        layout.home.mkdir()
        layout.account.write_text(json.dumps({"url": url, "pid": os.getpid(), "token": "token"}))
        yield url


def test_account_is_started_beside_another_server_replaced_on_its_port_killed_and_stopped(layout: Layout) -> None:
    assert accounts.find(layout) is None
    assert not accounts.stop(layout)
    with _other_server(layout, b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nmine") as url:
        assert accounts.find(layout) is None
        first = _start(layout)
        assert first.url != url
    assert first.client("sts", "us-east-1").get_caller_identity()["Account"] == "123456789012"
    assert urlsplit(first.url).hostname == "127.0.0.1"
    assert accounts.find(layout) == first
    # The account is in a session of its own, so Ctrl-C in a terminal does not reach it.
    assert os.getsid(first.pid) == first.pid

    second = _start(layout)
    assert (second.url, second.token != first.token) == (first.url, True)
    _wait_for_end(first.pid)
    second.client("s3", "us-east-1").create_bucket(Bucket="content")
    os.kill(second.pid, signal.SIGKILL)
    _wait_for_end(second.pid)
    assert accounts.find(layout) is None

    third = _start(layout)
    assert third.url == first.url
    assert third.client("s3", "us-east-1").list_buckets()["Buckets"] == []
    assert accounts.stop(layout)  # it only removes the account's file
    assert accounts.find(layout) is None


def test_account_that_ends_while_it_answers_counts_as_ended(layout: Layout) -> None:
    with _other_server(layout, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"):
        assert accounts.find(layout) is None
