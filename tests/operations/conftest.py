"""Settings for the tests of the operations."""

from __future__ import annotations

import importlib
from typing import Any, Final

import pytest

_LOADER: Final[Any] = importlib.import_module("botocore.loaders").create_loader()


@pytest.fixture(autouse=True)
def new_default_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forgets boto3's default session, which keeps the credentials of an earlier test in this process.

    Every session has the same loader, so that the model of a service is read once: that of EC2 takes a second.
    """
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    monkeypatch.setattr("botocore.session.create_loader", _shared_loader)


def _shared_loader(_search_path: Any) -> Any:
    return _LOADER
