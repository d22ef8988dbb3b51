"""The life of a plugin process: start the gRPC server, say its port, end when told to or when the engine is gone."""

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .stubs import grpc, provider_grpc

# The engine opens one call a resource and bounds them itself; more threads would only wait for the account.
_THREADS = 32
# The engine's own bound on one message (400 MB).
_MESSAGE_BYTES = 400 * 1024 * 1024
_GARBAGE = 50_000  # new objects before the collector looks at them
_PARENT_POLL_SECONDS = 0.2
_PAUSE_SECONDS = 0.03  # the engine's next call comes sooner, if the program is not what it waits for


def serve(servicer: provider_grpc.ResourceProviderServicer, preparation: Iterable[object] = ()) -> None:
    """Serve `servicer` on a free port of loopback, print that port for the engine, and stay until the process ends.

    The process ends at once, whatever it is doing, on SIGINT and SIGTERM and when its parent process is gone: an engine
    waits for its plugins to end, and one that was killed must not leave a plugin behind that goes on creating things.

    The steps of `preparation`, an iterator that does one each time it is asked, are done in the pauses between calls.
    """
    parent = os.getppid()
    calls = Calls()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: os._exit(0))
    server = grpc.server(
        ThreadPoolExecutor(max_workers=_THREADS),
        interceptors=[calls],
        options=[("grpc.max_receive_message_length", _MESSAGE_BYTES), ("grpc.max_send_message_length", _MESSAGE_BYTES)],
    )
    provider_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    # What the start has made stays, so the collector need not look at it again, and seldom at the rest: a process of
    # seconds makes little garbage, and one that waits for a deployment for an hour is to keep none.
    gc.freeze()
    gc.set_threshold(_GARBAGE)
    gc.enable()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    threading.Thread(target=_advance, args=(preparation, calls), daemon=True).start()
    while True:  # a plain sleep lets the main thread run signal handlers; a wait on the server would not
        time.sleep(3600)


class Calls(grpc.ServerInterceptor):
    """The calls under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way = 0
        self._since = 0.0

    def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        handler = continuation(handler_call_details)
        if handler is None or not handler.unary_unary:
            return handler

        def counted(request: Any, context: Any) -> Any:
            self.count(1)
            try:
                return handler.unary_unary(request, context)
            finally:
                self.count(-1)

        return handler._replace(unary_unary=counted)

    def count(self, by: int) -> None:
        """Note that a call has come (1), or is answered (-1)."""
        with self._lock:
            self._under_way += by
            self._since = time.monotonic()

    def wait_for_pause(self) -> None:
        """Wait for a time without calls."""
        while self._under_way or time.monotonic() - self._since < _PAUSE_SECONDS:
            time.sleep(_PAUSE_SECONDS)


def _advance(preparation: Iterable[object], calls: Calls) -> None:
    for _ in preparation:
        calls.wait_for_pause()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_POLL_SECONDS)
    os._exit(0)
