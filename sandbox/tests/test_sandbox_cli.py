"""The commands at their edges: one message instead of a traceback, and a clean that always works."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox import engine_state, venv
from sandbox.account import process as accounts
from sandbox.layout import PACKAGE_ROOT, Layout
from sandbox.process import CommandError, command_of, run_with_heartbeat


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(PACKAGE_ROOT, tmp_path / "home")


def _command(layout: Layout, *arguments: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the commands under test
        [sys.executable, *options, "-m", "sandbox", *arguments],
        cwd=PACKAGE_ROOT,
        env={**os.environ, "SANDBOX_HOME": str(layout.home)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("image", "dev", "1.0.0"), "No account is running: bring the stack up first, with `make up STACK=dev`."),
        (("up", "nonesuch"), "There is no stack nonesuch. Committed are: dev, prod, staging."),
        (("preview", "No-Name"), "STACK=No-Name: a stack's name"),
        (("down", "dev"), "There is no stack dev in the sandbox."),
    ],
)
def test_what_cannot_be_done_is_one_message_and_status_1(
    layout: Layout, arguments: tuple[str, ...], message: str
) -> None:
    answer = _command(layout, *arguments)
    assert answer.returncode == 1
    assert answer.stderr.startswith(message)
    assert len(answer.stderr.splitlines()) == 1


def test_clean_needs_none_of_the_packages_and_ends_the_account(layout: Layout) -> None:
    account = accounts.start(layout, os.environ)
    (layout.state / "half-made").mkdir(parents=True)
    answer = _command(layout, "clean", options=("-S",))
    assert (answer.returncode, answer.stderr) == (0, "")
    assert not layout.home.exists()
    assert command_of(account.pid) == ""
    assert _command(layout, "clean", options=("-S",)).returncode == 0


def _lock(layout: Layout, pid: int, host: str) -> None:
    folder = layout.state / ".pulumi" / "locks" / "organization" / "voiceter-backend" / "dev"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{pid}-{host}.json").write_text(json.dumps({"pid": pid, "hostname": host}))


def test_a_lock_is_left_over_only_when_its_engine_is_gone(layout: Layout, tmp_path: Path) -> None:
    assert not engine_state.left_locked(layout, "dev")
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    _lock(layout, ended.pid, socket.gethostname())
    # The number of a process that is no engine says the same: the engine that had it is gone.
    _lock(layout, os.getpid(), socket.gethostname())
    assert engine_state.left_locked(layout, "dev")
    pulumi = tmp_path / "pulumi"
    pulumi.symlink_to("/bin/sleep")
    running = subprocess.Popen([str(pulumi), "60"])  # noqa: S603 - a process by an engine's name
    try:
        while not command_of(running.pid):  # a process has no command line for a moment
            time.sleep(0.01)
        _lock(layout, running.pid, socket.gethostname())
        assert not engine_state.left_locked(layout, "dev")
    finally:
        running.kill()
        running.wait()
    assert engine_state.left_locked(layout, "dev")
    _lock(layout, 1, "another-machine")
    assert not engine_state.left_locked(layout, "dev")


def test_the_state_is_read_as_the_engine_writes_it(layout: Layout) -> None:
    assert engine_state.stacks(layout) == []
    assert engine_state.resources(layout, "dev") == []
    folder = layout.state / ".pulumi" / "stacks" / "voiceter-backend"
    folder.mkdir(parents=True)
    bucket = {"type": "aws:s3/bucket:Bucket", "urn": "u::b", "custom": True, "id": "b", "outputs": {"bucket": "b"}}
    others = [
        {"type": "pulumi:providers:aws", "urn": "u::aws", "custom": True, "id": "1"},
        {"type": "voiceter:network:Network", "urn": "u::network"},
    ]
    pending = [
        {"type": "creating", "resource": {"urn": "urn:x::y$z::role"}},
        {"type": "creating", "resource": {"urn": "urn:x::y$z::role"}},
        {"type": "updating", "resource": {"urn": "urn:x::y$z::table"}},
    ]
    latest = {"resources": [bucket, *others], "pending_operations": pending}
    (folder / "dev.json").write_text(json.dumps({"version": 3, "checkpoint": {"latest": latest}}))
    (folder / "dev.json.bak").write_text("{}")
    assert engine_state.stacks(layout) == ["dev"]
    assert engine_state.resources(layout, "dev") == [
        engine_state.Resource("aws:s3/bucket:Bucket", "b", {"bucket": "b"}, retained=False)
    ]
    assert engine_state.pending(layout, "dev") == pending


@pytest.mark.parametrize("cut", ["", '{"version": 3, "checkpo'])
def test_a_state_that_was_cut_short_gives_way_to_the_copy_before_it(layout: Layout, cut: str) -> None:
    assert not engine_state.mend(layout, "dev")
    folder = layout.state / ".pulumi" / "stacks" / "voiceter-backend"
    folder.mkdir(parents=True)
    whole = json.dumps({"version": 3, "checkpoint": {}})
    (folder / "dev.json").write_text(cut)
    assert not engine_state.mend(layout, "dev")
    (folder / "dev.json.bak").write_text(whole)
    assert engine_state.mend(layout, "dev")
    assert (folder / "dev.json").read_text() == whole
    assert not engine_state.mend(layout, "dev")


@pytest.mark.parametrize("cut", ["", '{"user.cache_con'])
def test_attributes_that_were_cut_short_are_done_without(layout: Layout, cut: str) -> None:
    folder = layout.state / ".pulumi" / "stacks" / "voiceter-backend"
    folder.mkdir(parents=True)
    whole = json.dumps({"version": 3, "checkpoint": {}})
    (folder / "dev.json").write_text(whole)
    (folder / "dev.json.attrs").write_text(cut)
    (folder / "prod.json.attrs").write_text('{"user.cache_control": ""}')
    assert engine_state.mend(layout, "dev")
    assert sorted(path.name for path in folder.iterdir()) == ["dev.json", "prod.json.attrs"]
    assert (folder / "dev.json").read_text() == whole
    assert not engine_state.mend(layout, "dev")


def test_a_silent_command_is_spoken_for_and_a_failed_one_ends_in_its_last_lines(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sandbox.process.HEARTBEAT_SECONDS", 0.2)
    script = "import time; [print('line', n, flush=True) for n in range(99)]; time.sleep(0.7); raise SystemExit(3)"
    with pytest.raises(CommandError) as error:
        run_with_heartbeat([sys.executable, "-c", script], "counting", cwd=tmp_path, env=os.environ)
    assert re.search(r"… counting, \d s: line 98", capsys.readouterr().out)
    lines = str(error.value).splitlines()
    assert lines[0] == "counting failed:"
    assert lines[-1].strip() == "line 98"
    assert len(lines) < 30
    with pytest.raises(CommandError, match="No such file"):
        run_with_heartbeat(["/nonesuch"], "nothing", cwd=tmp_path, env=os.environ)


def test_an_environment_is_made_once_and_mended_when_it_is_not_what_its_stamp_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = Layout(tmp_path, tmp_path / ".sandbox")
    requirements = tmp_path / "requirements.txt"
    for file in (requirements, tmp_path / "requirements-dev.txt"):
        file.write_text("# nothing, so that no package index is asked\n")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").write_text("an interrupted one")
    venv.make(layout)
    # uv is not pinned there, so pip does the work.
    assert "pip tries" in capsys.readouterr().out
    stamp = layout.venv / ".stamp"
    assert str(layout.venv) in stamp.read_text()
    venv.make(layout)
    assert capsys.readouterr().out == ""
    (layout.venv / "kept").write_text("")
    requirements.write_text("# other\n")
    venv.make(layout)
    assert "installing" in capsys.readouterr().out
    assert (layout.venv / "kept").exists(), "a Python that serves is kept"


def test_make_lists_each_of_its_targets() -> None:
    makefile = (PACKAGE_ROOT / "Makefile").read_text().replace("\\\n", " ")
    shown = subprocess.run(["make"], cwd=PACKAGE_ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S607
    internal = {"help", "named", "python"}
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    assert set(re.findall(r"^make (\w+)", shown, re.MULTILINE)) == set(phony[1].split()) - internal
