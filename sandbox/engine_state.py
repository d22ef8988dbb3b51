"""What the engine's state says of the sandbox's stacks, and the locks in it."""

import contextlib
import os
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sandbox.layout import PROJECT, Layout, read_json, write
from sandbox.process import command_of

_END_SECONDS = 10


@dataclass(frozen=True)
class Resource:
    """One resource of a stack's state: its type token, its id, its outputs (secrets stay encrypted)."""

    type: str
    id: str
    outputs: dict[str, Any]
    retained: bool


def _checkpoint(state: Path, stack: str, project: str = PROJECT) -> Path:
    return state / ".pulumi" / "stacks" / project / f"{stack}.json"


def mend(layout: Layout, stack: str) -> bool:
    """Make the state readable of which an engine was killed while it wrote; whether there was anything to do.

    Beside each file the backend keeps its attributes, written in place: cut short they make it unreadable, and without
    them it is as good. For a state that is itself cut short there is a copy of one step before.
    """
    attributes = [path for path in (layout.state / ".pulumi").rglob("*.attrs") if not read_json(path)]
    for path in attributes:
        path.unlink(missing_ok=True)
    checkpoint = _checkpoint(layout.state, stack)
    copy = checkpoint.with_name(f"{checkpoint.name}.bak")
    if not checkpoint.exists() or read_json(checkpoint) or not read_json(copy):
        return bool(attributes)
    write(checkpoint, copy.read_text())
    return True


def holds(backend: str, urn: str, identifier: str) -> bool:
    """Whether the state in `backend`, a `file:` URL, has a resource with this URN and id.

    `pulumi up --replace` does not tell a provider that what it creates replaces something.
    """
    head, project = urn.split("::")[:2]
    checkpoint = _checkpoint(Path(urlsplit(backend).path), head.rpartition(":")[2], project)
    return any((entry["urn"], entry.get("id")) == (urn, identifier) for entry in _latest(checkpoint, "resources"))


def stacks(layout: Layout) -> list[str]:
    """The stacks that exist in the sandbox."""
    return sorted(path.stem for path in _checkpoint(layout.state, "x").parent.glob("*.json"))


def _latest(file: Path, part: str) -> list[Any]:
    """A list out of a stack's latest deployment; empty where the stack has never been brought up."""
    checkpoint: Any = read_json(file).get("checkpoint")
    deployment: Any = checkpoint.get("latest") if checkpoint else None
    found: list[Any] | None = deployment.get(part) if deployment else None
    return found or []


def resources(layout: Layout, stack: str) -> list[Resource]:
    """The resources of a stack that stand for something in the account (no components, no providers)."""
    return [
        Resource(
            entry["type"],
            entry.get("id", ""),
            entry.get("outputs") or {},
            bool(entry.get("retainOnDelete")),
        )
        for entry in _latest(_checkpoint(layout.state, stack), "resources")
        if entry.get("custom") and not entry["type"].startswith("pulumi:")
    ]


def pending(layout: Layout, stack: str) -> list[dict[str, Any]]:
    """What was under way when an engine was killed: the operations of the state, each `type` and `resource`."""
    return _latest(_checkpoint(layout.state, stack), "pending_operations")


def _locks(layout: Layout, stack: str) -> Iterator[Path]:
    return (layout.state / ".pulumi" / "locks" / "organization" / PROJECT / stack).glob("*.json")


def _holder(lock: Path) -> int | None:
    """The living engine that holds a lock, 0 for one on another machine, None when it is gone."""
    record = read_json(lock)
    if record.get("hostname") != socket.gethostname():
        return 0
    pid = record.get("pid")
    if not isinstance(pid, int):
        return None
    words = command_of(pid).split()
    return pid if words and Path(words[0]).name.startswith("pulumi") else None


def left_locked(layout: Layout, stack: str) -> bool:
    """Whether the stack is locked, and every engine that locked it is gone."""
    locks = list(_locks(layout, stack))
    return bool(locks) and all(_holder(lock) is None for lock in locks)


def end_engines(layout: Layout) -> None:
    """End every engine that works on a stack of this sandbox: ask first, then insist."""
    holders = {_holder(lock) for stack in stacks(layout) for lock in _locks(layout, stack)} - {None, 0}
    for number in (signal.SIGINT, signal.SIGKILL):
        for pid in holders:
            if pid and command_of(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
        began = time.monotonic()
        while any(pid and command_of(pid) for pid in holders) and time.monotonic() - began < _END_SECONDS:
            time.sleep(0.1)
