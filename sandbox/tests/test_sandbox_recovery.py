"""What a killed engine leaves in the state, and what becomes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.engine_state import holds
from sandbox.layout import PACKAGE_ROOT, Layout, SandboxError, write
from sandbox.recovery import adopt, recover

TABLE = "aws:dynamodb/table:Table"
VPC = "aws:ec2/vpc:Vpc"


def creating(type_: str, urn: str, **inputs: Any) -> dict[str, Any]:
    return {"type": "creating", "resource": {"urn": urn, "type": type_, "custom": True, "inputs": inputs}}


def test_a_recovery_that_was_killed_itself_is_ended_by_the_next_one(tmp_path: Path) -> None:
    """What was adopted has no outputs before the refresh, and nothing else in the state says so."""
    layout = Layout(PACKAGE_ROOT, tmp_path)
    checkpoint = layout.state / ".pulumi" / "stacks" / "voiceter-backend" / "dev.json"
    latest: dict[str, Any] = {"pending_operations": [creating(VPC, "urn::net")]}
    write(checkpoint, json.dumps({"checkpoint": {"latest": latest}}))
    asked: list[str] = []
    killed = True

    def pulumi(*arguments: str, quiet: bool = False) -> None:
        asked.append(" ".join(arguments[: 1 if arguments[0] == "refresh" else 2]))
        if asked[-1] == "stack export":
            Path(arguments[-1]).write_text(json.dumps({"deployment": latest}))
        if asked[-1] == "stack import":
            write(checkpoint, json.dumps({"checkpoint": {"latest": {}}}))
        if asked[-1] == "refresh" and killed:
            raise SandboxError("killed")

    with pytest.raises(SandboxError):
        recover(layout, "dev", pulumi)
    killed = False
    recover(layout, "dev", pulumi)
    assert asked == ["stack export", "stack import", "refresh", "refresh"]
    recover(layout, "dev", pulumi)
    assert len(asked) == 4


def test_a_noted_id_is_taken_the_latest_of_several() -> None:
    deployment: dict[str, Any] = {
        "resources": [],
        "pending_operations": [creating(VPC, "urn::net", cidrBlock="10.0.0.0/16")],
    }
    journal = [json.dumps({"urn": "urn::net", "id": identifier}) for identifier in ("vpc-1", "vpc-2")]
    adopt(deployment, [*journal, '{"urn": "urn::ne'])
    (resource,) = deployment["resources"]
    assert resource["id"] == "vpc-2"
    assert resource["outputs"] == {"cidrBlock": "10.0.0.0/16"}
    assert "pending_operations" not in deployment


def test_without_a_note_the_id_is_made_of_the_inputs_where_the_type_does_so() -> None:
    operations = [
        creating(TABLE, "urn::sessions", name="demo-sessions"),
        creating(VPC, "urn::net", cidrBlock="10.0.0.0/16"),
    ]
    deployment: dict[str, Any] = {"pending_operations": operations}
    adopt(deployment, [])
    assert [(item["urn"], item["id"]) for item in deployment["resources"]] == [("urn::sessions", "demo-sessions")]


def test_what_the_state_holds_already_is_not_taken_twice_and_other_operations_are_forgotten() -> None:
    held = {"urn": "urn::sessions", "id": "demo-sessions", "type": TABLE}
    updating = {"type": "updating", "resource": held}
    create = creating(TABLE, "urn::sessions", name="demo-sessions")
    deployment: dict[str, Any] = {"resources": [held], "pending_operations": [updating, create]}
    adopt(deployment, [])
    assert deployment == {"resources": [held]}


def test_the_state_of_a_backend_holds_a_resource_by_urn_and_id(tmp_path: Path) -> None:
    urn = "urn:pulumi:dev::some-project::aws:ec2/vpc:Vpc::net"
    write(
        tmp_path / ".pulumi" / "stacks" / "some-project" / "dev.json",
        json.dumps({"checkpoint": {"latest": {"resources": [{"urn": urn, "id": "vpc-1"}, {"urn": "urn::part"}]}}}),
    )
    assert holds(tmp_path.as_uri(), urn, "vpc-1")
    assert not holds(tmp_path.as_uri(), urn, "vpc-2")
    assert not holds(tmp_path.as_uri(), urn.replace("dev", "prod"), "vpc-1")
    assert not holds("", urn, "vpc-1")
