"""Deploys what is committed to all regions of an environment, wave by wave.

python -m ci.deploy ENVIRONMENT [--from ENVIRONMENT] [--wave NUMBER]

The stacks are those that have a file. Each gets the image of its `imageTag` by digest, from the first stack of another
environment. Then each is updated and verified: the first one alone, then a chosen number at a time. The first failure
stops the rest and rolls nothing back. The next run continues: an update of a stack that has the commit changes nothing.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from ci.image_tag import image_tag
from ci.report import add_to_summary
from components.lib.timeline import JOB_MINUTES, JOB_OVERHEAD_MINUTES
from config.stack_files import committed_stacks, folder_of_stack_files
from operations.added import added_by_hand, print_added
from operations.configuration import read_settings
from operations.console import number_of_stacks, say
from operations.environment import open_all, stacks_of
from operations.errors import OperationError, collected
from operations.promote import copy_image
from operations.release import Step, refresh_if_failed, update_in_waves, waves_of
from operations.status import as_text, report
from operations.target import Target
from operations.verify import verify

_MINUTES: Final = JOB_MINUTES - JOB_OVERHEAD_MINUTES  # for all waves
_ADVICE: Final = (
    "The log says why.\n\n"
    "- To continue where the deployment stopped, re-run the failed job.\n"
    "- To deploy the previous image, run `make rollback STACK=… ON=aws` for each stack that has the new one. Then merge"
    " a pull request that sets the old `imageTag`, because the next deployment would undo the rollback."
)


def committed_targets(environment: str) -> list[Target]:
    """Returns the stacks of an environment that have a file, in the order of their deployment.

    Raises:
        OperationError: there is none.
    """
    names = stacks_of(environment, committed_stacks(folder_of_stack_files()))
    if not names:
        raise OperationError(f"There is neither Pulumi.{environment}.yaml nor Pulumi.{environment}-<region>.yaml.")
    return [Target.open(name) for name in names]


def deploy(environment: str, source: str, wave: int) -> list[str]:
    """Copies the images, and updates and verifies the stacks in waves. Returns what went wrong, one line each.

    Args:
        environment: the name of the environment.
        source: the environment to copy the images from; empty if the app's pipeline pushes them.
        wave: how many stacks to update at a time, after the first one.

    Raises:
        OperationError: a stack does not exist or names an image that the source lacks. Nothing was deployed.
    """
    targets = committed_targets(environment)
    origin = committed_targets(source)[0] if source else None
    steps: list[Step | None] = []
    for target in targets:
        tag = image_tag((folder_of_stack_files() / f"Pulumi.{target.stack}.yaml").read_text())
        if origin and tag:
            copy_image(origin, target, tag)
        steps.append(_step(target))
    errors = update_in_waves(waves_of(steps, wave), f"deployment of {environment}", _MINUTES)
    if not errors:
        for target in targets:
            added = added_by_hand(target)
            print_added(added)
            errors += [f"{target.stack}: added by hand: {line}" for line in added]
    return errors


def _step(target: Target) -> Step:
    has_service = "serviceName" in target.outputs()
    settings, _ = read_settings(target)
    refresh = refresh_if_failed(target, verify(target) if has_service else None)
    return Step(target, options=("--diff", *refresh), minutes=settings.timeline.deployment_minutes)


def _summary(environment: str, errors: Sequence[str]) -> str:
    """Returns what the job's summary shows: which region runs what, and what to do after a failure."""
    lines: list[str] = []
    with collected(lines):
        lines.append(as_text(report(environment, open_all(environment))))
    table = "\n".join(["```text", *lines, "```"])
    if not errors:
        return f"### {environment} is deployed\n\n{table}\n"
    listed = "\n".join(f"- {error}" for error in errors)
    return f"### {environment} is not deployed to every region\n\n{listed}\n\n{table}\n\n{_ADVICE}\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 0 if every region of the environment has what is committed, and is good."""
    parser = argparse.ArgumentParser(prog="python -m ci.deploy", description="Deploys all regions of an environment.")
    parser.add_argument("environment")
    parser.add_argument("--from", dest="source", default="", help="the environment to copy the images from")
    parser.add_argument("--wave", type=number_of_stacks, default=1, help="stacks at a time after the first; default: 1")
    options = parser.parse_args(arguments)
    errors: list[str] = []
    with collected(errors):
        errors += deploy(options.environment, options.source, options.wave)
    text = _summary(options.environment, errors)
    add_to_summary(text)
    say(text)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
