"""Processes: run one with a heartbeat, tell whether one lives, keep two from doing the same at once."""

import collections
import contextlib
import fcntl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from sandbox.layout import SandboxError

HEARTBEAT_SECONDS = 5
_LAST_LINES = 15


def say(text: str) -> None:
    """A line of progress."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class CommandError(SandboxError):
    """A command that failed, with the last lines of what it said."""

    def __init__(self, what: str, output: Sequence[str]) -> None:
        super().__init__("\n".join([f"{what} failed:", *(f"  {line}" for line in output)]))
        self.output = "\n".join(output)


def run_with_heartbeat(
    command: Sequence[str],
    what: str,
    *,
    cwd: Path,
    env: Mapping[str, str],
    describe: Callable[[int, str], str] = lambda _lines, last: last,
) -> None:
    """Run a command whose output is too much to show, and say every few seconds that it still runs.

    Args:
        what: the work in words, "Installing the Python packages".
        describe: from the number of lines so far and the latest of them, what a heartbeat adds.

    Raises:
        CommandError: it could not be started, or ended with another status than 0.
    """
    last: collections.deque[str] = collections.deque(maxlen=_LAST_LINES)
    count = 0
    try:
        process = subprocess.Popen(  # noqa: S603 - commands are built here, never by a shell
            command,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise CommandError(what, [f"{command[0]}: {error.strerror}"]) from None

    def read(stream: TextIO) -> None:
        nonlocal count
        for line in stream:
            if line.strip():
                last.append(line.rstrip())
                count += 1

    assert process.stdout is not None  # noqa: S101 - by stdout=PIPE
    reader = threading.Thread(target=read, args=(process.stdout,), daemon=True)
    reader.start()
    started = time.monotonic()
    try:
        while True:
            try:
                status = process.wait(timeout=HEARTBEAT_SECONDS)
                break
            except subprocess.TimeoutExpired:
                detail = describe(count, last[-1] if last else "")
                say(f"  … {what}, {time.monotonic() - started:.0f} s{f': {detail[:100]}' if detail else ''}")
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    reader.join(timeout=HEARTBEAT_SECONDS)
    if status != 0:
        raise CommandError(what, list(last))


def command_of(pid: int) -> str:
    """The command line of a living process; empty for one that is gone or has ended without being waited for."""
    if pid <= 0:
        return ""
    if Path("/proc/self/cmdline").exists():
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        return ""
    found = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    line = found.stdout.strip()
    return "" if line.endswith("<defunct>") else line


@contextlib.contextmanager
def locked(path: Path, waiting_for: str) -> Generator[None]:
    """Hold a lock that ends with this process at the latest; wait for it, and say so every few seconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        waited = 0.0
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if waited % HEARTBEAT_SECONDS == 0:
                    say(f"  … waiting for {waiting_for}, {waited:.0f} s")
                time.sleep(0.5)
                waited += 0.5
        yield


@contextlib.contextmanager
def locked_or_refused(path: Path, refusal: str) -> Generator[None]:
    """Hold such a lock, or refuse at once where another process has it.

    Raises:
        SandboxError: with `refusal`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SandboxError(refusal) from None
        yield
