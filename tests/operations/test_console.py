"""What the commands print and ask."""

import argparse
import io
import os
import subprocess
import sys

import pytest

from config.stack_files import ROOT
from operations.console import confirm, number_of_stacks
from operations.errors import OperationError


def test_line_stands_before_the_output_of_a_command_that_is_started_next() -> None:
    """As in the log of a CI job, where the standard output is no terminal."""
    program = "import os; from operations.console import say; say('first'); os.system('echo second')"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout == "first\nsecond\n"


class _Terminal(io.StringIO):
    """What somebody types."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("typed", ["y\n", " YES \n"])
def test_yes_is_an_agreement(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.setattr(sys, "stdin", _Terminal(typed))
    confirm("Go on?", yes=False)


@pytest.mark.parametrize("typed", ["", "\n", "n\n", "yes please\n"], ids=["Ctrl-D", "Enter", "n", "a sentence"])
def test_any_other_answer_is_a_refusal(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.setattr(sys, "stdin", _Terminal(typed))
    with pytest.raises(OperationError, match=r"^Nothing was done\.$"):
        confirm("Go on?", yes=False)


def test_a_wave_has_one_stack_or_more() -> None:
    assert number_of_stacks("1") == 1
    for text in ("0", "-1", "1.5", "all", "²"):
        with pytest.raises(argparse.ArgumentTypeError, match="is not a number of stacks, which is 1 or more"):
            number_of_stacks(text)
