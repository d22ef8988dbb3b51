"""What the commands say if a package is missing from .venv. A test of the sandbox's commands is in sandbox/tests."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "command", ["cost estimate dev", "cost scale dev --sessions=1", "operations verify dev", "operations scan dev"]
)
def test_missing_module_is_named_with_the_way_to_install_it(command: str) -> None:
    python = [sys.executable, "-S", "-m", *command.split()]  # without site-packages
    ended = subprocess.run(python, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert (ended.returncode, ended.stdout) == (1, "")
    message = r"The module \w+ is missing from \.venv\. `rm \.venv/\.stamp` has it installed again\.\n"
    assert re.fullmatch(message, ended.stderr)
