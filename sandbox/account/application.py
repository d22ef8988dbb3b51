"""The account's web application: moto with this sandbox's patches, which serves one call at a time."""

import importlib
import json
import threading
import traceback
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from werkzeug.wsgi import get_input_stream

from sandbox.account import services, waf_classic

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_CODE = "InternalFailure"


def make_application() -> Application:
    """Returns the account's application. The content is moto's, which keeps one account for each process."""
    services.install()
    moto: Any = importlib.import_module("moto.moto_server.werkzeug_app")  # it has no types
    dispatcher = moto.DomainDispatcherApplication(moto.create_backend_app)
    return one_at_a_time(with_failures(waf_classic.with_empty_lists(dispatcher)))


def one_at_a_time(application: Application) -> Application:
    """Returns an application that serves parallel calls one after another.

    moto iterates over its dictionaries while another call may change them ("dictionary changed size during iteration").
    A call's body is read before its turn, so a client that stops in the middle of a body delays no other client.
    """
    turn = threading.Lock()

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.input"] = BytesIO(get_input_stream(environ).read())
        with turn:
            return list(application(environ, start_response))

    return serve


def with_failures(application: Application) -> Application:
    """Returns an application that answers an exception with a sentence, in the form of an AWS error.

    The traceback goes to the account's log.
    """

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return application(environ, start_response)
        except Exception as error:
            traceback.print_exc()
            cause = traceback.format_exception_only(error)[-1].strip()
            kind, body = _failure(environ, f"The sandbox's account failed: {cause}. `make clean` starts over.")
            start_response("500 Internal Server Error", [("Content-Type", kind)])
            return [body.encode()]

    return serve


def _failure(environ: dict[str, Any], message: str) -> tuple[str, str]:
    """Returns the content type and the body of an error, in the protocol of the request."""
    kind: str = environ.get("CONTENT_TYPE", "")
    if "json" in kind:
        return kind, json.dumps({"__type": _CODE, "message": message})
    error = f"<Error><Code>{_CODE}</Code><Message>{escape(message)}</Message></Error>"
    # EC2's and the query protocol's errors are in a list, those of REST are not.
    return "text/xml", f"<Response><Errors>{error}</Errors>{error}</Response>"
