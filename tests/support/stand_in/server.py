"""A stand-in for the service in tests: it starts, answers health checks, serves sessions and ends as the app does.

- It refuses to start with an environment that the service refuses.
- `GET /health` returns 200 only if it can read its sessions table, and 503 from SIGTERM on.
- `/socket.io/` speaks as much Socket.IO over WebSocket as a session needs: opening, connecting, and events, which it
  echoes. A session has an item in the table while it is open.
- After SIGTERM it refuses new sessions, waits up to `--drain` seconds for the open ones, and ends with status 0.
"""

import argparse
import asyncio
import importlib
import json
import os
import re
import signal
import sys
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

REGIONS = ("us-east-1", "us-west-2", "ap-northeast-1", "eu-north-1")
LOG_LEVELS = ("DEBUG", "INFO", "WARN", "ERROR")
AT_LEAST_ONE = (
    "MAX_MESSAGES_PER_SECOND",
    "MAX_AUDIO_CHUNK_SIZE_MB",
    "SESSION_TIMEOUT_MINUTES",
    "CLEANUP_TIMEOUT_SECONDS",
    "DISCONNECT_CLEANUP_TIMEOUT_SECONDS",
)
# Packets of Engine.IO, and of Socket.IO within its messages.
OPEN, PING, CONNECT, EVENT = "0", "2", "40", "42"
PING_SECONDS = 10


def mistakes(environment: Mapping[str, str]) -> list[str]:
    """Returns why the service would refuse to start with this environment."""
    found: list[str] = []
    port = environment.get("PORT", "")
    if not re.fullmatch("[0-9]+", port) or not 0 < int(port) < 65536:
        found.append(f"PORT is {port!r}, not 1 to 65535")
    if environment.get("AWS_REGION") not in REGIONS:
        found.append(f"AWS_REGION is {environment.get('AWS_REGION')!r}, not one of {', '.join(REGIONS)}")
    if environment.get("LOG_LEVEL", "INFO") not in LOG_LEVELS:
        found.append(f"LOG_LEVEL is {environment['LOG_LEVEL']!r}, not one of {', '.join(LOG_LEVELS)}")
    if environment.get("ENABLE_AUTH") == "true" and not environment.get("COGNITO_USER_POOL_ID"):
        found.append("ENABLE_AUTH is true, and there is no COGNITO_USER_POOL_ID")
    found += [
        f"{name} is {environment[name]!r}, less than 1"
        for name in AT_LEAST_ONE
        if not re.fullmatch("[1-9][0-9]*", environment.get(name, "1"))
    ]
    return found


class Service:
    """The sessions of one task."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.table = environment["DYNAMODB_TABLE_PREFIX"] + "sessions"
        boto3: Any = importlib.import_module("boto3")  # untyped
        limits = importlib.import_module("botocore.config").Config(
            connect_timeout=2, read_timeout=2, retries={"total_max_attempts": 1}
        )
        self.dynamodb = boto3.client("dynamodb", region_name=environment["AWS_REGION"], config=limits)
        self.sessions: set[str] = set()
        self.stopping = asyncio.Event()
        self.quiet = asyncio.Event()  # no session is open
        self.quiet.set()

    async def respond(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answers every request but the opening of a WebSocket, which None lets through."""
        path = request.path.partition("?")[0]
        if path == "/health":
            problem = "stopping" if self.stopping.is_set() else await self.problem()
            return connection.respond(
                HTTPStatus.SERVICE_UNAVAILABLE if problem else HTTPStatus.OK, f"{problem or 'ok'}\n"
            )
        if path != "/socket.io/":
            return connection.respond(HTTPStatus.NOT_FOUND, "there is /health and /socket.io/\n")
        return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "stopping\n") if self.stopping.is_set() else None

    async def problem(self) -> str | None:
        """Returns why the sessions table cannot be read, or None if it can."""
        try:
            await self.call("get_item", Key={"sessionId": {"S": "health-check"}})
        except Exception as error:
            return f"{self.table}: {error}"
        return None

    async def call(self, operation: str, **arguments: Any) -> None:
        await asyncio.to_thread(getattr(self.dynamodb, operation), TableName=self.table, **arguments)

    async def session(self, connection: ServerConnection) -> None:
        """Serves one session, from its opening packet to its end."""
        session = str(uuid.uuid4())
        await self.call("put_item", Item={"sessionId": {"S": session}})
        self.sessions.add(session)
        self.quiet.clear()
        opening = {"sid": session, "upgrades": list[str](), "pingInterval": PING_SECONDS * 1000, "pingTimeout": 30_000}
        pings = asyncio.create_task(self.ping(connection))
        try:
            await connection.send(OPEN + json.dumps(opening))
            async for packet in connection:
                text = str(packet)
                if text.startswith(CONNECT):
                    await connection.send(CONNECT + json.dumps({"sid": session}))
                elif text.startswith(EVENT):
                    await connection.send(text)
        finally:
            pings.cancel()
            await self.call("delete_item", Key={"sessionId": {"S": session}})
            self.sessions.discard(session)
            if not self.sessions:
                self.quiet.set()

    async def ping(self, connection: ServerConnection) -> None:
        try:
            while True:
                await asyncio.sleep(PING_SECONDS)
                await connection.send(PING)
        except ConnectionClosed:
            pass


async def run(environment: Mapping[str, str], drain: float) -> None:
    """Serves until SIGTERM, and then until all sessions have ended or `drain` seconds have passed."""
    service = Service(environment)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, service.stopping.set)
    async with serve(
        service.session, "", int(environment["PORT"]), process_request=service.respond, ping_interval=None
    ):
        say(f"listening on {environment['PORT']}")
        await service.stopping.wait()
        say(f"draining {len(service.sessions)} sessions")
        try:
            await asyncio.wait_for(service.quiet.wait(), drain)
        except TimeoutError:
            say(f"closing {len(service.sessions)} sessions")
    say("ended")


def say(text: str) -> None:
    print(f"stand-in: {text}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drain", type=float, default=30, help="seconds that open sessions have after SIGTERM")
    options = parser.parse_args()
    found = mistakes(os.environ)
    for mistake in found:
        sys.stderr.write(f"stand-in: {mistake}\n")
    if not found:
        asyncio.run(run(os.environ, options.drain))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
