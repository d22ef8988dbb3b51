"""The image tag that a workflow reads from a stack file, and the one that a preview holds back."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from ci import image_tag as module
from ci.image_tag import hold_back, image_tag, main, registry_has
from operations.errors import OperationError

HEAD = "config:\n  aws:region: eu-north-1\n"
TAG = "  voiceter-backend:imageTag: "
WHO = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
Calls = Callable[[], list[str]]


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Calls:
    """A `pulumi` on PATH that records its arguments. Returns them."""
    recorded = tmp_path / "calls"
    recorded.write_text("")
    script = tmp_path / "pulumi"
    script.write_text(f'#!/bin/sh\necho "$*" >> "{recorded}"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return lambda: recorded.read_text().splitlines()


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone whose HEAD deploys 1.4.1 to staging and nothing to prod. The working tree sets 1.10 for all stacks."""
    root = tmp_path / "clone"
    root.mkdir()
    (root / "Pulumi.staging.yaml").write_text(f"{HEAD}{TAG}1.4.1\n")
    (root / "Pulumi.prod.yaml").write_text(HEAD)
    for arguments in (["init", "-q"], ["add", "."], [*WHO, "commit", "-q", "-m", "base"]):
        subprocess.run(["git", *arguments], cwd=root, check=True)  # noqa: S603, S607
    for stack in ("staging", "prod", "new"):
        (root / f"Pulumi.{stack}.yaml").write_text(f"{HEAD}{TAG}'1.10'\n")
    monkeypatch.setenv("PULUMI_OPTION_CWD", str(root))
    return root


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> mock.Mock:
    """The registries of the stacks, which lack every image."""
    found = mock.Mock(return_value=False)
    monkeypatch.setattr(module, "registry_has", found)
    return found


def test_file_without_a_tag() -> None:
    assert image_tag("config: {}\n") == ""


@pytest.mark.parametrize("tag", ["1.10", "007", "1e5", "42", "0x1F", ".5", "1_000", "true", "~", "2026-01-01"])
def test_unquoted_tag_that_pulumi_would_change_is_refused(tag: str) -> None:
    with pytest.raises(OperationError, match=f"imageTag: {re.escape(tag)} needs quotes"):
        image_tag(f"{HEAD}{TAG}{tag}\n")


@pytest.mark.parametrize("tag", ["1.10.0", "v1", "'007'", '"1e5"', "1.x", "sha256:" + "1" * 64, "2026-01-01-a"])
def test_tag_that_pulumi_keeps_is_accepted(tag: str) -> None:
    assert image_tag(f"{HEAD}{TAG}{tag}\n") == tag.strip("'\"")


@pytest.mark.usefixtures("clone")
def test_unknown_stack_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["none", "--base", "HEAD"]) == 1
    assert "There is no Pulumi.none.yaml" in capsys.readouterr().err


@pytest.mark.usefixtures("clone")
def test_image_in_the_registry_is_previewed(calls: Calls, registry: mock.Mock) -> None:
    registry.return_value = True
    assert hold_back("staging", "HEAD") == ""
    registry.assert_called_once_with("staging", "eu-north-1", "1.10")
    assert calls() == []


@pytest.mark.parametrize(
    ("stack", "call", "note"),
    [
        ("staging", "config set imageTag 1.4.1 --plaintext --stack staging", "with `1.4.1`"),
        # The first image of a stack.
        ("prod", "config rm imageTag --stack prod", "without the service"),
        ("new", "config rm imageTag --stack new", "without the service"),
    ],
)
@pytest.mark.usefixtures("clone", "registry")
def test_missing_image_is_held_back_to_that_of_the_base(
    stack: str, call: str, note: str, calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([stack, "--base", "HEAD"]) == 0
    assert calls() == [call]
    said = capsys.readouterr().out
    assert said.startswith(f"{stack}: the registry lacks `1.10`")
    assert note in said


def test_failing_pulumi_is_named_with_what_it_says(
    tmp_path: Path, clone: Path, calls: Calls, registry: mock.Mock, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pulumi").write_text("#!/bin/sh\necho 'error: no stack named staging found' >&2\nexit 255\n")
    assert main(["staging", "--base", "HEAD"]) == 1
    assert capsys.readouterr().err == (
        "`pulumi config set imageTag 1.4.1 --plaintext --stack staging` failed: error: no stack named staging found\n"
    )


def test_unchanged_or_removed_tag_asks_no_registry(clone: Path, calls: Calls, registry: mock.Mock) -> None:
    (clone / "Pulumi.staging.yaml").write_text(f"{HEAD}{TAG}1.4.1\n")
    (clone / "Pulumi.prod.yaml").write_text(HEAD)
    assert hold_back("staging", "HEAD") == hold_back("prod", "HEAD") == ""
    (clone / "Pulumi.staging.yaml").write_text(HEAD)
    assert hold_back("staging", "HEAD") == ""
    registry.assert_not_called()
    assert calls() == []


@pytest.mark.parametrize(
    ("tag", "error", "held_back"),
    [
        ("1.10", "imageTag: 1.10 needs quotes", list[str]()),
        (
            "\n    secure: v1:bm90IGEgdGFn",
            "imageTag is encrypted in the stack file: `pulumi config set imageTag <",
            ["config rm imageTag --stack staging"],
        ),
    ],
    ids=["without quotes", "encrypted"],
)
def test_tag_that_nobody_can_deploy_is_refused_in_the_pull_request_alone(
    clone: Path,
    registry: mock.Mock,
    calls: Calls,
    capsys: pytest.CaptureFixture[str],
    tag: str,
    error: str,
    held_back: list[str],
) -> None:
    file = clone / "Pulumi.staging.yaml"
    file.write_text(f"{HEAD}{TAG}{tag}\n")
    assert main(["staging", "--base", "HEAD"]) == 1
    assert error in capsys.readouterr().err
    registry.assert_not_called()
    subprocess.run(["git", *WHO, "commit", "-q", "-a", "-m", "wrong"], cwd=clone, check=True)  # noqa: S603, S607
    file.write_text(f"{HEAD}{TAG}'1.10'\n")
    assert main(["staging", "--base", "HEAD"]) == 0
    assert calls() == held_back


ENVIRONMENT = "environment:\n  imports: [voiceter/staging]\n  values: {}\nconfig:\n"
ENCRYPTED = "config:\n  aws:region:\n    secure: v1:abc\n"


@pytest.mark.parametrize("head", [ENVIRONMENT, ENCRYPTED])
def test_region_that_the_file_does_not_show_is_asked_of_pulumi(
    clone: Path, calls: Calls, registry: mock.Mock, tmp_path: Path, head: str
) -> None:
    (clone / "Pulumi.staging.yaml").write_text(f"{head}{TAG}'1.10'\n")
    with (tmp_path / "pulumi").open("a") as script:
        script.write("echo eu-north-1\n")
    assert hold_back("staging", "HEAD").startswith("staging: the registry lacks `1.10`")
    registry.assert_called_once_with("staging", "eu-north-1", "1.10")
    assert calls()[0] == "config get aws:region --stack staging"


def test_stack_without_a_region_is_refused(clone: Path, calls: Calls) -> None:
    (clone / "Pulumi.staging.yaml").write_text(f"{ENVIRONMENT}{TAG}'1.10'\n")
    with pytest.raises(OperationError, match="aws:region of staging is not set"):
        hold_back("staging", "HEAD")
    assert calls() == ["config get aws:region --stack staging"]


@pytest.mark.usefixtures("clone")
def test_refused_credentials_are_no_missing_image(
    calls: Calls, registry: mock.Mock, capsys: pytest.CaptureFixture[str]
) -> None:
    exceptions: Any = importlib.import_module("botocore.exceptions")
    refused = exceptions.ClientError({"Error": {"Code": "ExpiredTokenException", "Message": "m"}}, "DescribeImages")
    registry.side_effect = refused
    assert main(["staging", "--base", "HEAD"]) == 1
    assert capsys.readouterr().err.startswith("AWS refused the credentials of this shell (ExpiredTokenException)")
    assert calls() == []


@pytest.mark.sandbox  # for moto
def test_registry_has_finds_an_image_by_tag_and_digest() -> None:
    moto: Any = importlib.import_module("moto")
    boto3: Any = importlib.import_module("boto3")
    with moto.mock_aws():
        ecr = boto3.client("ecr", region_name="eu-north-1")
        assert not registry_has("staging", "eu-north-1", "1.10")
        ecr.create_repository(repositoryName="voiceter-backend-staging")
        assert not registry_has("staging", "eu-north-1", "1.10")
        manifest = '{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []}'
        made = ecr.put_image(repositoryName="voiceter-backend-staging", imageTag="1.10", imageManifest=manifest)
        assert registry_has("staging", "eu-north-1", "1.10")
        assert registry_has("staging", "eu-north-1", made["image"]["imageId"]["imageDigest"])
        assert not registry_has("staging", "eu-north-1", "1.1")
        assert not registry_has("prod", "eu-north-1", "1.10")
