"""What a pull request changes in the monthly cost of each stack, in the job's summary and as one comment.

python -m ci.cost --base REVISION   estimates each stack, against the base

The comment is written or updated on the pull request that the variable PULL_REQUEST names, if it names one.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Final

from ci import report
from ci.github import GitHubError, write_comment
from ci.report import Report
from config.stack_files import committed_stacks

_SESSIONS: Final = "10"  # at a time: a load under which every item shows
_MARK: Final = "<!-- voiceter-backend: cost -->"  # by which the comment is found again


def estimate(stack: str, base: str) -> Report:
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
    parser.add_argument("--base", required=True, help="the revision to compare with")
    options = parser.parse_args(arguments)
    reports = [estimate(stack, options.base) for stack in committed_stacks()]
    text = report.markdown("Cost", reports)
    report.add_to_summary(f"{text}\n")
    if pull_request := os.environ.get("PULL_REQUEST"):
        body = f"{text}\n\n[The run]({report.run_url()})"
        try:
            write_comment(os.environ["GITHUB_REPOSITORY"], pull_request, _MARK, body)
        except GitHubError as error:
            sys.stderr.write(f"{error}\n")
            return 1
    return 1 if any(one.failed for one in reports) else 0


if __name__ == "__main__":
    sys.exit(main())
