"""The waves of `make release`, on made-up stacks, and what it leaves if one fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast
from unittest import mock

import pytest

from operations import release as releasing
from operations.errors import OperationError
from operations.release import Step, release, update_in_waves, waves_of
from operations.target import Target
from operations.verdict import Outcome
from tests.support import fake_stack
from tests.support.fake_stack import DIGEST, OLD, FakeStack, updated

STACKS = ("prod", "prod-ap-northeast-1", "prod-eu-north-1", "prod-us-west-2")


@pytest.fixture(autouse=True)
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_stack.install(monkeypatch)

    def image_of(stack: FakeStack, _: str) -> tuple[str, str]:
        return "1.4.1", stack.digest

    def report(environment: str, stacks: Sequence[FakeStack]) -> str:
        return f"table of {environment}: {', '.join(one.stack for one in stacks)}"

    monkeypatch.setattr(releasing, "image_of", image_of)
    monkeypatch.setattr(releasing, "copy_image", mock.Mock(return_value=DIGEST))
    monkeypatch.setattr(releasing, "report", report)
    monkeypatch.setattr(releasing, "as_text", str)


@pytest.fixture
def stacks() -> list[FakeStack]:
    return [FakeStack(name) for name in STACKS]


def released(stacks: list[FakeStack], *, wave: int = 1, yes: bool = False) -> None:
    targets = cast(list[Target], stacks)
    release("prod", cast(Target, FakeStack("staging")), targets, "1.4.2", wave=wave, yes=yes)


def steps(names: str) -> list[Step | None]:
    """Returns a step for each letter; none for a `-`."""
    return [None if name == "-" else Step(cast(Target, name)) for name in names]


@pytest.mark.parametrize(
    ("names", "size", "waves"),
    [
        ("a", 1, ["a"]),
        ("abcd", 1, ["a", "b", "c", "d"]),
        ("abcd", 2, ["a", "bc", "d"]),
        ("abcd", 9, ["a", "bcd"]),
        ("-bcd", 2, ["bc", "d"]),
        ("a--d", 2, ["a", "d"]),
        ("----", 2, []),
    ],
)
def test_first_stack_is_alone_and_the_others_follow_in_waves(names: str, size: int, waves: list[str]) -> None:
    found = ["".join(str(step.target) for step in wave) for wave in waves_of(steps(names), size)]
    assert found == waves


def test_first_failure_stops_the_rest(stacks: list[FakeStack], capsys: pytest.CaptureFixture[str]) -> None:
    stacks[1].fails = True
    with pytest.raises(OperationError) as error:
        released(stacks)
    assert updated == ["prod", "prod-ap-northeast-1"]
    assert [one.digest for one in stacks] == [DIGEST, OLD, OLD, OLD]
    assert [one.values["imageTag"] for one in stacks] == ["1.4.2", "1.4.2", "1.4.1", "1.4.1"]
    message = str(error.value)
    assert "`pulumi up` of prod-ap-northeast-1 ended with status 255" in message
    assert "The release of 1.4.2 stopped before prod-eu-north-1 and prod-us-west-2. Nothing was rolled back" in message
    assert "`make rollback STACK=…` for each stack that has the version" in message
    assert f"table of prod: {', '.join(STACKS)}" in capsys.readouterr().out


def test_update_that_succeeds_without_a_good_service_stops_the_rest(stacks: list[FakeStack]) -> None:
    stacks[1].becomes = Outcome.ROLLED_BACK
    with pytest.raises(
        OperationError, match=r"Not verified: it is rolled back\.\n.* stopped before prod-eu-north-1 and"
    ):
        released(stacks)
    assert updated == ["prod", "prod-ap-northeast-1"]


def test_others_of_a_wave_end_before_the_release_stops(stacks: list[FakeStack]) -> None:
    stacks[1].fails = True
    with pytest.raises(OperationError, match=r"stopped before prod-us-west-2\."):
        released(stacks, wave=2)
    assert sorted(updated) == ["prod", "prod-ap-northeast-1", "prod-eu-north-1"]
    assert stacks[2].digest == DIGEST


def test_next_run_goes_on(stacks: list[FakeStack]) -> None:
    stacks[1].fails = True
    with pytest.raises(OperationError):
        released(stacks)
    stacks[1].fails = False
    updated.clear()
    released(stacks)
    assert updated == list(STACKS[1:])
    assert stacks[1].updates == [(), ("--refresh",)], "as the state has what ECS rolled back"
    updated.clear()
    released(stacks)
    assert updated == [], "each stack runs the version"


@pytest.mark.parametrize(
    ("outcome", "options"),
    [
        *((outcome, ("--refresh",)) for outcome in (Outcome.ROLLED_BACK, Outcome.FAILED, Outcome.WRONG_REVISION)),
        (Outcome.GOOD, ()),
    ],
)
def test_update_after_a_failed_deployment_refreshes(
    stacks: list[FakeStack], outcome: Outcome, options: tuple[str, ...]
) -> None:
    stacks[0].outcome = outcome
    released(stacks)
    assert stacks[0].updates == [options]


def test_update_after_one_that_failed_beside_the_service_refreshes(stacks: list[FakeStack]) -> None:
    """The service may run the version already."""
    released(stacks)
    stacks[0].half_updated = True
    released(stacks)
    assert [one.updates for one in stacks] == [[(), ("--refresh",)], [()], [()], [()]]


def test_first_service_after_an_update_that_failed_refreshes(
    stacks: list[FakeStack], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeStack, "outputs", mock.Mock(return_value={}))
    stacks[0].half_updated = True
    released(stacks)
    assert [one.updates for one in stacks] == [[("--refresh",)], [()], [()], [()]]


def test_wave_that_may_last_too_long_does_not_start(stacks: list[FakeStack]) -> None:
    steps = [Step(cast(Target, one), minutes=60) for one in stacks]
    lines = update_in_waves(waves_of(steps, 2), "deployment", minutes=59.5)
    assert updated == ["prod"], "the first wave always starts"
    assert lines[0] == "59 minutes are left, and prod-ap-northeast-1 and prod-eu-north-1 may take 60."
    assert "stopped before prod-ap-northeast-1 and prod-eu-north-1 and prod-us-west-2." in lines[1]
    updated.clear()
    assert update_in_waves(waves_of(steps, 2), "deployment", minutes=61) == []
    assert updated[0] == "prod"
    assert sorted(updated[1:]) == list(STACKS[1:])


@pytest.mark.parametrize("change", ["digest", "imageTag", "outcome"])
def test_stack_is_skipped_only_if_it_runs_the_version_and_is_good(stacks: list[FakeStack], change: str) -> None:
    for one in stacks:
        one.digest, one.values["imageTag"] = DIGEST, "1.4.2"
    if change == "digest":
        stacks[2].digest = OLD
    elif change == "imageTag":
        stacks[2].values["imageTag"] = "1.4.1"
    else:
        stacks[2].outcome = Outcome.UNHEALTHY
    released(stacks)
    assert updated == ["prod-eu-north-1"]


def under_way(stack: FakeStack) -> None:
    stack.outcome = Outcome.IN_PROGRESS


def without_a_file(stack: FakeStack) -> None:
    del stack.values["aws:region"]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (under_way, r"prod-us-west-2: it is in progress\. Nothing was deployed\. Wait for its end: `make verify"),
        (without_a_file, r"Pulumi\.prod-us-west-2\.yaml is not in this clone\. Nothing was deployed\."),
    ],
)
def test_refusals_before_anything_is_deployed(
    stacks: list[FakeStack], fault: Callable[[FakeStack], None], message: str
) -> None:
    fault(stacks[3])
    with pytest.raises(OperationError, match=message):
        released(stacks)
    assert updated == []


def test_release_on_aws_asks() -> None:
    stacks = [FakeStack(name, on="aws") for name in STACKS]
    with pytest.raises(OperationError, match="no terminal to ask at"):
        released(stacks)
    assert updated == []
    released(stacks, yes=True)
    assert updated == list(STACKS)
    assert {one.values["imageTag"] for one in stacks} == {"1.4.2"}
