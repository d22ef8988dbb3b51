"""Checks a Compose file with the schema of the specification, and with Docker Compose if it is installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path


def check_with_compose(file: Path) -> None:
    """Asserts that the schema of the specification accepts the file, and Docker Compose if it is installed."""
    commands = [
        [str(Path(sys.executable).parent / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(file)]
    ]
    commands += [[*command, "-f", str(file), "config", "--quiet"] for command in composes()]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        assert done.returncode == 0, done.stdout + done.stderr


def composes() -> list[list[str]]:
    """Returns the commands that run Docker Compose 2 or newer on this machine: one or none."""
    docker = shutil.which("docker")
    if docker is None:
        return []
    command = [docker, "compose"]
    found = subprocess.run([*command, "version"], capture_output=True, check=False)  # noqa: S603
    return [command] if found.returncode == 0 else []
