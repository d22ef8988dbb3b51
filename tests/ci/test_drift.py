"""The search for drift: the report of a stack, and the one issue, through a `gh` that stores issues in a file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ci import drift, report
from ci.github import GitHubError, Issue
from ci.report import Report
from tests.ci.conftest import BOT, GitHub

RUN = "https://github.com/octo/backend/actions/runs/7"
UNCHANGED = "Previewing update (dev):\nResources:\n    83 unchanged\n"
CHANGED = """Previewing update (prod):
    ~ aws:logs:LogGroup: (update)
      ~ retentionInDays: 7 => 14
Resources:
    + 2 to create
    ~ 1 to update
    +-1 to replace
    83 unchanged
"""
DRIFTED = Report(
    "prod", report.CHANGES_FOUND, CHANGED + "error: no changes were expected for refresh but changes were proposed"
)
CLEAN = Report("dev", 0, UNCHANGED)
BROKEN = Report("staging", 1, "error: getting stack: AccessDenied")


def saved(folder: Path, *reports: Report) -> Path:
    """Saves reports as the jobs upload them, each in its own folder. Returns the folder of all."""
    for one in reports:
        one.save(folder / f"drift-{one.stack}")
    return folder


COUNTS = "2 to create, 1 to update, 1 to replace"
ADDED = "ADDED BY HAND: role voiceter-backend-task-role: inline policy x\n"


@pytest.mark.parametrize(
    ("status", "output", "headline", "drifted", "failed"),
    [
        (0, UNCHANGED, "no changes", False, False),
        (0, CHANGED, COUNTS, False, False),
        (7, CHANGED, COUNTS, True, False),
        (7, UNCHANGED + ADDED, "1 added by hand", True, False),
        (7, CHANGED + ADDED * 2, f"{COUNTS}, 2 added by hand", True, False),
        (1, CHANGED, "failed", False, True),
        (255, "", "failed", False, True),
    ],
)
def test_headline_and_outcome(status: int, output: str, headline: str, drifted: bool, failed: bool) -> None:
    made = Report("dev", status, output)
    assert (made.headline, made.drifted, made.failed) == (headline, drifted, failed)


def test_report_is_loaded_as_it_was_saved(tmp_path: Path) -> None:
    made = Report("prod", 0, "naïve\n```")
    assert report.load(saved(tmp_path, made, CLEAN)) == [CLEAN, made]


def test_run_shows_the_output_and_returns_it_without_colours(capfd: pytest.CaptureFixture[str]) -> None:
    status, output = report.run(["sh", "-c", r"printf '\033[33m~ one\033[0m\n'; echo two >&2; exit 3"])
    assert (status, output) == (3, "~ one\ntwo\n")
    assert "two" in capfd.readouterr().out


def test_output_cannot_close_its_fence() -> None:
    text = report.markdown("Title", [Report("dev", 0, "a\n```\n@everyone\n````\nb")])
    [_, fenced, _] = text.split("`````")
    assert "@everyone" in fenced


def test_long_output_fits_into_an_issue(github: GitHub) -> None:
    long = "".join(f"      ~ line {number}\n" for number in range(10_000))
    reports = [Report(stack, 0, long + CHANGED) for stack in ("dev", "prod", "staging")]
    text = report.markdown("Title", reports)
    assert 50_000 < len(text) < 65_536
    assert text.count(f"[the run's log]({RUN}) has the rest") == 3
    assert text.count("2 to create, 1 to update") == 3, "the headline counts the whole output"
    assert text.count("<details>") == text.count("</details>") == 3


def test_failed_stack_is_unfolded() -> None:
    assert "<details open><summary><b>staging</b>: failed</summary>" in report.markdown("Title", [BROKEN, CLEAN])


PULUMI = """#!/bin/sh
echo "$*" >> "{folder}/calls"
if [ "$1" = stack ]; then
  echo '{{"deployment": {{}}}}'
  exit {export}
fi
printf 'Resources:\\n    ~ 1 to update\\n'
exit {refresh}
"""


@pytest.mark.parametrize(
    ("refresh", "export", "exit_status"),
    [(0, 0, 0), (report.CHANGES_FOUND, 0, 0), (1, 0, 1), (255, 0, 1), (0, 1, 1), (report.CHANGES_FOUND, 1, 1)],
)
def test_check_fails_only_if_the_stack_cannot_be_compared(
    tmp_path: Path, github: GitHub, monkeypatch: pytest.MonkeyPatch, refresh: int, export: int, exit_status: int
) -> None:
    (tmp_path / "pulumi").write_text(PULUMI.format(folder=tmp_path, refresh=refresh, export=export))
    (tmp_path / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    assert drift.main(["check", "prod", "--reports", str(tmp_path / "reports")]) == exit_status
    first, *others = (tmp_path / "calls").read_text().splitlines()
    assert first.startswith("refresh --preview-only --expect-no-changes --stack prod")
    assert others == (
        [] if refresh not in (0, report.CHANGES_FOUND) else ["stack export --stack prod --non-interactive"]
    )
    [kept] = report.load(tmp_path / "reports")
    assert kept.failed is bool(exit_status)
    assert kept.drifted is (refresh == report.CHANGES_FOUND and not exit_status)
    assert "<b>prod</b>" in (tmp_path / "summary.md").read_text()


def test_refusal_of_github_is_printed(
    tmp_path: Path, github: GitHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GH_TOKEN")
    assert drift.main(["issue", "--reports", str(saved(tmp_path / "one", DRIFTED))]) == 1
    assert "GH_TOKEN" in capsys.readouterr().err
    with pytest.raises(GitHubError, match="issues"):
        Issue("octo/backend", "drift").close("comment")


def test_issue_is_opened_updated_closed_and_opened_again(tmp_path: Path, github: GitHub) -> None:
    assert drift.main(["issue", "--reports", str(saved(tmp_path / "first", DRIFTED, CLEAN))]) == 0
    [issue] = github.issues
    assert (issue["title"], issue["labels"], issue["state"]) == ("Drift: prod", ["drift"], "open")
    assert "retentionInDays: 7 => 14" in issue["body"]
    assert "<b>dev</b>" not in issue["body"]

    worse = Report("dev", report.CHANGES_FOUND, CHANGED)
    assert drift.main(["issue", "--reports", str(saved(tmp_path / "second", DRIFTED, worse))]) == 0
    [issue] = github.issues
    assert (issue["title"], issue["state"]) == ("Drift: dev, prod", "open")

    assert drift.main(["issue", "--reports", str(saved(tmp_path / "third", CLEAN))]) == 0
    [issue] = github.issues
    assert issue["state"] == "closed"
    assert RUN in github.comments[0]["body"]

    assert drift.main(["issue", "--reports", str(saved(tmp_path / "fourth", DRIFTED))]) == 0
    assert [issue["state"] for issue in github.issues] == ["closed", "open"]


def test_no_drift_without_an_issue_writes_nothing(tmp_path: Path, github: GitHub) -> None:
    assert drift.main(["issue", "--reports", str(saved(tmp_path / "one", CLEAN))]) == 0
    assert github.writes == 0


@pytest.mark.parametrize("reports", [(BROKEN, CLEAN), ()])
def test_unchecked_stack_keeps_the_issue_open(tmp_path: Path, github: GitHub, reports: tuple[Report, ...]) -> None:
    assert drift.main(["issue", "--reports", str(saved(tmp_path / "first", DRIFTED))]) == 0
    assert drift.main(["issue", "--reports", str(saved(tmp_path / "second", *reports))]) == 1
    assert [issue["state"] for issue in github.issues] == ["open"]


def test_drift_is_reported_although_another_stack_is_unchecked(tmp_path: Path, github: GitHub) -> None:
    assert drift.main(["issue", "--reports", str(saved(tmp_path / "first", DRIFTED, BROKEN))]) == 1
    assert [issue["title"] for issue in github.issues] == ["Drift: prod"]


def test_pull_requests_and_peoples_issues_are_left_alone(tmp_path: Path, github: GitHub) -> None:
    others = [
        {"number": 1, "state": "open", "labels": ["drift"], "user": {"login": BOT}, "pull_request": {}},
        {"number": 2, "state": "open", "labels": ["drift"], "user": {"login": "ann"}},
    ]
    github.issues += map(dict, others)
    assert drift.main(["issue", "--reports", str(saved(tmp_path / "first", DRIFTED))]) == 0
    assert github.issues[:2] == others
    assert len(github.issues) == 3
