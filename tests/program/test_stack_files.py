"""The committed Pulumi.yaml and stack files, read as the engine reads them."""

from __future__ import annotations

import pytest
import yaml

from recording.config import NAMESPACE
from recording.program import ROOT, committed
from tests.support.stack_config import load


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_stack_file_has_no_defaults(stack: str) -> None:
    namespaced = committed(stack)
    assert namespaced.pop("aws:region") == "us-east-1"
    assert all(key.startswith(f"{NAMESPACE}:") for key in namespaced)
    config = {key.removeprefix(f"{NAMESPACE}:"): value for key, value in namespaced.items()}
    plain = vars(load({"allowPlainHttp": "true"}, stack=stack))
    loaded = vars(load({**config, "allowPlainHttp": "true"}, stack=stack))
    different = {name.replace("_", "") for name in plain if plain[name] != loaded[name]}
    assert {key for key in config if key.lower() not in different} == set()


def test_the_project_has_the_namespace_of_the_keys_and_no_schema() -> None:
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    assert project["name"] == NAMESPACE
    assert "config" not in project
    assert project["runtime"] == {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}}
