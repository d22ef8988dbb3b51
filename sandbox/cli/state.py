"""Reads the engine's state of the sandbox's stacks, and the locks in it."""

import contextlib
import signal
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from sandbox.layout import PROJECT, Layout, read_json

_END_SECONDS = 10


@dataclass(frozen=True)
class Resource:
    """One resource of a stack's state. Secrets among its outputs stay encrypted."""

    type: str
    id: str
    outputs: dict[str, Any]
    retained: bool


def stacks(layout: Layout) -> list[str]:
    """Returns the stacks that exist in the sandbox."""
    return sorted(path.stem for path in _checkpoints(layout).glob("*.json"))


def resources(layout: Layout, stack: str) -> list[Resource]:
    """Returns the resources of a stack that are objects of the account, so no components and no providers."""
    entries: list[dict[str, Any]] = _latest(layout, stack).get("resources", [])
    return [
        Resource(
            entry["type"], entry.get("id", ""), entry.get("outputs") or {}, retained=bool(entry.get("retainOnDelete"))
        )
        for entry in entries
        if entry.get("custom") and not entry["type"].startswith("pulumi:")
    ]


def is_interrupted(layout: Layout, stack: str) -> bool:
    """Whether an engine was killed while it updated the stack, so that the state may lack objects of the account."""
    locks = _locks(layout, stack)
    if any(map(_is_held, locks)):
        return False
    checkpoint = _checkpoint(layout, stack)
    # The file backend keeps attributes beside each file, and cannot read the file without them.
    files = (checkpoint, checkpoint.with_name(f"{checkpoint.name}.attrs"))
    cut_short = any(file.exists() and not read_json(file) for file in files)
    return bool(locks or cut_short or _latest(layout, stack).get("pending_operations"))


def end_processes(layout: Layout) -> None:
    """Ends every engine of this sandbox with SIGINT, and what is left with SIGKILL.

    The language host of a killed engine, and the program that it runs, go on without the engine.
    """
    engines = [process for process in _processes(layout) if process.info["name"] == "pulumi"]
    _signal(engines, signal.SIGINT)
    _, stuck = psutil.wait_procs(engines, timeout=_END_SECONDS)
    orphans = [process for process in _processes(layout) if not _has_engine(process)]
    left = [one for process in (*stuck, *orphans) for one in (*_children(process), process)]
    _signal(left, signal.SIGKILL)
    psutil.wait_procs(left, timeout=_END_SECONDS)


def _processes(layout: Layout) -> list[psutil.Process]:
    """Returns the engines, language hosts and plugins of this sandbox. Shells have its environment, too: no shell."""
    home = ("PULUMI_HOME", str(layout.pulumi_home))
    return [
        process
        for process in psutil.process_iter(["name", "environ"])  # no environment of another user's process
        if process.info["name"].startswith("pulumi") and home in (process.info["environ"] or {}).items()
    ]


def _has_engine(process: psutil.Process) -> bool:
    try:
        return any(one.name() == "pulumi" for one in (process, *process.parents()))
    except psutil.NoSuchProcess:
        return False


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _checkpoints(layout: Layout) -> Path:
    return layout.state / ".pulumi" / "stacks" / PROJECT


def _checkpoint(layout: Layout, stack: str) -> Path:
    return _checkpoints(layout) / f"{stack}.json"


def _latest(layout: Layout, stack: str) -> dict[str, Any]:
    """Returns a stack's latest deployment; empty for a stack that was never updated."""
    checkpoint: dict[str, Any] | None = read_json(_checkpoint(layout, stack)).get("checkpoint")
    latest: dict[str, Any] | None = checkpoint.get("latest") if checkpoint else None
    return latest or {}


def _locks(layout: Layout, stack: str) -> list[Path]:
    return list((layout.state / ".pulumi" / "locks" / "organization" / PROJECT / stack).glob("*.json"))


def _is_held(lock: Path) -> bool:
    """Whether the engine that has made a lock still runs."""
    record = read_json(lock)
    if record.get("hostname") != socket.gethostname():
        return False
    try:
        engine = psutil.Process(record["pid"])
        return engine.status() != psutil.STATUS_ZOMBIE and engine.name().startswith("pulumi")
    except psutil.NoSuchProcess:
        return False
