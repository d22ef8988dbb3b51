"""`python -m sandbox.account.server <token> <account file> <port>`: the process that is the embedded account.

A moto server on loopback. It writes the account file when it is ready to answer, tells its token to whoever asks (so
that another server on the same port is not taken for it), and ends when the account file is gone or names another.
"""

import importlib
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sandbox.layout import read_json, write

TOKEN_PATH = "/voiceter-sandbox/token"  # noqa: S105 - a path; the token identifies, it protects nothing
_HOST = "127.0.0.1"
_POLL_SECONDS = 2


def serve(token: str, account_file: Path, port: int) -> None:
    """Serve until the account file is removed or a signal arrives.

    Args:
        port: the one to use if it is free; otherwise, and for 0, any free one.
    """
    # Nobody looks at a certificate's validation record here, so there is nothing to wait for.
    os.environ["MOTO_ACM_VALIDATION_WAIT"] = "0"
    # A real account has AWS's own policies.
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    # Imported here, as commands import this module for its token path and moto is slow.
    moto: Any = importlib.import_module("moto.moto_server.werkzeug_app")
    from werkzeug.serving import WSGIRequestHandler, make_server

    from sandbox.account import ecr, memory, services

    class Handler(WSGIRequestHandler):
        """Keeps connections, as AWS does: a new one for each call costs as much as the call."""

        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or the second part of an answer waits for the first to be acknowledged

    services.install()

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    account = memory.remembering(moto.DomainDispatcherApplication(moto.create_backend_app))

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO") == TOKEN_PATH:
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [token.encode()]
        path: str = environ.get("PATH_INFO", "")
        if path.startswith(ecr.LAYER_PATH):
            layer = ecr.layer_at(path)
            start_response(
                "404 Not Found" if layer is None else "200 OK", [("Content-Type", "application/octet-stream")]
            )
            return [layer or b""]
        return account(environ, start_response)

    try:
        server = make_server(_HOST, port, app, threaded=True, request_handler=Handler)
    except (OSError, SystemExit):  # werkzeug exits where the port is taken
        server = make_server(_HOST, 0, app, threaded=True, request_handler=Handler)
    url = f"http://{_HOST}:{server.server_port}"
    os.environ["MOTO_PORT"] = str(server.server_port)

    def watch() -> None:
        while read_json(account_file).get("token") == token:
            time.sleep(_POLL_SECONDS)
        os._exit(0)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: os._exit(0))
    write(account_file, json.dumps({"url": url, "pid": os.getpid(), "token": token}))
    threading.Thread(target=watch, daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
