"""Stacks that are only made up, and what the waves of a release or a deployment do with them."""

from __future__ import annotations

import pytest

from operations import release
from operations.errors import OperationError, PulumiError
from operations.verdict import Outcome, Verdict

DIGEST = "sha256:" + "1" * 64
OLD = "sha256:" + "0" * 64
updated: list[str] = []  # the stacks that `pulumi up` has run on, in order


class FakeStack:
    """A stack that runs an image, and whose next deployment succeeds or fails."""

    def __init__(self, stack: str, on: str = "sandbox") -> None:
        self.stack = stack
        self.on = on
        self.values = {"aws:region": "us-east-1", "imageTag": "1.4.1"}
        self.digest = OLD
        self.outcome = Outcome.GOOD
        self.fails = False
        self.becomes = Outcome.GOOD  # by a `pulumi up` that succeeds
        self.half_updated = False
        self.updates: list[tuple[str, ...]] = []
        self.added: list[str] = []  # by hand

    def outputs(self) -> dict[str, str]:
        return {"serviceName": "voiceter-backend"}

    def output(self, _: str) -> str:
        return "arn"

    def client(self, _: str) -> FakeStack:
        return self

    def config(self) -> dict[str, str]:
        return self.values

    def set_config(self, key: str, value: str) -> None:
        self.values[key] = value

    def make(self, command: str, *options: str) -> str:
        return " ".join(["make", command, f"STACK={self.stack}", *options])

    def is_half_updated(self) -> bool:
        return self.half_updated

    def up(self, *options: str) -> None:
        self.updates.append(options)
        updated.append(self.stack)
        self.half_updated = False
        if self.fails:
            self.outcome = Outcome.ROLLED_BACK
            raise PulumiError(f"`pulumi up` of {self.stack} ended with status 255")
        self.digest, self.outcome = DIGEST, self.becomes


def verify(stack: FakeStack, _wait: float = 0) -> Verdict:
    return Verdict(stack.outcome, f"it is {stack.outcome.value}")


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the waves verify stacks that are made up."""

    def verify_update(stack: FakeStack, wait: float) -> None:
        if (verdict := verify(stack, wait)).outcome is not Outcome.GOOD:
            raise OperationError(f"Not verified: {verdict.line}.")

    monkeypatch.setattr(release, "verify", verify)
    monkeypatch.setattr(release, "verify_update", verify_update)
    updated.clear()
