"""Locks between commands on one sandbox: two that change one stack, and `make clean` beside any other."""

import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager

from filelock import FileLock, Timeout

from sandbox.cli import state
from sandbox.layout import Layout, SandboxError
from sandbox.process import say

_WAIT_SECONDS = 60


def of_account(layout: Layout) -> FileLock:
    """Returns the lock that keeps two commands from starting two accounts."""
    return FileLock(layout.home / "lock")


@contextmanager
def exclusively(layout: Layout, stack_name: str) -> Generator[None]:
    """Keeps two commands from changing one stack at once.

    Raises:
        SandboxError: another command is changing the stack.
    """
    folder = layout.home / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / stack_name)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise SandboxError(
            f"Another make is changing the stack {stack_name}. Wait for it to end, then try again."
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def alone(layout: Layout) -> Generator[None]:
    """Ends the engines of this sandbox, and waits until no command changes a stack or starts an account.

    A command whose engine was ended fails. One that has yet to start its engine loses it as soon as it does.

    Raises:
        SandboxError: a command does not end.
    """
    state.end_processes(layout)
    with ExitStack() as held:
        for path in sorted((layout.home / "locks").glob("*")):
            _acquire(held, layout, FileLock(path), f"the make that changes the stack {path.name}")
        if layout.home.exists():
            _acquire(held, layout, of_account(layout), "the make that starts the account")
        yield


def _acquire(held: ExitStack, layout: Layout, lock: FileLock, owner: str) -> None:
    try:
        held.enter_context(lock.acquire(timeout=0))
        return
    except Timeout:
        say(f"Waiting for {owner} to end")
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        state.end_processes(layout)
        try:
            held.enter_context(lock.acquire(timeout=0.5))
            return
        except Timeout:
            continue
    raise SandboxError(f"Still running: {owner}. End it with Ctrl-C, then try again.")
