"""Runs long commands, and prints progress."""

import collections
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sandbox.layout import SandboxError

HEARTBEAT_SECONDS = 5
_LAST_LINES = 15


def say(text: str) -> None:
    """Prints a line of progress."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class CommandError(SandboxError):
    """A failed command, with the last lines of its output."""

    def __init__(self, what: str, output: Sequence[str]) -> None:
        super().__init__("\n".join([f"{what} failed:", *(f"  {line}" for line in output)]))


def run_with_heartbeat(
    command: Sequence[str], what: str, *, cwd: Path, env: Mapping[str, str], describe: Callable[[int, str], str]
) -> None:
    """Runs a command with too much output to show, and prints every few seconds that it still runs.

    Args:
        what: the work in a few words, "building pulumi".
        describe: returns what to print of the number of lines so far and the last line.

    Raises:
        CommandError: the command ended with a status other than 0.
    """
    last: collections.deque[str] = collections.deque(maxlen=_LAST_LINES)
    count = 0
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

    def read() -> None:
        nonlocal count
        for line in process.stdout or ():
            last.append(line.rstrip())
            count += 1

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    started = time.monotonic()
    try:
        while True:
            try:
                status = process.wait(timeout=HEARTBEAT_SECONDS)
                break
            except subprocess.TimeoutExpired:
                detail = describe(count, last[-1] if last else "")
                say(f"  … {what}, {time.monotonic() - started:.0f} s: {detail[:100]}")
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    reader.join(timeout=HEARTBEAT_SECONDS)
    if status != 0:
        raise CommandError(what, list(last))
