"""How the account replaces and adds methods of moto's classes."""

from __future__ import annotations

import pytest

from sandbox.account.patching import adds


class Service:
    """Stands for a class of moto's."""

    def name(self) -> str:
        return "moto"


def test_method_that_moto_has_cannot_be_added() -> None:
    with pytest.raises(TypeError, match="moto's Service has name now"):

        @adds(Service)
        def name(_service: Service) -> str:  # pyright: ignore[reportUnusedFunction]
            return ""
