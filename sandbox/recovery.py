"""After an engine that was killed: its lock is lifted, and what it was making is taken into the stack's state.

The state lists what was being created, without ids. The ids are in the provider's journal, or follow from the inputs
where a type's id is made of them. A refresh then brings the outputs, and drops what never came to be.
"""

import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from sandbox import engine_state
from sandbox.layout import Layout, write
from sandbox.process import say


class Pulumi(Protocol):
    """Runs the engine; quiet: what it says is shown only when it fails, with a SandboxError."""

    def __call__(self, *arguments: str, quiet: bool = False) -> None: ...


def recover(layout: Layout, stack: str, pulumi: Pulumi) -> None:
    """Make a stack ready for the next command.

    Raises:
        SandboxError: the engine refused a step.
    """
    if engine_state.left_locked(layout, stack):
        say(f"State: {stack} was left locked by an engine that is gone; unlocking it")
        pulumi("cancel", stack, "--yes", "--non-interactive", quiet=True)
    under_way = layout.recovering(stack)
    if engine_state.pending(layout, stack):
        say(f"State: an engine was killed at work on {stack}; looking what it has made")
        write(under_way, "")
        _adopt(layout, stack, pulumi)
    # Here, or in a recovery that was killed itself before it came to this.
    if under_way.exists():
        pulumi("refresh", "--stack", stack, "--yes", "--skip-preview", "--non-interactive", "--suppress-outputs")
        under_way.unlink()


def _adopt(layout: Layout, stack: str, pulumi: Pulumi) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "state.json"
        pulumi("stack", "export", "--stack", stack, "--file", str(file), quiet=True)
        state: dict[str, Any] = json.loads(file.read_text())
        journal = layout.journal.read_text().splitlines() if layout.journal.exists() else []
        adopt(state["deployment"], journal)
        file.write_text(json.dumps(state))
        pulumi("stack", "import", "--stack", stack, "--file", str(file), quiet=True)


def adopt(deployment: dict[str, Any], journal: Iterable[str]) -> None:
    """Turn the pending creates of a deployment into resources, as far as their ids are known; no operation stays.

    Args:
        deployment: as `pulumi stack export` gives it; changed in place.
        journal: the lines of the provider's journal, the latest last.
    """
    noted = {entry["urn"]: entry["id"] for entry in map(_entry, journal) if entry}
    resources: list[dict[str, Any]] = deployment.setdefault("resources", [])
    held: set[tuple[str, str]] = {(resource["urn"], resource.get("id", "")) for resource in resources}
    operations: list[dict[str, Any]] = deployment.pop("pending_operations", None) or []
    for operation in operations:
        resource: dict[str, Any] = operation["resource"]
        identifier = noted.get(resource["urn"]) or _from_inputs(resource)
        if operation["type"] == "creating" and identifier and (resource["urn"], identifier) not in held:
            resources.append({**resource, "id": identifier, "outputs": resource.get("inputs", {})})
            held.add((resource["urn"], identifier))


def _entry(line: str) -> dict[str, str]:
    """A line of the journal; empty for one that was cut short."""
    try:
        return json.loads(line)
    except ValueError:
        return {}


def _from_inputs(resource: Mapping[str, Any]) -> str:
    """The id of an object whose type makes it of the inputs; empty where it does not, or one of them is missing."""
    # Imported here, as most commands recover nothing.
    from sandbox.provider.types import TYPES

    known = TYPES.get(resource["type"])
    return str(resource.get("inputs", {}).get(known.id, "")) if known and isinstance(known.id, str) else ""
