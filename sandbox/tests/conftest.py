"""Settings for the sandbox's own tests."""

import importlib
from collections.abc import Generator
from typing import Any

import pytest


@pytest.fixture(scope="session", autouse=True)
def one_loader() -> Generator[None]:
    """Gives every session of botocore the same loader, so that the model of a service is read once."""
    loader: Any = importlib.import_module("botocore.loaders").create_loader()

    def create_loader(_search_path: Any) -> Any:
        return loader

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", create_loader)
        yield


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
