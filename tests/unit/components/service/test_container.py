"""The container definition fits the image."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pulumi
import pytest

from components.service.container import Container
from recording.mocks import deploy
from tests.support.container import CONTAINER


def definition_of(container: Container, writable_root: bool = False) -> dict[str, Any]:
    return container.definition(stop_timeout_seconds=45, writable_root=writable_root)


def test_environment_and_secrets_are_sorted() -> None:
    definition = definition_of(replace(CONTAINER, secrets={"B": "arn:b", "A": "arn:a"}))
    assert definition["environment"] == [
        {"name": "AWS_REGION", "value": "eu-north-1"},
        {"name": "PORT", "value": "8080"},
    ]
    assert definition["secrets"] == [{"name": "A", "valueFrom": "arn:a"}, {"name": "B", "valueFrom": "arn:b"}]


@pytest.mark.parametrize("container", [CONTAINER, replace(CONTAINER, secrets={"A": "arn:a"})])
@pytest.mark.parametrize("writable_root", [False, True])
def test_definition_has_no_null_and_nothing_empty(container: Container, writable_root: bool) -> None:
    text = json.dumps(definition_of(container, writable_root))
    assert re.findall(r'[:,\[] ?(?:null|""|\[\]|\{\})(?=[,\]}])', text) == []


def test_same_arguments_give_the_same_json() -> None:
    turned = replace(CONTAINER, environment={"AWS_REGION": "eu-north-1", "PORT": "8080"})
    later = {name: pulumi.Output.from_input(value) for name, value in turned.environment.items()}
    as_outputs = replace(CONTAINER, environment=later)

    def program() -> None:
        for name, container in {"one": CONTAINER, "turned": turned, "outputs": as_outputs}.items():
            pulumi.export(name, pulumi.Output.json_dumps([definition_of(container)], sort_keys=True))

    exports = deploy(program).exports
    assert exports["one"] == exports["turned"] == exports["outputs"]
    assert json.loads(exports["one"])[0]["environment"][1] == {"name": "PORT", "value": "8080"}
