"""Settings for the sandbox's own tests."""

from collections.abc import Callable, Generator
from typing import Any

import pytest


@pytest.fixture(scope="module")
def endpoint() -> Generator[str]:
    """An embedded account for the tests of one file."""
    from sandbox.tests.provider_harness import moto_endpoint  # slow to import, and most tests need no account

    with moto_endpoint() as url:
        yield url


@pytest.fixture
def aws() -> Generator[Callable[[str], Any]]:
    """Returns clients of an empty account in this process, by the name of the service."""
    from sandbox.tests.account_world import client, empty_account  # slow to import

    with empty_account():
        yield client
