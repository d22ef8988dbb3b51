"""How a stack is found, on the sandbox or by this shell's own Pulumi and AWS settings; what is said when it is not."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from operations.__main__ import main
from operations.target import OperationError, PulumiError, Target, explained, place_of
from sandbox.layout import SandboxError

_exceptions: Any = importlib.import_module("botocore.exceptions")

OUTPUTS = {"region": "eu-north-1", "serviceName": "voiceter-backend", "clusterName": "voiceter-cluster"}


@pytest.fixture(autouse=True)
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A shell of an operator: no sandbox, and a folder first on PATH."""
    for name in ("SANDBOX_JOURNAL", "AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path / "sandbox"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


def _pulumi(folder: Path, script: str) -> None:
    """A pulumi that does as the script says, `$1 $2` being the command, and notes its arguments."""
    path = folder / "pulumi"
    path.write_text(f'#!/bin/sh\necho "$@" >> "{folder}/calls"\n{script}\n')
    path.chmod(0o755)


def _brought_up(stack: str) -> None:
    """Make the clone's sandbox have a stack in its state."""
    from operations.target import _sandbox  # pyright: ignore[reportPrivateUsage]

    folder = _sandbox().state / ".pulumi" / "stacks" / "voiceter-backend"
    folder.mkdir(parents=True)
    (folder / f"{stack}.json").write_text("{}")


def test_a_stack_of_the_sandbox_is_found_there_and_any_other_by_the_shell() -> None:
    _brought_up("dev")
    assert (place_of("dev"), place_of("prod")) == ("sandbox", "aws")


def test_a_shell_that_has_sourced_the_sandbox_means_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SANDBOX_JOURNAL", str(tmp_path / "elsewhere" / "journal"))
    assert place_of("prod") == "sandbox"
    with pytest.raises(OperationError, match="no stack prod in the sandbox"):
        Target.open("prod")
    with pytest.raises(OperationError, match="from a new shell"):
        Target.open("prod", "aws")


def test_on_aws_the_shells_pulumi_is_asked_about_the_stack(shell: Path) -> None:
    _pulumi(shell, f"echo '{json.dumps(OUTPUTS)}'")
    target = Target.open("prod")
    assert (target.on, target.region, target.output("serviceName")) == ("aws", "eu-north-1", "voiceter-backend")
    assert (shell / "calls").read_text().splitlines() == ["stack output --json --stack prod --non-interactive"]
    assert str(target) == (
        "prod on AWS: the stack that this shell's Pulumi backend and AWS credentials lead to"
        " (ON=sandbox: the one on this machine)"
    )
    target.forget_outputs()
    target.outputs()
    assert len((shell / "calls").read_text().splitlines()) == 2


def test_a_client_of_a_real_stack_has_its_region_and_the_shells_credentials(
    shell: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _pulumi(shell, f"echo '{json.dumps(OUTPUTS)}'")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "theirs")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "theirs")
    client = Target.open("prod").client("ecs")
    assert client.meta.region_name == "eu-north-1"
    assert client.meta.endpoint_url == "https://ecs.eu-north-1.amazonaws.com"
    assert client._request_signer._credentials.access_key == "theirs"


def test_config_is_read_without_secrets_and_set_as_plain_text(shell: Path) -> None:
    config = {
        "aws:region": {"value": "eu-north-1", "secret": False},
        "voiceter-backend:imageTag": {"value": "1.10", "secret": False},
        "voiceter-backend:redisAuthToken": {"secret": True},
        "voiceter-backend:secrets": {"value": '{"KEY":"x"}', "secret": True},
    }
    _pulumi(shell, f"echo '{json.dumps(config)}'")
    target = Target.open("prod")
    assert target.config() == {"imageTag": "1.10"}
    target.set_config("imageTag", "1.9")
    target.set_config("imageTag", None)
    assert (shell / "calls").read_text().splitlines()[1:] == [
        "config set imageTag 1.9 --plaintext --stack prod --non-interactive",
        "config rm imageTag --stack prod --non-interactive",
    ]


@pytest.mark.parametrize(
    ("outputs", "wanted", "said"),
    [
        ({}, "region", "has never been brought up"),
        ({"region": "eu-north-1"}, "serviceName", "has no service yet"),
        (OUTPUTS, "dashboardName", "has no output dashboardName"),
    ],
)
def test_a_missing_output_is_said_in_one_message(shell: Path, outputs: dict[str, str], wanted: str, said: str) -> None:
    _pulumi(shell, f"echo '{json.dumps(outputs)}'")
    with pytest.raises(OperationError, match=said):
        Target.open("prod").output(wanted)


def test_a_stack_that_the_backend_lacks(shell: Path) -> None:
    _pulumi(shell, "echo \"error: no stack named 'prod' found\" >&2; exit 255")
    with pytest.raises(OperationError, match="There is no stack prod in the Pulumi backend of this shell"):
        Target.open("prod").outputs()


def test_what_pulumi_complains_of_is_shown(shell: Path) -> None:
    _pulumi(shell, "echo 'error: PULUMI_ACCESS_TOKEN must be set' >&2; exit 1")
    with pytest.raises(PulumiError, match="status 1:\n  error: PULUMI_ACCESS_TOKEN must be set"):
        Target.open("prod").outputs()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify", "prod"), "No pulumi on PATH"),
        (("redeploy", "prod", "--on", "sandbox"), "There is no stack prod in the sandbox (there: none)"),
        (("rollback", "prod", "--on", "aws"), "No pulumi on PATH"),
        (("promote", "dev", "prod", "1.0.0"), "No pulumi on PATH"),
    ],
)
def test_a_command_that_cannot_begin_says_why_and_ends_with_1(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    assert capsys.readouterr().err.startswith(said)


def test_an_image_is_not_promoted_from_the_sandbox_to_aws_by_chance(capsys: pytest.CaptureFixture[str]) -> None:
    _brought_up("staging")
    assert main(["promote", "staging", "prod", "1.0.0"]) == 1
    assert "The sandbox has the stack staging alone: say ON=sandbox or ON=aws" in capsys.readouterr().err


def _refusal(code: str) -> Exception:
    return _exceptions.ClientError({"Error": {"Code": code, "Message": "m"}}, "DescribeServices")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (_refusal("ExpiredTokenException"), "does not take the credentials of this shell (ExpiredTokenException: m)"),
        (_refusal("UnrecognizedClientException"), "Log in again"),
        (_refusal("AccessDeniedException"), "AWS refused DescribeServices: AccessDeniedException: m"),
        (_exceptions.NoCredentialsError(), "no AWS credentials that work"),
        (_exceptions.ProfileNotFound(profile="x"), "no AWS credentials that work"),
        (_exceptions.EndpointConnectionError(endpoint_url="https://x"), "AWS could not be reached"),
        (ValueError("a mistake of ours"), None),
        (SandboxError("for the sandbox to say"), None),
    ],
)
def test_errors_of_aws_are_explained(error: Exception, said: str | None) -> None:
    text = explained(error)
    assert text is None if said is None else said in (text or "")
