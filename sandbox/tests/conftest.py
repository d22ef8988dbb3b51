"""Settings for the sandbox's own tests."""

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sandbox.tests.provider_harness import Engine
    from sandbox.tests.provider_world import World


@pytest.fixture(scope="session")
def server() -> Generator[str]:
    """The address of an embedded account. Its clients are slow to create, so all files share it."""
    from sandbox.tests.provider_harness import moto_endpoint  # slow to import, and most tests need no account

    with moto_endpoint() as url:
        yield url


@pytest.fixture(scope="module")
def endpoint(server: str) -> str:
    """The address of the account, which is empty for the tests of each file."""
    from sandbox.tests.provider_harness import reset

    reset(server)
    return server


@pytest.fixture(scope="module")
def engine(endpoint: str) -> "Engine":
    """The provider, configured for that account."""
    from sandbox.tests.provider_harness import Engine

    return Engine(endpoint)


@pytest.fixture
def world(endpoint: str, engine: "Engine") -> "World":
    """The samples, on that account with everything of earlier tests removed."""
    from sandbox.tests.provider_harness import reset
    from sandbox.tests.provider_world import World

    reset(endpoint)
    return World(engine, endpoint)
