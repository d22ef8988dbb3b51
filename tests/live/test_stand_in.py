"""The stand-in for the service refuses what the service refuses."""

from __future__ import annotations

import pytest

from tests.support.stand_in.server import mistakes

pytestmark = pytest.mark.sandbox  # it deploys no stack, and needs only the package websockets

RIGHT = {"PORT": "8080", "AWS_REGION": "eu-north-1", "LOG_LEVEL": "WARN", "ENABLE_AUTH": "false"}


def test_valid_environment_is_accepted() -> None:
    assert mistakes(RIGHT) == []
    assert (
        mistakes({**RIGHT, "ENABLE_AUTH": "true", "COGNITO_USER_POOL_ID": "p", "MAX_AUDIO_CHUNK_SIZE_MB": "10"}) == []
    )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("AWS_REGION", "eu-west-1"),
        ("LOG_LEVEL", "info"),
        ("ENABLE_AUTH", "true"),
        ("MAX_MESSAGES_PER_SECOND", "0"),
        ("MAX_AUDIO_CHUNK_SIZE_MB", "0.5"),
        ("SESSION_TIMEOUT_MINUTES", "-1"),
        ("CLEANUP_TIMEOUT_SECONDS", ""),
        ("DISCONNECT_CLEANUP_TIMEOUT_SECONDS", "0"),
    ],
)
def test_invalid_variable_is_named(variable: str, value: str) -> None:
    (mistake,) = mistakes({**RIGHT, variable: value})
    assert mistake.startswith(variable)
