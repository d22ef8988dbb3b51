"""What the account remembers of calls that make something, so that a plugin that was killed makes nothing twice.

A plugin that is killed while a call of it is under way can record neither that it was made nor what it answered. So it
marks each such call with the resource that it is for. A later call with the same mark is not carried out: it gets the
recorded answer, marked as such, and the plugin goes on from there. AWS has such tokens for some calls; this is for all.
Two words beside the mark ask otherwise: `anew` to carry the call out in any case, `recall` in none.
"""

import threading
from collections.abc import Callable, Iterable
from typing import Any

# The mark of a call; `anew` or `recall`; the mark of a recorded answer.
MARK_HEADER = "X-Sandbox-Resource"
HOW_HEADER = "X-Sandbox-How"
RECORDED_HEADER = "X-Sandbox-Recorded"

_App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_Answer = tuple[str, list[tuple[str, str]], bytes]


def remembering(account: _App) -> _App:
    """The account, with a memory for marked calls that succeeded."""
    answers: dict[str, _Answer] = {}
    locks: dict[str, threading.Lock] = {}

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        mark: str = environ.get(_variable(MARK_HEADER), "")
        if environ.get("PATH_INFO") == "/moto-api/reset":
            answers.clear()
        if not mark:
            return account(environ, start_response)
        with locks.setdefault(mark, threading.Lock()):
            recorded, how = answers.get(mark), environ.get(_variable(HOW_HEADER))
            if how == "recall" and not recorded:
                start_response("404 Not Found", [])
                return []
            if recorded and how != "anew":
                status, headers, body = recorded
                start_response(status, [*headers, (RECORDED_HEADER, "true")])
                return [body]
            status, headers, body = answer = _carried_out(account, environ)
            if status.startswith("2"):
                answers[mark] = answer
        start_response(status, headers)
        return [body]

    return app


def _carried_out(account: _App, environ: dict[str, Any]) -> _Answer:
    head: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], _error: Any = None) -> None:
        head[:] = [status, headers]

    body = b"".join(account(environ, start))
    return head[0], head[1], body


def _variable(header: str) -> str:
    return f"HTTP_{header.upper().replace('-', '_')}"
