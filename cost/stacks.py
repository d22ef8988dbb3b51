"""The resources of a stack of this folder, of a changed one, or of another git revision. Nothing is deployed."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config.mistakes import ConfigError
from config.stack_files import committed_stacks
from cost.errors import CostError
from cost.resources import Resource, Stack
from recording.program import ROOT, record_as_committed


def registered(stack: str, also: Mapping[str, Any] | None = None) -> Stack:
    """Returns what a stack registers with its file and the keys in `also`.

    Raises:
        CostError: there is no such stack, or its configuration is wrong.
    """
    if stack not in committed_stacks(ROOT):
        raise CostError(f"There is no Pulumi.{stack}.yaml. The stacks are {', '.join(committed_stacks(ROOT))}.")
    try:
        recorded = record_as_committed(stack, also).registered
    except ConfigError as error:
        raise CostError(str(error)) from error
    return Stack(stack, [Resource(one.type, one.name, one.inputs) for one in recorded])


def of_revision(revision: str, stack: str) -> Stack:
    """Returns what a stack registered at a git revision.

    Raises:
        CostError: there is no such revision, or it cannot be recorded.
    """
    commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit is None:
        raise CostError(f"{revision} is neither a stack ({', '.join(committed_stacks(ROOT))}) nor a git revision.")
    with tempfile.TemporaryDirectory() as folder:
        worktree = Path(folder) / "revision"
        if _git("worktree", "add", "--detach", "--quiet", str(worktree), commit) is None:
            raise CostError(f"git cannot check out {revision}.")
        try:
            if not (worktree / "recording" / "__main__.py").exists():
                raise CostError(f"{revision} is older than `make cost`, so it cannot be compared with.")
            if not (worktree / f"Pulumi.{stack}.yaml").exists():
                raise CostError(f"{revision} has no Pulumi.{stack}.yaml.")
            return Stack(stack, _recorded(worktree, revision, stack))
        finally:
            _git("worktree", "remove", "--force", str(worktree))


def _recorded(folder: Path, revision: str, stack: str) -> list[Resource]:
    command = [sys.executable, "-m", "recording", stack]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    if run.returncode:
        lines = run.stderr.strip().splitlines() or ["no message"]
        raise CostError(f"{revision} does not say what {stack} registers: {lines[-1]}")
    return [Resource(**one) for one in json.loads(run.stdout)]


def _git(*arguments: str) -> str | None:
    """Returns what git prints, or None if it fails."""
    command = ["git", "-C", str(ROOT), *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    return run.stdout.strip() if run.returncode == 0 else None
