"""Errors that the person at the keyboard can act on."""


class CostError(Exception):
    """The cost cannot be estimated. Its text is all that is shown."""
