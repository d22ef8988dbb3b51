"""The account under parallel calls of every service that the provider, the commands and the lookups call."""

from __future__ import annotations

import importlib
import re
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest

from sandbox.account import application
from sandbox.provider.types import TYPES
from sandbox.tests.provider_harness import Engine, client, moto_endpoint, reset
from sandbox.tests.provider_samples import SAMPLES
from sandbox.tests.provider_world import World

pytestmark = pytest.mark.live

ROOT: Final = Path(__file__).parents[2]


def services_of_commands() -> set[str]:
    """The services of which a command or a lookup makes a client."""
    modules = [path for folder in ("operations", "ci", "components") for path in (ROOT / folder).rglob("*.py")]
    return {name for path in modules for name in re.findall(r'client\("([a-z0-9-]+)"', path.read_text())}


class Calls:
    """Counts the calls that moto serves, and how many of them at once."""

    def __init__(self) -> None:
        self.at_once = 0
        self.services: set[str] = set()
        self._running = 0
        self._lock = threading.Lock()

    def counted(self, serve: application.Application) -> application.Application:
        """Returns an application that counts, and that leaves another call a moment to come."""

        def counted(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            with self._lock:
                self._running += 1
                self.at_once = max(self.at_once, self._running)
                # AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/aws4_request, …
                self.services.update(re.findall(r"/([a-z0-9-]+)/aws4_request", environ.get("HTTP_AUTHORIZATION", "")))
            try:
                time.sleep(0.001)
                return list(serve(environ, start_response))
            finally:
                with self._lock:
                    self._running -= 1

        return counted


def listing(endpoint: str, service: str) -> list[Callable[[], Any]]:
    """An operation of a service that lists its objects and that the account supports, if there is one."""
    errors: Any = importlib.import_module("botocore.exceptions")
    caller = client(endpoint, service)
    for method, operation in caller.meta.method_to_api_mapping.items():
        shape = caller.meta.service_model.operation_model(operation).input_shape
        if method.startswith(("list_", "get_")) and not (shape and shape.required_members):
            try:
                getattr(caller, method)()
            except errors.ClientError:  # moto lacks it
                continue
            return [getattr(caller, method)]
    return []


def read_all(world: World, more: list[Callable[[], Any]], done: threading.Event) -> int:
    """Reads every object that exists, again and again. Returns how many reads succeeded."""
    reads = 0
    while not done.is_set():
        for made in list(world.made.values()):
            world.engine.read(made)
            reads += 1
        for call in more:
            call()
    return reads


def test_parallel_calls_of_every_service_are_answered_one_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, locked = Calls(), application.one_at_a_time

    def counted(moto: application.Application) -> application.Application:
        return locked(calls.counted(moto))

    monkeypatch.setattr(application, "one_at_a_time", counted)
    of_types = {resource.service for resource in TYPES.values()}
    with moto_endpoint() as endpoint:
        reset(endpoint)
        more = [one for service in sorted(services_of_commands() - of_types) for one in listing(endpoint, service)]
        world, done = World(Engine(endpoint), endpoint), threading.Event()
        with ThreadPoolExecutor(max_workers=1) as thread:
            reads: Future[int] = thread.submit(read_all, world, more, done)
            try:
                for key in SAMPLES:
                    world.make(key)
                world.clear()
            finally:
                done.set()
        assert reads.result() > 0
        reset(endpoint)
    signed_as = {client(endpoint, name).meta.service_model.signing_name for name in of_types | services_of_commands()}
    assert calls.services >= signed_as
    assert calls.at_once == 1
