"""The check that an update corrects what a rollback has restored."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pulumi
import pytest

from components.service.capacity import CapacityProvider
from components.service.state_check import RevisionSettings, problem_of, refuse_outdated_state
from recording.mocks import deploy

UNKNOWN = object()  # stands for a value that a preview does not know yet


def properties(
    rule: Any = "rule-http",
    alternate: Any = "b",
    subnets: Any = ("private-1", "private-2"),
    public_ips: bool = False,
    spot: float = 0,
    force: bool | None = None,
) -> dict[str, Any]:
    """The properties of an `aws.ecs.Service`, as the engine passes them to a hook: its numbers are floats."""
    balancer: dict[str, Any] = {"targetGroupArn": "a", "containerName": "app", "containerPort": 8080.0}
    if rule:
        balancer["advancedConfiguration"] = {
            "alternateTargetGroupArn": alternate,
            "productionListenerRule": rule,
            "testListenerRule": "test-rule",
            "roleArn": "role",
        }
    capacity = [{"capacityProvider": "FARGATE", "base": 1.0, "weight": 100.0 - spot}]
    if spot:
        capacity.append({"capacityProvider": "FARGATE_SPOT", "weight": spot})
    found: dict[str, Any] = {
        "loadBalancers": [balancer],
        "networkConfiguration": {
            "subnets": subnets if subnets is UNKNOWN else list(subnets),
            "securityGroups": ["tasks"],
            "assignPublicIp": public_ips,
        },
        "capacityProviderStrategies": capacity,
    }
    return found if force is None else {**found, "forceNewDeployment": force}


RUNNING = RevisionSettings(
    load_balancers=frozenset({("a", "b", "rule-http")}),
    subnets=frozenset({"private-1", "private-2"}),
    capacity=frozenset({CapacityProvider("FARGATE", 1, 100)}),
)
# What a release changed before ECS rolled it back, and what the message calls it.
RESTORED: Mapping[str, tuple[dict[str, Any], str]] = {
    "HTTPS": ({"rule": "rule-https"}, "listener rule and target groups"),
    "rolling": ({"rule": None}, "listener rule and target groups"),
    "another alternate group": ({"alternate": "c"}, "listener rule and target groups"),
    "no NAT": ({"subnets": ("public-1", "public-2"), "public_ips": True}, "subnets"),
    "public addresses": ({"public_ips": True}, "subnets"),
    "a zone less": ({"subnets": ("private-1",)}, "subnets"),
    "Spot": ({"spot": 50.0, "force": True}, "capacity providers"),
    "everything": (
        {"rule": "rule-https", "subnets": ("public-1",), "spot": 50.0, "force": True},
        "listener rule and target groups, subnets, capacity providers",
    ),
}


@pytest.mark.parametrize("case", RESTORED)
def test_update_that_would_not_send_what_was_rolled_back_is_refused(case: str) -> None:
    changes, name = RESTORED[case]
    problem = problem_of(RUNNING, properties(**changes), properties(**changes))
    assert f"runs with other {name} than Pulumi's state says" in problem
    assert "`pulumi up --refresh`" in problem


@pytest.mark.parametrize("case", RESTORED)
def test_update_that_sends_the_difference_is_left_alone(case: str) -> None:
    """The state is refreshed, or the config is set back."""
    changes, _ = RESTORED[case]
    assert problem_of(RUNNING, properties(), properties(**changes)) == ""
    assert problem_of(RUNNING, properties(**changes), properties()) == ""


def test_service_that_runs_what_the_state_says_is_left_alone() -> None:
    """ECS returns a base of 0 that the state may lack."""
    running = replace(
        RUNNING, capacity=frozenset(CapacityProvider(*one, 50) for one in (("FARGATE", 1), ("FARGATE_SPOT", 0)))
    )
    found = properties(spot=50.0, force=True)
    assert problem_of(running, found, found) == ""


def test_order_does_not_matter() -> None:
    state = properties(subnets=("private-2", "private-1"))
    assert problem_of(RUNNING, state, properties()) == ""


OUTDATED = properties(rule="rule-https", subnets=("public-1",))


@pytest.mark.parametrize(
    ("update", "remaining"),
    [
        (properties(rule=UNKNOWN, subnets=("public-1",)), "subnets"),
        (properties(rule="rule-https", alternate=UNKNOWN, subnets=("public-1",)), "subnets"),
        ({**OUTDATED, "loadBalancers": UNKNOWN}, "subnets"),
        (properties(rule="rule-https", subnets=UNKNOWN), "listener rule and target groups"),
        ({**OUTDATED, "networkConfiguration": UNKNOWN}, "listener rule and target groups"),
    ],
)
def test_what_the_preview_does_not_know_is_a_difference(update: dict[str, Any], remaining: str) -> None:
    assert f"runs with other {remaining} than" in problem_of(RUNNING, OUTDATED, update)


@pytest.mark.parametrize(("force", "refused"), [(None, False), (False, False), (True, True)])
def test_capacity_that_somebody_changed_is_corrected_by_a_forced_deployment(force: bool | None, refused: bool) -> None:
    """The provider refuses to refresh it before an update has sent `forceNewDeployment`."""
    state = properties(spot=50.0, force=force)
    assert bool(problem_of(RUNNING, state, properties(spot=50.0, force=True))) is refused


@pytest.mark.parametrize("outdated", [False, True])
def test_problem_fails_an_update_and_its_preview(*, outdated: bool) -> None:
    found = properties(rule="rule-https") if outdated else properties()
    arguments = pulumi.ResourceHookArgs("urn", "id", "name", "type", new_inputs=found, old_outputs=found)

    def program() -> None:
        hook = refuse_outdated_state(RUNNING)
        assert hook.opts is not None
        assert hook.opts.on_dry_run
        hook(arguments)

    with pytest.raises(pulumi.RunError, match="runs with other listener rule") if outdated else nullcontext():
        deploy(program)
