"""Settings for the sandbox's own tests."""

from collections.abc import Generator

import pytest


@pytest.fixture(scope="module")
def endpoint() -> Generator[str]:
    """An embedded account for the tests of one file."""
    from sandbox.tests.provider_harness import moto_endpoint  # slow to import, and most tests need no account

    with moto_endpoint() as url:
        yield url
