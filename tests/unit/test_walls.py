"""The walls between the parts of this repository: what each part may import.

The program knows neither its commands nor the sandbox, and the sandbox knows nothing of the program. Only the Makefile,
the workflows and tests/live know both.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import pulumi

ROOT: Final = Path(__file__).parents[2]
PARTS: Final = {
    "__main__",
    "ci",
    "components",
    "config",
    "cost",
    "missing_module",
    "operations",
    "policy",
    "recording",
    "sandbox",
    "tests",
}
PROGRAM: Final = {"__main__", "config", "components"}
# What the files of a folder may import of this repository. The longest folder that a file is in counts.
ALLOWED: Final[Mapping[str, set[str]]] = {
    "__main__.py": {"components", "config"},
    "ci": {"ci", "components", "config", "operations"},
    "components": {"components"},
    "config": {"components", "config"},  # of components, value types: see below
    "conftest.py": set(),
    "cost": {"components", "config", "cost", "missing_module", "recording"},  # of the config, what a wrong one raises
    "missing_module.py": set(),
    "operations": {"components", "config", "missing_module", "operations"},  # of the program, its config and its names
    "policy": {"policy"},  # it states what the program has to keep
    # It runs __main__.py, and imports what it answers for; of the config, what the engine makes of a stack file.
    "recording": {"components", "config", "recording"},
    "sandbox": {"missing_module", "sandbox"},
    "tests": {"ci", "cost", "operations", "policy", "recording", "tests", *PROGRAM},
    "tests/live": PARTS,
}


@cache
def imports(path: str) -> Sequence[tuple[str, str]]:
    """Returns the module and the name of every import of a file, `importlib.import_module("…")` included."""
    found: list[tuple[str, str]] = []
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        match node:
            case ast.Import(names=names):
                found += [(alias.name, "") for alias in names]
            case ast.ImportFrom(module=str(module), level=0, names=names):
                found += [(module, alias.name) for alias in names]
            case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(module)), *_]):
                found.append((module, ""))
            case _:
                pass
    return found


def packages(path: str) -> set[str]:
    """Returns the top-level names of every import of a file."""
    return {module.partition(".")[0] for module, _ in imports(path)}


def allowed(path: str) -> set[str]:
    return ALLOWED[max((folder for folder in ALLOWED if Path(path).is_relative_to(folder)), key=len)]


FILES: Final = sorted(
    str(path.relative_to(ROOT))
    for path in [*ROOT.glob("*.py"), *(path for part in PARTS for path in (ROOT / part).rglob("*.py"))]
)


def test_files_import_only_what_their_parts_may() -> None:
    wrong = {path: forbidden for path in FILES if (forbidden := packages(path) & PARTS - allowed(path))}
    assert not wrong, "files that must not import these parts"


def test_no_test_file_imports_another() -> None:
    """What tests share is in tests/support and in the helpers of sandbox/tests."""
    importing = [path for path in FILES for module, _ in imports(path) if module.rpartition(".")[2].startswith("test_")]
    assert not importing


def test_every_part_is_looked_at() -> None:
    assert {path.partition("/")[0].removesuffix(".py") for path in FILES} == {*PARTS, "conftest"}
    assert len(FILES) > 200


def test_config_imports_no_component_but_value_types() -> None:
    for path in FILES:
        for module, name in imports(path):
            if path.startswith("config/") and module.startswith("components."):
                imported: Any = getattr(importlib.import_module(module), name)
                is_component = isinstance(imported, type) and issubclass(imported, pulumi.ComponentResource)
                assert not is_component, f"{path} imports the component {name}"


def test_program_calls_aws_through_pulumi_alone() -> None:
    program = [path for path in FILES if Path(path).parts[0].removesuffix(".py") in PROGRAM]
    calling = {path: found for path in program if (found := packages(path) & {"boto3", "botocore", "moto"})}
    # The AWS provider has no function for the targets of a target group, and none that finds a certificate by its ARN.
    assert calling == {"components/lib/sdk.py": {"boto3"}}
