"""The output of one command on one stack, and the section of a GitHub issue or a job's summary that shows it."""

import dataclasses
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from operations.console import ADDED_BY_HAND, CHANGES_FOUND

# GitHub takes 65,536 characters of an issue or a comment. The rest is for the text around the sections.
_MOST: Final = 60_000
_ESCAPE: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_COUNT: Final = re.compile(r"^ +[^\d\s]* ?(\d+ (?:to [a-z-]+|unchanged|created|updated|deleted|replaced|drifted))$")


@dataclass(frozen=True)
class Report:
    """The result of one command on one stack.

    Args:
        stack: its name.
        status: the command's exit status.
        output: what the command wrote; the engine masks secrets.
        summary: the headline if the command completed; empty: the changes that the engine counts.
    """

    stack: str
    status: int
    output: str
    summary: str = ""

    @property
    def drifted(self) -> bool:
        """Whether the command found changes although it was to expect none."""
        return self.status == CHANGES_FOUND

    @property
    def failed(self) -> bool:
        """Whether the command did not complete."""
        return self.status not in (0, CHANGES_FOUND)

    @property
    def headline(self) -> str:
        """The outcome in a few words: `2 to update, 1 to create`."""
        if self.failed:
            return "failed"
        if self.summary:
            return self.summary
        counts = [found[1] for line in self.output.splitlines() if (found := _COUNT.match(line))]
        changes = [count for count in counts if not count.endswith("unchanged")]
        if added := sum(line.startswith(ADDED_BY_HAND) for line in self.output.splitlines()):
            changes.append(f"{added} added by hand")
        return ", ".join(changes) or "no changes"

    def save(self, folder: Path) -> None:
        """Writes the report where `load` finds it."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.stack}.json").write_text(json.dumps(dataclasses.asdict(self), indent=1))


def load(folder: Path) -> list[Report]:
    """Returns the reports below a folder, sorted by stack."""
    reports = [Report(**json.loads(path.read_text())) for path in folder.rglob("*.json")]
    return sorted(reports, key=lambda report: report.stack)


def run(command: Sequence[str]) -> tuple[int, str]:
    """Runs a command and shows its output. Returns its exit status, and the output without colours."""
    process = subprocess.Popen(  # noqa: S603 - no shell
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert process.stdout is not None  # noqa: S101 - by stdout=PIPE
    lines: list[str] = []
    for line in process.stdout:
        sys.stdout.write(line)
        sys.stdout.flush()
        lines.append(_ESCAPE.sub("", line))
    return process.wait(), "".join(lines)


def markdown(title: str, reports: Sequence[Report]) -> str:
    """Returns a folded section for each report, short enough for GitHub. The run's log has the whole output."""
    most = _MOST // max(len(reports), 1)
    return "\n\n".join([f"### {title}", *(_section(report, most) for report in reports)])


def _section(report: Report, most: int) -> str:
    text = report.output.strip("\n")
    lines = [f"<details{' open' if report.failed else ''}><summary><b>{report.stack}</b>: {report.headline}</summary>"]
    if len(text) > most:
        text = text[:most].rpartition("\n")[0]
        lines.append(f"The output is too long to be shown whole: [the run's log]({run_url()}) has the rest.")
    # A fence longer than every run of backticks in the output cannot be closed by the output.
    fence = "`" * max([3, *(len(ticks) + 1 for ticks in re.findall("`+", text))])
    return "\n\n".join([*lines, f"{fence}\n{text}\n{fence}", "</details>"])


def add_to_summary(text: str) -> None:
    """Adds to the summary of this job, if it has one."""
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a") as file:
            file.write(text)


def run_url() -> str:
    """Returns the address of this run of a workflow."""
    server, repository = os.environ["GITHUB_SERVER_URL"], os.environ["GITHUB_REPOSITORY"]
    return f"{server}/{repository}/actions/runs/{os.environ['GITHUB_RUN_ID']}"
