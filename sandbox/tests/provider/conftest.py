"""The provider on an account, for the tests of what it does there."""

import pytest

from sandbox.tests.provider.harness import Engine, reset
from sandbox.tests.provider.world import World


@pytest.fixture(scope="module")
def engine(endpoint: str) -> Engine:
    """The provider, configured for that account."""
    return Engine(endpoint)


@pytest.fixture
def world(endpoint: str, engine: Engine) -> World:
    """The samples, on that account with everything of earlier tests removed."""
    reset(endpoint)
    return World(engine, endpoint)
