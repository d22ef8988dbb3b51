"""How a command finds its stack, and what it prints if it cannot."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from operations.__main__ import main
from operations.errors import OperationError, PulumiError, describe_aws_error
from operations.target import ROOT, Target
from tests.support.boto import refusal
from tests.support.printed_stack import state_of
from tests.support.shell import Shell

_exceptions: Any = importlib.import_module("botocore.exceptions")

CALL = "DescribeServices"
OUTPUTS = {"region": "eu-north-1", "serviceName": "voiceter-backend", "clusterName": "voiceter-cluster"}

pytestmark = pytest.mark.usefixtures("shell")


def _answering(shell: Shell, answer: dict[str, Any]) -> Target:
    shell.prints(answer)
    return Target.open("prod")


def _with_outputs(shell: Shell, outputs: dict[str, Any]) -> Target:
    return _answering(shell, state_of(outputs))


def test_outputs_and_resources_come_from_the_state_which_is_read_once(shell: Shell) -> None:
    vpc = {"type": "aws:ec2/vpc:Vpc", "urn": "vpc", "id": "v"}
    target = _answering(shell, state_of(OUTPUTS, vpc, {"type": "voiceter:network:Network", "urn": "network"}))
    assert (target.on, target.region, target.output("serviceName")) == ("aws", "eu-north-1", "voiceter-backend")
    assert (target.outputs(), target.resources()) == (OUTPUTS, [vpc])
    assert shell.calls == ["stack export --stack prod --non-interactive"]
    target.forget_state()
    target.outputs()
    assert len(shell.calls) == 2


@pytest.mark.parametrize("state", [{"deployment": {}}, {"deployment": {"resources": []}}])
def test_stack_that_was_never_brought_up_has_no_outputs(shell: Shell, state: dict[str, Any]) -> None:
    target = _answering(shell, state)
    assert (target.outputs(), target.resources()) == ({}, [])


def test_first_line_names_the_stack_and_how_to_choose_the_other(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert str(_with_outputs(shell, OUTPUTS)) == (
        "prod on AWS: the stack in this shell's Pulumi backend and AWS account (ON=sandbox: the one on this machine)"
    )
    monkeypatch.setenv("VOICETER_SANDBOX", "/somewhere/.sandbox")
    assert str(Target.open("prod")) == (
        "prod on the sandbox (ON=aws: the stack in this shell's Pulumi backend and AWS account)"
    )


def test_make_command_of_a_message_works_on_the_same_stack() -> None:
    assert Target("prod", "aws").make("verify", "WAIT=60") == "make verify STACK=prod WAIT=60"
    assert Target("prod", "sandbox").make("verify", "WAIT=60") == "make verify STACK=prod ON=sandbox WAIT=60"


def test_client_has_the_stacks_region_and_the_shells_credentials(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "theirs")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "theirs")
    client = _with_outputs(shell, OUTPUTS).client("ecs")
    assert client.meta.region_name == "eu-north-1"
    assert client._request_signer._credentials.access_key == "theirs"


def test_config_is_read_without_secrets_and_set_as_plain_text(shell: Shell) -> None:
    config = {
        "aws:region": {"value": "eu-north-1", "secret": False},
        "voiceter-backend:imageTag": {"value": "1.10", "secret": False},
        "voiceter-backend:redisAuthToken": {"secret": True},
        "voiceter-backend:secrets": {"value": '{"KEY":"x"}', "secret": True},
    }
    target = _answering(shell, config)
    plain = {"aws:region": "eu-north-1", "imageTag": "1.10"}
    assert target.configured() == (plain, {"redisAuthToken", "secrets"})
    target.set_config("imageTag", "1.9")
    target.set_config("imageTag", None)
    assert shell.calls[1:] == [
        "config set imageTag 1.9 --plaintext --stack prod --non-interactive",
        "config rm imageTag --stack prod --non-interactive",
    ]


@pytest.mark.parametrize(
    ("errors", "half_updated"), [({}, False), ({"initErrors": ["Access Denied for bucket"]}, True)]
)
def test_stack_is_half_updated_if_an_object_in_its_state_failed(
    shell: Shell, errors: dict[str, list[str]], *, half_updated: bool
) -> None:
    resources: list[dict[str, Any]] = [{"urn": "vpc", "id": "v"}, {"urn": "alb", "id": "a", **errors}]
    assert _answering(shell, state_of({}, *resources)).is_half_updated() is half_updated


def test_update_names_the_stack_in_each_line(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    shell.installs("echo updating; echo warning >&2; exit 3")
    with pytest.raises(PulumiError, match=r"`pulumi up` of prod on AWS.* ended with status 3"):
        Target.open("prod").up("--refresh")
    assert capsys.readouterr().out == "prod | updating\nprod | warning\n"
    assert shell.calls == [
        "up --yes --suppress-outputs --suppress-progress --color never --refresh"
        f" --policy-pack {ROOT / 'policy'} --stack prod --non-interactive"
    ]


@pytest.mark.parametrize(
    ("outputs", "name", "message"),
    [
        ({}, "region", "it was never brought up"),
        ({"region": "eu-north-1"}, "serviceName", "has no service yet"),
        (OUTPUTS, "tableNames", "has no output tableNames"),
    ],
)
def test_missing_output_names_the_next_command(shell: Shell, outputs: dict[str, str], name: str, message: str) -> None:
    with pytest.raises(OperationError, match=message) as caught:
        _with_outputs(shell, outputs).output(name)
    assert "`pulumi up --stack prod`" in str(caught.value)


@pytest.mark.parametrize(
    ("sandbox", "message"),
    [
        ("", "There is no stack prod in the Pulumi backend of this shell, nor in the sandbox. `make up STACK=prod`"),
        ("/somewhere/.sandbox", "There is no stack prod in the sandbox. `make up STACK=prod` brings it up"),
    ],
)
@pytest.mark.parametrize("read", [Target.outputs, Target.config, Target.resources])
def test_unknown_stack(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, read: Callable[[Target], object], sandbox: str, message: str
) -> None:
    monkeypatch.setenv("VOICETER_SANDBOX", sandbox)
    shell.installs("echo \"error: no stack named 'prod' found\" >&2; exit 255")
    with pytest.raises(OperationError, match=message):
        read(Target.open("prod"))


@pytest.mark.parametrize("stack", ["", "Prod", "o'brien", "prod;", "../prod", "1prod"])
def test_name_that_no_stack_can_have_is_refused(stack: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", stack]) == 1
    assert capsys.readouterr().err.startswith(f"STACK={stack}: a stack's name is a lower-case letter, then")


@pytest.mark.parametrize("wait", ["nan", "inf", "-1", "1.5", "soon"])
def test_wait_is_a_whole_number_of_seconds(wait: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["verify", "prod", f"--wait={wait}"])
    assert ended.value.code == 2
    assert f"'{wait}' is not a whole number of seconds" in capsys.readouterr().err


def test_failed_pulumi_shows_its_last_lines(shell: Shell) -> None:
    shell.installs("echo 'error: PULUMI_ACCESS_TOKEN must be set' >&2; exit 1")
    with pytest.raises(PulumiError, match=r"^`pulumi stack export` of prod .* status 1:\n  error: PULUMI_ACCESS"):
        Target.open("prod").outputs()


@pytest.mark.parametrize("arguments", [("verify", "prod"), ("rollback", "prod"), ("promote", "dev", "prod", "1.0.0")])
def test_command_without_pulumi_prints_why_and_returns_1(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    said = capsys.readouterr().err
    assert said.startswith("There is no pulumi on PATH. Install it")
    assert f"Or `make up STACK={arguments[1]}` brings it up in the sandbox" in said


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            refusal(CALL, "ExpiredTokenException"),
            "refused the credentials of this shell (ExpiredTokenException): log in",
        ),
        (
            refusal(CALL, "AccessDeniedException"),
            "AWS does not allow the identity of this shell DescribeServices",
        ),
        (refusal(CALL, "Throttling"), "AWS refused DescribeServices: Throttling: no"),
        (_exceptions.NoCredentialsError(), "This shell has no working AWS credentials"),
        (_exceptions.ProfileNotFound(profile="x"), "no working AWS credentials"),
        (_exceptions.EndpointConnectionError(endpoint_url="https://x"), "AWS cannot be reached"),
    ],
)
def test_errors_of_aws_become_messages(error: Exception, message: str) -> None:
    assert message in (describe_aws_error(error) or "")


def test_other_errors_do_not_become_messages() -> None:
    assert describe_aws_error(ValueError("a mistake in this program")) is None


def test_dead_account_of_the_sandbox_names_make_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICETER_SANDBOX", "/somewhere/.sandbox")
    message = describe_aws_error(_exceptions.EndpointConnectionError(endpoint_url="http://127.0.0.1:1")) or ""
    assert "`make up STACK=…` starts it" in message


def test_closed_pipe_ends_a_command_without_a_word(shell: Shell) -> None:
    """As of `make verify | head -1`, which has closed the pipe when the command prints more."""
    shell.installs("exit 1")
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "operations", "verify", "dev"]
    run = subprocess.run(command, cwd=ROOT, stdout=write, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603
    os.close(write)
    assert (run.returncode, run.stderr) == (1, "")
