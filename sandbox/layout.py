"""The folders of the sandbox, and the error that ends a command with a message instead of a traceback."""

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

# The clone: the program, and the folder that `python -m sandbox` runs from.
PACKAGE_ROOT = Path(__file__).resolve().parent.parent
# The program's Pulumi project, and so the namespace of its config.
PROJECT = "voiceter-backend"


class SandboxError(Exception):
    """An error that the user can act on. Its text is all that is shown."""


@dataclass(frozen=True)
class Layout:
    """The folders of one sandbox.

    Args:
        root: the clone.
        home: the folder of all that the sandbox writes, which `make clean` removes.
    """

    root: Path
    home: Path

    @classmethod
    def of_clone(cls) -> "Layout":
        """Returns the sandbox of the clone that holds this package. SANDBOX_HOME names another folder for its files."""
        return cls(PACKAGE_ROOT, Path(os.environ.get("SANDBOX_HOME") or PACKAGE_ROOT / ".sandbox").absolute())

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def plugins(self) -> Path:
        """The folder of the provider plugins, which the sandbox's project file names."""
        return self.home / "bin"

    @property
    def policy_pack(self) -> Path:
        """The program that enforces the clone's policies, for `pulumi preview --policy-pack`."""
        return self.plugins / "pulumi-analyzer-policy"

    @property
    def project(self) -> Path:
        """The project folder that the engine works in, with its own Pulumi.yaml and stack files."""
        return self.home / "project"

    @property
    def state(self) -> Path:
        """The folder of the engine's state."""
        return self.home / "state"

    @property
    def pulumi_home(self) -> Path:
        """The engine's home, which every process of the engine has in its environment."""
        return self.home / "pulumi"

    @property
    def env(self) -> Path:
        """The file to source."""
        return self.home / "env"

    @property
    def account(self) -> Path:
        """The file that names the running account."""
        return self.home / "account.json"

    @property
    def account_log(self) -> Path:
        return self.home / "account.log"

    def stack_file(self, stack: str) -> Path:
        """The sandbox's copy of a stack file."""
        return self.project / f"Pulumi.{stack}.yaml"


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Writes a file whole or not at all, and makes its folder."""
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
    """Returns the JSON object in a file; empty if the file is missing or holds something else."""
    try:
        value: Any = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}
