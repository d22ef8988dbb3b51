"""Whether a Compose file is one: by the specification's own schema, and by Docker Compose where there is one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path


def check_with_compose(file: Path) -> None:
    """The specification's own schema accepts it, and so does Compose where there is one."""
    commands = [
        [str(Path(sys.executable).parent / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(file)]
    ]
    commands += [[*command, "-f", str(file), "config", "--quiet"] for command in composes()]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        assert done.returncode == 0, done.stdout + done.stderr


def composes() -> list[list[str]]:
    """How Docker Compose, version 2 or newer, is called on this machine; nothing without it."""
    docker = shutil.which("docker")
    if docker is None:
        return []
    command = [docker, "compose"]
    found = subprocess.run([*command, "version"], capture_output=True, check=False)  # noqa: S603
    return [command] if found.returncode == 0 else []
