"""The version that `make rollback` deploys, and what it leaves if a step fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast
from unittest import mock

import pytest

from operations import rollback as rolling
from operations.errors import OperationError, PulumiError
from operations.images import Registry
from operations.rollback import Service, Update, earlier_versions, failed_versions, find_service, updates_in
from operations.target import Target
from operations.verdict import Answers
from tests.support.boto import refusal, stubbed
from tests.support.printed_stack import PrintedStack
from tests.support.recorded_rollouts import ACCOUNT, CASES, NEW, NEW_REVISION, OLD, OLD_REVISION, service_deployment


def _updates(*versions: str) -> list[Update]:
    """Returns updates, latest first. The update of a version with `!` failed; `-` is an update without an image."""
    return [Update(None if version == "-" else version.rstrip("!"), not version.endswith("!")) for version in versions]


@pytest.mark.parametrize(
    ("history", "candidates"),
    [
        ([], []),
        (["a"], []),
        (["b", "a"], ["a"]),
        (["b", "b", "a"], ["a"]),
        (["c", "b!", "a"], ["a"]),
        (["c!", "b", "a"], ["b", "a"]),
        (["b", "c", "b", "a"], ["a"]),
        (["a", "b", "c", "b", "a"], []),
        (["d", "a", "b", "a"], ["a", "b"]),
        (["a", "-"], []),
        (["-", "b", "a"], ["b", "a"]),
        (["b!", "b!", "a"], ["a"]),
    ],
)
def test_earlier_versions(history: list[str], candidates: list[str]) -> None:
    assert earlier_versions(_updates(*history)) == candidates


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
        return {"imageTags": [tag], "imageDigest": f"sha256:{tag}"} if tag in self._tags else None


class _Stack:
    """A stack with a history and a config, one of whose commands may fail."""

    stack = "prod"

    def __init__(
        self,
        versions: list[str],
        *,
        fails: str = "",
        error: type[BaseException] = PulumiError,
        on: str = "aws",
        locked: bool = False,
        half_updated: bool = False,
    ) -> None:
        tag = "voiceter-backend:imageTag"
        self._history: list[dict[str, Any]] = [
            {"kind": "update", "result": "succeeded", "startTime": "", "config": {tag: {"value": one}}}
            for one in versions
        ]
        self._fails = fails
        self._error = error
        self._locked = locked
        self._half_updated = half_updated
        self.on = on
        self.commands: list[str] = []
        self.refreshed: list[bool] = []  # by command
        self.settings: dict[str, str | None] = {"imageTag": versions[0]} if versions else {}

    def make(self, command: str, *options: str) -> str:
        return f"make {command} STACK=prod {' '.join(options)}"

    def outputs(self) -> dict[str, Any]:
        return {}

    def is_half_updated(self) -> bool:
        return self._half_updated

    def config(self) -> dict[str, str]:
        return {key: value for key, value in self.settings.items() if value}

    def set_config(self, key: str, value: str | None) -> None:
        self.settings[key] = value
        self._fail("config")

    def pulumi(self, *arguments: str, capture: bool = False) -> str:
        if "history" in arguments:
            assert capture
            self._fail("history")
            page, size = (int(arguments[arguments.index(name) + 1]) for name in ("--page", "--page-size"))
            return json.dumps(self._history[(page - 1) * size : page * size])
        self.commands.append(arguments[0])
        self.refreshed.append("--refresh" in arguments)
        if arguments[0] == "up" and not self._locked:
            self._history.insert(0, {"kind": "update", "result": "failed", "startTime": "later"})
        self._fail(arguments[0])
        return ""

    def _fail(self, command: str) -> None:
        """Fails the first of these commands, after it has run."""
        if command == self._fails:
            self._fails = ""
            raise self._error(f"`pulumi {command}` of prod ended with status 255.")


def _choose(stack: _Stack, registry: _Registry, service: Service, in_file: str | None = None) -> str:
    found = in_file or stack.config().get("imageTag")
    return rolling.choose(cast(Target, stack), cast(Registry, registry), found, service)


def test_rollback_skips_missing_images_and_failed_versions(capsys: pytest.CaptureFixture[str]) -> None:
    service = Service("4", True, {"3": "ROLLBACK_SUCCESSFUL"})
    assert _choose(_Stack(["4", "sha256:3", "2", "1"]), _Registry("4", "3", "1"), service) == "1"
    said = capsys.readouterr().out
    assert "Skipped: sha256:3, because its last deployment ended as ROLLBACK_SUCCESSFUL" in said
    assert "Skipped: 2, because 111122223333.dkr.ecr" in said


def test_long_history_is_read_to_its_end() -> None:
    assert _choose(_Stack(["b"] * 250 + ["a"]), _Registry("a", "b"), Service("b", True)) == "a"


def test_no_previous_version_is_an_error() -> None:
    with pytest.raises(
        OperationError, match="no previous version to go back to: the history of prod has no good version"
    ):
        _choose(_Stack(["a"]), _Registry("a"), Service("a", True))
    with pytest.raises(OperationError, match="before its first image"):
        _choose(_Stack([]), _Registry("a"), Service())


@pytest.mark.parametrize(
    ("case", "history", "in_file", "service"),
    [
        ("a failed update of 3 that ECS rolled back", ["3", "2", "1"], "3", Service("2", True)),
        ("a killed update of 3, which the history lacks", ["2", "1"], "3", Service("2", True)),
        ("a tag that the preview refused", ["2", "1"], "2.O", Service("2", True)),
        ("another update of 3 that is under way", ["2", "1"], "3", Service("2", True)),
    ],
)
def test_running_version_is_the_one_to_go_back_to(
    case: str, history: list[str], in_file: str, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _choose(_Stack(history), _Registry("1", "2", "3"), service, in_file) == "2"
    assert f"Pulumi.prod.yaml has {in_file}, the last update deployed {history[0]}, the service runs 2." in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("case", "history", "in_file", "service"),
    [
        ("the running version is not healthy", ["2", "1"], "3", Service("2", False)),
        ("somebody set the running version again, without an update", ["3", "2", "1"], "2", Service("2", True)),
        ("there is no service", ["2", "1"], "3", Service()),
    ],
)
def test_unclear_version_has_to_be_named(case: str, history: list[str], in_file: str, service: Service) -> None:
    with pytest.raises(OperationError, match=r"Name the version to deploy: `make rollback STACK=prod TO=…`"):
        _choose(_Stack(history), _Registry("1", "2", "3"), service, in_file)


def test_digest_and_tag_of_one_image_are_one_version() -> None:
    assert _choose(_Stack(["sha256:2", "1"]), _Registry("1", "2"), Service("2", True)) == "1"


@pytest.fixture(autouse=True)
def running(monkeypatch: pytest.MonkeyPatch) -> Callable[[Service], None]:
    """A registry that holds 1 and 2. Returns a function that sets what runs, at first 2."""

    def run(service: Service) -> None:
        monkeypatch.setattr(rolling, "find_service", mock.Mock(return_value=service))

    monkeypatch.setattr(Registry, "of", mock.Mock(return_value=_Registry("1", "2")))
    run(Service("2", True))
    return run


RESTORED, KEPT = "imageTag is 2 again", "Pulumi.prod.yaml keeps imageTag 1. Before the rollback: 2."
UPDATE: dict[str, Any] = {"fails": "up", "on": "sandbox"}
CTRL_C: dict[str, Any] = {"error": KeyboardInterrupt, "on": "sandbox"}


@pytest.mark.parametrize(
    ("arguments", "error", "tag", "said"),
    [
        ({"fails": "preview"}, PulumiError, "2", RESTORED),
        ({}, OperationError, "2", "Pulumi.prod.yaml: imageTag 2 → 1"),  # there is no terminal to ask at
        (UPDATE, PulumiError, "1", KEPT),
        ({**UPDATE, "locked": True}, PulumiError, "2", f"The history of prod has no new update, and {RESTORED}."),
        ({**CTRL_C, "fails": "config"}, KeyboardInterrupt, "2", RESTORED),
        ({**CTRL_C, "fails": "preview"}, KeyboardInterrupt, "2", RESTORED),
        ({**CTRL_C, "fails": "up"}, KeyboardInterrupt, "1", KEPT),
    ],
)
def test_old_version_is_restored_or_named(
    arguments: dict[str, Any], error: type[BaseException], tag: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = _Stack(["2", "1"], **arguments)
    with pytest.raises(error):
        rolling.rollback(cast(Target, stack))
    assert stack.config() == {"imageTag": tag}
    assert said in capsys.readouterr().out
    assert ("up" in stack.commands) is (arguments.get("fails") == "up")


def test_backend_that_does_not_answer_before_the_update_restores_the_version(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As if the credentials of an S3 backend expired while the command waited for an answer."""
    stack = _Stack(["2", "1"], fails="history", on="sandbox")
    with pytest.raises(PulumiError):
        rolling.rollback(cast(Target, stack), to="1")
    assert stack.commands == ["preview"]
    assert stack.config() == {"imageTag": "2"}
    assert RESTORED in capsys.readouterr().out


def test_version_that_the_registry_lacks_changes_nothing() -> None:
    stack = _Stack(["2", "1"], on="sandbox")
    with pytest.raises(OperationError, match=r"TO=3: .* holds no such image\. Name a tag that it holds"):
        rolling.rollback(cast(Target, stack), to="3")
    assert (stack.commands, stack.config()) == ([], {"imageTag": "2"})


@pytest.mark.parametrize("history", ["later", PulumiError("no valid credentials")], ids=["later", "refused"])
def test_verification_that_aws_refuses_names_the_version_that_was_replaced(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], history: str | PulumiError
) -> None:
    """The backend may refuse the same credentials."""
    monkeypatch.setattr(rolling, "_last_update", mock.Mock(side_effect=["before", history]))
    denied = refusal("DescribeServices", "ExpiredTokenException")
    monkeypatch.setattr(rolling, "verify_update", mock.Mock(side_effect=denied))
    stack = _Stack(["2", "1"], on="sandbox")
    with pytest.raises(type(denied)):
        rolling.rollback(cast(Target, stack))
    assert stack.config() == {"imageTag": "1"}
    assert KEPT in capsys.readouterr().out


@pytest.mark.parametrize(("rolled_back", "half_updated"), [(False, False), (True, False), (False, True)])
def test_state_is_refreshed_only_after_a_failed_deployment_or_update(
    running: Callable[[Service], None], *, rolled_back: bool, half_updated: bool
) -> None:
    running(Service("1", True, rolled_back=rolled_back))
    stack = _Stack(["2", "1"], **UPDATE, half_updated=half_updated)
    with pytest.raises(PulumiError):
        rolling.rollback(cast(Target, stack), to="1")
    assert stack.commands == ["preview", "up"]
    assert stack.refreshed == [rolled_back or half_updated] * 2


STUCK, STUCK_REVISION = f"{ACCOUNT}:task-definition/voiceter-backend:40", f"{OLD_REVISION}9"
TAGS = {OLD: "1.4.1", NEW: "1.4.2", STUCK: "1.4.0"}
OUTPUTS = {"clusterName": "voiceter-cluster", "serviceName": "voiceter-backend"}


def _found(
    monkeypatch: pytest.MonkeyPatch, answers: Answers, deployments: dict[str, str], undescribed: str | None = None
) -> Service:
    """Returns what the service runs.

    Args:
        deployments: the status of each service deployment by its revision, latest first.
        undescribed: a task definition that ECS does not describe; None: it describes all.
    """
    tasks = {OLD_REVISION: OLD, NEW_REVISION: NEW, STUCK_REVISION: STUCK}
    ecs = stubbed("ecs").client
    monkeypatch.setattr(rolling, "gather", mock.Mock(return_value=answers))
    listed = [{"targetServiceRevisionArn": arn, "status": status} for arn, status in deployments.items()]
    monkeypatch.setattr(rolling, "deployments_of", mock.Mock(return_value=listed))
    monkeypatch.setattr(
        rolling,
        "task_definitions",
        lambda _ecs, arns: {arn: tasks[arn] for arn in arns},  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType, reportUnknownVariableType]
    )

    def describe(taskDefinition: str, include: list[str]) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert include == ["TAGS"]
        if taskDefinition == undescribed:
            raise ecs.exceptions.ClientException(
                {"Error": {"Code": "ClientException", "Message": "Unable to describe task definition."}}, "Describe"
            )
        image = {"containerDefinitions": [{"image": "registry/voiceter-backend@sha256:0"}]}
        return {"taskDefinition": image, "tags": [{"key": "Version", "value": TAGS[taskDefinition]}]}

    monkeypatch.setattr(ecs, "describe_task_definition", describe)
    return find_service(PrintedStack(printed_outputs=OUTPUTS, clients={"ecs": ecs}))


def test_service_runs_the_version_of_its_primary_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _found(monkeypatch, CASES["completed"], {NEW_REVISION: "SUCCESSFUL", OLD_REVISION: "STOPPED"})
    assert found == Service("1.4.2", True, {"1.4.1": "STOPPED"})


@pytest.mark.parametrize("sources", [[OLD_REVISION, STUCK_REVISION], [STUCK_REVISION, OLD_REVISION]])
@pytest.mark.parametrize("known", [{OLD_REVISION: "SUCCESSFUL"}, {}], ids=["listed", "older than 90 days"])
def test_version_of_a_deployment_that_never_ended_is_none_to_go_back_to(
    monkeypatch: pytest.MonkeyPatch, sources: list[str], known: dict[str, str]
) -> None:
    """While 1.4.2 is deployed over 1.4.0, whose deployment over 1.4.1 was not over, tasks of both run."""
    latest = service_deployment("IN_PROGRESS", sourceServiceRevisions=[{"arn": arn} for arn in sources])
    answers = replace(CASES["in progress"], deployment=latest)
    found = _found(monkeypatch, answers, {NEW_REVISION: "IN_PROGRESS", STUCK_REVISION: "STOPPED", **known})
    assert (found.version, found.healthy) == ("1.4.1", True)


def test_revision_that_ecs_does_not_describe_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody deregistered it."""
    deployments = {NEW_REVISION: "SUCCESSFUL", OLD_REVISION: "SUCCESSFUL", STUCK_REVISION: "ROLLBACK_SUCCESSFUL"}
    found = _found(monkeypatch, CASES["completed"], deployments, undescribed=OLD)
    assert found.version == "1.4.2"
    assert found.failed["1.4.0"] == "ROLLBACK_SUCCESSFUL"


def test_service_without_a_primary_deployment_runs_no_known_version(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = CASES["completed"]
    assert answers.service
    without = replace(answers, service={**answers.service, "deployments": []}, deployment=None)
    found = _found(monkeypatch, without, {OLD_REVISION: "ROLLBACK_SUCCESSFUL"})
    assert found == Service(None, False, {"1.4.1": "ROLLBACK_SUCCESSFUL"})
