"""House rules of the files of this repository. tests/unit/test_walls.py has the rules about imports."""

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
HOUSE = sorted(path for part in ROOT.iterdir() if part.is_dir() and part.name[0] != "." for path in part.rglob("*.py"))


def names_used(path: Path) -> set[str]:
    return {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}


def test_config_is_read_in_one_place() -> None:
    readers = {path.name for path in PROGRAM if {"Config", "get_config", "get_config_env"} & names_used(path)}
    assert readers == {"source.py"}


def test_components_name_no_partition() -> None:
    assert [path.name for path in COMPONENTS if "arn:aws" in path.read_text()] == []


def loaded_by(*modules: str) -> list[str]:
    """Returns the modules that a new interpreter has loaded after the import of these."""
    script = f"import sys, {', '.join(modules)}\n" + "print(*sys.modules, sep='\\n')"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    return run.stdout.split()


def test_imports_load_no_service_of_aws() -> None:
    """A service's module loads when the program first uses it, not for an annotation: EC2's takes 0.3 s."""
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in PROGRAM if path.stem[:2] != "__"]
    loaded = loaded_by(*modules)
    assert "components.network" in loaded
    # pulumi_aws lists every service by name; the parts of an unused service are not loaded.
    assert [name for name in loaded if name.startswith(("pulumi_aws.", "pulumi_awsx.")) and name.count(".") > 1] == []


def test_commands_on_a_service_load_neither_pulumi_nor_pydantic() -> None:
    """They take half a second; these commands work with the stack's outputs."""
    loaded = loaded_by(*(f"operations.{name}" for name in ("verify", "redeploy", "rollback", "promote", "task")))
    assert "operations.target" in loaded
    assert {"boto3", "pulumi", "pydantic"}.isdisjoint(loaded)


def calls(tree: ast.AST, name: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name
    ]


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_component_file_has_one_component_with_one_frozen_args(path: Path) -> None:
    classes = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)]
    components = [node for node in classes if "pulumi.ComponentResource" in map(ast.unparse, node.bases)]
    assert len(components) <= 1
    for component in components:
        [args] = [node for node in classes if node.name == f"{component.name}Args"]
        assert all("frozen=True" in ast.unparse(decorator) for decorator in args.decorator_list)
        # A value that the program forgets to pass, such as a key, is an error of the type checker.
        assert [field for field in args.body if isinstance(field, ast.AnnAssign) and field.value] == []
        [constructor] = [n for n in component.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
        # `register_outputs` comes once, last.
        assert len(calls(component, "register_outputs")) == 1
        assert calls(constructor.body[-1], "register_outputs")


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_children_get_their_options_from_their_parent(path: Path) -> None:
    """With `merge(opts)` a child would leave its component where `opts` has a parent."""
    tree = ast.parse(path.read_text())
    assert not calls(tree, "merge")
    for options in calls(tree, "ResourceOptions"):
        assert "parent" in {keyword.arg for keyword in options.keywords}


def skipped_by_an_error(context_manager: ast.AST) -> list[int]:
    """Returns the lines of a context manager that do not run if the body of its `with` fails."""
    nodes = list(ast.walk(context_manager))
    cleaning = [part for node in nodes if isinstance(node, ast.Try) for part in (*node.finalbody, *node.handlers)]
    run = {node for part in cleaning for node in ast.walk(part)}
    [body, *_] = [node.lineno for node in nodes if isinstance(node, ast.Yield)]
    return [node.lineno for node in nodes if isinstance(node, ast.stmt) and node.lineno > body and node not in run]


def test_context_managers_clean_up_after_a_body_that_fails() -> None:
    context_managers = {
        f"{path.relative_to(ROOT)}: {node.name}": node
        for path in HOUSE
        if "@contextmanager" in (text := path.read_text())
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and "contextmanager" in map(ast.unparse, node.decorator_list)
    }
    assert len(context_managers) > 10
    assert [name for name, node in context_managers.items() if skipped_by_an_error(node)] == []
