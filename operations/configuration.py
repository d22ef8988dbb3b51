"""The configuration of a stack as its stack file has it, without its secrets."""

from config.load import parse
from config.mistakes import Mistakes
from config.settings import Settings
from config.source import Source
from operations.target import Target


def read_settings(target: Target) -> tuple[Settings, Mistakes]:
    """Returns the settings of a stack, with a default in place of each wrong value, and what is wrong.

    Raises:
        OperationError: there is no such stack.
    """
    plain, encrypted = target.configured()
    return parse(Source(target.stack, plain, encrypted))
