"""Finds, starts and stops the process of the account, whose content ends with the process."""

import importlib
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from sandbox.account.server import TOKEN_PATH
from sandbox.inherited import inherited
from sandbox.layout import PACKAGE_ROOT, Layout, SandboxError, read_json
from sandbox.process import say

ACCESS_KEY = "sandbox"
_START_SECONDS = 60
_ANSWER_SECONDS = 10
_STOP_SECONDS = 15


@dataclass(frozen=True)
class Account:
    """A started account: the endpoint of its services, its process, and the token that identifies it."""

    url: str
    pid: int
    token: str

    def client(self, service: str, region: str) -> Any:
        """Returns a boto3 client of this account, whatever the environment and ~/.aws say."""
        # boto3 is slow to import, and untyped.
        boto3: Any = importlib.import_module("boto3")
        config: Any = importlib.import_module("botocore.config")
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=ACCESS_KEY,
            aws_session_token=None,
            config=config.Config(proxies={}, s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}),
        )


def recorded(layout: Layout) -> Account | None:
    """Returns the account that was started last, whether or not it still runs."""
    record = read_json(layout.account)
    return Account(**record) if record else None


def find(layout: Layout) -> Account | None:
    """Returns this sandbox's account if it answers; None if none was started, or its process has ended.

    Raises:
        SandboxError: the account's process runs but does not answer.
    """
    account = recorded(layout)
    if account is None:
        return None
    try:
        return account if _answers(account, _ANSWER_SECONDS) else None
    except TimeoutError:
        raise SandboxError(
            f"The account's process ({account.pid}) does not answer on {account.url} within {_ANSWER_SECONDS} s."
            f" Try again, or run `make clean` to start over. Its log is {layout.account_log}."
        ) from None


def _answers(account: Account, seconds: float) -> bool:
    """Whether this account, and not another server on its port, answers.

    Raises:
        TimeoutError: a server accepts the connection and does not answer in time.
    """
    connection = HTTPConnection(urlsplit(account.url).netloc, timeout=seconds)  # which uses no proxy
    try:
        connection.request("GET", TOKEN_PATH)
        return connection.getresponse().read(256) == account.token.encode()
    except TimeoutError:
        raise
    except (OSError, HTTPException):
        # HTTPException: the account may end while it answers.
        return False
    finally:
        connection.close()


def start(layout: Layout, environment: Mapping[str, str]) -> Account:
    """Starts a new, empty account in place of the last one.

    It gets the last one's port if that is free, so that shells which have sourced `.sandbox/env` keep working.

    Raises:
        SandboxError: the account did not start. The text has the end of its log.
    """
    before = recorded(layout)
    port = (urlsplit(before.url).port or 0) if before else 0
    stop(layout)
    token = secrets.token_hex(8)
    layout.home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "sandbox.account.server", token, str(layout.account), str(port)]
    with layout.account_log.open("w") as log:
        process = subprocess.Popen(  # noqa: S603
            command,
            cwd=PACKAGE_ROOT,
            env=inherited(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the terminal does not reach the account
        )
    began = time.monotonic()
    try:
        while time.monotonic() - began < _START_SECONDS and process.poll() is None:
            account = recorded(layout)
            if account and account.token == token and _is_up(account):
                say(f"Account: started on {account.url} (process {account.pid})")
                return account
            time.sleep(0.1)
    except BaseException:
        process.kill()
        raise
    process.kill()
    tail = "\n".join(f"  {line}" for line in layout.account_log.read_text(errors="replace").splitlines()[-10:])
    raise SandboxError(
        f"The account did not start on 127.0.0.1, which needs the loopback interface of this machine. The end of"
        f" {layout.account_log}:\n{tail or '  (it is empty)'}"
    )


def stop(layout: Layout) -> bool:
    """Ends the account, which ends by itself when its file is gone. Returns whether there was one to end.

    This needs no package, so that `make clean` works without the virtual environment.
    """
    account = recorded(layout)
    is_up = account is not None and _is_up(account)  # before it can notice that the file is gone
    layout.account.unlink(missing_ok=True)
    if account is None or not is_up:
        return False
    began = time.monotonic()
    while _is_up(account):
        if time.monotonic() - began > _STOP_SECONDS:
            raise SandboxError(f"The account's process does not end. Run `kill -9 {account.pid}`, then try again.")
        time.sleep(0.05)
    return True


def _is_up(account: Account) -> bool:
    try:
        return _answers(account, 1)
    except TimeoutError:
        return True
