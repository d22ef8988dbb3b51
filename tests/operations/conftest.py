"""The account, the shell and the settings of the tests of the operations."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.deployed import Deployed
from tests.support.shell import Shell

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


@pytest.fixture
def deployed() -> Iterator[Deployed]:
    """A deployed task in an empty account of moto's, in this process."""
    moto: Any = importlib.import_module("moto")  # of requirements-sandbox.txt; untyped
    with moto.mock_aws():
        yield Deployed()


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shell:
    """An operator's shell without a sandbox, in which there is no pulumi yet."""
    for name in ("VOICETER_SANDBOX", "AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return Shell(folder)
