"""What a command said of one stack, and how a comment, an issue or a job's summary shows it."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# GitHub takes 65,536 characters of a comment or an issue; the rest is for what stands around the sections.
_MOST: Final = 60_000
_ESCAPE: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_COUNT: Final = re.compile(r"^ +[^\d\s]* ?(\d+ (?:to [a-z-]+|unchanged|created|updated|deleted|replaced|drifted))$")
# The engine's exit status when --expect-no-changes finds some (its package cmd, ExitNoChanges).
CHANGES_FOUND: Final = 7


@dataclass(frozen=True)
class Report:
    """The end of one command on one stack.

    Args:
        stack: its name.
        status: the command's exit status.
        output: what it said, secrets masked by the engine.
        notes: what the reader should know first.
    """

    stack: str
    status: int
    output: str
    notes: tuple[str, ...] = ()

    @property
    def drifted(self) -> bool:
        """Whether the command found changes that it was told not to expect."""
        return self.status == CHANGES_FOUND

    @property
    def failed(self) -> bool:
        """Whether the command did not do its work."""
        return self.status not in (0, CHANGES_FOUND)

    @property
    def headline(self) -> str:
        """The outcome in some words: `2 to update, 1 to create`."""
        if self.failed:
            return "failed"
        counts = [found[1] for line in self.output.splitlines() if (found := _COUNT.match(line))]
        changes = [count for count in counts if not count.endswith("unchanged")]
        return ", ".join(changes) or "no changes"

    def save(self, folder: Path) -> None:
        """Write it where `load` finds it."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.stack}.json").write_text(json.dumps(dataclasses.asdict(self), indent=1))


def load(folder: Path) -> list[Report]:
    """The reports below a folder, in the order of their stacks' names."""
    found = [json.loads(path.read_text()) for path in folder.rglob("*.json")]
    reports = [Report(one["stack"], one["status"], one["output"], tuple(one["notes"])) for one in found]
    return sorted(reports, key=lambda report: report.stack)


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Run a command with its output on this terminal; its exit status, and the output without colours."""
    process = subprocess.Popen(  # noqa: S603 - commands are built here, never by a shell
        command,
        env=dict(environment or os.environ),
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


def markdown(title: str, reports: Sequence[Report], run_url: str) -> str:
    """A section for each report, folded, short enough for GitHub; what is cut off is in the run's log."""
    most = _MOST // max(len(reports), 1)
    return "\n\n".join([f"### {title}", *(_section(report, most, run_url) for report in reports)])


def _section(report: Report, most: int, run_url: str) -> str:
    text = report.output.strip("\n")
    notes = [*report.notes]
    if len(text) > most:
        text = text[:most].rpartition("\n")[0]
        notes.append(f"Too long to be shown whole: the rest is in [the log]({run_url}).")
    # No line of the output can end a fence that is longer than all of its own.
    fence = "`" * max([3, *(len(ticks) + 1 for ticks in re.findall("`+", text))])
    opened = " open" if report.failed else ""
    lines = [
        f"<details{opened}><summary><b>{report.stack}</b>: {report.headline}</summary>",
        *notes,
        f"{fence}\n{text}\n{fence}",
        "</details>",
    ]
    return "\n\n".join(lines)


def run_url(environment: Mapping[str, str]) -> str:
    """The address of this run of a workflow."""
    server, repository = environment["GITHUB_SERVER_URL"], environment["GITHUB_REPOSITORY"]
    return f"{server}/{repository}/actions/runs/{environment['GITHUB_RUN_ID']}"


def summarize(title: str, report: Report, environment: Mapping[str, str]) -> None:
    """Add a report to the job's summary; nothing outside of a workflow."""
    if path := environment.get("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a") as file:
            file.write(markdown(title, [report], run_url(environment)) + "\n")
