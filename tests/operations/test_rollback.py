"""The version that `make rollback` deploys, and what it leaves if a step fails."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from operations import rollback as rolling
from operations.errors import OperationError, PulumiError
from operations.images import Registry
from operations.rollback import Update, earlier_versions, failed_versions, updates_in
from operations.target import Target


def _updates(*versions: str) -> list[Update]:
    """Returns updates, latest first. The update of a version with `!` failed; `-` is an update without an image."""
    return [Update(None if version == "-" else version.rstrip("!"), not version.endswith("!")) for version in versions]


@pytest.mark.parametrize(
    ("history", "current", "candidates"),
    [
        ([], None, []),
        (["a"], "a", []),
        (["b", "a"], "b", ["a"]),
        (["b", "b", "a"], "b", ["a"]),
        (["c", "b!", "a"], "c", ["a"]),
        (["c!", "b", "a"], "c", ["b", "a"]),
        (["b", "c", "b", "a"], "b", ["a"]),
        (["a", "b", "c", "b", "a"], "a", []),
        (["d", "a", "b", "a"], "d", ["a", "b"]),
        (["a", "-"], "a", []),
        (["-", "b", "a"], None, ["b", "a"]),
        (["b!", "b!", "a"], "b", ["a"]),
    ],
)
def test_earlier_versions(history: list[str], current: str | None, candidates: list[str]) -> None:
    assert earlier_versions(_updates(*history)) == (current, candidates)


def test_history_of_the_engine_is_read() -> None:
    def entry(kind: str, result: str, tag: str | None) -> dict[str, Any]:
        config: dict[str, Any] = {"aws:region": {"value": "eu-north-1", "secret": False}}
        if tag:
            config["voiceter-backend:imageTag"] = {"value": tag, "secret": False}
        return {"version": 0, "kind": kind, "startTime": "2026-11-25T02:31:51.000Z", "config": config, "result": result}

    history = [
        entry("update", "failed", "2"),
        entry("refresh", "succeeded", "1"),
        entry("update", "succeeded", "1"),
        entry("destroy", "succeeded", "1"),
        entry("update", "succeeded", None),
    ]
    assert updates_in(history) == [Update("2", False), Update("1", True), Update(None, True)]


def test_version_failed_if_its_last_deployment_failed() -> None:
    deployments = [
        ("3", "IN_PROGRESS"),
        ("2", "ROLLBACK_SUCCESSFUL"),
        ("1", "SUCCESSFUL"),
        ("1", "ROLLBACK_SUCCESSFUL"),
        ("0", "STOPPED"),
    ]
    assert failed_versions(deployments) == {"2": "ROLLBACK_SUCCESSFUL", "0": "STOPPED"}


class _Registry:
    url = "111122223333.dkr.ecr.eu-north-1.amazonaws.com/voiceter-backend"

    def __init__(self, *tags: str) -> None:
        self._tags = tags

    def find(self, image: str) -> dict[str, Any] | None:
        # A digest here is that of the tag it ends in.
        tag = image.rpartition(":")[2]
        return {"imageTags": [tag]} if tag in self._tags else None


class _Stack:
    """A stack with a history and a config. Its previews may fail."""

    stack, on = "prod", "aws"

    def __init__(self, versions: list[str], *, refuses: bool = False) -> None:
        tag = "voiceter-backend:imageTag"
        self._history: list[dict[str, Any]] = [
            {"kind": "update", "result": "succeeded", "startTime": "", "config": {tag: {"value": one}}}
            for one in versions
        ]
        self._refuses = refuses
        self.commands: list[str] = []
        self.settings: dict[str, str | None] = {"imageTag": versions[0]} if versions else {}

    def outputs(self) -> dict[str, Any]:
        return {}

    def config(self) -> dict[str, str]:
        return {key: value for key, value in self.settings.items() if value}

    def set_config(self, key: str, value: str | None) -> None:
        self.settings[key] = value

    def pulumi(self, *arguments: str, capture: bool = False) -> str:
        if "history" in arguments:
            assert capture
            page, size = (int(arguments[arguments.index(name) + 1]) for name in ("--page", "--page-size"))
            return json.dumps(self._history[(page - 1) * size : page * size])
        self.commands.append(arguments[0])
        if arguments[0] == "preview" and self._refuses:
            raise PulumiError("`pulumi preview` of prod ended with status 255.")
        return ""


def _choose(stack: _Stack, registry: _Registry) -> tuple[str | None, str]:
    return rolling.choose(cast(Target, stack), cast(Registry, registry))


def test_rollback_skips_missing_images_and_failed_versions(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rolling, "_failed_in_ecs", lambda _target: {"3": "ROLLBACK_SUCCESSFUL"})  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    assert _choose(_Stack(["4", "sha256:3", "2", "1"]), _Registry("4", "3", "1")) == ("4", "1")
    said = capsys.readouterr().out
    assert "Skipped: sha256:3, because its last deployment ended as ROLLBACK_SUCCESSFUL" in said
    assert "Skipped: 2, because 111122223333.dkr.ecr" in said


def test_long_history_is_read_to_its_end() -> None:
    stack = _Stack(["b"] * 250 + ["a"])
    assert _choose(stack, _Registry("a", "b")) == ("b", "a")


def test_no_previous_version_is_an_error() -> None:
    with pytest.raises(
        OperationError, match="no previous version to go back to: the history of prod has no good version"
    ):
        _choose(_Stack(["a"]), _Registry("a"))
    with pytest.raises(OperationError, match="before its first image"):
        _choose(_Stack([]), _Registry("a"))


def test_failed_preview_restores_the_old_version(capsys: pytest.CaptureFixture[str]) -> None:
    stack = _Stack(["b", "a"], refuses=True)
    with pytest.raises(PulumiError):
        rolling._preview(cast(Target, stack), "b", "a")  # pyright: ignore[reportPrivateUsage]
    assert stack.settings == {"imageTag": "b"}
    assert stack.commands == ["preview"]
    assert "imageTag is b again" in capsys.readouterr().out
