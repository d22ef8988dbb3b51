"""The commands of the workflows that run pulumi, with a `pulumi` that notes how it was called; and the image's tag."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ci import drift, image_tag, preview, report
from sandbox import stand_in, supplies
from sandbox.account import additions as account_additions
from sandbox.layout import SandboxError
from sandbox.stack_file import StackFile

PULUMI = """#!/bin/sh
echo "$*" >> "{calls}"
case "$1" in config) exit {config_status} ;; esac
printf 'Resources:\\n    ~ 1 to update\\n'
exit {status}
"""
TAG = "  voiceter-backend:imageTag: "
Calls = Callable[[], list[str]]


def pulumi(folder: Path, monkeypatch: pytest.MonkeyPatch, status: int = 0, config_status: int = 0) -> Calls:
    calls = folder / "calls"
    calls.write_text("")
    script = folder / "pulumi"
    script.write_text(PULUMI.format(calls=calls, status=status, config_status=config_status))
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return lambda: calls.read_text().splitlines()


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with a commit that deploys 1.4.1 to staging and nothing to prod; 1.10 is in the working tree of both."""
    root = tmp_path / "clone"
    root.mkdir()
    git = shutil.which("git")
    assert git is not None
    head = "config:\n  aws:region: eu-north-1\n"
    (root / "Pulumi.staging.yaml").write_text(f"{head}{TAG}1.4.1\n")
    (root / "Pulumi.prod.yaml").write_text(head)
    who = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    for arguments in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "base"]):
        subprocess.run([git, *arguments], cwd=root, check=True)  # noqa: S603
    for stack in ("staging", "prod", "new"):
        (root / f"Pulumi.{stack}.yaml").write_text(f"{head}{TAG}1.10\n")
    monkeypatch.setattr(preview, "_ROOT", root)
    return root


def lacks(stack: str, region: str, image: str) -> bool:
    assert (region, image) == ("eu-north-1", "1.10")
    return False


def has(_stack: str, _region: str, _image: str) -> bool:
    return True


def test_a_preview_on_aws(clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = pulumi(tmp_path, monkeypatch)
    made = preview.on_aws("staging", "HEAD", has)
    assert (made.status, made.headline, made.notes) == (0, "1 to update", ())
    assert calls() == ["preview --stack staging --diff --non-interactive --suppress-progress --color never"]


def test_an_image_that_the_deployment_will_bring(clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = pulumi(tmp_path, monkeypatch)
    made = preview.on_aws("staging", "HEAD", lacks)
    assert calls()[0] == "config set imageTag 1.4.1 --stack staging"
    assert calls()[1].startswith("preview --stack staging")
    [note] = made.notes
    assert "`1.10` is not in this stack's registry yet" in note
    assert "`1.4.1`" in note
    assert note in report.markdown("Title", [made], "https://example.com")


@pytest.mark.parametrize("stack", ["prod", "new"])
def test_the_first_image_of_a_stack(clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stack: str) -> None:
    calls = pulumi(tmp_path, monkeypatch)
    made = preview.on_aws(stack, "HEAD", lacks)
    assert calls()[0] == f"config rm imageTag --stack {stack}"
    assert "without the service" in made.notes[0]


def test_an_image_that_stays_is_not_asked_for(clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = pulumi(tmp_path, monkeypatch)
    same = StackFile((clone / "Pulumi.staging.yaml").read_text())

    def unasked(*_: str) -> bool:
        raise AssertionError

    assert preview.image_change(same, same, "staging", unasked) == ([], ())
    assert preview.image_change(StackFile(), same, "staging", unasked) == ([], ())
    assert calls() == []


def test_a_stack_that_cannot_be_read_is_a_failed_report(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulumi(tmp_path, monkeypatch, config_status=6)
    assert preview.on_aws("staging", "HEAD", lacks).failed
    pulumi(tmp_path, monkeypatch, status=1)
    assert preview.on_aws("staging", "HEAD", has).failed


def test_a_failed_preview_keeps_its_report(clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pulumi(tmp_path, monkeypatch, status=1)
    monkeypatch.setattr(preview, "registry_has", has)
    assert preview.main(["aws", "staging", "--base", "HEAD", "--reports", str(tmp_path / "reports")]) == 1
    [kept] = report.load(tmp_path / "reports")
    assert (kept.stack, kept.failed) == ("staging", True)


def test_the_registry_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    account_additions.install()  # layers, which an image needs
    moto: Any = importlib.import_module("moto")  # which, as boto3, has no types
    boto3: Any = importlib.import_module("boto3")
    with moto.mock_aws():
        ecr = boto3.client("ecr", region_name="eu-north-1")
        assert not preview.registry_has("staging", "eu-north-1", "1.10")
        ecr.create_repository(repositoryName="voiceter-backend-staging")
        assert not preview.registry_has("staging", "eu-north-1", "1.10")
        digest = supplies.put_image(ecr, "voiceter-backend-staging", "1.10", stand_in.image("1.10"))
        assert preview.registry_has("staging", "eu-north-1", "1.10")
        assert preview.registry_has("staging", "eu-north-1", digest)
        assert not preview.registry_has("staging", "eu-north-1", "1.1")
        assert not preview.registry_has("prod", "eu-north-1", "1.10")


@pytest.mark.parametrize(("status", "exit_status"), [(0, 0), (report.CHANGES_FOUND, 0), (1, 1), (255, 1)])
def test_drift_is_no_fault_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, exit_status: int
) -> None:
    calls = pulumi(tmp_path, monkeypatch, status=status)
    assert drift.main(["check", "prod", "--reports", str(tmp_path / "reports")]) == exit_status
    [call] = calls()
    assert call.startswith("refresh --preview-only --expect-no-changes --stack prod")
    [kept] = report.load(tmp_path / "reports")
    assert kept.drifted is (status == report.CHANGES_FOUND)


def test_the_image_tag_is_the_text_of_the_file(clone: Path) -> None:
    assert image_tag.image_tag(clone, "staging") == "1.10"
    (clone / "Pulumi.bare.yaml").write_text("config: {}\n")
    assert image_tag.image_tag(clone, "bare") == ""
    with pytest.raises(SandboxError, match=r"There is no Pulumi\.none\.yaml"):
        image_tag.image_tag(clone, "none")


def test_the_image_tag_as_the_workflow_asks_for_it(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(image_tag, "ROOT", clone)
    monkeypatch.setattr("sys.argv", ["image_tag", "staging"])
    assert image_tag.main() == 0
    assert capsys.readouterr().out == "1.10\n"
    monkeypatch.setattr("sys.argv", ["image_tag", "none"])
    assert image_tag.main() == 1
    monkeypatch.setattr("sys.argv", ["image_tag"])
    assert image_tag.main() == 1
    assert "STACK" in capsys.readouterr().err
