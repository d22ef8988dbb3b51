"""Rules that hold for every file of the program, read off its imports."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
COMPONENTS = sorted((ROOT / "components").glob("*.py"))
PROGRAM = sorted([*ROOT.glob("*.py"), *COMPONENTS])


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
    assert not {"settings", "settings_reader", "settings_rules", "app_environment"} & imported(path)


def test_config_is_read_in_one_place() -> None:
    readers = {path.name for path in PROGRAM if "Config" in names_used(path)}
    assert readers == {"settings_reader.py"}
