"""A question before what cannot be taken back."""

import sys

from operations.target import OperationError


def confirm(question: str, *, yes: bool) -> None:
    """Go on only if the person at the keyboard says so.

    Args:
        yes: they have said so beforehand.

    Raises:
        OperationError: they say no, or there is nobody to ask.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise OperationError(
            "There is no terminal to ask at: --yes (YES=1 for make) says yes beforehand. Nothing was done."
        )
    sys.stdout.flush()
    if input(f"{question} [y/N] ").strip().lower() not in ("y", "yes"):
        raise OperationError("Nothing was done.")
