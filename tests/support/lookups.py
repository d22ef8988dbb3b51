"""Runs one of the program's lookups against recorded answers of AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from components.lib.provider import ProviderArgs
from components.lookups import Lookups
from recording.deployment import Deployment
from recording.fake_aws import FakeAws
from recording.mocks import deploy

REGION: Final = "eu-north-1"
Ask = Callable[[Lookups], object]


def look_up(ask: Ask, **answers: Any) -> tuple[object, Deployment]:
    """Returns what the lookup returns for the stack dev, and the recording of its calls."""
    found: list[object] = []

    def program() -> None:
        found.append(ask(Lookups(ProviderArgs(REGION, "dev", "dev", {}, ()))))

    run = deploy(program, stack="dev", answers=FakeAws(region=REGION, **answers))
    return found[0], run
