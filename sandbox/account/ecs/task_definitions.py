"""The numbers of task definition revisions, which moto gives again once the revisions of a family are deleted.

Source: Amazon ECS Developer Guide, "Deleting an Amazon ECS task definition revision using the console".
"""

from collections.abc import Callable
from typing import Any

from moto.ecs.models import EC2ContainerServiceBackend

from sandbox.account.patching import replaces

_DELETED = "deleted_revisions"  # an attribute of moto's backend: the highest deleted revision of each family


@replaces(EC2ContainerServiceBackend)
def delete_task_definitions(original: Callable[..., Any], ecs: Any, task_definitions: list[str]) -> Any:
    """Deletes revisions, and keeps their numbers."""
    deleted, failures = original(task_definitions)
    highest = _deleted_revisions(ecs)
    for one in deleted:
        highest[one.family] = max(one.revision, highest.get(one.family, 0))
    return deleted, failures


@replaces(EC2ContainerServiceBackend)
def register_task_definition(original: Callable[..., Any], ecs: Any, family: str, *args: Any, **more: Any) -> Any:
    """Registers a revision with a number that no other revision of the family has had."""
    registered = original(family, *args, **more)
    former = _deleted_revisions(ecs).get(family, 0)
    if registered.revision <= former:
        del ecs.task_definitions[family][registered.revision]
        registered.revision = former + 1
        registered.arn = f"{registered.arn.rpartition(':')[0]}:{registered.revision}"
        ecs.task_definitions[family][registered.revision] = registered
    return registered


def _deleted_revisions(ecs: Any) -> dict[str, int]:
    if not hasattr(ecs, _DELETED):
        setattr(ecs, _DELETED, {})
    return getattr(ecs, _DELETED)
