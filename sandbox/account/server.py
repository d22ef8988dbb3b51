"""`python -m sandbox.account.server <token> <account file> <port>`: the account's process, a moto server on loopback.

It writes the account file once it can answer, and ends when the account file is gone or names another account. It
returns its token on request, so that another server on the port is not mistaken for the account.
"""

import gc
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sandbox.layout import read_json, write
from sandbox.process import collect_garbage_seldom

TOKEN_PATH = "/voiceter-sandbox/token"  # noqa: S105 - a path; the token is no secret
_HOST = "127.0.0.1"
_POLL_SECONDS = 0.2


def serve(token: str, account_file: Path, port: int) -> None:
    """Serves until the account file is removed or a signal ends the process, on `port` if that is free.

    Args:
        port: 0 for any free port.
    """
    gc.disable()  # before the imports, which leave no garbage
    # Every account has AWS's managed policies.
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    # moto is slow to import, and commands import this module for the token path.
    from werkzeug.serving import make_server

    from sandbox.account import application, ecr

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    account = application.make_application()

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if path == TOKEN_PATH:
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [token.encode()]
        if path.startswith(ecr.LAYER_PATH):
            layer = ecr.layer_at(path)
            start_response(
                "404 Not Found" if layer is None else "200 OK", [("Content-Type", "application/octet-stream")]
            )
            return [layer or b""]
        return account(environ, start_response)

    try:
        server = make_server(_HOST, port, app, threaded=True)
    except (OSError, SystemExit):  # werkzeug exits if the port is taken
        server = make_server(_HOST, 0, app, threaded=True)
    collect_garbage_seldom()
    url = f"http://{_HOST}:{server.server_port}"
    os.environ["MOTO_PORT"] = str(server.server_port)

    def watch() -> None:
        while read_json(account_file).get("token") == token:
            time.sleep(_POLL_SECONDS)
        os._exit(0)

    write(account_file, json.dumps({"url": url, "pid": os.getpid(), "token": token}))  # the fields of `process.Account`
    threading.Thread(target=watch, daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
