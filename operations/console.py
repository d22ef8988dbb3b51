"""What the commands print and ask."""

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from operations.errors import OperationError

ADDED_BY_HAND: Final = "ADDED BY HAND: "  # starts each line about an object that the program did not create
# The exit status if there are changes: the engine's for --expect-no-changes (package cmd, ExitNoChanges).
CHANGES_FOUND: Final = 7


def say(text: str) -> None:
    """Prints a line at once, so that it stands before the output of a command that is started next."""
    print(text, flush=True)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Returns rows of cells as lines with columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


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
    try:
        answer = input(f"{question} [y/N] ")
    except EOFError:  # Ctrl-D
        answer = ""
    if answer.strip().lower() not in ("y", "yes"):
        raise OperationError("Nothing was done.")


def number_of_stacks(text: str) -> int:
    """Returns how many stacks to update at a time, for an option of a command."""
    if text.isascii() and text.isdecimal() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of stacks, which is 1 or more.")
