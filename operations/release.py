"""`make release`: deploys a version to every region of an environment, wave by wave.

The first stack is a wave of its own, and ends after its bake time. Then come the others, a chosen number at a time. The
first failure stops the rest and rolls nothing back. The next run skips the stacks that run the version and are good.
The deployments of CI use the same waves (ci/deploy.py).
"""

import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from operations.console import confirm, say
from operations.errors import OperationError, collected
from operations.promote import copy_image
from operations.redeploy import WAIT_SECONDS
from operations.status import as_text, report
from operations.target import Target
from operations.verdict import Outcome, Verdict
from operations.verify import image_of, verify, verify_update

_KEY: Final = "imageTag"


@dataclass(frozen=True)
class Step:
    """The update of one stack.

    Args:
        target: the stack.
        tag: of the image, to set in the stack file first; None: the file stays as it is.
        options: of its `pulumi up`.
        minutes: the longest that the deployment takes.
    """

    target: Target
    tag: str | None = None
    options: tuple[str, ...] = ()
    minutes: int = 0


def waves_of(steps: Sequence[Step | None], size: int) -> list[list[Step]]:
    """Returns the steps in their order: the first one alone, then `size` at a time.

    Args:
        steps: one for each stack; None for a stack that needs no update.
    """
    waves = [steps[:1], *(steps[start : start + size] for start in range(1, len(steps), size))]
    return [found for wave in waves if (found := [step for step in wave if step])]


def refresh_if_failed(target: Target, verdict: Verdict | None) -> tuple[str, ...]:
    """Returns the options of the next `pulumi up`.

    After a failed update or deployment, the state has what was sent, and not what AWS has (`Target.is_half_updated`,
    components/service/state_check.py).

    Args:
        target: the stack.
        verdict: on its service; None without a service.
    """
    good = verdict is None or verdict.outcome is Outcome.GOOD or verdict.outcome.under_way
    return () if good and not target.is_half_updated() else ("--refresh",)


def update_in_waves(waves: Sequence[Sequence[Step]], what: str, minutes: float = math.inf) -> list[str]:
    """Updates and verifies the stacks of each wave, up to the first wave with a failure.

    Args:
        waves: at least one.
        what: what the waves are, for a message.
        minutes: the time for all waves. A wave that may take longer than what is left does not start.

    Returns:
        What went wrong, one line each; nothing if every stack is updated and good.
    """
    end = time.monotonic() + minutes * 60
    for number, wave in enumerate(waves):
        left, longest = (end - time.monotonic()) / 60, max(step.minutes for step in wave)
        if number and left < longest:
            names = names_of([step.target for step in wave])
            errors, waiting = [f"{left:.0f} minutes are left, and {names} may take {longest}."], waves[number:]
        else:
            errors, waiting = _update(wave), waves[number + 1 :]
        if errors:
            left_out = names_of([step.target for later in waiting for step in later])
            stopped = f"stopped before {left_out}" if left_out else "stopped"
            return [*errors, f"The {what} {stopped}. Nothing was rolled back but what ECS rolls back by itself."]
    return []


def names_of(targets: Sequence[Target]) -> str:
    """Returns the names of stacks, for a message."""
    return " and ".join(target.stack for target in targets)


def release(environment: str, source: Target, targets: Sequence[Target], tag: str, *, wave: int, yes: bool) -> None:
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
        say(f"Nothing to do: {names_of(targets)} run {tag}.")
        return
    say(f"Releasing {tag}: {', then '.join(names_of([step.target for step in one]) for one in waves)}")
    if targets[0].on == "aws":
        confirm(f"Release {tag}?", yes=yes)
    if errors := update_in_waves(waves, f"release of {tag}"):
        say(as_text(report(environment, targets)))
        errors.append(
            "To continue, run it again. To go back: `make rollback STACK=…` for each stack that has the version."
        )
        raise OperationError("\n".join(errors))
    commit = f" Commit the stack files, which now set {_KEY}." if targets[0].on == "aws" else ""
    say(f"{names_of(targets)} run {tag}.{commit}")


def _step(target: Target, tag: str, digest: str) -> Step | None:
    """Returns what the release has to do on a stack; None if it runs the image and is good."""
    config = target.config()
    if "aws:region" not in config:
        raise OperationError(f"Pulumi.{target.stack}.yaml is not in this clone. Nothing was deployed.")
    if "serviceName" not in target.outputs():
        return Step(target, tag, refresh_if_failed(target, None))
    verdict = verify(target)
    if verdict.outcome.under_way:
        wait = target.make("verify", f"WAIT={WAIT_SECONDS}")
        raise OperationError(f"{target.stack}: {verdict.line}. Nothing was deployed. Wait for its end: `{wait}`.")
    _, runs = image_of(target.client("ecs"), target.output("taskDefinitionArn"))
    refresh = refresh_if_failed(target, verdict)
    if not refresh and verdict.outcome is Outcome.GOOD and runs == digest and config.get(_KEY) == tag:
        say(f"Skipped: {target.stack}, which runs {tag} and is good")
        return None
    return Step(target, tag, refresh)


def _update(steps: Sequence[Step]) -> list[str]:
    """Updates stacks at the same time, then verifies them one by one. Returns the errors, one line each."""
    for step in steps:
        if step.tag:
            step.target.set_config(_KEY, step.tag)
    errors: list[str] = []
    with ThreadPoolExecutor(len(steps)) as pool:
        updates = [pool.submit(step.target.up, *step.options) for step in steps]
    for step, update in zip(steps, updates, strict=True):
        with collected(errors):
            update.result()
            say(f"{step.target.stack}:")
            verify_update(step.target, WAIT_SECONDS)
    return errors
