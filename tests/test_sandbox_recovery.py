"""What a killed engine leaves in the state, and what becomes of it."""

from __future__ import annotations

import json
from typing import Any

from sandbox.recovery import adopt

TABLE = "aws:dynamodb/table:Table"
VPC = "aws:ec2/vpc:Vpc"


def creating(type_: str, urn: str, **inputs: Any) -> dict[str, Any]:
    return {"type": "creating", "resource": {"urn": urn, "type": type_, "custom": True, "inputs": inputs}}


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
