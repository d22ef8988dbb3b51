"""The timeline of a task: the order of its times, for the committed stacks and for the limits of the settings."""

from __future__ import annotations

from typing import Any

import pytest

from components.lib import app
from components.lib.timeline import Timeline
from config.key import declarations
from config.settings import Settings
from tests.support.program import run, two_target_groups

STACKS = ("dev", "staging", "prod")
# Amazon ECS Developer Guide, "Amazon ECS clusters for Fargate": a Spot task has two minutes from the warning on.
SPOT_WARNING_SECONDS = 120
SESSION_SECONDS = 30 * 60  # the longest session of the app


def built(stack: str) -> tuple[Any, Any, Any, Any]:
    """The registered container, target group, load balancer and service of a stack."""
    deployment = run(stack)
    return (
        deployment.containers()[0],
        deployment.all(":TargetGroup")[0].inputs,
        deployment.one("lb/loadBalancer:LoadBalancer").inputs,
        deployment.one("ecs/service:Service").inputs,
    )


@pytest.mark.parametrize("stack", STACKS)
def test_task_has_time_to_drain(stack: str) -> None:
    container, group, balancer, _ = built(stack)
    # Pings keep a session's connection open.
    assert balancer["idleTimeout"] > app.PING_SECONDS
    # The app has its drain time after SIGTERM, and ends before Spot stops the machine.
    assert app.DRAIN_SECONDS <= container["stopTimeout"] <= SPOT_WARNING_SECONDS
    # A draining task answers 503 on /health, and ends before ECS calls it unhealthy.
    assert container["healthCheck"]["interval"] * container["healthCheck"]["retries"] > container["stopTimeout"]
    assert group["healthCheck"]["timeout"] < group["healthCheck"]["interval"]


@pytest.mark.parametrize("stack", STACKS)
def test_checks_do_not_kill_a_starting_task(stack: str) -> None:
    container, group, _, service = built(stack)
    health = container["healthCheck"]
    assert health["timeout"] < health["interval"]
    # Neither check stops a task in its start period.
    assert health["startPeriod"] <= service["healthCheckGracePeriodSeconds"]
    assert group["healthCheck"]["interval"] * group["healthCheck"]["unhealthyThreshold"] > health["startPeriod"]


def test_prod_lets_every_session_finish() -> None:
    container, group, _, _ = built("prod")
    assert group["deregistrationDelay"] >= SESSION_SECONDS
    # The remaining sessions have their drain time before SIGKILL.
    assert container["stopTimeout"] > app.DRAIN_SECONDS


def test_engine_waits_as_long_as_a_deployment_may_take() -> None:
    # A start, the protection of a task, and twice its end: 1905 s. With two target groups, the bake as well.
    for deployment, update in ((run("prod"), "214m"), (two_target_groups(), "224m")):
        service = deployment.one("ecs/service:Service")
        assert service.inputs["waitForSteadyState"] is True
        assert service.timeouts == {"create": update, "update": update, "delete": "182m"}


def test_limits_of_the_settings_respect_the_timeline() -> None:
    least = {declared.name: declared.schema.get("minimum", 0) for declared in declarations(Settings)}
    assert least["stopTimeoutSeconds"] >= app.DRAIN_SECONDS
    assert least["idleTimeoutSeconds"] > app.PING_SECONDS


@pytest.mark.parametrize(
    ("delay", "stop", "shift", "deployment", "removal"),
    # A start of 30 minutes and a protection of 120, the shift, and once or twice the end.
    [
        (0, 30, 0, 151, 151),
        (60, 30, 0, 153, 152),
        (1860, 45, 0, 214, 182),
        (1860, 45, 40, 254, 182),
        (3600, 120, 0, 274, 212),
    ],
)
def test_how_long_a_deployment_may_take(delay: int, stop: int, shift: int, deployment: int, removal: int) -> None:
    line = Timeline(delay, stop, shift)
    assert (line.deployment_minutes, line.removal_minutes) == (deployment, removal)


@pytest.mark.parametrize(("shift", "fits"), [(66, True), (67, False)])
def test_whether_a_ci_job_can_wait(shift: int, fits: bool) -> None:
    # 274 minutes without the shift, and 20 for the other steps of the job.
    assert Timeline(3600, 120, shift).fits_ci_job is fits
