"""The comment on a pull request that shows what its stacks cost."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from ci import cost, report
from config.stack_files import committed_stacks
from tests.ci.conftest import BOT, GitHub

SUMS = "in us-east-1: 224 USD a month at rest; +3.65 against main"
TABLE = f"prod {SUMS}\n\nAt rest\n  item  USD a month\n"


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
    made = cost.estimate("prod", "abc123")
    assert (made.headline, made.output) == (SUMS, TABLE)
    assert ran == [[sys.executable, "-m", "cost", "estimate", "prod", "--sessions", "10", "--against", "abc123"]]


def test_base_that_cannot_be_compared_with_is_said_below_the_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    older = "abc123 is older than `make cost`, so it cannot be compared with.\n"
    ran = answers(monkeypatch, (1, older), (0, TABLE))
    made = cost.estimate("prod", "abc123")
    assert (made.failed, made.headline) == (False, SUMS)
    assert made.output.endswith(f"\n{older}")
    assert "--against" not in ran[1]
    answers(monkeypatch, (1, "no\n"), (1, "the configuration of the stack prod has 1 mistake\n"))
    assert cost.estimate("prod", "abc123").headline == "failed"


@pytest.fixture
def pull_request(github: GitHub, monkeypatch: pytest.MonkeyPatch) -> GitHub:
    """The job of pull request 12, in which every stack can be estimated."""
    monkeypatch.setenv("PULL_REQUEST", "12")
    estimates(monkeypatch, SUMS)
    return github


def estimates(monkeypatch: pytest.MonkeyPatch, headline: str, failing: str = "") -> None:
    """Lets every estimate start with that line, and that of one stack fail."""

    def run(command: Sequence[str]) -> tuple[int, str]:
        stack = command[command.index("estimate") + 1]
        return int(stack == failing), f"{stack} {headline}\n"

    monkeypatch.setattr(report, "run", run)


def test_every_stack_is_shown_in_the_summary_and_in_one_comment(
    pull_request: GitHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert cost.main(["--base", "main"]) == 0
    estimates(monkeypatch, "cheaper")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    assert cost.main(["--base", "main"]) == 0
    [comment] = pull_request.comments
    assert comment["issue"] == 12
    assert "https://github.com/octo/backend/actions/runs/7" in comment["body"]
    for text in (comment["body"], (tmp_path / "summary").read_text()):
        assert {text.count(f"<b>{stack}</b>: cheaper") for stack in committed_stacks()} == {1}


def test_fork_gets_no_comment(pull_request: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULL_REQUEST", "")
    assert cost.main(["--base", "main"]) == 0
    assert pull_request.writes == 0


def test_failed_estimate_is_shown_and_fails_the_job(pull_request: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    estimates(monkeypatch, SUMS, failing="prod")
    assert cost.main(["--base", "main"]) == 1
    assert "<b>prod</b>: failed" in pull_request.comments[0]["body"]


def test_other_comments_stay(pull_request: GitHub) -> None:
    others = [
        {"id": 5, "issue": 12, "user": {"login": "octocat"}, "body": "<!-- voiceter-backend: cost -->\nmine"},
        {"id": 6, "issue": 12, "user": {"login": BOT}, "body": "the preview"},
    ]
    pull_request.comments += map(dict, others)
    assert cost.main(["--base", "main"]) == 0
    *before, written = pull_request.comments
    assert (before, written["user"]["login"]) == (others, BOT)


def test_refusal_of_github_is_one_sentence(
    pull_request: GitHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GH_TOKEN", "")
    assert cost.main(["--base", "main"]) == 1
    assert capsys.readouterr().err.startswith("`gh api --paginate")
    assert pull_request.writes == 0
