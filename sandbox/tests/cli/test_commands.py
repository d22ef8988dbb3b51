"""The commands at their edges: one message instead of a traceback, and a clean that always works."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import pytest

from sandbox.account import process as accounts
from sandbox.account.process import Account
from sandbox.cli import locks, state
from sandbox.layout import PACKAGE_ROOT, Layout, SandboxError


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(PACKAGE_ROOT, tmp_path / "home")


def _start(
    layout: Layout, *arguments: str, without_packages: bool = False, variables: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Starts a command of the sandbox with variables beside those of this process."""
    return subprocess.Popen(  # noqa: S603 - the commands under test
        [sys.executable, *(["-S"] if without_packages else []), "-m", "sandbox", *arguments],
        cwd=PACKAGE_ROOT,
        env={**os.environ, "SANDBOX_HOME": str(layout.home), **(variables or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _refusal(
    layout: Layout, *arguments: str, without_packages: bool = False, variables: Mapping[str, str] | None = None
) -> str:
    """Returns the one line with which a command fails."""
    with _start(layout, *arguments, without_packages=without_packages, variables=variables) as process:
        _, errors = process.communicate()
    assert process.returncode == 1
    (line,) = errors.splitlines()
    return line


def _clean_without_packages(layout: Layout) -> None:
    with _start(layout, "clean", without_packages=True) as process:
        _, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("image", "dev", "1.0.0"), "No account is running. Bring the stack up first: `make up STACK=dev`."),
        (("up", "nonesuch"), "There is no stack nonesuch. Committed are: dev, prod, staging."),
        (("preview", "No-Name"), "STACK=No-Name: a stack's name"),
        (("down", "dev"), "There is no stack dev in the sandbox."),
    ],
)
def test_invalid_request_is_one_message_and_status_1(layout: Layout, arguments: tuple[str, ...], message: str) -> None:
    assert _refusal(layout, *arguments).startswith(message)


# Variables that end boto3 with an error, or that a process of the sandbox has no use for.
_FOREIGN = {
    "AWS_PROFILE": "nonesuch",
    "AWS_RETRY_MODE": "often",
    "AWS_SECRET_ACCESS_KEY": "real",
    "PULUMI_DIY_BACKEND_GZIP": "true",
    "MOTO_ACCOUNT_ID": "999999999999",
    "FOREIGN": "1",
}


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    config = tmp_path_factory.mktemp("aws") / "config"
    config.write_text("[default\nmalformed")
    return {**_FOREIGN, "AWS_CONFIG_FILE": str(config)}


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory, foreign: dict[str, str]) -> Iterator[tuple[Layout, Account]]:
    """A sandbox with an account that was started from a foreign environment, for three tests: a start is slow."""
    layout = Layout(PACKAGE_ROOT, tmp_path_factory.mktemp("started") / "home")
    yield layout, accounts.start(layout, {**os.environ, **foreign})
    accounts.stop(layout)


def test_account_and_commands_get_nothing_of_a_foreign_environment(
    started: tuple[Layout, Account], foreign: dict[str, str]
) -> None:
    layout, account = started
    assert not foreign.keys() & psutil.Process(account.pid).environ().keys()
    assert _refusal(layout, "image", "dev", "1.0.0", variables=foreign).startswith("The stack dev has no repository")


def test_up_after_a_kill_is_refused_while_other_stacks_would_be_lost(started: tuple[Layout, Account]) -> None:
    layout, _ = started
    _lock(layout, os.getpid())
    _write_state(layout, {})
    _write_state(layout, {"resources": [{"type": "aws:s3/bucket:Bucket", "custom": True, "id": "b"}]}, "staging")
    refusal = _refusal(layout, "up", "dev")
    assert "`make clean` starts over and drops staging as well" in refusal
    assert "docs/recovery.md" in refusal


def test_clean_without_packages_ends_the_account(started: tuple[Layout, Account]) -> None:
    layout, account = started
    (layout.state / "half-made").mkdir(parents=True)
    _clean_without_packages(layout)
    assert not layout.home.exists()
    assert _ends(account.pid)
    _clean_without_packages(layout)


@pytest.mark.parametrize("place", ["SANDBOX_HOME", "XDG_CACHE_HOME"])
def test_folder_that_cannot_be_written_is_named_with_the_variable(layout: Layout, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()  # so that no folder can be made below it, even by root
    variables = {place: str(tmp_path / "file" / "below"), "SANDBOX_ENGINE": "build"}
    refusal = _refusal(layout, "up", "dev", variables=variables)
    assert str(tmp_path / "file") in refusal
    assert place in refusal


def test_sandbox_of_another_user_is_refused(tmp_path: Path) -> None:
    home = Path("/usr")  # of root
    if os.geteuid() == 0:
        home = tmp_path / "home"
        home.mkdir()
        os.chown(home, 65534, 65534)
    refusal = _refusal(Layout(PACKAGE_ROOT, home), "up", "dev")
    owner = home.stat().st_uid
    assert refusal.startswith(f"{home} belongs to the user with the id {owner}, not {os.geteuid()}. Run this")


def test_full_disk_is_refused_before_anything_is_written() -> None:
    full = next(path for path in ("/proc", "/dev") if Path(path).exists() and shutil.disk_usage(path).free == 0)
    refusal = _refusal(Layout(PACKAGE_ROOT, Path(full) / "sandbox" / "home"), "up", "dev")
    assert refusal.startswith(f"The disk of {full}/sandbox/home has less than 100 MB of free space. Free some")


def test_missing_module_is_named_with_the_way_to_install_it(layout: Layout) -> None:
    message = r"The module \w+ is missing from \.venv\. `rm \.venv/\.stamp` has it installed again\."
    assert re.fullmatch(message, _refusal(layout, "engine", without_packages=True))


def _ends(pid: int) -> bool:
    """Whether a process has ended, though its parent may not have waited for it."""
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_clean_ends_a_running_engine(layout: Layout, tmp_path: Path) -> None:
    _write_state(layout, {})
    with _pulumi(tmp_path, layout) as engine:
        _lock(layout, engine.pid)
        assert not state.is_interrupted(layout, "dev")
        with _start(layout, "clean") as clean:
            # This process is its parent: until it waits, the ended engine exists and `clean` waits for it.
            assert engine.wait() == -signal.SIGINT
            clean.communicate()
        assert clean.returncode == 0


def test_clean_ends_what_a_killed_engine_has_left(layout: Layout, tmp_path: Path) -> None:
    """A language host and the program that it runs. Other sandboxes and shells of this one go on."""
    layout.home.mkdir()
    other = Layout(PACKAGE_ROOT, tmp_path / "other")
    orphan = _pulumi(tmp_path, layout, "pulumi-language-python")
    elsewhere = _pulumi(tmp_path, other, "pulumi-language-python")
    shell = _pulumi(tmp_path, layout, "shell")
    with orphan, elsewhere, shell:
        try:
            with _start(layout, "clean") as clean:
                assert orphan.wait() == -signal.SIGKILL
                clean.communicate()
            assert clean.returncode == 0
            assert (elsewhere.poll(), shell.poll()) == (None, None)
        finally:
            for process in (orphan, elsewhere, shell):
                process.kill()


def test_clean_waits_for_a_command_and_ends_the_engine_that_it_starts(layout: Layout, tmp_path: Path) -> None:
    with locks.exclusively(layout, "dev"):  # as `make up` does
        account = accounts.start(layout, os.environ)
        clean = _start(layout, "clean")
        assert clean.stdout is not None
        assert clean.stdout.readline() == "Waiting for the make that changes the stack dev to end\n"
        with _pulumi(tmp_path, layout) as engine:
            assert engine.wait() == -signal.SIGINT
        assert accounts.find(layout) == account, "a command may still need it"
    output, errors = clean.communicate()
    assert (clean.returncode, errors) == (0, "")
    assert "Account: stopped" in output
    assert not layout.home.exists()
    assert _ends(account.pid)


def test_clean_gives_up_on_a_command_that_does_not_end(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_WAIT_SECONDS", 0.1)
    with (
        locks.exclusively(layout, "dev"),
        pytest.raises(SandboxError, match="Still running: the make that changes the stack dev"),
        locks.alone(layout),
    ):
        pass
    with locks.alone(layout):
        pass


def _pulumi(folder: Path, sandbox: Layout, name: str = "pulumi") -> subprocess.Popen[bytes]:
    """A process of a sandbox with the name of an engine or a language host."""
    program = folder / name
    if not program.exists():
        program.symlink_to("/bin/sleep")
    environment = {**os.environ, "PULUMI_HOME": str(sandbox.pulumi_home)}
    return subprocess.Popen([str(program), "300"], env=environment)  # noqa: S603


def _lock(layout: Layout, pid: int) -> None:
    folder = layout.state / ".pulumi" / "locks" / "organization" / "voiceter-backend" / "dev"
    folder.mkdir(parents=True, exist_ok=True)
    host = socket.gethostname()
    (folder / f"{pid}-{host}.json").write_text(json.dumps({"pid": pid, "hostname": host}))


def _write_state(layout: Layout, latest: dict[str, object], stack: str = "dev") -> Path:
    file = layout.state / ".pulumi" / "stacks" / "voiceter-backend" / f"{stack}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"version": 3, "checkpoint": {"latest": latest}}))
    return file


def test_stack_is_interrupted_if_operations_are_pending_or_the_engine_that_locked_it_has_ended(layout: Layout) -> None:
    assert not state.is_interrupted(layout, "dev")
    _write_state(layout, {"resources": []})
    assert not state.is_interrupted(layout, "dev")
    _write_state(layout, {"pending_operations": [{"type": "creating", "resource": {"urn": "urn:x::y$z::role"}}]})
    assert state.is_interrupted(layout, "dev")
    _write_state(layout, {"resources": []})
    _lock(layout, os.getpid())  # not an engine's process
    assert state.is_interrupted(layout, "dev")


@pytest.mark.parametrize("suffix", ["", ".attrs"])
@pytest.mark.parametrize("text", ["", '{"version": 3, "checkpo'])
def test_stack_is_interrupted_if_a_file_of_its_state_is_cut_short(layout: Layout, suffix: str, text: str) -> None:
    file = _write_state(layout, {})
    file.with_name(f"{file.name}{suffix}").write_text(text)
    assert state.is_interrupted(layout, "dev")


def test_state_is_read_as_the_engine_writes_it(layout: Layout) -> None:
    assert state.stacks(layout) == []
    assert state.resources(layout, "dev") == []
    bucket = {"type": "aws:s3/bucket:Bucket", "urn": "u::b", "custom": True, "id": "b", "outputs": {"bucket": "b"}}
    others = [
        {"type": "pulumi:providers:aws", "urn": "u::aws", "custom": True, "id": "1"},
        {"type": "voiceter:network:Network", "urn": "u::network"},
    ]
    file = _write_state(layout, {"resources": [bucket, *others]})
    file.with_name("dev.json.bak").write_text("{}")
    assert state.stacks(layout) == ["dev"]
    assert state.resources(layout, "dev") == [
        state.Resource("aws:s3/bucket:Bucket", "b", {"bucket": "b"}, retained=False)
    ]
