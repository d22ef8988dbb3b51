"""Drift: some resources are changed, and those of every type are deleted, outside the engine, then found and repaired.

The stack has all that the program can be configured to create, but for the flow log of test_optional_features.py.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.provider.types import TYPES
from tests.live.account import holdings
from tests.live.harness import name_in, succeeded
from tests.live.stack import Stack
from tests.support.commands import below

pytestmark = pytest.mark.live

QUERY = "aws:cloudwatch/queryDefinition:QueryDefinition"
REPOSITORY = "aws:ecr/repository:Repository"
ROUTE = "aws:ec2/route:Route"
RULE = "aws:lb/listenerRule:ListenerRule"
TARGET = "aws:appautoscaling/target:Target"
(COMMANDS,) = below("README.md", "Run it on this machine")
USE_AND_TAKE_DOWN, REMOVE = COMMANDS[: COMMANDS.index("make clean")], COMMANDS[COMMANDS.index("make clean") :]
# A preview of the README compares the state with the account, too. It fails if it shows a change or breaks a policy.
STRICT_PREVIEW = """pulumi() {
    if [ "$1" = preview ]; then
        set -- "$@" --refresh --expect-no-changes --policy-pack "$SANDBOX_HOME/bin/pulumi-analyzer-policy"
    fi
    command pulumi "$@"
}"""
OTHER_POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}]}


@dataclass(frozen=True)
class Item:
    """A resource of the state."""

    stack: Stack
    type: str
    urn: str
    id: str
    outputs: Mapping[str, Any]

    def call(self, service: str, operation: str, /, **params: Any) -> Any:
        """Calls AWS outside the engine."""
        return getattr(self.stack.client(service), operation)(**params)

    @property
    def name(self) -> str:
        return self.urn.rpartition("::")[2]

    def __getitem__(self, name: str) -> Any:
        return self.outputs[name]


def _route(item: Item) -> None:
    (gateway,) = item.call("ec2", "describe_internet_gateways", Filters=[{"Name": "tag:Stack", "Values": ["dev"]}])[
        "InternetGateways"
    ]
    item.call(
        "ec2",
        "replace_route",
        RouteTableId=item["routeTableId"],
        DestinationCidrBlock=item["destinationCidrBlock"],
        GatewayId=gateway["InternetGatewayId"],
    )


def _images(item: Item) -> None:
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1}
    rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    item.call("ecr", "put_lifecycle_policy", repositoryName=item.id, lifecyclePolicyText=json.dumps({"rules": [rule]}))


# Type -> a change of a resource outside of the engine. sandbox/tests/provider/test_resources.py finds drift of almost
# every type; here are the others, those of which the program leaves properties to AWS or to an operator, and a policy.
CHANGES: dict[str, Callable[[Item], Any]] = {
    TARGET: lambda item: item.call(
        "application-autoscaling",
        "register_scalable_target",
        ServiceNamespace="ecs",
        ResourceId=item["resourceId"],
        ScalableDimension="ecs:service:DesiredCount",
        MaxCapacity=99,
    ),
    ROUTE: _route,
    "aws:ec2/subnet:Subnet": lambda item: item.call(
        "ec2",
        "modify_subnet_attribute",
        SubnetId=item.id,
        MapPublicIpOnLaunch={"Value": not item["mapPublicIpOnLaunch"]},
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _images,
    "aws:ecs/service:Service": lambda item: item.call(
        "ecs", "update_service", cluster=item["cluster"], service=item.id, healthCheckGracePeriodSeconds=1
    ),
    "aws:iam/rolePolicy:RolePolicy": lambda item: item.call(
        "iam",
        "put_role_policy",
        RoleName=item["role"],
        PolicyName=item["name"],
        PolicyDocument=json.dumps(OTHER_POLICY),
    ),
    RULE: lambda item: item.call(
        "elbv2",
        "modify_rule",
        RuleArn=item.id,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/other/*"]}}],
    ),
}


@pytest.fixture
def stack(everything: Stack) -> Stack:
    return everything


@pytest.fixture
def folder(stack: Stack, tmp_path: Path) -> Path:
    """A folder in which `.sandbox` is the sandbox, as in a clone."""
    (tmp_path / ".sandbox").symlink_to(stack.sandbox.home)
    return tmp_path


def items(stack: Stack) -> list[Item]:
    """Everything in the state that is an object in the account."""
    return [
        Item(stack, one["type"], one["urn"], one["id"], one.get("outputs", {}))
        for one in stack.sandbox.resources("dev")
        if one.get("custom") and one["type"].startswith("aws:")
    ]


def named(item: Item) -> str:
    """Type and name of a resource, as `changes_in` shows it."""
    return name_in(item.urn)


def forwarding(stack: Stack) -> list[Item]:
    """The listener rules whose weights ECS moves."""
    return [item for item in items(stack) if item.type == RULE and item.name != "to-https"]


def forward(item: Item) -> dict[str, Any]:
    """Where a listener rule forwards to, as the account has it."""
    (rule,) = item.call("elbv2", "describe_rules", RuleArns=[item.id])["Rules"]
    return rule["Actions"][0]["ForwardConfig"]


def move_traffic(item: Item) -> list[int]:
    """Exchanges the weights of a listener rule's target groups, as ECS does; the new weights."""
    config = forward(item)
    first, second = config["TargetGroups"]
    first["Weight"], second["Weight"] = second["Weight"], first["Weight"]
    assert {first["Weight"], second["Weight"]} == {0, 100}
    item.call("elbv2", "modify_rule", RuleArn=item.id, Actions=[{"Type": "forward", "ForwardConfig": config}])
    return [first["Weight"], second["Weight"]]


def test_changed_resources_are_found_and_repaired(stack: Stack) -> None:
    """ECS has moved the weights of both listener rules before, which the repair of a rule keeps.

    With a schedule, the schedule owns the limits of the autoscaler's target.
    """
    before = items(stack)
    rules = forwarding(stack)
    assert {item.name for item in rules} == {"production", "test"}
    moved = {item.id: move_traffic(item) for item in rules}
    to_nat = [item for item in before if item.type == ROUTE and item.outputs.get("natGatewayId")]
    by_type = {item.type: item for item in [*before, *to_nat] if item.type in CHANGES}
    assert by_type.keys() == CHANGES.keys()
    changed = [*(item for item in by_type.values() if item.type != RULE), *rules]
    for item in changed:
        CHANGES[item.type](item)

    # An operator asks for a replacement in the same update. The engine creates it before it deletes the old object.
    (query, *_) = [item for item in before if item.type == QUERY]
    repaired = stack.sandbox.changed("dev", "--refresh", f"--replace '{query.urn}'")
    assert repaired.keys() == {named(item) for item in (*changed, query) if item.type != TARGET}
    assert set(repaired.values()) == {"update", "replace"}
    assert {item.id: [group["Weight"] for group in forward(item)["TargetGroups"]] for item in rules} == moved
    ids = {item.id for item in items(stack) if item.type == QUERY}
    existing = stack.client("logs").describe_query_definitions()["queryDefinitions"]
    assert {one["queryDefinitionId"] for one in existing} == ids
    assert query.id not in ids
    for item in rules:  # which is no drift: the next test finds none
        move_traffic(item)


def test_down_removes_a_resource_of_every_type_and_an_update_creates_it_again(stack: Stack, folder: Path) -> None:
    """The commands of the README show the stack, in which all is repaired, and take it down.

    Then the state is put back: everything is gone, and the engine does not know it.
    """
    before, state = items(stack), stack.sandbox.home / "state-before.json"
    assert TYPES.keys() - {item.type for item in before} == {"aws:ec2/flowLog:FlowLog"}
    stack.sandbox.succeeds(f"pulumi stack export -s dev --file '{state}'")
    output = succeeded(stack.sandbox.types(f"{STRICT_PREVIEW}\n{USE_AND_TAKE_DOWN}", folder))
    assert "demo-dev-sessions" in output
    assert "voiceter-backend@v" in output
    assert not re.findall(r"\[(?:mandatory|advisory)\].*", output)
    held = holdings(stack.sandbox)
    assert len(held.pop("hosted zones")) == 1  # which the fixture has created, and not the program
    assert held == {}

    stack.sandbox.succeeds(f"pulumi stack import -s dev --file '{state}'")
    # The image went with its repository. An operator brings both back, so that the update can create the service.
    repository = next(item for item in before if item.type == REPOSITORY)
    kms = {"encryptionType": "KMS"}
    repository.call("ecr", "create_repository", repositoryName=repository.id, encryptionConfiguration=kms)
    stack.sandbox.image("dev", stack.sandbox.config("dev").get("imageTag"))
    made = stack.sandbox.changed("dev", "--refresh")
    assert {named(item): made.get(named(item)) for item in before} == {
        named(item): "update" if item == repository else "create" for item in before
    }
    assert {named(item) for item in items(stack)} == {named(item) for item in before}


def test_sandbox_is_removed(stack: Stack, folder: Path) -> None:
    """With the last command of the same block. The last test of this file, and of all that use the stack."""
    succeeded(stack.sandbox.types(REMOVE, folder))
    assert not os.path.lexists(stack.sandbox.home)
