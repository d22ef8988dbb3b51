"""The sandbox's project folder: a Pulumi.yaml that runs the clone's program, and its own copies of the stack files.

The committed stack files are read and never written. A copy keeps what `pulumi config set` put into it, and takes over
what changes in the committed file.
"""

import os
import re
from dataclasses import dataclass
from typing import Any

import yaml

from sandbox.layout import Layout, SandboxError, write
from sandbox.process import say
from sandbox.stack_file import KeyPath, StackFile

REGION_KEY = "aws:region"
_STACK_NAME = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True)
class Stack:
    """One stack of the sandbox.

    Args:
        name: the stack's name.
        committed: its committed file without secrets; empty for a stack that has none.
        secrets: where the committed file has encrypted values, which only the operator's secrets provider can read.
    """

    name: str
    committed: StackFile
    secrets: tuple[KeyPath, ...]


def committed_stacks(layout: Layout) -> list[str]:
    """The stacks that have a committed file, in order."""
    return sorted(path.name.split(".")[1] for path in layout.root.glob("Pulumi.?*.yaml"))


def write_project(layout: Layout) -> None:
    """The project file: the clone's, with what leads back to the clone, and the sandbox's plugins instead of the real.

    The engine prefers plugins that a project names over every other, so none of the sandbox is needed on PATH.
    """
    try:
        project: dict[str, Any] = yaml.safe_load((layout.root / "Pulumi.yaml").read_text())
        given: Any = project["runtime"]
        runtime: dict[str, Any] = {"name": given} if isinstance(given, str) else given
        name = runtime["name"]
    except (OSError, KeyError, TypeError, yaml.YAMLError):
        raise SandboxError(f"{layout.root}: no Pulumi.yaml with a project's name and runtime in it.") from None
    if name != "python":
        raise SandboxError(f"{layout.root}: the sandbox runs programs in Python, and this one is in {name}.")
    options = {**runtime.get("options", {}), "virtualenv": str(layout.venv)}
    project |= {
        "main": os.path.relpath(layout.root, layout.project),
        "runtime": {**runtime, "options": options},
        "plugins": {"providers": [{"name": name, "path": str(layout.plugins)} for name in ("aws", "awsx")]},
    }
    _write_if_changed(layout, "Pulumi.yaml", yaml.safe_dump(project, sort_keys=False))


def _write_if_changed(layout: Layout, name: str, text: str) -> None:
    path = layout.project / name
    if not path.exists() or path.read_text() != text:
        write(path, text)


def sync(layout: Layout, name: str) -> Stack:
    """Bring the sandbox's copy of a stack file up to date with the committed one.

    Raises:
        SandboxError: the name is not a stack's, or there is no such stack.
    """
    if not _STACK_NAME.fullmatch(name):
        raise SandboxError(
            f"STACK={name}: a stack's name is a lower-case letter, then lower-case letters, digits and hyphens."
        )
    source, copy, base = (
        layout.committed_stack_file(name),
        layout.stack_file(name),
        layout.base_stack_file(name),
    )
    if not source.exists():
        if not copy.exists():
            raise SandboxError(
                f"There is no stack {name}. Committed are: {', '.join(committed_stacks(layout))}. To make another"
                f" in the sandbox: `source {os.path.relpath(layout.env)}`, then"
                f" `pulumi stack init {name} --copy-config-from <stack>`."
            )
        return Stack(name, StackFile(), ())
    text = source.read_text()
    now = StackFile(text, source.name)
    secrets = tuple(now.secure_paths())
    now.without_encryption()
    if not copy.exists():
        write(copy, now.text())
    elif not base.exists() or base.read_text() != text:
        before = StackFile(base.read_text() if base.exists() else "").without_encryption()
        own = read(layout, name)
        for key in own.take_over(before, now, _supplied(layout, name)):
            say(f"Config: {key} changed in {source.name}; the sandbox keeps its own value, set with `pulumi config`")
        save(layout, name, own)
    write(base, text)
    return Stack(name, now, secrets)


def read(layout: Layout, name: str) -> StackFile:
    """The sandbox's copy of a stack file."""
    path = layout.stack_file(name)
    return StackFile(path.read_text() if path.exists() else "", str(path))


def save(layout: Layout, name: str, content: StackFile) -> None:
    """Write the sandbox's copy of a stack file."""
    write(layout.stack_file(name), content.text())


def save_supplied(layout: Layout, name: str, content: StackFile) -> None:
    """Write the sandbox's copy with what the sandbox itself set in it, and note what that is."""
    supplied = _supplied(layout, name)
    supplied.config |= content.changed_since(read(layout, name)).config
    write(layout.supplied(name), supplied.text())
    save(layout, name, content)


def _supplied(layout: Layout, name: str) -> StackFile:
    path = layout.supplied(name)
    return StackFile(path.read_text() if path.exists() else "", str(path))


def region(layout: Layout, name: str) -> str | None:
    """The region of a stack, or None where its file names none (the program then refuses it, by its own rule)."""
    return read(layout, name).get(REGION_KEY)
