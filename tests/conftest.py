"""Settings for all tests."""

import logging
import os

# An output that ends in an f-string, or in plain json.dumps, is an error and not a text about outputs.
os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "1"
# A program that fails leaves outputs that end in its error. The tests catch it once; asyncio would tell of the rest.
logging.getLogger("asyncio").setLevel(logging.CRITICAL)
