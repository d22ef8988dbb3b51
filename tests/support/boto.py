"""Clients of boto3 that give the answers of a test."""

from __future__ import annotations

import importlib
from typing import Any

_boto3: Any = importlib.import_module("boto3")  # it has no types
_exceptions: Any = importlib.import_module("botocore.exceptions")
_stub: Any = importlib.import_module("botocore.stub")
_CREDENTIALS = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
_SESSION: Any = _boto3.Session(**_CREDENTIALS)  # one for all clients, as a new one takes longer than a client


def stubbed(service: str, *answers: tuple[Any, ...], region: str = "us-east-1") -> Any:
    """Returns a botocore Stubber whose `client` gives these answers in their order, and no others.

    The Stubber checks each answer with the model of the API.

    Args:
        answers: the method; the answer, or the code of an error; and, if they matter, the arguments of the call.
    """
    client = _SESSION.client(service, region)
    stubber = _stub.Stubber(client)
    for method, answer, *arguments in answers:
        if isinstance(answer, str):
            stubber.add_client_error(method, answer)
        else:
            stubber.add_response(method, answer, *arguments)
    stubber.activate()
    return stubber


def refusal(operation: str, code: str) -> Exception:
    """Returns the error with which AWS refuses an operation."""
    return _exceptions.ClientError({"Error": {"Code": code, "Message": "no"}}, operation)
