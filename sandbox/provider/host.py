"""The life of a plugin process: start the gRPC server, say its port, end when told to or when the engine is gone."""

import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc

from .stubs import provider_grpc

# The engine opens one call a resource and bounds them itself; more threads would only wait for the account.
_THREADS = 32
# The engine's own bound on one message (400 MB).
_MESSAGE_BYTES = 400 * 1024 * 1024
_PARENT_POLL_SECONDS = 0.2


def serve(servicer: provider_grpc.ResourceProviderServicer) -> None:
    """Serve `servicer` on a free port of loopback, print that port for the engine, and stay until the process ends.

    The process ends at once, whatever it is doing, on SIGINT and SIGTERM and when its parent process is gone: an engine
    waits for its plugins to end, and one that was killed must not leave a plugin behind that goes on creating things.
    """
    parent = os.getppid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: os._exit(0))
    server = grpc.server(
        ThreadPoolExecutor(max_workers=_THREADS),
        options=[("grpc.max_receive_message_length", _MESSAGE_BYTES), ("grpc.max_send_message_length", _MESSAGE_BYTES)],
    )
    provider_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while True:  # a plain sleep lets the main thread run signal handlers; a wait on the server would not
        time.sleep(3600)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_POLL_SECONDS)
    os._exit(0)
