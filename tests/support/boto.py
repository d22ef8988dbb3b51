"""A client of boto3 that gives the answers of a test."""

from __future__ import annotations

import importlib
from typing import Any
from unittest import mock

_boto3: Any = importlib.import_module("boto3")  # it has no types
_exceptions: Any = importlib.import_module("botocore.exceptions")


def answering(operation: str, **answer: Any) -> Any:
    """Patches boto3 so that every client answers the operation. `answer` has the arguments of a `Mock`."""
    client = mock.Mock(**{f"{operation}.{name}": value for name, value in answer.items()})
    return mock.patch.object(_boto3, "client", return_value=client)


def refusal(operation: str, code: str) -> Exception:
    """Returns the error with which AWS refuses an operation."""
    return _exceptions.ClientError({"Error": {"Code": code, "Message": "no"}}, operation)
