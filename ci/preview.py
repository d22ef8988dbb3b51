"""`python -m ci.preview`: what a pull request changes, stack by stack, and the one comment that says so.

    python -m ci.preview aws STACK --base REF --reports FOLDER     on the real stack, with a role that only reads
    python -m ci.preview sandbox STACK --reports FOLDER            on the account inside this machine, with no secret
    python -m ci.preview comment NUMBER --reports FOLDER           the comment, from all reports

A pull request that sets a new `imageTag` is previewed before the image is in the registries of staging and prod: the
deployment brings it there. Such a stack is previewed with the tag of the base branch, and the comment says so.
"""

from __future__ import annotations

import argparse
import importlib
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from ci import report
from ci.github import GitHubError, Repository
from ci.report import Report
from components.lib.names import Names
from sandbox.stack_file import StackFile

MARKER: Final = "<!-- pulumi preview of each stack -->"
_ROOT: Final = Path(__file__).resolve().parent.parent
_TAG: Final = "imageTag"
_REGION: Final = "aws:region"
_FLAGS: Final = ("--diff", "--non-interactive", "--suppress-progress", "--color", "never")
# Whether the stack's registry, in a region, holds an image.
HasImage = Callable[[str, str, str], bool]


def on_aws(stack: str, base: str, has_image: HasImage) -> Report:
    """The preview of a real stack, by the `pulumi` on PATH and with the credentials of the environment."""
    change, notes = image_change(StackFile(_read(stack)), StackFile(_at(base, stack)), stack, has_image)
    if change:
        status, output = report.run(["pulumi", "config", *change, "--stack", stack])
        if status != 0:
            return Report(stack, status, output, notes)
    status, output = report.run(["pulumi", "preview", "--stack", stack, *_FLAGS])
    return Report(stack, status, output, notes)


def image_change(new: StackFile, old: StackFile, stack: str, has_image: HasImage) -> tuple[list[str], tuple[str, ...]]:
    """How `pulumi config` is to change the checkout, and a note, where the stack's registry lacks the new image."""
    wanted, running = new.get(_TAG), old.get(_TAG)
    if wanted is None or wanted == running or has_image(stack, new.get(_REGION) or "", wanted):
        return [], ()
    lacking = f"`{wanted}` is not in this stack's registry yet; the deployment brings it there."
    if running is None:
        return ["rm", _TAG], (f"{lacking} Shown here without an image, and so without the service.",)
    return ["set", _TAG, running], (f"{lacking} Shown here with `{running}`.",)


def on_sandbox(stack: str, home: Path) -> Report:
    """The preview of a stack in the sandbox, over what the sandbox has of it."""
    status, output = report.run([sys.executable, "-m", "sandbox", "preview", stack])
    if status != 0:
        return Report(stack, status, output)
    # The command above has brought the sandbox's project up to date; this one shows each property.
    command = shlex.join(["pulumi", "preview", "--stack", stack, *_FLAGS])
    status, output = report.run(["/bin/sh", "-c", f". {shlex.quote(str(home / 'env'))} && exec {command}"])
    return Report(stack, status, output)


def registry_has(stack: str, region: str, image: str) -> bool:
    """Whether the ECR repository of a stack holds an image, by tag or digest; not where there is no repository."""
    boto3: Any = importlib.import_module("boto3")  # which has no types
    ecr = boto3.client("ecr", region_name=region)
    wanted = {"imageDigest": image} if image.startswith("sha256:") else {"imageTag": image}
    try:
        ecr.describe_images(repositoryName=Names(stack).repository, imageIds=[wanted])
    except (ecr.exceptions.ImageNotFoundException, ecr.exceptions.RepositoryNotFoundException):
        return False
    return True


def _read(stack: str) -> str:
    return (_ROOT / f"Pulumi.{stack}.yaml").read_text()


def _at(base: str, stack: str) -> str:
    """The stack file as a commit has it; empty where it has none."""
    git = shutil.which("git") or "git"
    shown = subprocess.run(  # noqa: S603
        [git, "show", f"{base}:Pulumi.{stack}.yaml"], cwd=_ROOT, capture_output=True, text=True, check=False
    )
    return shown.stdout if shown.returncode == 0 else ""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status is 0 only where the preview, and what it is for, worked."""
    parser = argparse.ArgumentParser(prog="python -m ci.preview", description="What a pull request changes.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("aws", "sandbox"):
        commands.add_parser(name).add_argument("stack")
    commands.choices["aws"].add_argument("--base", required=True, help="the commit that the pull request goes to")
    commands.add_parser("comment").add_argument("number", type=int)
    for command in commands.choices.values():
        command.add_argument("--reports", type=Path, required=True, help="the folder of the reports")
    options = parser.parse_args(arguments)
    if options.command == "comment":
        return _comment(options.number, options.reports)
    if options.command == "aws":
        made = on_aws(options.stack, options.base, registry_has)
    else:
        home = Path(os.environ.get("SANDBOX_HOME") or _ROOT / ".sandbox")
        made = on_sandbox(options.stack, home.absolute())
    made.save(options.reports)
    report.summarize(f"Preview on {'AWS' if options.command == 'aws' else 'the sandbox'}", made, os.environ)
    return 1 if made.status else 0


def _comment(number: int, folder: Path) -> int:
    reports = report.load(folder)
    if not reports:
        sys.stderr.write(f"There is no report below {folder}.\n")
        return 1
    body = report.markdown("What this changes on AWS", reports, report.run_url(os.environ))
    try:
        Repository(os.environ["GITHUB_REPOSITORY"]).comment(number, MARKER, body)
    except GitHubError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
