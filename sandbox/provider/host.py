"""Runs a plugin process: starts the gRPC server, prints its port, and ends on a signal or when the engine is gone."""

import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from sandbox.process import collect_garbage_seldom

from .stubs import grpc, provider_grpc

# The engine makes one call a resource and limits them itself. More threads would only wait for the account.
_THREADS = 32
# The engine's limit for one message.
MESSAGE_BYTES = 400 * 1024 * 1024
_PARENT_POLL_SECONDS = 0.2
_ENDING = (signal.SIGINT, signal.SIGTERM)


def serve(servicer: provider_grpc.ResourceProviderServicer) -> None:
    """Serves `servicer` on a free loopback port, prints the port for the engine, and runs until the process ends.

    The process ends at once on SIGINT, on SIGTERM and when its parent is gone: an engine waits for its plugins, and
    after a killed engine no plugin may go on creating resources.
    """
    parent = os.getppid()
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)  # of all threads, so that the wait below gets them
    server = grpc.server(
        ThreadPoolExecutor(max_workers=_THREADS),
        options=[("grpc.max_receive_message_length", MESSAGE_BYTES), ("grpc.max_send_message_length", MESSAGE_BYTES)],
    )
    provider_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    collect_garbage_seldom()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    signal.sigwait(_ENDING)
    os._exit(0)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_POLL_SECONDS)
    os._exit(0)
