"""`make rollback`: deploys the last good version before the current one.

The current version has three sources: the stack file, the stack's history, and the service. They differ after an update
that was refused, failed or was killed. Then the version that the service runs is the last good one.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from operations.console import confirm, say
from operations.errors import OperationError
from operations.images import Registry
from operations.redeploy import WAIT_SECONDS
from operations.target import Target, project
from operations.verdict import Outcome, judge, primary_of
from operations.verify import deployments_of, gather, image_of, task_definitions, verify_update

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


def earlier_versions(updates: Sequence[Update]) -> list[str]:
    """Returns the versions to go back to from the last update's version, best first.

    These were deployed before the first deployment of that version. So a second rollback goes further back, and never
    forward to the version that the first one left.
    """
    if not updates:
        return []
    current = updates[0].version
    first = max(index for index, update in enumerate(updates) if update.version == current)
    before = [update.version for update in updates[first:] if update.succeeded and update.version]
    return [version for version in dict.fromkeys(before) if version != current]


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


def _last_update(target: Target) -> str | None:
    """Returns when the latest update in the history began. One that was refused because of a lock is not there."""
    return next((str(entry["startTime"]) for entry in _history(target)), None)


def _has_begun(target: Target, last: str | None) -> bool:
    """Returns whether the history has a later update than `last`, or the backend does not say."""
    try:
        return _last_update(target) != last
    except OperationError:  # credentials that expired may be those of the backend too
        return True


@dataclass(frozen=True)
class Service:
    """What the service runs.

    Args:
        version: of the tasks; while a deployment is under way, of the tasks that it replaces. None without a service.
        healthy: whether all of these tasks are, or another deployment is about to replace them.
        failed: the versions whose last deployment failed, with its status.
        rolled_back: whether ECS rolled the last deployment back.
    """

    version: str | None = None
    healthy: bool = False
    failed: Mapping[str, str] = field(default_factory=dict[str, str])
    rolled_back: bool = False


def find_service(target: Target) -> Service:
    """Returns what the service runs, according to ECS."""
    if "serviceName" not in target.outputs():
        return Service()
    answers, ecs = gather(target), target.client("ecs")
    if answers.service is None:
        return Service()
    deployments = deployments_of(ecs, target.output("clusterName"), target.output("serviceName"))
    statuses = {one["targetServiceRevisionArn"]: str(one["status"]) for one in deployments}
    replaced = _replaced((answers.deployment or {}).get("sourceServiceRevisions", []), statuses)
    tasks = task_definitions(ecs, list(dict.fromkeys([*statuses, *filter(None, [replaced])])))
    runs = str(primary_of(answers.service).get("taskDefinition", ""))
    verdict = judge(runs, answers)
    if verdict.outcome.under_way and replaced:
        runs = tasks.get(replaced, runs)
    versions = {task: image_of(ecs, task)[0] for task in {runs, *tasks.values()} if task}
    ended = [
        (versions[tasks[one["targetServiceRevisionArn"]]], one["status"])
        for one in deployments
        if one["targetServiceRevisionArn"] in tasks
    ]
    healthy = verdict.outcome in (Outcome.GOOD, Outcome.ROLLED_BACK) or verdict.outcome.under_way
    rolled_back = verdict.outcome is Outcome.ROLLED_BACK
    return Service(versions.get(runs) or None, healthy, failed_versions(ended), rolled_back)


def _replaced(sources: Sequence[Mapping[str, Any]], statuses: Mapping[str, str]) -> str | None:
    """Returns the service revision whose tasks a deployment replaces, or None if it is the first one.

    If the deployment before was not over yet, it replaces the tasks of two revisions (Amazon ECS API Reference,
    ServiceDeployment, RECONCILE_SERVICE), in no documented order. The revision to go back to is the one that was
    deployed with success. ECS shows the deployments of 90 days (Amazon ECS Developer Guide, "Viewing Amazon ECS service
    deployments").

    Args:
        sources: the `sourceServiceRevisions` of the deployment.
        statuses: of the deployments that ECS lists, by the revision that each deployed.
    """
    revisions = [str(one["arn"]) for one in sources]
    return min(revisions, key=lambda arn: statuses.get(arn, "SUCCESSFUL") != "SUCCESSFUL", default=None)


def choose(target: Target, registry: Registry, in_file: str | None, service: Service) -> str:
    """Returns the version to go back to.

    Args:
        in_file: the version in the stack file.

    Raises:
        OperationError: there is no such version, or it is not clear which one it is.
    """
    updates = updates_in(list(_history(target)))
    deployed = updates[0].version if updates else None
    images = {version: _digest(registry, version) for version in (in_file, deployed, service.version)}
    if len(set(images.values())) > 1:
        sources = (
            f"Pulumi.{target.stack}.yaml has {in_file or 'no version'}, the last update deployed"
            f" {deployed or 'no version'}, the service runs {service.version or 'no version'}"
        )
        if service.version and service.healthy and images[service.version] != images[in_file]:
            say(f"{sources}.")
            return service.version
        raise OperationError(f"{sources}. Name the version to deploy: `{target.make('rollback', 'TO=…')}`.")
    for version in earlier_versions(updates):
        image = registry.find(version)
        if image is None:
            say(f"Skipped: {version}, because {registry.url} does not hold it any more")
            continue
        status = next((service.failed[tag] for tag in image.get("imageTags", []) if tag in service.failed), None)
        if status is None:
            return version
        say(f"Skipped: {version}, because its last deployment ended as {status}")
    raise OperationError(
        f"There is no previous version to go back to: the history of {target.stack} has no good version before"
        f" {deployed or 'its first image'} whose image still exists. Name a version:"
        f" `{target.make('rollback', 'TO=…')}`."
    )


def _digest(registry: Registry, version: str | None) -> str | None:
    """Returns an image's digest, as a version may be a tag or a digest; the version itself without an image."""
    image = registry.find(version) if version else None
    return str(image["imageDigest"]) if image else version


def rollback(target: Target, to: str | None = None, *, yes: bool = False) -> None:
    """Sets an earlier version, previews it, deploys it and verifies it.

    Args:
        to: the version; None: the last good one before the current one.
        yes: do not ask before the stack on AWS is changed.

    Raises:
        OperationError: there is no such version, a step failed, or the person at the keyboard refused.
    """
    registry = Registry.of(target)
    before = target.config().get(_KEY)
    service = find_service(target)
    if to is None:
        to = choose(target, registry, before, service)
    elif registry.find(to) is None:
        raise OperationError(f"TO={to}: {registry.url} holds no such image. Name a tag that it holds.")
    say(f"Going back: {target.stack} from {before or 'no image'} to {to}")
    say(f"Pulumi.{target.stack}.yaml: {_KEY} {before or 'unset'} → {to}")
    # The state says what the failed update has sent, and not what AWS has (components/service/state_check.py).
    refresh = ("--refresh",) if service.rolled_back or target.is_half_updated() else ()
    try:
        target.set_config(_KEY, to)
        target.pulumi("preview", "--diff", *refresh)
        if target.on == "aws":
            confirm(f"Deploy {to} to {target.stack}?", yes=yes)
        last = _last_update(target)
    except (OperationError, KeyboardInterrupt):
        target.set_config(_KEY, before)
        say(f"Nothing was changed, and {_KEY} is {before or 'unset'} again.")
        raise
    try:
        target.pulumi("up", "--yes", "--skip-preview", "--suppress-outputs", *refresh)
        verify_update(target, WAIT_SECONDS)
    except (Exception, KeyboardInterrupt):  # AWS's errors too: credentials may expire during the update
        if not _has_begun(target, last):
            # Another update holds the lock, for example. With the version in the stack file, the next rollback would
            # take it for the current one and go further back.
            target.set_config(_KEY, before)
            say(f"The history of {target.stack} has no new update, and {_KEY} is {before or 'unset'} again.")
            raise
        say(f"Pulumi.{target.stack}.yaml keeps {_KEY} {to}. Before the rollback: {before or 'unset'}.")
        raise
    commit = f" Commit Pulumi.{target.stack}.yaml, which now sets it." if target.on == "aws" else ""
    say(f"{target.stack} is back on {to}.{commit}")
