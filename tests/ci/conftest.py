"""What the tests share: the targets of the Makefile, and a repository on GitHub."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from subprocess import CompletedProcess
from types import SimpleNamespace
from typing import Any

import pytest

from ci import github as module

MAKEFILE = Path(__file__).parents[2] / "Makefile"
BOT = "github-actions[bot]"


def phony() -> set[str]:
    """Returns the targets that .PHONY names, on any number of lines."""
    text = MAKEFILE.read_text().replace("\\\n", " ")
    return {name for line in re.findall(r"^\.PHONY:(.*)$", text, re.MULTILINE) for name in line.split()}


class GitHub:
    """The issues and comments of a repository. It answers the calls of `gh api` that ci.github makes, and no others."""

    def __init__(self) -> None:
        self.issues: list[dict[str, Any]] = []
        self.comments: list[dict[str, Any]] = []
        self.writes = 0

    def run(self, command: Sequence[str], *, input: str, **_: Any) -> CompletedProcess[str]:
        """Answers as `subprocess.run` does."""
        if os.environ.get("GH_TOKEN") != "token":
            return CompletedProcess(command, 4, "", "gh: set the GH_TOKEN environment variable")
        match command:
            case ["gh", "api", "--paginate", "--slurp", address]:
                # With --slurp, gh returns a list of pages. Here, a page has two items.
                items = self._list(address.removeprefix("repos/octo/backend/"))
                answer: Any = [items[start : start + 2] for start in range(0, len(items), 2)] or [[]]
            case ["gh", "api", "--method", method, address, "--input", "-"]:
                self.writes += 1
                answer = self._write(f"{method} {address.removeprefix('repos/octo/backend/')}", json.loads(input))
            case _:
                raise AssertionError(command)
        return CompletedProcess(command, 0, json.dumps(answer), "")

    def _list(self, path: str) -> list[Any]:
        if found := re.fullmatch(r"issues\?state=open&labels=(\w+)&per_page=100", path):
            return [one for one in self.issues if one["state"] == "open" and found[1] in one["labels"]]
        if found := re.fullmatch(r"issues/(\d+)/comments\?per_page=100", path):
            return [one for one in self.comments if one["issue"] == int(found[1])]
        raise AssertionError(path)

    def _write(self, call: str, content: dict[str, Any]) -> dict[str, Any]:
        made = {"user": {"login": BOT}, **content}
        if call == "POST issues":
            self.issues.append({"number": 40 + len(self.issues), "state": "open", **made})
            return self.issues[-1]
        if found := re.fullmatch(r"POST issues/(\d+)/comments", call):
            self.comments.append({"id": 900 + len(self.comments), "issue": int(found[1]), **made})
            return self.comments[-1]
        found = re.fullmatch(r"PATCH issues/(comments/)?(\d+)", call)
        assert found, call
        listed, key = (self.comments, "id") if found[1] else (self.issues, "number")
        [changed] = [one for one in listed if one[key] == int(found[2])]
        changed.update(content)
        return changed


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> GitHub:
    """The environment of a workflow of the repository."""
    monkeypatch.setenv("GH_TOKEN", "token")
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.com")
    monkeypatch.setenv("GITHUB_REPOSITORY", "octo/backend")
    monkeypatch.setenv("GITHUB_RUN_ID", "7")
    found = GitHub()
    monkeypatch.setattr(module, "subprocess", SimpleNamespace(run=found.run))
    return found
