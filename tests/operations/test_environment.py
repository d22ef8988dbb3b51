"""The stacks of an environment, found in what `pulumi stack ls` prints."""

from __future__ import annotations

import pytest

from operations.environment import open_all, stacks_of
from operations.errors import OperationError
from tests.support.shell import Shell


def has(shell: Shell, *names: str) -> None:
    shell.prints([{"name": name, "current": False} for name in names])


def test_stack_without_a_region_is_first_then_by_region() -> None:
    names = ["prod-us-west-2", "dev", "prod-eu-north-1", "prod", "prod-like", "prod-eu-west-1", "staging-us-west-2"]
    assert stacks_of("prod", names) == ["prod", "prod-eu-north-1", "prod-us-west-2"]
    assert stacks_of("staging", names) == ["staging-us-west-2"]


def test_organization_of_pulumi_cloud_is_left_out() -> None:
    assert stacks_of("prod", ["octo/prod", "octo/voiceter-backend/prod-eu-north-1"]) == ["prod", "prod-eu-north-1"]


def test_stacks_come_from_the_backend(shell: Shell) -> None:
    has(shell, "dev", "prod-eu-north-1", "prod")
    targets = open_all("prod")
    assert [(one.stack, one.on) for one in targets] == [("prod", "aws"), ("prod-eu-north-1", "aws")]
    assert shell.calls == ["stack ls --json --non-interactive"]


@pytest.mark.parametrize(
    ("environment", "names", "message"),
    [
        ("Prod", [], "ENV=Prod: an environment is a lower-case letter"),
        ("prod-eu-north-1", ["prod-eu-north-1"], "the stack of one region, eu-north-1. Name the environment: ENV=prod"),
        (
            "prd",
            ["prod", "prod-eu-north-1", "dev"],
            "the Pulumi backend of this shell has no stack of this environment. It has stacks of: dev, prod.",
        ),
        ("prod", [], "It has stacks of: none."),
    ],
)
def test_refusals(shell: Shell, environment: str, names: list[str], message: str) -> None:
    has(shell, *names)
    with pytest.raises(OperationError, match=message):
        open_all(environment)
