"""`waitForSteadyState`: a change of a service ends with its deployment, and fails if the deployment fails.

Also how long the provider waits: as long as the resource's `customTimeouts` say, or until it is cancelled.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sandbox import stand_in
from sandbox.cli import fixtures
from sandbox.stand_in import Fault
from sandbox.tests.provider_harness import Engine, Made, Refused, client, from_struct, reset
from sandbox.tests.provider_samples import SERVICE, SUBNET, TASK, VPC
from sandbox.tests.provider_world import World


@pytest.fixture
def world(endpoint: str) -> World:
    reset(endpoint)
    client(endpoint, "ecr").create_repository(repositoryName="steady")
    return World(Engine(endpoint), endpoint)


def _task(world: World, endpoint: str, tag: str, fault: Fault | None = None) -> str:
    """Registers a revision with a new image. Returns its ARN."""
    ecr = client(endpoint, "ecr")
    fixtures.put_image(ecr, "steady", tag, stand_in.image(tag, fault))
    uri = ecr.describe_repositories(repositoryNames=["steady"])["repositories"][0]["repositoryUri"]
    sample = world.make(TASK)
    (container,) = json.loads(sample.inputs["containerDefinitions"])
    document = json.dumps([{**container, "image": f"{uri}:{tag}"}])
    return world.engine.create(TASK, "task", sample.inputs | {"containerDefinitions": document}).outputs["arn"]


def _service(world: World, task: str, timeout: float = 0) -> Made:
    inputs = world.make(SERVICE).inputs
    return world.engine.create(
        SERVICE,
        "steady",
        inputs | {"name": "steady", "taskDefinition": task, "waitForSteadyState": True},
        timeout=timeout,
    )


def _half_made(refused: Refused) -> Made:
    """Returns what the state keeps of a half-failed service."""
    failed = refused.init_failed()
    assert failed is not None
    return Made(SERVICE, "steady", failed.id, from_struct(failed.inputs)[0], from_struct(failed.properties)[0])


def _kept(refused: Refused) -> dict[str, Any]:
    """Returns the inputs that the state keeps."""
    return _half_made(refused).inputs


# Far less than any of the waits that are cancelled would take.
_AT_ONCE_SECONDS = 30


def _cancelled(engine: Engine, work: Callable[[], Any]) -> Refused:
    """Cancels work that waits. Returns its error, which has to come at once."""
    with ThreadPoolExecutor(max_workers=1) as threads:
        under_way = threads.submit(work)
        time.sleep(2)
        assert not under_way.done()
        engine.cancel()
        error = under_way.exception(timeout=_AT_ONCE_SECONDS)
    assert isinstance(error, Refused)
    return error


def test_a_good_change_succeeds(world: World, endpoint: str) -> None:
    made = _service(world, _task(world, endpoint, "1"))
    task = _task(world, endpoint, "2")
    assert world.engine.update(made, made.inputs | {"taskDefinition": task}).outputs["taskDefinition"] == task


def test_a_first_deployment_that_fails_keeps_the_service(world: World, endpoint: str) -> None:
    with pytest.raises(Refused, match="No rollback candidate was found to run the rollback") as caught:
        _service(world, _task(world, endpoint, "1", Fault.UNHEALTHY))
    failed = caught.value.init_failed()
    assert failed is not None
    assert failed.id.endswith("/steady")


def test_a_rolled_back_change_fails_with_ecs_reason_and_the_next_change_succeeds(world: World, endpoint: str) -> None:
    good, bad = _task(world, endpoint, "1"), _task(world, endpoint, "2", Fault.UNHEALTHY)
    made = _service(world, good)
    with pytest.raises(Refused, match=r"ROLLBACK_SUCCESSFUL: .*circuit breaker threshold.*rolling back to") as caught:
        world.engine.update(made, made.inputs | {"taskDefinition": bad})
    # As with the AWS provider, the state has what was asked for, so the same update again changes nothing.
    kept = _half_made(caught.value)
    assert kept.inputs["taskDefinition"] == kept.outputs["taskDefinition"] == bad
    world.engine.update(kept, kept.inputs)
    ecs = client(endpoint, "ecs")
    (found,) = ecs.describe_services(cluster=made.outputs["cluster"], services=[made.id])["services"]
    assert found["taskDefinition"] == good
    time.sleep(1)  # ECS returns times in whole seconds
    changed = world.engine.update(made, made.inputs | {"deploymentMaximumPercent": 150})
    assert changed.outputs["deploymentMaximumPercent"] == 150


def test_a_stuck_change_fails_after_its_timeout(world: World, endpoint: str) -> None:
    made = _service(world, _task(world, endpoint, "1"))
    stuck = _task(world, endpoint, "2", Fault.STUCK)
    began = time.monotonic()
    with pytest.raises(Refused, match="not ready after 2 seconds") as caught:
        world.engine.update(made, made.inputs | {"taskDefinition": stuck}, timeout=2)
    assert 2 <= time.monotonic() - began < 30
    assert _kept(caught.value)["taskDefinition"] == stuck


def test_a_service_without_wait_for_steady_state_does_not_wait(world: World, endpoint: str) -> None:
    made = _service(world, _task(world, endpoint, "1"))
    stuck = _task(world, endpoint, "2", Fault.STUCK)
    news = made.inputs | {"taskDefinition": stuck, "waitForSteadyState": False}
    assert world.engine.update(made, news).outputs["taskDefinition"] == stuck


def test_a_create_waits_as_long_as_its_timeout(world: World, endpoint: str) -> None:
    stuck = _task(world, endpoint, "1", Fault.STUCK)
    began = time.monotonic()
    with pytest.raises(Refused, match="not ready after 2 seconds") as caught:
        _service(world, stuck, timeout=2)
    assert 2 <= time.monotonic() - began < 30
    assert _kept(caught.value)["taskDefinition"] == stuck


def _occupied(world: World) -> tuple[Made, Made]:
    """Creates a VPC that cannot be deleted yet, and the subnet in it."""
    vpc = world.engine.create(VPC, "net", {"cidrBlock": "10.1.0.0/16"})
    return vpc, world.engine.create(SUBNET, "in-it", {"vpcId": vpc.id, "cidrBlock": "10.1.0.0/24"})


def test_a_delete_tries_as_long_as_its_timeout(world: World) -> None:
    vpc, subnet = _occupied(world)
    began = time.monotonic()
    with pytest.raises(Refused, match="DependencyViolation"):
        world.engine.delete(vpc, timeout=2)
    assert 2 <= time.monotonic() - began < 10
    with ThreadPoolExecutor(max_workers=1) as threads:
        under_way = threads.submit(world.engine.delete, vpc, timeout=60)
        time.sleep(1)
        world.engine.delete(subnet)
        under_way.result(timeout=10)
    assert world.engine.read(vpc) is None


def test_a_cancelled_create_keeps_the_object_and_the_next_update_completes_it(world: World, endpoint: str) -> None:
    stuck, good = _task(world, endpoint, "1", Fault.STUCK), _task(world, endpoint, "2")
    world.make(SERVICE)
    error = _cancelled(world.engine, lambda: _service(world, stuck))
    assert "cancelled before it was ready" in str(error)
    made = _half_made(error)
    assert made.id.endswith("/steady")
    news = made.inputs | {"taskDefinition": good}
    assert Engine(endpoint).update(made, news).outputs["taskDefinition"] == good


def test_a_cancelled_update_keeps_the_object_and_the_next_update_completes_it(world: World, endpoint: str) -> None:
    made = _service(world, _task(world, endpoint, "1"))
    stuck, good = _task(world, endpoint, "2", Fault.STUCK), _task(world, endpoint, "3")
    error = _cancelled(world.engine, lambda: world.engine.update(made, made.inputs | {"taskDefinition": stuck}))
    assert "cancelled before it was ready" in str(error)
    kept = _half_made(error)
    assert (kept.id, kept.inputs["taskDefinition"]) == (made.id, stuck)
    corrected = Engine(endpoint).update(kept, kept.inputs | {"taskDefinition": good})
    assert corrected.outputs["taskDefinition"] == good


def test_a_cancelled_delete_keeps_the_object_and_the_next_delete_completes_it(world: World, endpoint: str) -> None:
    vpc, subnet = _occupied(world)
    error = _cancelled(world.engine, lambda: world.engine.delete(vpc, timeout=60))
    assert "DependencyViolation" in str(error)
    after = Engine(endpoint)
    assert after.read(vpc) is not None
    after.delete(subnet)
    after.delete(vpc)
    assert after.read(vpc) is None
