"""What differs on AWS from what was last deployed, and the one issue that says so.

python -m ci.drift check STACK --reports FOLDER   refreshes a stack without changing its state
python -m ci.drift issue --reports FOLDER         opens, updates or closes the issue, from the reports of all stacks
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ci import report
from ci.github import GitHubError, Issue
from ci.report import Report

LABEL: Final = "drift"
_FLAGS: Final = ("--diff", "--non-interactive", "--suppress-progress", "--color", "never")
_ADVICE: Final = (
    "Something outside this program changed these resources. `pulumi up --refresh` restores what the program says. To"
    " keep a change, add it to the program first. This text is renewed every night, and the issue closes when nothing"
    " differs."
)


def check(stack: str) -> Report:
    """Compares a stack with its state, and looks for what was added to its objects by hand. Changes neither."""
    command = ["pulumi", "refresh", "--preview-only", "--expect-no-changes", "--stack", stack, *_FLAGS]
    status, output = report.run(command)
    if status not in (0, report.CHANGES_FOUND):
        return Report(stack, status, output)
    added_status, added = report.run([sys.executable, "-m", "operations", "added", stack])
    return Report(stack, added_status or status, output + added)


def update_issue(reports: Sequence[Report], issue: Issue) -> str:
    """Opens, updates or closes the issue. Returns what was done, in a line.

    The issue stays open while a stack could not be checked.

    Raises:
        GitHubError: GitHub refused.
    """
    drifted = [one for one in reports if one.drifted]
    if drifted:
        names = ", ".join(one.stack for one in drifted)
        body = f"{_ADVICE}\n\n{report.markdown('What differs', drifted)}\n\n[The run]({report.run_url()})"
        return f"Issue {issue.write(f'Drift: {names}', body)}: {names}"
    if not reports or any(one.failed for one in reports):
        return "Not every stack could be checked, so the issue is left as it is."
    closed = issue.close(f"Nothing differs any more: [the run]({report.run_url()}).")
    return f"Issue {closed}: closed" if closed else "No drift"


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 0 if every stack was checked, with drift or without."""
    parser = argparse.ArgumentParser(prog="python -m ci.drift", description="What differs from what was deployed.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check").add_argument("stack")
    commands.add_parser("issue")
    for command in commands.choices.values():
        command.add_argument("--reports", type=Path, required=True, help="the folder of the reports")
    options = parser.parse_args(arguments)
    if options.command == "check":
        checked = check(options.stack)
        checked.save(options.reports)
        report.add_to_summary(f"{report.markdown('Drift', [checked])}\n")
        return 1 if checked.failed else 0
    reports = report.load(options.reports)
    try:
        print(update_issue(reports, Issue(os.environ["GITHUB_REPOSITORY"], LABEL)))
    except GitHubError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 1 if not reports or any(one.failed for one in reports) else 0


if __name__ == "__main__":
    sys.exit(main())
