"""Settings for all tests."""

import asyncio
import gc
import logging
import os

import pytest

# An output that ends in an f-string, or in plain json.dumps, is an error and not a text about outputs.
os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "1"
# With Python's own thresholds, collecting garbage takes a fifth of the time of these tests.
gc.set_threshold(100_000, 50, 100)
# A program that fails leaves outputs that end in its error. The tests catch it once; asyncio would tell of the rest.
logging.getLogger("asyncio").setLevel(logging.CRITICAL)


@pytest.fixture(autouse=True)
def event_loop_of_the_thread() -> None:
    """The loop that Pulumi's runtime asks for. `asyncio.run` in an earlier test has taken the thread's own away."""
    try:
        asyncio.get_event_loop()
    except RuntimeError:
        asyncio.set_event_loop(asyncio.new_event_loop())
