"""What the commands print and ask."""

import sys
from typing import Final

from operations.errors import OperationError

ADDED_BY_HAND: Final = "ADDED BY HAND: "  # starts each line about an object that the program did not create
# The exit status if there are changes: the engine's for --expect-no-changes (package cmd, ExitNoChanges).
CHANGES_FOUND: Final = 7


def say(text: str) -> None:
    """Prints a line at once, so that it stands before the output of a command that is started next."""
    print(text, flush=True)


def confirm(question: str, *, yes: bool) -> None:
    """Returns only if the person at the keyboard agrees.

    Args:
        yes: whether they agreed on the command line.

    Raises:
        OperationError: they refused, or there is no terminal to ask at.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise OperationError(
            "There is no terminal to ask at. To agree beforehand, add --yes (YES=1 with make). Nothing was done."
        )
    sys.stdout.flush()
    if input(f"{question} [y/N] ").strip().lower() not in ("y", "yes"):
        raise OperationError("Nothing was done.")
