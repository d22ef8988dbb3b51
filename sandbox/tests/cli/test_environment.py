"""The file to source makes every tool work on the sandbox, in any shell."""

import shlex
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from sandbox.account.process import Account
from sandbox.cli import environment
from sandbox.engine.build import Engine
from sandbox.layout import Layout

ACCOUNT = Account("http://127.0.0.1:4711", 1, "token")
SHELLS = [shell for shell in ("sh", "bash", "zsh") if shutil.which(shell)]
ELSEWHERE = {
    "AWS_PROFILE": "real",
    "AWS_RETRY_MODE": "real",
    "AWS_anything": "real",
    "PULUMI_DIY_BACKEND_GZIP": "real",
    "PULUMI_DEBUG_PROVIDERS": "aws:1",
    "PYTHONPATH": "/real",
    "VIRTUAL_ENV": "/real",
    "AWS_SESSION_TOKEN": "real",
    "AWS_ENDPOINT_URL_S3": "https://s3.example",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "real",
    "AWS_ACCESS_KEY_ID": "real",
    "AWS_REGION": "us-west-2",
    "PULUMI_STACK": "real",
    "PULUMI_OPTION_REFRESH": "real",
    "PULUMI_BACKEND_URL": "s3://real",
    "no_proxy": "example.org",
}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "a clone's", tmp_path / "a clone's" / ".sandbox")


def _engine(tmp_path: Path) -> Engine:
    pulumi = tmp_path / "cache" / "pulumi"
    pulumi.parent.mkdir(exist_ok=True)
    pulumi.write_text("#!/bin/sh\n")
    pulumi.chmod(0o755)
    return Engine(pulumi, pulumi.parent, "3.274.1")


def _sourced(shell: str, layout: Layout, times: int = 1) -> dict[str, str]:
    source = f". {shlex.quote(str(layout.env))}; " * times
    given = {"PATH": "/usr/bin:/bin", "HOME": "/nowhere", **ELSEWHERE}
    output = subprocess.run(  # noqa: S603 - the file under test, in the shells it is for
        [shutil.which(shell) or shell, "-c", f"set -eu; {source} env -0"], env=given, capture_output=True, check=True
    )
    pairs = (line.partition("=") for line in output.stdout.decode().split("\0") if line)
    return {name: value for name, _, value in pairs}


@pytest.mark.parametrize("shell", SHELLS)
def test_sourcing_shell_works_on_the_sandbox_alone(shell: str, layout: Layout, tmp_path: Path) -> None:
    environment.write_file(layout, _engine(tmp_path), ACCOUNT, "eu-north-1")
    found = _sourced(shell, layout)
    assert found["AWS_ENDPOINT_URL"] == ACCOUNT.url
    assert found["AWS_REGION"] == found["AWS_DEFAULT_REGION"] == "eu-north-1"
    assert found["AWS_ACCESS_KEY_ID"] != "real"
    assert found["AWS_SECRET_ACCESS_KEY"]
    assert found["PULUMI_BACKEND_URL"] == layout.state.as_uri()
    assert found["PULUMI_CONFIG_PASSPHRASE"]
    assert found["PULUMI_OPTION_CWD"] == str(layout.project)
    assert found["PATH"].split(":") == [str(layout.venv / "bin"), str(tmp_path / "cache"), "/usr/bin", "/bin"]
    assert found["no_proxy"] == "127.0.0.1,example.org"
    assert not [name for name, value in found.items() if value in ELSEWHERE.values() and name != "no_proxy"]
    again = _sourced(shell, layout, 3)
    assert (again["PATH"], again["no_proxy"]) == (found["PATH"], found["no_proxy"])
    assert stat.S_IMODE(layout.env.stat().st_mode) == 0o600, "only the owner can read it"


@pytest.mark.parametrize("shell", SHELLS)
def test_sourcing_shell_finds_an_engine_that_is_not_on_its_path(shell: str, layout: Layout, tmp_path: Path) -> None:
    pulumi = tmp_path / "own tools" / "pulumi"
    pulumi.parent.mkdir()
    pulumi.write_text("#!/bin/sh\n")
    pulumi.chmod(0o755)
    environment.write_file(layout, Engine(pulumi, None, "3.274.1"), ACCOUNT, "us-east-1")
    path = _sourced(shell, layout, 2)["PATH"].split(":")
    assert path == [str(layout.venv / "bin"), "/usr/bin", "/bin", str(pulumi.parent)]


def test_commands_get_the_environment_of_a_sourcing_shell(layout: Layout, tmp_path: Path) -> None:
    environment.write_file(layout, _engine(tmp_path), ACCOUNT, "us-east-1")
    own = environment.for_commands(
        layout, _engine(tmp_path), ACCOUNT, "us-east-1", {"PATH": "/usr/bin:/bin", "HOME": "/nowhere", **ELSEWHERE}
    )
    shell = _sourced("sh", layout)
    assert {name: value for name, value in shell.items() if name not in ("PWD", "OLDPWD", "SHLVL", "_")} == own


def test_engine_on_path_adds_nothing_to_path(layout: Layout) -> None:
    own = environment.for_commands(layout, Engine(Path("/x/pulumi"), None, "4"), ACCOUNT, "us-east-1", {"PATH": "/x"})
    assert own["PATH"] == f"{layout.venv / 'bin'}:/x"


def test_plugins_and_the_policy_pack_run_on_the_python_of_the_virtual_environment(layout: Layout) -> None:
    environment.write_plugins(layout)
    layout.python.parent.mkdir(parents=True, exist_ok=True)
    layout.python.write_text('#!/bin/sh\necho "$@"\n')
    layout.python.chmod(0o755)

    def run(*command: Path | str) -> str:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603

    for name, module in (("aws", "sandbox.provider"), ("awsx", "sandbox.awsx")):
        script = layout.plugins / f"pulumi-resource-{name}"
        assert run(script, "127.0.0.1:1") == f"-m {module} 127.0.0.1:1\n"
    # The engine gives its address. `pulumi --logflow --logtostderr -v=9` adds its flags in front.
    answer = run(layout.policy_pack, "--logtostderr", "-v=9", "127.0.0.1:1")
    assert answer == f"-u -m pulumi.policy 127.0.0.1:1 {layout.root / 'policy'}\n"
