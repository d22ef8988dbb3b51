"""What the tests of the workflows' commands share."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.support import fake_gh


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> fake_gh.State:
    """The environment of a workflow with a `gh` on PATH. Returns what GitHub stores."""
    file = fake_gh.install(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GH_TOKEN", "token")
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.com")
    monkeypatch.setenv("GITHUB_REPOSITORY", "octo/backend")
    monkeypatch.setenv("GITHUB_RUN_ID", "7")
    return lambda: json.loads(file.read_text())
