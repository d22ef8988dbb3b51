"""What the workflows tell GitHub: comments and issues made once and kept up to date, through a `gh` that keeps them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ci import drift, preview, report
from ci.github import GitHubError, Repository
from ci.report import Report
from tests.support import fake_gh

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

State = Callable[[], dict[str, Any]]


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    """A `gh` on PATH and the environment of a workflow; what GitHub holds."""
    file = fake_gh.install(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GH_TOKEN", "token")
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.com")
    monkeypatch.setenv("GITHUB_REPOSITORY", "octo/backend")
    monkeypatch.setenv("GITHUB_RUN_ID", "7")
    return lambda: json.loads(file.read_text())


def seed(tmp_path: Path, **more: list[dict[str, Any]]) -> None:
    file = tmp_path / "github.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | more))


def saved(folder: Path, *reports: Report) -> Path:
    """Reports as the jobs upload them: each in a folder of its own."""
    for one in reports:
        one.save(folder / f"preview-{one.stack}")
    return folder


@pytest.mark.parametrize(
    ("status", "output", "headline", "drifted", "failed"),
    [
        (0, UNCHANGED, "no changes", False, False),
        (0, CHANGED, "2 to create, 1 to update, 1 to replace", False, False),
        (7, CHANGED, "2 to create, 1 to update, 1 to replace", True, False),
        (1, CHANGED, "failed", False, True),
        (255, "", "failed", False, True),
    ],
)
def test_a_headline(status: int, output: str, headline: str, drifted: bool, failed: bool) -> None:
    made = Report("dev", status, output)
    assert (made.headline, made.drifted, made.failed) == (headline, drifted, failed)


def test_a_report_survives_its_file(tmp_path: Path) -> None:
    made = Report("prod", 0, "naïve\n```", ("a note",))
    assert report.load(saved(tmp_path, made, CLEAN)) == [CLEAN, made]


def test_output_is_shown_as_it_comes_and_kept_without_colours(capfd: pytest.CaptureFixture[str]) -> None:
    status, output = report.run(["sh", "-c", r"printf '\033[33m~ one\033[0m\n'; echo two >&2; exit 3"])
    assert (status, output) == (3, "~ one\ntwo\n")
    assert "two" in capfd.readouterr().out


def test_output_cannot_leave_its_fence() -> None:
    text = report.markdown("Title", [Report("dev", 0, "a\n```\n@everyone\n````\nb")], RUN)
    [_, fenced, _] = text.split("`````")
    assert "@everyone" in fenced


def test_a_comment_fits_into_what_github_takes() -> None:
    long = "".join(f"      ~ line {number}\n" for number in range(10_000))
    reports = [Report(stack, 0, long + CHANGED) for stack in ("dev", "prod", "staging")]
    text = report.markdown("Title", reports, RUN)
    assert 50_000 < len(text) < 65_536
    assert text.count(f"the rest is in [the log]({RUN})") == 3
    assert text.count("2 to create, 1 to update") == 3, "the headline is that of the whole output"
    assert text.count("<details>") == text.count("</details>") == 3


def test_a_failed_stack_is_unfolded() -> None:
    assert "<details open><summary><b>staging</b>: failed</summary>" in report.markdown("Title", [BROKEN, CLEAN], RUN)


def test_a_summary_is_added_to_the_jobs(tmp_path: Path, github: State) -> None:
    path = tmp_path / "summary.md"
    for one in (CLEAN, BROKEN):
        report.summarize("Preview", one, {**os.environ, "GITHUB_STEP_SUMMARY": str(path)})
    assert path.read_text().count("### Preview") == 2
    report.summarize("Preview", CLEAN, {})


def test_the_first_comment_is_made_and_the_next_one_replaces_it(tmp_path: Path, github: State) -> None:
    assert preview.main(["comment", "12", "--reports", str(saved(tmp_path / "one", CLEAN, BROKEN))]) == 0
    assert preview.main(["comment", "12", "--reports", str(saved(tmp_path / "two", CLEAN))]) == 0
    [comment] = github()["comments"]
    assert (comment["issue"], github()["writes"]) == (12, 2)
    assert comment["body"].startswith(preview.MARKER)
    assert "staging" not in comment["body"]


def test_somebody_elses_comment_is_left_alone(tmp_path: Path, github: State) -> None:
    others = [
        {"id": 1, "issue": 12, "user": {"login": "mallory"}, "body": f"{preview.MARKER} mine"},
        {"id": 2, "issue": 12, "user": {"login": fake_gh.BOT}, "body": "another workflow's"},
        {"id": 3, "issue": 13, "user": {"login": fake_gh.BOT}, "body": f"{preview.MARKER} of another pull request"},
    ]
    seed(tmp_path, comments=others)
    assert preview.main(["comment", "12", "--reports", str(saved(tmp_path / "one", CLEAN))]) == 0
    assert github()["comments"][:3] == others
    assert len(github()["comments"]) == 4


def test_the_comment_is_found_on_a_later_page(tmp_path: Path, github: State) -> None:
    talk = [{"id": n, "issue": 12, "user": {"login": "ann"}, "body": "hm"} for n in range(5)]
    seed(tmp_path, comments=[*talk, {"id": 5, "issue": 12, "user": {"login": fake_gh.BOT}, "body": preview.MARKER}])
    assert preview.main(["comment", "12", "--reports", str(saved(tmp_path / "one", CLEAN))]) == 0
    assert len(github()["comments"]) == 6
    assert "<b>dev</b>" in github()["comments"][5]["body"]


def test_without_reports_there_is_no_comment(tmp_path: Path, github: State, capsys: pytest.CaptureFixture[str]) -> None:
    assert preview.main(["comment", "12", "--reports", str(tmp_path / "none")]) == 1
    assert "no report" in capsys.readouterr().err
    assert github()["writes"] == 0


def test_what_github_refuses_is_said(
    tmp_path: Path, github: State, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GH_TOKEN")
    folder = str(saved(tmp_path / "one", DRIFTED))
    assert preview.main(["comment", "12", "--reports", folder]) == 1
    assert drift.main(["issue", "--reports", folder]) == 1
    assert capsys.readouterr().err.count("GH_TOKEN") == 2
    with pytest.raises(GitHubError, match="issues/1/comments"):
        Repository("octo/backend").comment(1, "marker", "body")


def test_drift_opens_one_issue_keeps_it_up_to_date_and_closes_it(tmp_path: Path, github: State) -> None:
    assert drift.main(["issue", "--reports", str(saved(tmp_path / "first", DRIFTED, CLEAN))]) == 0
    [issue] = github()["issues"]
    assert (issue["title"], issue["labels"], issue["state"]) == ("Drift: prod", ["drift"], "open")
    assert "retentionInDays: 7 => 14" in issue["body"]
    assert "<b>dev</b>" not in issue["body"]

    worse = Report("dev", report.CHANGES_FOUND, CHANGED)
    assert drift.main(["issue", "--reports", str(saved(tmp_path / "second", DRIFTED, worse))]) == 0
    [issue] = github()["issues"]
    assert (issue["title"], issue["state"]) == ("Drift: dev, prod", "open")

    assert drift.main(["issue", "--reports", str(saved(tmp_path / "third", CLEAN))]) == 0
    [issue] = github()["issues"]
    assert issue["state"] == "closed"
    assert RUN in github()["comments"][0]["body"]

    assert drift.main(["issue", "--reports", str(saved(tmp_path / "fourth", DRIFTED))]) == 0
    assert [issue["state"] for issue in github()["issues"]] == ["closed", "open"]


def test_no_drift_and_no_issue_writes_nothing(tmp_path: Path, github: State) -> None:
    assert drift.main(["issue", "--reports", str(saved(tmp_path / "one", CLEAN))]) == 0
    assert github()["writes"] == 0


@pytest.mark.parametrize("reports", [(BROKEN, CLEAN), ()])
def test_a_stack_that_could_not_be_checked_closes_nothing(
    tmp_path: Path, github: State, reports: tuple[Report, ...]
) -> None:
    assert drift.main(["issue", "--reports", str(saved(tmp_path / "first", DRIFTED))]) == 0
    assert drift.main(["issue", "--reports", str(saved(tmp_path / "second", *reports))]) == 1
    assert [issue["state"] for issue in github()["issues"]] == ["open"]


def test_drift_is_told_where_another_stack_could_not_be_checked(tmp_path: Path, github: State) -> None:
    assert drift.main(["issue", "--reports", str(saved(tmp_path / "first", DRIFTED, BROKEN))]) == 1
    assert [issue["title"] for issue in github()["issues"]] == ["Drift: prod"]


def test_a_pull_request_or_a_persons_issue_is_not_the_issue(tmp_path: Path, github: State) -> None:
    others = [
        {"number": 1, "state": "open", "labels": ["drift"], "user": {"login": fake_gh.BOT}, "pull_request": {}},
        {"number": 2, "state": "open", "labels": ["drift"], "user": {"login": "ann"}},
    ]
    seed(tmp_path, issues=others)
    assert drift.main(["issue", "--reports", str(saved(tmp_path / "first", DRIFTED))]) == 0
    assert github()["issues"][:2] == others
    assert len(github()["issues"]) == 3
