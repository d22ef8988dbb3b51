"""The target groups of a service whose strategy shifts traffic."""

from __future__ import annotations

import pytest

from sandbox.stand_in import Fault
from sandbox.tests.account.world import ALARMS, BREAKER, TimedWorld


@pytest.mark.parametrize(
    ("strategy", "reason"),
    [
        ("BLUE_GREEN", "because the circuit breaker threshold was exceeded"),
        # Of these, no source says that the circuit breaker works.
        ("CANARY", "because one or more of its alarms are in ALARM"),
        ("LINEAR", "because one or more of its alarms are in ALARM"),
    ],
)
def test_shifting_strategy_alternates_the_target_groups_and_rolls_back_before_traffic_moves(
    world: TimedWorld, strategy: str, reason: str
) -> None:
    world.create(world.task("1"), {"strategy": strategy, **BREAKER, **ALARMS}, shifting=True)
    for tag, weights in (("2", [0, 100]), ("3", [100, 0])):
        good = world.task(tag)
        world.update(taskDefinition=good)
        assert world.weights() == weights
        assert [len(group) for group in world.targets()] == [weight // 50 for weight in weights]
    world.update(desiredCount=3)
    assert [len(group) for group in world.targets()] == [3, 0]
    world.update(taskDefinition=world.task("4", Fault.UNHEALTHY))
    assert world.deployments()[0]["lifecycleStage"] == "SCALE_UP"
    latest = world.finished()
    assert (latest["status"], latest["deploymentConfiguration"]["strategy"]) == ("ROLLBACK_SUCCESSFUL", strategy)
    assert reason in latest["statusReason"]
    assert latest["alarms"]["triggeredAlarmNames"] == (["errors"] if "ALARM" in reason else [])
    assert (world.weights(), world.service()["taskDefinition"]) == ([100, 0], good)


def test_running_service_changes_its_strategy(world: TimedWorld) -> None:
    world.create(world.task("1"), BREAKER)
    world.update(loadBalancers=world.load_balancers(shifting=True), deploymentConfiguration={"strategy": "BLUE_GREEN"})
    assert world.weights() == [0, 100]
    assert [len(group) for group in world.targets()] == [0, 2]
