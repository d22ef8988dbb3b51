"""The walls between the parts of this repository: what each part may import.

The program knows neither its commands nor the sandbox, and the sandbox knows nothing of the program. Only the Makefile,
the workflows and tests/live know both.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pulumi
import pytest

ROOT: Final = Path(__file__).parents[2]
PARTS: Final = {
    "__main__",
    "ci",
    "components",
    "config",
    "cost",
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
    "cost": {"components", "config", "cost", "recording"},  # of the config, what a wrong one raises
    "operations": {"components", "config", "operations"},  # of the program, its config and its names
    "policy": {"policy"},  # it states what the program has to keep
    "recording": {"components", "recording"},  # it runs __main__.py, and imports what it answers for
    "sandbox": {"sandbox"},
    "tests": {"ci", "cost", "operations", "policy", "recording", "tests", *PROGRAM},
    "tests/live": PARTS,
}


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """Yields the module and the name of every import of a file, `importlib.import_module("…")` included."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                yield from ((alias.name, "") for alias in names)
            case ast.ImportFrom(module=str(module), level=0, names=names):
                yield from ((module, alias.name) for alias in names)
            case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(module)), *_]):
                yield module, ""
            case _:
                pass


def allowed(path: str) -> set[str]:
    return ALLOWED[max((folder for folder in ALLOWED if Path(path).is_relative_to(folder)), key=len)]


FILES: Final = sorted(
    str(path.relative_to(ROOT))
    for path in [*ROOT.glob("*.py"), *(path for part in PARTS for path in (ROOT / part).rglob("*.py"))]
)


@pytest.mark.parametrize("path", FILES)
def test_file_imports_only_what_its_part_may(path: str) -> None:
    imported = {module.partition(".")[0] for module, _ in imports(ROOT / path)} & PARTS
    assert imported <= allowed(path), f"{path} must not import {sorted(imported - allowed(path))}"


def test_every_part_is_looked_at() -> None:
    assert {path.partition("/")[0].removesuffix(".py") for path in FILES} == {*PARTS, "conftest"}
    assert len(FILES) > 200


def test_config_imports_no_component_but_value_types() -> None:
    for path in sorted((ROOT / "config").glob("*.py")):
        for module, name in imports(path):
            if module.startswith("components."):
                imported: Any = getattr(importlib.import_module(module), name)
                is_component = isinstance(imported, type) and issubclass(imported, pulumi.ComponentResource)
                assert not is_component, f"{path.name} imports the component {name}"


@pytest.mark.parametrize("path", [path for path in FILES if Path(path).parts[0].removesuffix(".py") in PROGRAM])
def test_program_calls_aws_through_pulumi_alone(path: str) -> None:
    imported = {module.partition(".")[0] for module, _ in imports(ROOT / path)}
    # The AWS provider has no function for the targets of a target group, and none that finds a certificate by its ARN.
    exceptions = {"boto3"} if path == "components/lib/sdk.py" else set[str]()
    assert imported & {"boto3", "botocore", "moto"} == exceptions
