"""The account's web application: moto with this sandbox's patches, which serves one call at a time."""

import importlib
import threading
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from werkzeug.wsgi import get_input_stream

from sandbox.account import services

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def make_application() -> Application:
    """Returns the account's application. Its content is moto's, so it is one and the same in a process."""
    services.install()
    moto: Any = importlib.import_module("moto.moto_server.werkzeug_app")  # it has no types
    return one_at_a_time(moto.DomainDispatcherApplication(moto.create_backend_app))


def one_at_a_time(application: Application) -> Application:
    """Returns an application that serves parallel calls one after another.

    moto walks through its dictionaries while another call may change them ("dictionary changed size during iteration").
    A call's body is read before its turn, so a client that stops in the middle of one holds up nobody else.
    """
    turn = threading.Lock()

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.input"] = BytesIO(get_input_stream(environ).read())
        with turn:
            return list(application(environ, start_response))

    return serve
