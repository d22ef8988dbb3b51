"""`make release`: deploys a version to every region of an environment, wave by wave.

The first stack is a wave of its own, and ends after its bake time. Then come the others, a chosen number at a time. The
first failure stops the rest and rolls nothing back. The next run skips the stacks that run the version and are good.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from operations.console import confirm, say
from operations.errors import OperationError, collected
from operations.promote import copy_image
from operations.redeploy import WAIT_SECONDS
from operations.status import print_report, report, running_image
from operations.target import Target
from operations.verdict import Outcome
from operations.verify import print_verdict, require_good, verify

_KEY: Final = "imageTag"


@dataclass(frozen=True)
class Step:
    """The release to one stack.

    Args:
        target: the stack.
        options: of its `pulumi up`.
    """

    target: Target
    options: tuple[str, ...] = ()


def waves_of(steps: Sequence[Step | None], size: int) -> list[list[Step]]:
    """Returns the steps in their order: the first one alone, then `size` at a time.

    Args:
        steps: one for each stack; None for a stack that has the version.
    """
    waves = [steps[:1], *(steps[start : start + size] for start in range(1, len(steps), size))]
    return [found for wave in waves if (found := [step for step in wave if step])]


def release(
    environment: str, source: Target, targets: Sequence[Target], tag: str, *, wave: int = 1, yes: bool = False
) -> None:
    """Copies an image to the registry of each stack, and deploys it wave by wave.

    Args:
        environment: the name of the environment.
        source: the stack whose registry has the image.
        targets: the stacks, in the order of the release.
        tag: of the image.
        wave: how many stacks to update at a time, after the first one.
        yes: do not ask before stacks on AWS are changed.

    Raises:
        OperationError: there is no such image, a stack failed, or the person at the keyboard refused.
    """
    steps = [_step(target, tag, copy_image(source, target, tag)) for target in targets]
    waves = waves_of(steps, wave)
    if not waves:
        say(f"Nothing to do: {_names(targets)} run {tag}.")
        return
    order = ", then ".join(_names([step.target for step in one]) for one in waves)
    say(f"Releasing {tag}: {order}")
    if targets[0].on == "aws":
        confirm(f"Release {tag}?", yes=yes)
    for number, steps_of_wave in enumerate(waves, 1):
        errors = _deploy(steps_of_wave, tag)
        if errors:
            print_report(report(environment, targets))
            left = _names([step.target for later in waves[number:] for step in later])
            stopped = f"stopped before {left}" if left else "stopped"
            back = steps_of_wave[0].target.make("rollback")
            errors.append(
                f"The release of {tag} {stopped}. The command rolled nothing back. To go on, run it again. To go back:"
                f" `{back}`."
            )
            raise OperationError("\n".join(errors))
    commit = f" Commit the stack files, which now set {_KEY}." if targets[0].on == "aws" else ""
    say(f"{_names(targets)} run {tag}.{commit}")


def _names(targets: Sequence[Target]) -> str:
    return " and ".join(target.stack for target in targets)


def _step(target: Target, tag: str, digest: str) -> Step | None:
    """Returns what the release has to do on a stack; None if it runs the image and is good."""
    if "aws:region" not in target.config_of_all_namespaces():
        raise OperationError(f"Pulumi.{target.stack}.yaml is not in this clone. Nothing was deployed.")
    if "serviceName" not in target.outputs():
        return Step(target)
    verdict = verify(target)
    if verdict.outcome.under_way:
        wait = target.make("verify", f"WAIT={WAIT_SECONDS}")
        raise OperationError(f"{target.stack}: {verdict.line}. Nothing was deployed. Wait for its end: `{wait}`.")
    _, runs = running_image(target.client("ecs"), str(target.output("taskDefinitionArn")))
    if verdict.outcome is Outcome.GOOD and runs == digest and target.config().get(_KEY) == tag:
        say(f"Skipped: {target.stack}, which runs {tag} and is good")
        return None
    # The state says what the failed update has sent, and not what ECS restored (components/service/state_check.py).
    return Step(target, ("--refresh",) if verdict.outcome is Outcome.ROLLED_BACK else ())


def _deploy(steps: Sequence[Step], tag: str) -> list[str]:
    """Updates stacks at the same time, then verifies them one by one. Returns the errors, one line each."""
    for step in steps:
        step.target.set_config(_KEY, tag)
    errors: list[str] = []
    with ThreadPoolExecutor(len(steps)) as pool:
        updates = [pool.submit(step.target.up, *step.options) for step in steps]
    for step, update in zip(steps, updates, strict=True):
        with collected(errors):
            update.result()
            step.target.forget_outputs()
            say(f"{step.target.stack}:")
            verdict = verify(step.target, WAIT_SECONDS)
            print_verdict(step.target, verdict)
            require_good(verdict)
    return errors
