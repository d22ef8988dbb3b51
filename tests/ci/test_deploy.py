"""A deployment of all regions of an environment, on made-up stacks and real stack files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ci import deploy
from operations.errors import OperationError
from operations.target import Target
from operations.verdict import Outcome
from tests.support import fake_stack
from tests.support.fake_stack import DIGEST, FakeStack, updated

STACKS = ("prod", "prod-ap-northeast-1", "prod-eu-north-1", "prod-us-west-2")
TAG = "config:\n  voiceter-backend:imageTag: "
Stacks = dict[str, FakeStack]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stack files of staging and of four regions of prod."""
    for name in (*STACKS, "staging", "staging-us-west-2"):
        (tmp_path / f"Pulumi.{name}.yaml").write_text(f"{TAG}1.4.2\n")
    (tmp_path / "Pulumi.yaml").touch()
    monkeypatch.setenv("PULUMI_OPTION_CWD", str(tmp_path))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    return tmp_path


@pytest.fixture
def copied() -> list[tuple[str, str, str]]:
    return []


@pytest.fixture
def stacks(folder: Path, monkeypatch: pytest.MonkeyPatch, copied: list[tuple[str, str, str]]) -> Stacks:
    """The stacks that have a file, by name."""
    fake_stack.install(monkeypatch)
    made = {name: FakeStack(name) for name in deploy.committed_stacks(folder)}

    def copy_image(source: FakeStack, destination: FakeStack, tag: str) -> str:
        assert updated == [], "before the first update"
        copied.append((source.stack, destination.stack, tag))
        return DIGEST

    def added_by_hand(stack: FakeStack) -> list[str]:
        return stack.added

    def read_settings(_: FakeStack) -> tuple[Any, None]:
        return SimpleNamespace(timeline=SimpleNamespace(deployment_minutes=100)), None

    def open_all(environment: str) -> list[FakeStack]:
        return [one for name, one in made.items() if name.startswith(environment)]

    def report(_: str, listed: Sequence[FakeStack]) -> str:
        return "\n".join(f"{one.stack} runs {one.digest}" for one in listed)

    for fake in (copy_image, added_by_hand, read_settings, open_all, report):
        monkeypatch.setattr(deploy, fake.__name__, fake)
    monkeypatch.setattr(deploy, "verify", fake_stack.verify)
    monkeypatch.setattr(deploy, "as_text", str)
    monkeypatch.setattr(Target, "open", made.__getitem__)
    return made


def summary(folder: Path) -> str:
    return (folder / "summary.md").read_text()


def test_image_is_copied_to_every_region_before_the_first_update(
    stacks: Stacks, folder: Path, copied: list[tuple[str, str, str]]
) -> None:
    assert deploy.main(["prod", "--from", "staging"]) == 0
    assert copied == [("staging", name, "1.4.2") for name in STACKS]
    assert updated == list(STACKS)
    assert {one.updates[0] for name, one in stacks.items() if name in STACKS} == {("--diff",)}
    assert summary(folder).startswith("### prod is deployed\n\n```text\n")
    assert summary(folder).endswith("\n```\n")


def test_first_environment_gets_its_images_from_the_apps_pipeline(
    stacks: Stacks, copied: list[tuple[str, str, str]]
) -> None:
    assert deploy.main(["staging", "--from", ""]) == 0
    assert copied == []
    assert updated == ["staging", "staging-us-west-2"]


def test_stack_file_stays_as_it_is_committed(stacks: Stacks, folder: Path, copied: list[tuple[str, str, str]]) -> None:
    """A change without a new image goes the same way."""
    (folder / "Pulumi.prod-us-west-2.yaml").write_text("config: {}\n")
    assert deploy.main(["prod", "--from", "staging"]) == 0
    assert [destination for _, destination, _ in copied] == list(STACKS[:-1])
    assert updated == list(STACKS)
    assert {one.values["imageTag"] for one in stacks.values()} == {"1.4.1"}


def test_others_follow_the_first_region_in_waves(stacks: Stacks) -> None:
    stacks["prod-eu-north-1"].fails = True
    assert deploy.main(["prod", "--from", "staging", "--wave", "2"]) == 1
    assert updated[0] == "prod"
    assert sorted(updated[1:]) == ["prod-ap-northeast-1", "prod-eu-north-1"], "the wave ends, and no other starts"


def test_failure_of_the_first_region_stops_the_rest(
    stacks: Stacks, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stacks["prod"].fails = True
    assert deploy.main(["prod", "--from", "staging", "--wave", "3"]) == 1
    assert updated == ["prod"]
    text = summary(folder)
    assert text.startswith("### prod is not deployed to every region\n")
    assert "- `pulumi up` of prod ended with status 255.\n" in text
    assert "stopped before prod-ap-northeast-1 and prod-eu-north-1 and prod-us-west-2." in text
    for name in STACKS:
        assert f"\n{name} runs {stacks[name].digest}\n" in text, "which region runs what"
    assert "re-run the failed job" in text
    assert "`make rollback STACK=… ON=aws`" in text
    assert text in capsys.readouterr().out


def test_next_run_goes_on_where_the_deployment_stopped(stacks: Stacks, folder: Path) -> None:
    stacks["prod-ap-northeast-1"].fails = True
    assert deploy.main(["prod", "--from", "staging"]) == 1
    assert updated == ["prod", "prod-ap-northeast-1"]
    stacks["prod-ap-northeast-1"].fails = False
    updated.clear()
    assert deploy.main(["prod", "--from", "staging"]) == 0
    assert updated == list(STACKS)
    # The state has what ECS rolled back. The update of prod, which has the commit, changes nothing.
    assert stacks["prod-ap-northeast-1"].updates == [("--diff",), ("--diff", "--refresh")]
    assert stacks["prod"].updates == [("--diff",), ("--diff",)]


@pytest.mark.parametrize("outputs", [{"serviceName": "voiceter-backend"}, {}])
def test_update_after_one_that_failed_beside_the_service_refreshes(
    stacks: Stacks, monkeypatch: pytest.MonkeyPatch, outputs: dict[str, str]
) -> None:
    def no_more(_: FakeStack) -> dict[str, str]:
        return outputs

    monkeypatch.setattr(FakeStack, "outputs", no_more)
    stacks["staging"].half_updated = True
    assert deploy.main(["staging", "--from", ""]) == 0
    assert [stacks[name].updates for name in ("staging", "staging-us-west-2")] == [
        [("--diff", "--refresh")],
        [("--diff",)],
    ]


def test_deployment_under_way_is_left_to_the_update(stacks: Stacks) -> None:
    """A deployment that is stuck may need this very update."""
    stacks["prod"].outcome = Outcome.STUCK
    assert deploy.main(["prod", "--from", "staging"]) == 0
    assert stacks["prod"].updates == [("--diff",)]


def test_region_that_may_outlast_the_job_does_not_start(
    stacks: Stacks, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy, "_MINUTES", 99)
    assert deploy.main(["prod", "--from", "staging"]) == 1
    assert updated == ["prod"]
    assert "minutes are left, and prod-ap-northeast-1 may take 100." in summary(folder)


def test_addition_by_hand_fails_the_deployment_at_its_end(stacks: Stacks, folder: Path) -> None:
    stacks["prod"].added = ["a policy of voiceter-backend-task-role"]
    assert deploy.main(["prod", "--from", "staging"]) == 1
    assert updated == list(STACKS)
    assert "- prod: added by hand: a policy of voiceter-backend-task-role\n" in summary(folder)


def absent(stacks: Stacks, _: Path) -> None:
    def fail() -> None:
        raise OperationError("There is no stack prod-us-west-2 in the Pulumi backend of this shell.")

    stacks["prod-us-west-2"].outputs = fail  # pyright: ignore[reportAttributeAccessIssue]


def unquoted(_: Stacks, folder: Path) -> None:
    (folder / "Pulumi.prod-us-west-2.yaml").write_text(f"{TAG}1.10\n")


@pytest.mark.parametrize(
    ("fault", "message"), [(absent, "There is no stack prod-us-west-2"), (unquoted, "imageTag: 1.10 needs quotes")]
)
def test_mistake_in_one_region_ends_the_deployment_before_any_update(
    stacks: Stacks, folder: Path, fault: Any, message: str
) -> None:
    fault(stacks, folder)
    assert deploy.main(["prod", "--from", "staging"]) == 1
    assert updated == []
    assert message in summary(folder)


def test_environment_without_a_stack_file_is_refused(stacks: Stacks, folder: Path) -> None:
    assert deploy.main(["production", "--from", "staging"]) == 1
    assert "There is neither Pulumi.production.yaml nor Pulumi.production-<region>.yaml." in summary(folder)


@pytest.mark.parametrize("wave", ["0", "-1", "two", ""])
def test_wave_is_a_number_of_stacks(wave: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        deploy.main(["prod", f"--wave={wave}"])
    assert "is not a number of stacks, which is 1 or more" in capsys.readouterr().err
