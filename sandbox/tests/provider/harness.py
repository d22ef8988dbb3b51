"""Drives the provider's servicer as the engine does, on an account of its own."""

import importlib
import json
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from threading import Thread
from typing import Any, cast

from google.protobuf import empty_pb2
from werkzeug.serving import make_server

from sandbox.account.application import make_application
from sandbox.provider.servicer import AwsProvider
from sandbox.provider.stubs import provider, status
from sandbox.provider.values import Values, from_struct, to_struct

REGION = "eu-north-1"
ACCOUNT = "123456789012"


@contextmanager
def moto_endpoint() -> Generator[str]:
    """An embedded account on a free port of loopback."""
    server = make_server("127.0.0.1", 0, make_application(), threaded=True)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()  # which looks for its end that often
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


class Refused(Exception):  # noqa: N818 - it reads as what happened to the call
    """The servicer ended a call with an error."""

    def __init__(self, message: str, details: bytes | None) -> None:
        super().__init__(message)
        self.details = details

    def init_failed(self) -> Any:
        """Returns the half-made object in the error's details, or None."""
        if self.details is None:
            return None
        failed = provider.ErrorResourceInitFailed()
        return failed if status.Status.FromString(self.details).details[0].Unpack(failed) else None


class FakeContext:
    """The parts of a gRPC context that the servicer uses."""

    def __init__(self) -> None:
        self.metadata: dict[str, bytes] = {}

    def set_trailing_metadata(self, metadata: tuple[tuple[str, bytes], ...]) -> None:
        self.metadata |= dict(metadata)

    def abort(self, code: object, message: str) -> None:
        raise Refused(message, self.metadata.get("grpc-status-details-bin"))


@dataclass
class Made:
    """An object as the engine's state holds it."""

    token: str
    name: str
    id: str
    inputs: Values
    outputs: Values
    secret: set[str] = field(default_factory=set[str])


class Engine:
    """Calls a configured provider as the engine does: check, diff, then what the diff asks for."""

    def __init__(self, endpoint: str, default_tags: Mapping[str, str] | None = None, region: str = REGION) -> None:
        self.endpoint = endpoint
        self.servicer = AwsProvider({"AWS_ENDPOINT_URL": endpoint})
        config: Values = {"region": region}
        if default_tags:
            config["defaultTags"] = json.dumps({"tags": dict(default_tags)})
        self.call("Configure", provider.ConfigureRequest(args=to_struct(config)))

    def call(self, method: str, request: Any) -> Any:
        return getattr(self.servicer, method)(request, cast(Any, FakeContext()))

    @staticmethod
    def urn(token: str, name: str) -> str:
        return f"urn:pulumi:dev::voiceter-backend::voiceter:data:Stores${token}::{name}"

    def check(
        self,
        token: str,
        name: str,
        news: Values,
        olds: Values | None = None,
        *,
        secret: tuple[str, ...] = (),
        seed: bytes = b"seed",
    ) -> tuple[Values, list[str]]:
        """The inputs as the provider completes them, and what is wrong with them."""
        answer = self.call(
            "Check",
            provider.CheckRequest(
                urn=self.urn(token, name),
                olds=to_struct(olds or {}),
                news=to_struct(news, secret),
                randomSeed=seed,
            ),
        )
        return from_struct(answer.inputs)[0], [one.reason for one in answer.failures]

    def diff(self, made: Made, news: Values, ignore: tuple[str, ...] = ()) -> Any:
        return self.call(
            "Diff",
            provider.DiffRequest(
                id=made.id,
                urn=self.urn(made.token, made.name),
                olds=to_struct(made.outputs),
                old_inputs=to_struct(made.inputs),
                news=to_struct(news),
                ignoreChanges=ignore,
            ),
        )

    def create(
        self,
        token: str,
        name: str,
        news: Values,
        *,
        secret: tuple[str, ...] = (),
        preview: bool = False,
        timeout: float = 0,
    ) -> Made:
        inputs, failures = self.check(token, name, news, secret=secret)
        if failures:
            raise Refused(f"{token} {name}: {failures}", None)
        answer = self.call(
            "Create",
            provider.CreateRequest(
                urn=self.urn(token, name), properties=to_struct(inputs, secret), preview=preview, timeout=timeout
            ),
        )
        outputs, wrapped = from_struct(answer.properties)
        return Made(token, name, answer.id, inputs, outputs, wrapped)

    def update(
        self,
        made: Made,
        news: Values,
        *,
        preview: bool = False,
        ignore: tuple[str, ...] = (),
        timeout: float = 0,
    ) -> Made:
        answer = self.call(
            "Update",
            provider.UpdateRequest(
                id=made.id,
                urn=self.urn(made.token, made.name),
                olds=to_struct(made.outputs),
                old_inputs=to_struct(made.inputs),
                news=to_struct(news),
                preview=preview,
                ignoreChanges=ignore,
                timeout=timeout,
            ),
        )
        outputs, wrapped = from_struct(answer.properties)
        return Made(made.token, made.name, made.id, news, outputs, wrapped)

    def read(self, made: Made) -> Made | None:
        """A refresh; None when the object is gone."""
        answer = self.call(
            "Read",
            provider.ReadRequest(
                id=made.id,
                urn=self.urn(made.token, made.name),
                properties=to_struct(made.outputs, made.secret),
                inputs=to_struct(made.inputs, made.secret & made.inputs.keys()),
            ),
        )
        if not answer.id:
            return None
        outputs, wrapped = from_struct(answer.properties)
        return Made(made.token, made.name, answer.id, from_struct(answer.inputs)[0], outputs, wrapped)

    def seen(self, made: Made) -> Made:
        """A refresh of an object that is there."""
        found = self.read(made)
        assert found is not None
        return found

    def import_(self, token: str, identifier: str) -> Made | None:
        return self.read(Made(token, "imported", identifier, {}, {}))

    def delete(self, made: Made, *, timeout: float = 0) -> None:
        self.call(
            "Delete",
            provider.DeleteRequest(
                id=made.id,
                urn=self.urn(made.token, made.name),
                properties=to_struct(made.outputs, made.secret),
                timeout=timeout,
            ),
        )

    def cancel(self) -> None:
        """What the engine sends on its first SIGINT."""
        self.call("Cancel", empty_pb2.Empty())

    def invoke(self, token: str, args: Values) -> Values:
        answer = self.call("Invoke", provider.InvokeRequest(tok=token, args=to_struct(args)))
        return from_struct(getattr(answer, "return"))[0]


@cache
def client(endpoint: str, service: str, region: str = REGION) -> Any:
    """Returns a botocore client of the account, which reads it and changes it behind the provider's back."""
    session: Any = importlib.import_module("botocore.session").get_session()  # botocore has no types
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return session.create_client(service, region_name=region, endpoint_url=endpoint, **keys)


def reset(endpoint: str) -> None:
    """Empties the account."""
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")).close()  # noqa: S310
