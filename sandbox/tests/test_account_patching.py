"""How the account replaces and adds methods of moto's classes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.account.patching import adds, replaces


class Service:
    """Stands for a class of moto's."""

    def name(self) -> str:
        return "moto"


def test_replacement_may_call_the_original() -> None:
    @replaces(Service)
    def name(original: Callable[[], str], _service: Service) -> str:
        return f"{original()}, patched"

    assert name
    assert Service().name() == "moto, patched"


def test_method_that_moto_lacks_cannot_be_replaced() -> None:
    with pytest.raises(AttributeError, match="missing"):

        @replaces(Service)
        def missing(_original: Callable[[], str], _service: Service) -> str:  # pyright: ignore[reportUnusedFunction]
            return ""


def test_method_that_moto_has_cannot_be_added() -> None:
    with pytest.raises(TypeError, match="moto's Service has name now"):

        @adds(Service)
        def name(_service: Service) -> str:  # pyright: ignore[reportUnusedFunction]
            return ""
