"""The metrics of the log: which lines count."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.program import run

THROTTLES, ERRORS = "SpeechThrottles", "SpeechServerErrors"
# The errors of InvokeModelWithBidirectionalStream and those of its stream, by Amazon Bedrock's API Reference.
NAMES = {
    "ThrottlingException": THROTTLES,
    "throttlingException": THROTTLES,
    "ServiceQuotaExceededException": THROTTLES,
    "InternalServerException": ERRORS,
    "internalServerException": ERRORS,
    "ServiceUnavailableException": ERRORS,
    "serviceUnavailableException": ERRORS,
    "ModelErrorException": ERRORS,
    "ModelStreamErrorException": ERRORS,
    "modelStreamErrorException": ERRORS,
    # The client's fault.
    "ValidationException": None,
    "validationException": None,
    "AccessDeniedException": None,
    "ResourceNotFoundException": None,
    "ModelTimeoutException": None,
}
# AWS, "Supported regular expressions (regex) syntax": what a pattern may consist of, among others.
SUPPORTED = r"%[A-Za-z|\[\]]+%"


def counted(line: str) -> list[str]:
    """The metrics that count a line."""
    return [
        each.name for each in run("prod").all(":LogMetricFilter") if re.search(each.inputs["pattern"].strip("%"), line)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_error_counts_in_json_and_in_text(name: str) -> None:
    expected = [NAMES[name]] if NAMES[name] else []
    assert counted(json.dumps({"level": "error", "error": {"name": name, "message": "Too many requests"}})) == expected
    assert counted(f"2026-11-28T12:00:00Z ERROR stream failed: {name}: Too many requests") == expected


def test_line_without_an_error_does_not_count() -> None:
    assert counted('{"level":"info","message":"session started"}') == []


def test_patterns_are_regular_expressions_that_aws_takes() -> None:
    filters = run("prod").all(":LogMetricFilter")
    assert [each.name for each in filters] == sorted({THROTTLES, ERRORS})
    assert all(re.fullmatch(SUPPORTED, each.inputs["pattern"]) for each in filters)
