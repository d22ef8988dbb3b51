"""`make rollback`: deploys the previous version, found in the stack's history."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from operations.console import say
from operations.errors import OperationError, PulumiError
from operations.images import Registry
from operations.target import Target, project
from operations.verify import deployments_of, require_good, task_definitions, verify

_KEY = "imageTag"
_PAGE = 100
# A service deployment that failed or is failing.
_FAILED = ("ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED", "STOPPED")


@dataclass(frozen=True)
class Update:
    """A past `pulumi up`: the version that it deployed, and whether it succeeded."""

    version: str | None
    succeeded: bool


def updates_in(history: Sequence[dict[str, Any]]) -> list[Update]:
    """Returns the updates in the output of `pulumi stack history --json`, latest first."""
    key = f"{project()}:{_KEY}"
    return [
        Update(entry.get("config", {}).get(key, {}).get("value"), entry.get("result") == "succeeded")
        for entry in history
        if entry.get("kind") == "update"
    ]


def earlier_versions(updates: Sequence[Update]) -> tuple[str | None, list[str]]:
    """Returns the current version, and the versions to go back to, best first.

    These were deployed before the first deployment of the current version. So a second rollback goes further back, and
    never forward to the version that the first one left.
    """
    if not updates:
        return None, []
    current = updates[0].version
    first = max(index for index, update in enumerate(updates) if update.version == current)
    before = [update.version for update in updates[first:] if update.succeeded and update.version]
    return current, [version for version in dict.fromkeys(before) if version != current]


def failed_versions(deployments: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Returns the versions whose last deployment failed, with its status.

    Args:
        deployments: the version and the status of each service deployment, latest first.
    """
    latest: dict[str, str] = {}
    for version, status in deployments:
        latest.setdefault(version, status)
    return {version: status for version, status in latest.items() if status in _FAILED}


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


def _failed_in_ecs(target: Target) -> dict[str, str]:
    """Returns the versions whose last deployment failed according to ECS, with its status."""
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
    """Returns the image's tag, with which the program tags each revision."""
    tags = ecs.describe_task_definition(taskDefinition=task_definition, include=["TAGS"]).get("tags", [])
    return next((tag["value"] for tag in tags if tag["key"] == "Version"), "")


def choose(target: Target, registry: Registry) -> tuple[str | None, str]:
    """Returns the current version and the one to go back to.

    Raises:
        OperationError: there is no version to go back to.
    """
    current, candidates = earlier_versions(updates_in(list(_history(target))))
    failed = _failed_in_ecs(target) if candidates else {}
    for version in candidates:
        image = registry.find(version)
        if image is None:
            say(f"Skipped: {version}, because {registry.url} does not hold it any more")
            continue
        status = next((failed[tag] for tag in image.get("imageTags", []) if tag in failed), None)
        if status is None:
            return current, version
        say(f"Skipped: {version}, because its last deployment ended as {status}")
    raise OperationError(
        f"There is no previous version to go back to: the history of {target.stack} has no good version before"
        f" {current or 'its first image'} whose image still exists. Name a version with TO=…."
    )


def rollback(target: Target, to: str | None = None) -> None:
    """Sets an earlier version, previews it, deploys it and verifies it.

    Args:
        to: the version; None: the previous one in the stack's history.

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
            raise OperationError(f"TO={to}: {registry.url} holds no such image. Name a tag that it holds.")
    say(f"Going back: {target.stack} from {current or 'no image'} to {to}")
    _preview(target, before, to)
    target.pulumi("up", "--yes", "--skip-preview", "--suppress-outputs")
    target.forget_outputs()
    require_good(verify(target))
    if target.on == "aws":
        say(f"{target.stack} is back on {to}. Commit Pulumi.{target.stack}.yaml, which now sets it.")
    else:
        say(f"{target.stack} is back on {to}.")


def _preview(target: Target, before: str | None, to: str) -> None:
    """Sets the version and previews it. If the preview fails, sets the old version again."""
    target.set_config(_KEY, to)
    try:
        target.pulumi("preview", "--diff")
    except (PulumiError, KeyboardInterrupt):
        target.set_config(_KEY, before)
        say(f"Nothing was changed, and {_KEY} is {before or 'unset'} again.")
        raise
