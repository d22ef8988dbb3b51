"""What processes of the sandbox share: progress, and garbage collection."""

import gc
import sys

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
