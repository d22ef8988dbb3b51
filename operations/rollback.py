"""`make rollback`: back to the version before, out of the stack's own history."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from operations.console import say
from operations.errors import OperationError, PulumiError
from operations.images import Registry
from operations.target import Target, project
from operations.verify import demand, deployments_of, task_definitions, verify

_KEY = "imageTag"
_PAGE = 100
# A service deployment that ended otherwise than well, or is on its way there.
_BAD = ("ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED", "STOPPED")


@dataclass(frozen=True)
class Update:
    """One `pulumi up` of the past: the version it was to deploy, and whether it succeeded."""

    version: str | None
    succeeded: bool
    when: str


def updates_in(history: Sequence[dict[str, Any]]) -> list[Update]:
    """The updates of a page of `pulumi stack history --json`, the latest first."""
    key = f"{project()}:{_KEY}"
    return [
        Update(
            entry.get("config", {}).get(key, {}).get("value"),
            entry.get("result") == "succeeded",
            str(entry.get("startTime", "")),
        )
        for entry in history
        if entry.get("kind") == "update"
    ]


def earlier_versions(updates: Sequence[Update]) -> tuple[str | None, list[str]]:
    """The version that is to run now, and those to go back to, the best first.

    They are the ones that were deployed before the present one was for the first time: so going back twice goes
    further back, and never forth to what was left.
    """
    if not updates:
        return None, []
    current = updates[0].version
    first = max(index for index, update in enumerate(updates) if update.version == current)
    before = [update.version for update in updates[first:] if update.succeeded and update.version]
    return current, [version for version in dict.fromkeys(before) if version != current]


def failed_versions(deployments: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Of service deployments, each a version and its status, the latest first: the versions that did not hold."""
    latest: dict[str, str] = {}
    for version, status in deployments:
        latest.setdefault(version, status)
    return {version: status for version, status in latest.items() if status in _BAD}


def _history(target: Target) -> Iterator[dict[str, Any]]:
    page = 1
    while True:
        found: list[dict[str, Any]] = json.loads(
            target.pulumi("stack", "history", "--json", "--page-size", str(_PAGE), "--page", str(page), capture=True)
        )
        yield from found
        if len(found) < _PAGE:
            return
        page += 1


def _failed(target: Target) -> dict[str, str]:
    """The versions whose last deployment ECS knows not to have held; a stack without a service has none."""
    if "serviceName" not in target.outputs():
        return {}
    ecs = target.client("ecs")
    try:
        deployments = deployments_of(ecs, target.output("clusterName"), target.output("serviceName"))
    except (ecs.exceptions.ServiceNotFoundException, ecs.exceptions.ClusterNotFoundException):
        return {}
    revisions = list(dict.fromkeys(one["targetServiceRevisionArn"] for one in deployments))
    tasks = task_definitions(ecs, revisions)
    versions = {task: _version(ecs, task) for task in dict.fromkeys(tasks.values())}
    return failed_versions(
        [
            (versions[tasks[one["targetServiceRevisionArn"]]], one["status"])
            for one in deployments
            if one["targetServiceRevisionArn"] in tasks
        ]
    )


def _version(ecs: Any, task_definition: str) -> str:
    """The image's tag, which the program puts on each revision."""
    tags = ecs.describe_task_definition(taskDefinition=task_definition, include=["TAGS"]).get("tags", [])
    return next((tag["value"] for tag in tags if tag["key"] == "Version"), "")


def choose(target: Target, registry: Registry) -> tuple[str | None, str]:
    """The version now, and the one to go back to. Raises OperationError where there is none."""
    current, candidates = earlier_versions(updates_in(list(_history(target))))
    failed = _failed(target) if candidates else {}
    for version in candidates:
        image = registry.find(version)
        if image is None:
            say(f"Passed over: {version}, which {registry.url} does not hold any more")
            continue
        status = next((failed[tag] for tag in image.get("imageTags", []) if tag in failed), None)
        if status is None:
            return current, version
        say(f"Passed over: {version}, whose last deployment ended as {status}")
    raise OperationError(
        f"There is no previous version to go back to: the history of {target.stack} has no good one before"
        f" {current or 'its first image'} whose image is still there. TO=… names one."
    )


def rollback(target: Target, to: str | None = None) -> None:
    """Set an earlier version, show what that changes, do it, and verify it.

    Args:
        to: the version, instead of the one that the history gives.

    Raises:
        OperationError: there is no such version, or a step failed.
    """
    registry = Registry.of(target)
    before = target.config().get(_KEY)
    if to is None:
        current, to = choose(target, registry)
    else:
        current = before
        if registry.find(to) is None:
            raise OperationError(f"TO={to}: {registry.url} holds no such image.")
    say(f"Going back: {target.stack} from {current or 'no image'} to {to}")
    _preview(target, before, to)
    target.pulumi("up", "--yes", "--skip-preview", "--suppress-outputs")
    target.forget_outputs()
    demand(verify(target))
    if target.on == "aws":
        say(f"{target.stack} is back on {to}. Commit its stack file, which now says so: Pulumi.{target.stack}.yaml")
    else:
        say(f"{target.stack} is back on {to}.")


def _preview(target: Target, before: str | None, to: str) -> None:
    """Set the version and show what it changes; put the old one back where that cannot be done."""
    target.set_config(_KEY, to)
    try:
        target.pulumi("preview", "--diff")
    except (PulumiError, KeyboardInterrupt):
        target.set_config(_KEY, before)
        say(f"Nothing was changed, and {_KEY} is {before or 'unset'} again.")
        raise
