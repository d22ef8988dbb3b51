"""The workflows' own commands on a stack that is up: previews, and drift, as the real engine tells them."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ci import report
from ci.report import Report
from tests.support.live import LiveSandbox, live_sandbox

LOGS = "/ecs/voiceter-backend-dev"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSandbox]:
    with live_sandbox(tmp_path_factory.mktemp("ci")) as sandbox:
        sandbox.up("dev")
        yield sandbox


def reported(sandbox: LiveSandbox, folder: Path, arguments: str) -> tuple[int, Report]:
    """The exit status of a command of `ci`, run in a shell that has sourced the sandbox, and its report."""
    command = f"{shlex.quote(sys.executable)} -m ci.{arguments} --reports {shlex.quote(str(folder))}"
    run = sandbox.shell(command)
    [made] = report.load(folder)
    return run.status, made


def test_a_preview_without_a_change(sandbox: LiveSandbox, tmp_path: Path) -> None:
    status, made = reported(sandbox, tmp_path, "preview aws dev --base HEAD")
    assert (status, made.status, made.headline) == (0, 0, "no changes"), made.output


def test_a_preview_shows_each_property_that_changes(sandbox: LiveSandbox, tmp_path: Path) -> None:
    sandbox.succeeded(sandbox.shell("pulumi config set logRetentionDays 14 -s dev"))
    try:
        for arguments in ("preview sandbox dev", "preview aws dev --base HEAD"):
            status, made = reported(sandbox, tmp_path, arguments)
            assert (status, made.headline) == (0, "1 to update"), made.output
            assert "retentionInDays: 7 => 14" in made.output
    finally:
        sandbox.succeeded(sandbox.shell("pulumi config set logRetentionDays 7 -s dev"))


def test_a_preview_that_is_refused_is_a_failed_report(sandbox: LiveSandbox, tmp_path: Path) -> None:
    sandbox.succeeded(sandbox.shell("pulumi config set cpu 1000 -s dev"))
    try:
        status, made = reported(sandbox, tmp_path, "preview sandbox dev")
        assert (status, made.failed) == (1, True)
        assert "cpu = '1000': must be 256, 512" in made.output, made.output
    finally:
        sandbox.succeeded(sandbox.shell("pulumi config set cpu 512 -s dev"))


def test_drift_is_seen_and_only_while_it_is_there(sandbox: LiveSandbox, tmp_path: Path) -> None:
    status, made = reported(sandbox, tmp_path, "drift check dev")
    assert (status, made.status, made.drifted) == (0, 0, False), made.output

    logs = sandbox.client("logs")
    logs.put_retention_policy(logGroupName=LOGS, retentionInDays=30)
    before = sandbox.state("dev")
    status, made = reported(sandbox, tmp_path, "drift check dev")
    assert (status, made.status, made.headline) == (0, report.CHANGES_FOUND, "1 to update"), made.output
    assert made.drifted
    assert "retentionInDays: 7 => 30" in made.output
    assert sandbox.state("dev") == before, "a check changes nothing"

    logs.put_retention_policy(logGroupName=LOGS, retentionInDays=7)
    assert not reported(sandbox, tmp_path, "drift check dev")[1].drifted


def test_a_stack_that_cannot_be_read_is_no_drift(sandbox: LiveSandbox, tmp_path: Path) -> None:
    status, made = reported(sandbox, tmp_path, "drift check nowhere")
    assert (status, made.failed, made.drifted) == (1, True, False)
