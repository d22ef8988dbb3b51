"""The process of the account: started, found, recognised and stopped."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from sandbox.account import process as accounts
from sandbox.account.process import Account, Condition
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


def test_find_returns_none_before_the_first_start(layout: Layout) -> None:
    assert accounts.find(layout) == (Condition.NONE, None)
    assert not accounts.stop(layout)


def test_started_account_answers_and_stops(layout: Layout) -> None:
    account = _start(layout)
    assert account.client("sts", "us-east-1").get_caller_identity()["Account"] == "123456789012"
    assert urlsplit(account.url).hostname == "127.0.0.1"
    assert accounts.find(layout) == (Condition.RUNNING, account)
    # The account is in a session of its own, so Ctrl-C in a terminal does not reach it.
    assert os.getsid(account.pid) == account.pid
    assert accounts.stop(layout)
    assert accounts.find(layout) == (Condition.NONE, None)


def test_next_account_has_the_port_of_a_killed_account(layout: Layout) -> None:
    first = _start(layout)
    first.client("s3", "us-east-1").create_bucket(Bucket="content")
    os.kill(first.pid, signal.SIGKILL)
    _wait_for_end(first.pid)
    assert accounts.find(layout) == (Condition.ENDED, None)
    second = _start(layout)
    assert second.url == first.url
    assert second.token != first.token
    assert second.client("s3", "us-east-1").list_buckets()["Buckets"] == []


class _Foreign(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"some other server")


def _foreign_server(port: int) -> HTTPServer:
    """Returns a server on a port that an ending process may still hold for a moment."""
    began = time.monotonic()
    while True:
        try:
            return HTTPServer(("127.0.0.1", port), _Foreign)
        except OSError:
            assert time.monotonic() - began < 15, "the port is still in use"
            time.sleep(0.05)


def test_another_server_on_the_port_is_not_the_account(layout: Layout) -> None:
    first = _start(layout)
    os.kill(first.pid, signal.SIGKILL)
    server = _foreign_server(urlsplit(first.url).port or 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        assert accounts.find(layout) == (Condition.ENDED, None)
        second = _start(layout)
        assert second.url != first.url
        assert accounts.find(layout) == (Condition.RUNNING, second)
    finally:
        server.shutdown()
        server.server_close()


def test_account_that_ends_while_it_answers_counts_as_ended(layout: Layout) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_in_part() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")

        threading.Thread(target=answer_in_part, daemon=True).start()
        layout.home.mkdir()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        layout.account.write_text(json.dumps({"url": url, "pid": os.getpid(), "token": "token"}))
        assert accounts.find(layout) == (Condition.ENDED, None)


def test_start_replaces_a_running_account_on_its_port(layout: Layout) -> None:
    first = _start(layout)
    second = _start(layout)
    assert (second.url, second.token != first.token) == (first.url, True)
    _wait_for_end(first.pid)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": 1}', '{"url": "http://x", "pid": 1, "token": ""}'])
def test_malformed_account_file_counts_as_none(layout: Layout, text: str) -> None:
    layout.home.mkdir()
    layout.account.write_text(text)
    assert accounts.find(layout) == (Condition.NONE, None)


def test_account_ends_when_its_file_is_removed(layout: Layout) -> None:
    account = _start(layout)
    layout.account.unlink()
    _wait_for_end(account.pid)
