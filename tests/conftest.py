"""Settings for all tests."""

import os

# An output that ends in an f-string, or in plain json.dumps, is an error and not a text about outputs.
os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "1"
