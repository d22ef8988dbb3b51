"""`python -m ci.drift`: what differs on AWS from what was last deployed, and the one issue that says so.

python -m ci.drift check STACK --reports FOLDER    by a refresh that changes nothing
python -m ci.drift issue --reports FOLDER          opened, brought up to date or closed, from all reports
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ci import report
from ci.github import GitHubError, Repository
from ci.report import Report

LABEL: Final = "drift"
_FLAGS: Final = ("--diff", "--non-interactive", "--suppress-progress", "--color", "never")
_ADVICE: Final = (
    "Someone, or something, changed these outside of the program. `pulumi up --refresh` puts back what the program"
    " says; where the change is to stay, bring it into the program first. This text is renewed each night, and the"
    " issue closes by itself once nothing differs."
)


def check(stack: str) -> Report:
    """Compare a stack with its state; nothing is changed, neither there nor in the state."""
    command = ["pulumi", "refresh", "--preview-only", "--expect-no-changes", "--stack", stack, *_FLAGS]
    return Report(stack, *report.run(command))


def tell(reports: Sequence[Report], repository: Repository, run_url: str) -> str:
    """Open the issue, bring it up to date, or close it; what was done, in a line.

    A stack that could not be checked says nothing: it closes no issue.

    Raises:
        GitHubError: GitHub refused.
    """
    drifted = [one for one in reports if one.drifted]
    if drifted:
        names = ", ".join(one.stack for one in drifted)
        body = f"{_ADVICE}\n\n{report.markdown('What differs', drifted, run_url)}\n\n[The run]({run_url})"
        return f"Issue {repository.open_issue(LABEL, f'Drift: {names}', body)}: {names}"
    if not reports or any(one.failed for one in reports):
        return "Not every stack could be checked; the issue stays as it is"
    closed = repository.close_issue(LABEL, f"Nothing differs any more: [the run]({run_url}).")
    return f"Issue {closed}: closed" if closed else "No drift"


def main(arguments: Sequence[str] | None = None) -> int:
    """`check` is 0 with drift as well, which is no fault of the run; `issue` is 0 only if every stack was checked."""
    parser = argparse.ArgumentParser(prog="python -m ci.drift", description="What differs from what was deployed.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check").add_argument("stack")
    commands.add_parser("issue")
    for command in commands.choices.values():
        command.add_argument("--reports", type=Path, required=True, help="the folder of the reports")
    options = parser.parse_args(arguments)
    if options.command == "check":
        made = check(options.stack)
        made.save(options.reports)
        report.summarize("Drift", made, os.environ)
        return 1 if made.failed else 0
    reports = report.load(options.reports)
    try:
        done = tell(reports, Repository(os.environ["GITHUB_REPOSITORY"]), report.run_url(os.environ))
    except GitHubError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{done}\n")
    return 1 if not reports or any(one.failed for one in reports) else 0


if __name__ == "__main__":
    sys.exit(main())
