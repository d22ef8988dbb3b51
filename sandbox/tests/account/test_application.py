"""The account's web application serves one call at a time, and answers its failures with a sentence."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO, RawIOBase
from typing import Any

import pytest
from werkzeug.serving import make_server

from sandbox.account import application
from sandbox.account.application import Application, one_at_a_time, with_failures
from sandbox.account.process import Account
from sandbox.tests.provider.harness import client, moto_endpoint


def _environ(body: Any, length: int) -> dict[str, Any]:
    return {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(length), "wsgi.input": body}


def _ignore(*_: Any) -> None:
    pass


def test_account_serves_one_call_at_a_time_whatever_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most = 0, 0

    def counted(moto: Application) -> Application:
        def served(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            nonlocal running, most
            running += 1
            most = max(most, running)
            time.sleep(0.01)  # another call comes meanwhile
            answer = list(moto(environ, start_response))
            running -= 1
            return answer

        return one_at_a_time(served)

    monkeypatch.setattr(application, "one_at_a_time", counted)
    operations = {"ec2": "describe_vpcs", "iam": "list_roles", "s3": "list_buckets", "ecs": "list_clusters"}
    with moto_endpoint() as endpoint, ThreadPoolExecutor(max_workers=8) as threads:
        calls = [getattr(client(endpoint, service), operation) for service, operation in operations.items()]
        for call in [threads.submit(call) for call in calls * 4]:
            call.result()
    assert most == 1


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


@pytest.fixture(scope="module")
def failing_endpoint() -> Iterator[str]:
    """An account whose every call fails."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        raise KeyError("<gone>")

    server = make_server("127.0.0.1", 0, with_failures(application), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


# One service of each protocol: EC2's, query, REST with XML, JSON, and S3's variant of REST.
@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("ec2", "describe_vpcs"),
        ("iam", "list_roles"),
        ("route53", "list_hosted_zones"),
        ("ecs", "list_clusters"),
        ("s3", "list_buckets"),
    ],
)
def test_failure_of_the_account_is_a_sentence_in_every_protocol(
    failing_endpoint: str, service: str, operation: str
) -> None:
    client = Account(failing_endpoint, 1, "token").client(service, "us-east-1")
    with pytest.raises(client.exceptions.ClientError) as error:
        getattr(client, operation)()
    assert "The sandbox's account failed: KeyError: '<gone>'. `make clean` starts over." in str(error.value)
