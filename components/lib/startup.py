"""How the program starts and ends: fast, and without a traceback."""

import atexit
import gc
import os
import signal
import sys
from types import FrameType
from typing import Final

# The exit status after which Pulumi's language host adds no message (pulumi/pulumi, pulumi-language-python, main.go,
# pythonProcessExitedAfterShowingUserActionableMessage).
_ALREADY_EXPLAINED: Final = 32


def disable_garbage_collection() -> None:
    """Turns Python's garbage collection off, also at exit.

    Nearly everything in memory stays until the program ends, minutes later: above all the classes of the AWS provider's
    modules, which load at their first use. Collections take a sixth of a preview's time and free almost nothing. The
    program needs 130 MB with and without them.
    """
    gc.disable()
    atexit.register(gc.freeze)  # the interpreter collects once more at exit; it skips frozen objects


def end_quietly_if_interrupted() -> None:
    """Makes the program end without a traceback when the engine interrupts it.

    The engine does so with SIGINT after a step has failed, in an update as in a preview, and prints itself what failed.
    Python's own handler prints the traceback of whatever the program was waiting for.
    """
    signal.signal(signal.SIGINT, _end_quietly)


def _end_quietly(_signal: int, _frame: FrameType | None) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit: the SDK catches it to wait for answers that the engine does not give any more.
    os._exit(_ALREADY_EXPLAINED)
