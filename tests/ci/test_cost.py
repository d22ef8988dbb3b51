"""The comment on a pull request that shows what its stacks cost."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from ci import cost, report
from ci.report import Report
from config.stack_files import committed_stacks
from tests.ci.conftest import BOT, GitHub

SUMS = "in us-east-1: 224 USD a month at rest; +3.65 against main"
TABLE = f"prod {SUMS}\n\nAt rest\n  item  USD a month\n"


@pytest.fixture(autouse=True)
def pull_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULL_REQUEST", "12")


def answers(monkeypatch: pytest.MonkeyPatch, *given: tuple[int, str]) -> list[Sequence[str]]:
    """Lets the commands end with these statuses and outputs. Returns the commands that ran."""
    ran: list[Sequence[str]] = []
    left = list(given)

    def run(command: Sequence[str]) -> tuple[int, str]:
        ran.append(command)
        return left.pop(0)

    monkeypatch.setattr(report, "run", run)
    return ran


def test_stack_is_estimated_against_the_base(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = answers(monkeypatch, (0, TABLE))
    made = cost.show("prod", "abc123")
    assert (made.headline, made.output) == (SUMS, TABLE)
    assert ran == [[sys.executable, "-m", "cost", "estimate", "prod", "--sessions", "10", "--against", "abc123"]]


def test_base_that_cannot_be_compared_with_is_said_below_the_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    older = "abc123 is older than `make cost`, so it cannot be compared with.\n"
    ran = answers(monkeypatch, (1, older), (0, TABLE))
    made = cost.show("prod", "abc123")
    assert (made.failed, made.headline) == (False, SUMS)
    assert made.output.endswith(f"\n{older}")
    assert "--against" not in ran[1]
    answers(monkeypatch, (1, "no\n"), (1, "the configuration of the stack prod has 1 mistake\n"))
    assert cost.show("prod", "abc123").headline == "failed"


def test_every_stack_is_shown_in_the_summary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def show(stack: str, base: str) -> Report:
        return Report(stack, 0, TABLE, base)

    monkeypatch.setattr(cost, "show", show)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    assert cost.main(["show", "--base", "abc123", "--reports", str(tmp_path / "reports")]) == 0
    text = (tmp_path / "summary").read_text()
    assert {text.count(f"<b>{stack}</b>: abc123") for stack in committed_stacks()} == {1}
    assert [one.stack for one in report.load(tmp_path / "reports")] == committed_stacks()


def test_comment_is_written_once_and_then_updated(github: GitHub, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    Report("prod", 0, TABLE, SUMS).save(reports)
    assert cost.main(["comment", "--reports", str(reports)]) == 0
    Report("prod", 0, TABLE, "cheaper").save(reports)
    assert cost.main(["comment", "--reports", str(reports)]) == 0
    [comment] = github.comments
    assert comment["issue"] == 12
    assert "<b>prod</b>: cheaper" in comment["body"]
    assert "https://github.com/octo/backend/actions/runs/7" in comment["body"]


def test_comments_of_people_stay(github: GitHub, tmp_path: Path) -> None:
    quoted = {"id": 5, "issue": 12, "user": {"login": "octocat"}, "body": "<!-- voiceter-backend: cost -->\nmine"}
    github.comments.append(dict(quoted))
    Report("prod", 0, TABLE, SUMS).save(tmp_path / "reports")
    assert cost.main(["comment", "--reports", str(tmp_path / "reports")]) == 0
    first, second = github.comments
    assert (first, second["user"]["login"]) == (quoted, BOT)


def test_refusal_of_github_is_one_sentence(
    github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GH_TOKEN", "")
    Report("prod", 0, TABLE, SUMS).save(tmp_path / "reports")
    assert cost.main(["comment", "--reports", str(tmp_path / "reports")]) == 1
    assert capsys.readouterr().err.startswith("`gh api --paginate")
    assert github.writes == 0
