"""What the commands print and ask."""

import sys

from operations.errors import OperationError


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
