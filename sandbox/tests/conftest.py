"""Settings for the sandbox's own tests."""

from collections.abc import Generator

import pytest


@pytest.fixture(scope="session")
def server() -> Generator[str]:
    """The address of an embedded account. Its clients are slow to create, so all files share it."""
    from sandbox.tests.provider.harness import moto_endpoint  # slow to import, and most tests need no account

    with moto_endpoint() as url:
        yield url


@pytest.fixture(scope="module")
def endpoint(server: str) -> str:
    """The address of the account, which is empty for the tests of each file."""
    from sandbox.tests.provider.harness import reset

    reset(server)
    return server
