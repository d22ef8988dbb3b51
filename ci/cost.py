"""What a pull request changes in the monthly cost of each stack, as one comment.

python -m ci.cost show --base REVISION --reports FOLDER   estimates each stack, against the base
python -m ci.cost comment --reports FOLDER                writes or updates the comment
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ci import report
from ci.github import GitHubError, write_comment
from ci.report import Report
from config.stack_files import committed_stacks

_SESSIONS: Final = "10"  # at a time: a load under which every item shows
_TITLE: Final = "Cost"
_MARK: Final = "<!-- voiceter-backend: cost -->"  # by which the comment is found again


def show(stack: str, base: str) -> Report:
    """Estimates a stack against the base, or by itself if the base cannot be compared with."""
    command = [sys.executable, "-m", "cost", "estimate", stack, "--sessions", _SESSIONS]
    status, output = report.run([*command, "--against", base])
    if status:
        reason = output
        status, output = report.run(command)
        output += f"\n{reason}"
    return Report(stack, status, output, output.partition("\n")[0].removeprefix(f"{stack} "))


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 0 if every stack could be estimated and GitHub took the comment."""
    parser = argparse.ArgumentParser(prog="python -m ci.cost", description="What a pull request changes in the cost.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("show").add_argument("--base", required=True, help="the revision to compare with")
    commands.add_parser("comment")
    for command in commands.choices.values():
        command.add_argument("--reports", type=Path, required=True, help="the folder of the reports")
    options = parser.parse_args(arguments)
    if options.command == "show":
        return report.publish(_TITLE, [show(stack, options.base) for stack in committed_stacks()], options.reports)
    body = f"{report.markdown(_TITLE, report.load(options.reports))}\n\n[The run]({report.run_url()})"
    try:
        write_comment(os.environ["GITHUB_REPOSITORY"], os.environ["PULL_REQUEST"], _MARK, body)
    except GitHubError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
