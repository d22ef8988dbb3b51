"""A command run as a container: its end, health and limits. Each test runs a process that supervises another."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from operations.definition import Ulimit
from operations.errors import OperationError
from operations.health import HealthCheck
from operations.supervisor import Launch, set_limits, supervise
from operations.target import ROOT

DEADLINE_SECONDS = 30


def launch(*command: str, check: HealthCheck | None = None, stop_timeout: float = 20, cwd: Path = ROOT) -> Launch:
    environment = {"PATH": os.environ["PATH"], "COLOUR": "blue"}
    return Launch(command, cwd, environment, (), check, stop_timeout)


class Supervised:
    """A supervising process, and the output of it and its command."""

    def __init__(self, process: subprocess.Popen[str], output: Path) -> None:
        self.process = process
        self.output = output

    def says(self, text: str, times: int = 1) -> str:
        """Waits until the output contains a text so many times. Returns the output."""
        began = time.monotonic()
        while (said := self.output.read_text()).count(text) < times:
            assert time.monotonic() - began < DEADLINE_SECONDS, said
            time.sleep(0.02)
        return said

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ends(self) -> tuple[int, str]:
        status = self.process.wait(DEADLINE_SECONDS)
        return status, self.output.read_text()


@contextmanager
def supervised(folder: Path, what: Launch) -> Generator[Supervised]:
    script = (
        "import sys; from pathlib import Path, PosixPath\n"
        "from operations.supervisor import *; from operations.health import *\n"
        f"sys.exit(supervise({what!r}))"
    )
    output = folder / "output"
    with output.open("w") as file:
        process = subprocess.Popen(  # noqa: S603 - this test's own process
            [sys.executable, "-c", script], cwd=ROOT, stdout=file, stderr=subprocess.STDOUT, text=True
        )
    try:
        yield Supervised(process, output)
    finally:
        process.kill()
        process.wait()


def shell(script: str, **arguments: object) -> Launch:
    return launch("/bin/sh", "-c", script, **arguments)  # type: ignore[arg-type]


def test_exit_status_is_the_commands(tmp_path: Path) -> None:
    with supervised(tmp_path, shell("echo $COLOUR $HOME; exit 3")) as process:
        status, said = process.ends()
    assert status == 3
    assert "blue\n" in said
    assert "the command ended by itself" in said
    assert said.endswith("task: exit status 3\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_command_gets_sigterm(tmp_path: Path, number: signal.Signals) -> None:
    graceful = "trap 'echo got TERM; exit 5' TERM; trap 'echo got INT' INT; echo up; while :; do sleep 0.05; done"
    with supervised(tmp_path, shell(graceful)) as process:
        process.says("up\n")
        process.send(number)
        status, said = process.ends()
    assert status == 5
    assert "got TERM" in said
    assert "got INT" not in said
    assert "ended by SIGTERM" in said
    assert "SIGKILL, " not in said


STUBBORN = "trap 'echo not yet' TERM; echo up; while :; do sleep 0.05; done"


@pytest.mark.parametrize(
    ("stop_timeout", "again", "said"),
    [(0.2, False, "ended by SIGKILL, 0."), (300, True, "(Ctrl-C again)")],
    ids=["after the stop timeout", "at the second Ctrl-C"],
)
def test_command_is_killed(tmp_path: Path, stop_timeout: float, again: bool, said: str) -> None:
    with supervised(tmp_path, shell(STUBBORN, stop_timeout=stop_timeout)) as process:
        process.says("up\n")
        process.send(signal.SIGINT)
        process.says("not yet")
        if again:
            process.send(signal.SIGINT)
        status, output = process.ends()
    assert status == 128 + 9  # as of a container
    assert said in output
    assert ("still running when the stop timeout of 0 s was over" in output) is not again


def _state(pid: int) -> str:
    """Returns the state of a process as ps shows it; empty if there is no such process."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    return shown.stdout[:1]


def test_child_processes_end_with_the_command(tmp_path: Path) -> None:
    with supervised(tmp_path, shell("sleep 300 & echo child $!; exit 0")) as process:
        _, said = process.ends()
    child = int(said.partition("child ")[2].split()[0])
    began = time.monotonic()
    while _state(child) not in ("", "Z"):
        assert time.monotonic() - began < DEADLINE_SECONDS
        time.sleep(0.02)


def test_missing_command_is_named() -> None:
    with pytest.raises(OperationError, match=r"`no-such-program x` cannot be started in .*: No such file"):
        supervise(launch("no-such-program", "x"))


CHECK = HealthCheck(("/bin/sh", "-c", "test -e healthy || { echo looks bad; exit 4; }"), interval=0.05, retries=2)


def test_each_change_of_health_is_printed_once(tmp_path: Path) -> None:
    flag = tmp_path / "healthy"
    with supervised(tmp_path, launch("/bin/sleep", "300", check=CHECK, cwd=tmp_path)) as process:
        process.says("health: unhealthy")
        flag.touch()
        process.says("health: healthy")
        time.sleep(5 * CHECK.interval)
        flag.unlink()
        process.says("health: unhealthy", times=2)
        process.send(signal.SIGTERM)
        _, said = process.ends()
    assert re.findall(r"task: health: (\w+)", said) == ["starting", "unhealthy", "healthy", "unhealthy"]
    assert said.count("2 checks in a row, the last failed with status 4: looks bad. ECS would now replace") == 2


@pytest.mark.parametrize(
    ("command", "reason"),
    [(("/bin/sleep", "300"), "no answer within 0.2 s"), (("no-such-program",), "no-such-program: No such file")],
)
def test_check_without_an_answer_fails(tmp_path: Path, command: tuple[str, ...], reason: str) -> None:
    check = HealthCheck(command, interval=0.1, timeout=0.2, retries=1)
    with supervised(tmp_path, launch("/bin/sleep", "300", check=check)) as process:
        assert reason in process.says("health: unhealthy")


def test_limits_are_set(tmp_path: Path) -> None:
    what = shell("echo limits $(ulimit -S -n) $(ulimit -H -n)")  # one line, as the supervisor prints lines in between
    limited = Launch(what.command, what.cwd, what.environment, (Ulimit("nofile", 100, 200),), None, 20)
    with supervised(tmp_path, limited) as process:
        _, said = process.ends()
    assert "limits 100 200\n" in said


def test_limit_above_the_machines_is_printed_and_lowered(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A user who is not root can lower a hard limit, and cannot raise it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken: list[tuple[int, int]] = []

    def set_limit(number: int, limit: tuple[int, int]) -> None:
        assert number == resource.RLIMIT_NOFILE
        if limit[1] > most:
            raise ValueError("not allowed to raise maximum limit")
        taken.append(limit)

    monkeypatch.setattr(resource, "setrlimit", set_limit)
    set_limits([Ulimit("nofile", 65536, most + 1)])
    assert taken == [(min(65536, most), most)]
    assert f"this machine allows a nofile of {most} at most" in capfd.readouterr().err
    set_limits([Ulimit("nofile", 64, 64), Ulimit("unheard", 1, 1)])
    assert taken[1:] == [(64, 64)]
    assert "no limit unheard" in capfd.readouterr().err
