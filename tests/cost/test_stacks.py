"""The stacks whose costs are shown: of this folder, and of another git revision."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cost import stacks
from cost.errors import CostError
from recording import __main__ as recording
from tests.cost.conftest import LARGE, recorded
from tests.support.plans import planned

GIT = ("git", "-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
PRINTS = 'print(\'[{"type": "aws:kms/key:Key", "name": "old", "inputs": {}}]\')\n'


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a stack file, whose first commit has no recording."""
    monkeypatch.setattr(stacks, "ROOT", tmp_path)
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit(tmp_path, "older")
    return tmp_path


def git(folder: Path, *arguments: str) -> str:
    run = subprocess.run([*GIT, "-C", str(folder), *arguments], capture_output=True, text=True, check=True)  # noqa: S603
    return run.stdout


def commit(folder: Path, tag: str, recording: str = "") -> None:
    if recording:
        (folder / "recording").mkdir(exist_ok=True)
        (folder / "recording" / "__main__.py").write_text(recording)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", tag)
    git(folder, "tag", tag)


def test_revision_is_recorded_by_itself_and_leaves_no_worktree(repository: Path) -> None:
    commit(repository, "v1", PRINTS)
    commit(repository, "v2", PRINTS.replace("old", "new"))
    [resource] = stacks.of_revision("v1", "dev").resources
    assert (resource.type, resource.name) == ("aws:kms/key:Key", "old")
    assert [line.split()[0] for line in git(repository, "worktree", "list").splitlines()] == [str(repository)]


@pytest.mark.parametrize(
    ("revision", "stack", "message"),
    [
        ("older", "dev", "older is older than `make cost`, so it cannot be compared with."),
        ("nowhere", "dev", "nowhere is neither a stack (dev) nor a git revision."),
        ("--help", "dev", "--help is neither a stack (dev) nor a git revision."),
        ("v1", "prod", "v1 has no Pulumi.prod.yaml."),
        ("broken", "dev", "broken does not say what dev registers: ValueError: no such key"),
    ],
)
def test_revision_that_cannot_be_recorded(repository: Path, revision: str, stack: str, message: str) -> None:
    commit(repository, "v1", PRINTS)
    commit(repository, "broken", 'raise ValueError("no such key")\n')
    with pytest.raises(CostError) as caught:
        stacks.of_revision(revision, stack)
    assert str(caught.value) == message


def test_recording_prints_what_the_program_registers_without_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With encrypted values and a domain, which need neither their key nor an account."""
    monkeypatch.setattr(recording, "record_as_committed", lambda stack: planned(stack, LARGE))  # pyright: ignore
    monkeypatch.setattr(sys, "argv", ["recording", "prod"])
    recording.main()
    printed = {(one["type"], one["name"]): one["inputs"] for one in json.loads(capsys.readouterr().out)}
    registered = recorded("prod", **LARGE)
    assert printed.keys() == {(one.type, one.name) for one in registered.resources}
    secrets = registered.all("aws:secretsmanager/secretVersion:SecretVersion")
    assert len(secrets) == 2
    for one in secrets:
        assert printed[one.type, one.name] == {**one.inputs, "secretString": recording.MASK}


def test_wrong_configuration_is_shown_as_the_preview_shows_it() -> None:
    with pytest.raises(CostError, match=r"has 1 mistake; nothing was changed\.\n  logRetentionDays"):
        stacks.registered("dev", {"logRetentionDays": 8})
