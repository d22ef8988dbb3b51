"""What processes of the sandbox share: progress, commands with too much output to show, garbage collection."""

import collections
import gc
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from sandbox.layout import SandboxError

PROGRESS_SECONDS = 5
_LAST_LINES = 15
_GARBAGE = 50_000  # new objects before the collector looks at them


def say(text: str) -> None:
    """Prints a line of progress."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def collect_garbage_seldom() -> None:
    """Makes Python's garbage collector skip all objects that exist, and look seldom at those that come.

    What a server makes at its start stays until it ends. To look at it again and again takes a sixth of the account's
    time.
    """
    gc.freeze()
    gc.set_threshold(_GARBAGE)
    gc.enable()


class CommandError(SandboxError):
    """A failed command, with the last lines of its output."""

    def __init__(self, what: str, output: Sequence[str]) -> None:
        super().__init__("\n".join([f"{what} failed:", *(f"  {line}" for line in output)]))


def run_with_progress(command: Sequence[str], what: str, *, cwd: Path, env: Mapping[str, str]) -> None:
    """Runs a command, and prints every few seconds how far its output is.

    Args:
        what: the work in a few words, "building pulumi".

    Raises:
        CommandError: the command ended with a status other than 0.
    """
    last: collections.deque[str] = collections.deque(maxlen=_LAST_LINES)
    with subprocess.Popen(  # noqa: S603 - commands are built here, never by a shell
        command,
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        began = printed = time.monotonic()
        try:
            for count, line in enumerate(process.stdout or (), start=1):
                last.append(line.rstrip())
                now = time.monotonic()
                if now - printed >= PROGRESS_SECONDS:
                    say(f"  … {what}, {now - began:.0f} s: {count} lines, {last[-1][:100]}")
                    printed = now
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        raise CommandError(what, list(last))
