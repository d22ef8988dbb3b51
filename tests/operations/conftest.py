"""Settings for the tests of the operations."""

import pytest


@pytest.fixture(autouse=True)
def new_default_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forgets boto3's default session, which keeps the credentials of an earlier test in this process."""
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
