"""The container definition fits the image."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pulumi
import pytest

from components.service.container import Container
from recording.mocks import deploy
from tests.support.container import CONTAINER


def test_environment_and_secrets_are_sorted() -> None:
    definition = replace(CONTAINER, secrets={"B": "arn:b", "A": "arn:a"}).definition()
    assert definition["environment"] == [
        {"name": "AWS_REGION", "value": "eu-north-1"},
        {"name": "PORT", "value": "8080"},
    ]
    assert definition["secrets"] == [{"name": "A", "valueFrom": "arn:a"}, {"name": "B", "valueFrom": "arn:b"}]


@pytest.mark.parametrize("container", [CONTAINER, replace(CONTAINER, secrets={"A": "arn:a"}, writable_root=True)])
def test_definition_has_no_null_and_nothing_empty(container: Container) -> None:
    text = json.dumps(container.definition())
    assert re.findall(r'[:,\[] ?(?:null|""|\[\]|\{\})(?=[,\]}])', text) == []


def test_same_arguments_give_the_same_json() -> None:
    turned = replace(CONTAINER, environment={"AWS_REGION": "eu-north-1", "PORT": "8080"})
    later = {name: pulumi.Output.from_input(value) for name, value in turned.environment.items()}
    as_outputs = replace(CONTAINER, environment=later)

    def program() -> None:
        for name, container in {"one": CONTAINER, "turned": turned, "outputs": as_outputs}.items():
            pulumi.export(name, pulumi.Output.json_dumps([container.definition()], sort_keys=True))

    exports = deploy(program).exports
    assert exports["one"] == exports["turned"] == exports["outputs"]
    assert json.loads(exports["one"])[0]["environment"][1] == {"name": "PORT", "value": "8080"}
