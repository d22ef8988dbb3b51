"""The account's web application serves one call at a time."""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO, RawIOBase
from typing import Any

from sandbox.account.application import one_at_a_time


def _environ(body: Any, length: int) -> dict[str, Any]:
    return {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(length), "wsgi.input": body}


def _ignore(*_: Any) -> None:
    pass


def test_parallel_calls_are_served_one_after_another() -> None:
    running = 0

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        nonlocal running
        running += 1
        time.sleep(0.01)
        yield str(running).encode()
        running -= 1

    served = one_at_a_time(application)
    with ThreadPoolExecutor(max_workers=8) as threads:
        calls = [threads.submit(served, _environ(BytesIO(), 0), _ignore) for _ in range(16)]
    assert {b"".join(call.result()) for call in calls} == {b"1"}


class _Stalled(RawIOBase):
    """A body that does not arrive until the event is set."""

    def __init__(self, arrived: threading.Event) -> None:
        self._arrived = arrived

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._arrived.wait()
        buffer[:4] = b"late"
        return 4


def test_call_whose_body_is_not_sent_holds_up_no_other_call() -> None:
    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return [environ["wsgi.input"].read()]

    served = one_at_a_time(application)
    arrived = threading.Event()
    with ThreadPoolExecutor(max_workers=2) as threads:
        stalled = threads.submit(served, _environ(_Stalled(arrived), 4), _ignore)
        try:
            other = threads.submit(served, _environ(BytesIO(b"soon"), 4), _ignore)
            assert b"".join(other.result(timeout=10)) == b"soon"
        finally:
            arrived.set()
        assert b"".join(stalled.result(timeout=10)) == b"late"
