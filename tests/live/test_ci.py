"""The commands of the workflows on a stack that is up: drift checks, with the engine's own output."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from ci import report
from ci.report import Report
from tests.live.harness import Stack

pytestmark = pytest.mark.live


def reported(dev: Stack, folder: Path, arguments: str) -> tuple[int, Report]:
    """The exit status of a command of `ci`, run in a shell that has sourced the sandbox, and its report."""
    command = f"{shlex.quote(sys.executable)} -m ci.{arguments} --reports {shlex.quote(str(folder))}"
    run = dev.sandbox.run(command)
    [made] = report.load(folder)
    return run.status, made


def test_drift_check_finds_drift_and_changes_nothing(dev: Stack, tmp_path: Path) -> None:
    dev.client("logs").put_retention_policy(logGroupName="/ecs/voiceter-backend-dev", retentionInDays=30)
    before = dev.sandbox.resources("dev")
    status, made = reported(dev, tmp_path, "drift check dev")
    assert (status, made.status, made.headline) == (0, report.CHANGES_FOUND, "1 to update"), made.output
    assert made.drifted
    assert "retentionInDays: 7 => 30" in made.output
    assert dev.sandbox.resources("dev") == before
    dev.client("logs").put_retention_policy(logGroupName="/ecs/voiceter-backend-dev", retentionInDays=7)


def test_stack_that_cannot_be_read_is_a_failure_and_not_drift(dev: Stack, tmp_path: Path) -> None:
    status, made = reported(dev, tmp_path, "drift check nowhere")
    assert (status, made.failed, made.drifted) == (1, True, False)
