"""Rules that hold for every file of the program, read off its imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMPONENTS = sorted((ROOT / "components").rglob("*.py"))
CONFIG = sorted((ROOT / "config").glob("*.py"))
PROGRAM = sorted([ROOT / "__main__.py", *CONFIG, *COMPONENTS])


def imported(path: Path) -> set[str]:
    """The top-level modules that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def names_used(path: Path) -> set[str]:
    return {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}


@pytest.mark.parametrize("path", PROGRAM, ids=lambda path: path.name)
def test_the_program_knows_nothing_of_the_sandbox(path: Path) -> None:
    assert not {"sandbox", "moto", "boto3", "botocore"} & imported(path)


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.name)
def test_components_take_plain_arguments(path: Path) -> None:
    assert not {"config", "operations", "ci"} & imported(path)


def test_config_is_read_in_one_place() -> None:
    readers = {path.name for path in PROGRAM if {"Config", "get_config", "get_config_env"} & names_used(path)}
    assert readers == {"source.py"}


def test_imports_load_no_service_of_aws() -> None:
    """A service's module loads when it is first used, not for a type in an annotation: that of EC2 takes 0.3 s."""
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in PROGRAM if path.stem[:2] != "__"]
    script = f"import sys, {', '.join(modules)}\n" + "print(*sys.modules, sep='\\n')"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    loaded = run.stdout.split()
    assert "components.network" in loaded
    # An unused one is there by its name alone, without its parts.
    assert [name for name in loaded if name.startswith(("pulumi_aws.", "pulumi_awsx.")) and name.count(".") > 1] == []
