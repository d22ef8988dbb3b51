"""The committed Pulumi.yaml and stack files, read as the engine reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from recording.config import NAMESPACE
from tests.support.stack_config import load

ROOT = Path(__file__).parents[2]


def project_file(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / name).read_text())


def stack_config(stack: str) -> dict[str, object]:
    """The config of a committed stack file, without this project's namespace and without the region."""
    config: dict[str, object] = project_file(f"Pulumi.{stack}.yaml")["config"]
    assert config.pop("aws:region") == "us-east-1"
    assert all(key.startswith(f"{NAMESPACE}:") for key in config)
    return {key.removeprefix(f"{NAMESPACE}:"): value for key, value in config.items()}


STACKS = ["dev", "staging", "prod"]


@pytest.mark.parametrize("stack", STACKS)
def test_stack_file_has_no_defaults(stack: str) -> None:
    plain = vars(load({"allowPlainHttp": "true"}, stack=stack))
    config = stack_config(stack)
    loaded = vars(load({**config, "allowPlainHttp": "true"}, stack=stack))
    different = {name.replace("_", "") for name in plain if plain[name] != loaded[name]}
    assert {key for key in config if key.lower() not in different} == set()


def test_the_project_has_the_namespace_of_the_keys_and_no_schema() -> None:
    project = project_file("Pulumi.yaml")
    assert project["name"] == NAMESPACE
    assert "config" not in project
    assert project["runtime"] == {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}}
