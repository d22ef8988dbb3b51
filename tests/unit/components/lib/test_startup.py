"""How the program ends when the engine interrupts it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
PROGRAM = """
import asyncio, os, signal
from components.lib.startup import end_quietly_if_interrupted

end_quietly_if_interrupted()
print("last words")

async def wait_for_the_engine():
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.sleep(60)

{run}
"""


@pytest.mark.parametrize(
    "run",
    [
        "asyncio.new_event_loop().run_until_complete(wait_for_the_engine())",
        # As the SDK does with an exception of the program (pulumi.runtime.stack, run_pulumi_func).
        "try: os.kill(os.getpid(), signal.SIGINT)\nexcept BaseException: asyncio.run(wait_for_the_engine())",
    ],
)
def test_interrupted_program_ends_at_once_and_without_a_traceback(run: str) -> None:
    command = [sys.executable, "-c", PROGRAM.format(run=run)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=50)  # noqa: S603
    assert (ended.returncode, ended.stdout, ended.stderr) == (32, "last words\n", "")
