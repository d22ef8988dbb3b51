"""A stack without an engine: a test says what pulumi prints about it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from operations.target import Target


def state_of(outputs: Mapping[str, Any], *resources: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what `pulumi stack export` prints of a stack with these outputs and resources."""
    return {"deployment": {"resources": [{"type": "pulumi:pulumi:Stack", "outputs": outputs}, *resources]}}


def with_outputs(target: Target, outputs: Mapping[str, Any]) -> Target:
    """Gives a stack outputs, so that it asks no pulumi for them. Returns the stack."""
    target.__dict__["_state"] = state_of(outputs)["deployment"]["resources"]
    return target


@dataclass(frozen=True)
class PrintedStack(Target):
    """A stack on AWS, unless a test says otherwise.

    Args:
        printed_outputs: its outputs.
        printed_config: the plain values of its config, by key.
        state: the resources in its state.
        clients: a client of boto3 by service.
    """

    stack: str = "prod"
    on: Literal["sandbox", "aws"] = "aws"
    printed_outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    printed_config: Mapping[str, str] = field(default_factory=dict[str, str])
    state: Sequence[Mapping[str, Any]] = ()
    clients: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def pulumi(self, *arguments: str, capture: bool = False) -> str:
        assert capture
        match arguments:
            case ("stack", "export"):
                return json.dumps(state_of(self.printed_outputs, *self.state))
            case ("config", "--json"):
                return json.dumps(
                    {key: {"value": value, "secret": False} for key, value in self.printed_config.items()}
                )
            case _:
                raise AssertionError(arguments)

    def client(self, service: str) -> Any:
        return self.clients[service]
