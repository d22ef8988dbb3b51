"""An empty account for the tests of each service."""

from collections.abc import Callable, Generator
from typing import Any

import pytest

from sandbox.tests.account.world import World, client, empty_account


@pytest.fixture
def aws() -> Generator[Callable[[str], Any]]:
    """Returns clients of an empty account in this process, by the name of the service."""
    with empty_account():
        yield client


@pytest.fixture
def world(aws: Callable[[str], Any]) -> World:
    """What a service needs, in that account."""
    return World()
