"""Where the sandbox keeps things, and the error that ends a command with a message instead of a traceback."""

import json
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

# The folder that `python -m sandbox…` runs from.
PACKAGE_ROOT = Path(__file__).resolve().parent.parent
# The folder of the program that is run: this clone's, unless SANDBOX_PROGRAM names another one.
PROGRAM_ROOT = Path(os.environ.get("SANDBOX_PROGRAM") or PACKAGE_ROOT).absolute()


class SandboxError(Exception):
    """Something that the person at the keyboard can act on; its text is all that is shown."""


def _project_name() -> str:
    """The name in the program's Pulumi.yaml, read without a parser: `clean` runs on a Python that has none."""
    file = PROGRAM_ROOT / "Pulumi.yaml"
    found = re.search(r"""^name:\s*["']?([\w.-]+)""", file.read_text() if file.exists() else "", re.MULTILINE)
    return found[1] if found else "project"


# The Pulumi project, and so the namespace of its config.
PROJECT = _project_name()


@dataclass(frozen=True)
class Layout:
    """The folders of one sandbox.

    Args:
        root: the program, with Pulumi.yaml and its stack files.
        home: what the sandbox writes, and all that `make clean` removes.
        clone: where the sandbox itself lies, with `.venv` and what pins the engine; None where that is the program.
    """

    root: Path
    home: Path
    clone: Path | None = None

    @classmethod
    def of_clone(cls) -> "Layout":
        """The clone that this package lies in, or the program that SANDBOX_PROGRAM names.

        SANDBOX_HOME names another folder than the program's `.sandbox` for what the sandbox writes.
        """
        home = Path(os.environ.get("SANDBOX_HOME") or PROGRAM_ROOT / ".sandbox").absolute()
        return cls(PROGRAM_ROOT, home, PACKAGE_ROOT)

    @property
    def own(self) -> Path:
        """Where the sandbox itself lies."""
        return self.clone or self.root

    @property
    def venv(self) -> Path:
        return self.own / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def plugins(self) -> Path:
        """The folder of the provider plugins, which the sandbox's project file names."""
        return self.home / "bin"

    @property
    def project(self) -> Path:
        """The project folder that the engine works in: a Pulumi.yaml and stack files of its own."""
        return self.home / "project"

    @property
    def base(self) -> Path:
        """The committed stack files as they were when last taken over."""
        return self.home / "base"

    @property
    def state(self) -> Path:
        return self.home / "state"

    @property
    def env(self) -> Path:
        """The file to source."""
        return self.home / "env"

    @property
    def account(self) -> Path:
        return self.home / "account.json"

    @property
    def account_log(self) -> Path:
        return self.home / "account.log"

    @property
    def journal(self) -> Path:
        """Where the provider notes what it makes, for the case that the engine is killed before it can."""
        return self.home / "journal"

    def recovering(self, stack: str) -> Path:
        """There from when a stack's recovery begins until it has ended."""
        return self.home / "recovering" / stack

    def committed_stack_file(self, stack: str) -> Path:
        return self.root / f"Pulumi.{stack}.yaml"

    def stack_file(self, stack: str) -> Path:
        """The sandbox's own copy."""
        return self.project / f"Pulumi.{stack}.yaml"

    def supplied(self, stack: str) -> Path:
        """What the sandbox itself set in its copy of a stack file."""
        return self.base / f"supplied.{stack}.yaml"

    def base_stack_file(self, stack: str) -> Path:
        return self.base / f"Pulumi.{stack}.yaml"


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file whole or not at all, in a folder that is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object out of a file; empty where the file is missing or is not one."""
    try:
        value: Any = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}
