"""The shell of an operator, with a script in place of pulumi."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Shell:
    """A shell with a folder that is first on its PATH."""

    folder: Path

    def installs(self, script: str) -> None:
        """Installs a pulumi that records its arguments and then runs a script."""
        path = self.folder / "pulumi"
        path.write_text(f'#!/bin/sh\necho "$@" >> "{self.folder}/calls"\n{script}\n')
        path.chmod(0o755)

    def prints(self, answer: Any) -> None:
        """Installs a pulumi that prints an answer as JSON."""
        self.installs(f"echo '{json.dumps(answer)}'")

    @property
    def calls(self) -> list[str]:
        """The arguments of each call of pulumi."""
        return (self.folder / "calls").read_text().splitlines()
