"""What the program does to start and end fast."""

import atexit
import gc


def disable_garbage_collection() -> None:
    """Turns Python's garbage collection off, also at exit.

    Nearly everything in memory stays until the program ends, minutes later: above all the classes of the AWS provider's
    modules, which load at their first use. Collections take a sixth of a preview's time and free almost nothing. The
    program needs 130 MB with and without them.
    """
    gc.disable()
    atexit.register(gc.freeze)  # the interpreter collects once more at exit; it skips frozen objects
