"""The sandbox's project folder: a Pulumi.yaml that runs this clone's program, and copies of the stack files.

A copy is the committed stack file plus what the sandbox supplies. `make up` and `make preview` write it anew. Changes
that `pulumi config set` makes in a copy last until then.
"""

import io
import json
import os
import re
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML

from sandbox.cli.stack_file import SALT, KeyPath, StackFile
from sandbox.layout import Layout, SandboxError, write
from sandbox.process import say

_STACK_NAME = re.compile(r"[a-z][a-z0-9-]*")
_DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True)
class Stack:
    """What a stack's file says before the sandbox adds to it.

    Args:
        committed: whether the clone has a file of the stack. A stack that was made in the sandbox has only the copy.
        file: the committed file without encrypted values, or the copy.
        secrets: where the committed file has encrypted values, which only the operator's secrets provider can decrypt.
    """

    name: str
    committed: bool
    file: StackFile
    secrets: tuple[KeyPath, ...] = ()

    @property
    def region(self) -> str:
        """The stack's region. The program refuses a stack without one."""
        return str(self.file.get("aws:region") or _DEFAULT_REGION)


def write_project(layout: Layout) -> None:
    """Writes the project file: the clone's, pointed at the clone and at the sandbox's provider plugins.

    The engine prefers plugins that a project names to every other, so the sandbox's plugins need not be on PATH.
    """
    yaml: Any = YAML()  # typed in part
    yaml.width = 10_000
    project: dict[str, Any] = yaml.load((layout.root / "Pulumi.yaml").read_text())
    project["main"] = os.path.relpath(layout.root, layout.project)
    project["runtime"] = {"name": "python", "options": {"toolchain": "pip", "virtualenv": str(layout.venv)}}
    project["plugins"] = {"providers": [{"name": name, "path": str(layout.plugins)} for name in ("aws", "awsx")]}
    text = io.StringIO()
    yaml.dump(project, text)
    write(layout.project / "Pulumi.yaml", text.getvalue())


def read_stack(layout: Layout, name: str) -> Stack:
    """Reads a stack's file.

    Raises:
        SandboxError: the name is not a valid stack name, or there is no such stack.
    """
    if not _STACK_NAME.fullmatch(name):
        raise SandboxError(
            f"STACK={name}: a stack's name is a lower-case letter, then lower-case letters, digits and hyphens."
        )
    source = layout.root / f"Pulumi.{name}.yaml"
    if source.exists():
        file = StackFile(source.read_text(), source.name)
        secrets = tuple(file.secure_paths())
        return Stack(name, committed=True, file=file.without_encryption(), secrets=secrets)
    if file := read_copy(layout, name):
        return Stack(name, committed=False, file=file)
    committed = sorted(path.name.split(".")[1] for path in layout.root.glob("Pulumi.?*.yaml"))
    raise SandboxError(
        f"There is no stack {name}. Committed are: {', '.join(committed)}. To make another in the sandbox:"
        f" `source {os.path.relpath(layout.env)}`, then `pulumi stack init {name} --copy-config-from <stack>`."
    )


def read_copy(layout: Layout, name: str) -> StackFile | None:
    """Returns the sandbox's copy of a stack file, None if there is none yet."""
    path = layout.stack_file(name)
    return StackFile(path.read_text(), str(path)) if path.exists() else None


def write_copy(layout: Layout, name: str, file: StackFile) -> None:
    """Writes the copy of a stack file, and prints which keys that changes.

    The salt of the copy's secrets stays, as the stack's state needs it.
    """
    if before := read_copy(layout, name):
        if salt := before.top.get(SALT):
            file.top[SALT] = salt
        old, new = before.without_encryption().config, StackFile(file.text()).without_encryption().config
        changed = sorted(key for key in old.keys() | new.keys() if _text(old.get(key)) != _text(new.get(key)))
        if changed:
            say(f"Config: changed in the sandbox's copy of Pulumi.{name}.yaml: {', '.join(changed)}")
    write(layout.stack_file(name), file.text())


def _text(value: Any) -> str:
    """Returns a value without quotes, as the engine writes 512 as "512" when it changes a file."""
    return json.dumps(value, default=str).replace('"', "")


def set_in_copy(layout: Layout, name: str, key: str, value: str) -> None:
    """Sets one key in the copy of a stack file."""
    path = layout.stack_file(name)
    file = StackFile(path.read_text(), str(path))
    file.set(key, value)
    write(path, file.text())
