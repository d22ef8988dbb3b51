"""What the commands print."""

import os
import subprocess
import sys

from config.stack_files import ROOT


def test_line_stands_before_the_output_of_a_command_that_is_started_next() -> None:
    """As in the log of a CI job, where the standard output is no terminal."""
    program = "import os; from operations.console import say; say('first'); os.system('echo second')"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout == "first\nsecond\n"
