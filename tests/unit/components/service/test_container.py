"""The container definition fits the image."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any, cast

import pulumi
import pytest

from components.service.container import Container
from recording.mocks import deploy

CONTAINER = Container(
    image="registry/voiceter-backend:1.0",
    environment={"PORT": "8080", "AWS_REGION": "eu-north-1"},
    secrets={},
    log_group="/ecs/voiceter-backend",
    region="eu-north-1",
    stop_timeout_seconds=45,
    writable_root=False,
)


def nulls_and_empties(value: Any) -> list[Any]:
    if isinstance(value, dict | list):
        members = list(cast(dict[str, Any], value).values()) if isinstance(value, dict) else cast(list[Any], value)
        return [found for member in members for found in nulls_and_empties(member)] if members else [members]
    return [value] if value in (None, "") else []


def test_container_runs_the_image_on_port_8080() -> None:
    definition = CONTAINER.definition()
    assert definition["name"] == "voiceter-backend"
    assert definition["image"] == "registry/voiceter-backend:1.0"
    assert definition["essential"] is True
    assert definition["portMappings"] == [{"containerPort": 8080, "hostPort": 8080, "protocol": "tcp"}]


def test_health_check_runs_node_which_the_image_has() -> None:
    check = CONTAINER.definition()["healthCheck"]
    assert {key: check[key] for key in ("interval", "timeout", "retries", "startPeriod")} == {
        "interval": 30,
        "timeout": 5,
        "retries": 3,
        "startPeriod": 60,
    }
    command, program, flag, script = check["command"]
    assert (command, program, flag) == ("CMD", "node", "-e")
    assert "http://127.0.0.1:8080/health" in script
    assert "curl" not in script


def test_container_runs_as_1001_on_a_read_only_root() -> None:
    definition = CONTAINER.definition()
    assert definition["user"] == "1001:1001"
    assert definition["readonlyRootFilesystem"] is True
    assert definition["linuxParameters"]["initProcessEnabled"] is True


def test_app_can_write_to_tmp_and_logs() -> None:
    mounts = {mount["containerPath"]: mount for mount in CONTAINER.definition()["linuxParameters"]["tmpfs"]}
    assert set(mounts) == {"/tmp", "/app/logs"}  # noqa: S108 - in the container
    for mount in mounts.values():
        assert {"rw", "uid=1001", "gid=1001"} <= set(mount["mountOptions"])
        # In MiB of the task's memory; the smallest task has 512.
        assert 0 < mount["size"] <= 64


def test_ecs_exec_needs_a_writable_root() -> None:
    definition = replace(CONTAINER, writable_root=True).definition()
    assert definition["readonlyRootFilesystem"] is False
    assert definition["user"] == "1001:1001"


def test_container_has_the_limit_of_open_files_and_the_stop_timeout() -> None:
    definition = CONTAINER.definition()
    assert definition["ulimits"] == [{"name": "nofile", "softLimit": 65536, "hardLimit": 65536}]
    assert definition["stopTimeout"] == 45


def test_logs_go_to_the_log_group_of_the_stack() -> None:
    logging = CONTAINER.definition()["logConfiguration"]
    assert logging["logDriver"] == "awslogs"
    assert (
        logging["options"].items()
        >= {
            "awslogs-group": "/ecs/voiceter-backend",
            "awslogs-region": "eu-north-1",
            "awslogs-stream-prefix": "voiceter-backend",
            "mode": "non-blocking",
        }.items()
    )
    assert re.fullmatch(r"[0-9]+m", logging["options"]["max-buffer-size"])
    # The program creates the log group, and the agent has no right to.
    assert "awslogs-create-group" not in logging["options"]


def test_environment_and_secrets_are_sorted() -> None:
    definition = replace(CONTAINER, secrets={"B": "arn:b", "A": "arn:a"}).definition()
    assert definition["environment"] == [
        {"name": "AWS_REGION", "value": "eu-north-1"},
        {"name": "PORT", "value": "8080"},
    ]
    assert definition["secrets"] == [{"name": "A", "valueFrom": "arn:a"}, {"name": "B", "valueFrom": "arn:b"}]


@pytest.mark.parametrize("container", [CONTAINER, replace(CONTAINER, secrets={"A": "arn:a"}, writable_root=True)])
def test_definition_has_no_null_and_nothing_empty(container: Container) -> None:
    assert nulls_and_empties(container.definition()) == []


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
