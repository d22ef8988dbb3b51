"""`waitForSteadyState`: a change of a service ends with its deployment, and fails if the deployment fails.

Also how long the provider waits: as long as the resource's `customTimeouts` say, or until it is cancelled.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox import stand_in
from sandbox.account.ecs import scheduler
from sandbox.cli import fixtures
from sandbox.stand_in import Fault
from sandbox.tests.provider.harness import Engine, Made, Refused, client, from_struct
from sandbox.tests.provider.samples import SERVICE, SUBNET, TASK, VPC
from sandbox.tests.provider.world import World

# Far less than any of the waits that are cancelled would take.
_AT_ONCE_SECONDS = 30
_UNDER_WAY_SECONDS = 0.3


@pytest.fixture(scope="module")
def world(endpoint: str) -> World:
    """An account with what a service needs. Each test creates its own service."""
    client(endpoint, "ecr").create_repository(repositoryName="steady")
    world = World(Engine(endpoint), endpoint)
    world.make(SERVICE)
    return world


@pytest.fixture(autouse=True)
def fast_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault is noticed after three seconds, which pass in a moment."""
    monkeypatch.setattr(scheduler, "time", SimpleNamespace(monotonic=lambda: 10 * time.monotonic()))


def _task(world: World, fault: Fault | None = None) -> str:
    """Registers a revision with a new image. Returns its ARN."""
    ecr, tag = client(world.engine.endpoint, "ecr"), uuid.uuid4().hex
    fixtures.put_image(ecr, "steady", tag, stand_in.image(tag, fault))
    uri = ecr.describe_repositories(repositoryNames=["steady"])["repositories"][0]["repositoryUri"]
    sample = world.make(TASK)
    (container,) = json.loads(sample.inputs["containerDefinitions"])
    document = json.dumps([{**container, "image": f"{uri}:{tag}"}])
    return world.engine.create(TASK, "task", sample.inputs | {"containerDefinitions": document}).outputs["arn"]


def _service(world: World, engine: Engine, task: str, timeout: float = 0) -> Made:
    changes = {"name": uuid.uuid4().hex, "taskDefinition": task, "waitForSteadyState": True}
    return engine.create(SERVICE, "steady", world.made[SERVICE].inputs | changes, timeout=timeout)


def _half_made(refused: Refused) -> Made:
    """Returns what the state keeps of a half-failed service."""
    failed = refused.init_failed()
    assert failed is not None
    return Made(SERVICE, "steady", failed.id, from_struct(failed.inputs)[0], from_struct(failed.properties)[0])


def _cancelled(engine: Engine, work: Callable[[], Any]) -> Refused:
    """Cancels work that waits. Returns its error, which has to come at once."""
    with ThreadPoolExecutor(max_workers=1) as threads:
        under_way = threads.submit(work)
        time.sleep(_UNDER_WAY_SECONDS)
        assert not under_way.done()
        engine.cancel()
        error = under_way.exception(timeout=_AT_ONCE_SECONDS)
    assert isinstance(error, Refused)
    return error


def test_good_change_succeeds_and_one_that_does_not_wait_too(world: World) -> None:
    made = _service(world, world.engine, _task(world))
    for more in ({"taskDefinition": _task(world)}, {"deploymentMaximumPercent": 150}):
        made = world.engine.update(made, made.inputs | more)
        assert made.outputs.items() >= more.items()
    stuck = _task(world, Fault.STUCK)
    news = made.inputs | {"taskDefinition": stuck, "waitForSteadyState": False}
    assert world.engine.update(made, news).outputs["taskDefinition"] == stuck


def test_change_without_a_deployment_waits_for_the_deployment_that_is_under_way(world: World) -> None:
    made = _service(world, world.engine, _task(world))
    ecs = client(world.engine.endpoint, "ecs")
    ecs.update_service(cluster=made.inputs["cluster"], service=made.id, taskDefinition=_task(world, Fault.STUCK))
    time.sleep(1)  # ECS returns times in whole seconds
    with pytest.raises(Refused, match="not ready after 1 seconds"):
        world.engine.update(made, made.inputs | {"deploymentMaximumPercent": 150}, timeout=1)


def test_first_deployment_that_fails_keeps_the_service(world: World) -> None:
    with pytest.raises(Refused, match="No rollback candidate was found to run the rollback") as caught:
        _service(world, world.engine, _task(world, Fault.UNHEALTHY))
    kept = _half_made(caught.value)
    assert kept.id.endswith(kept.inputs["name"])


def test_rolled_back_change_fails_with_ecs_reason_and_the_next_change_succeeds(world: World) -> None:
    good, bad = _task(world), _task(world, Fault.UNHEALTHY)
    made = _service(world, world.engine, good)
    with pytest.raises(Refused, match=r"ROLLBACK_SUCCESSFUL: .*circuit breaker threshold.*rolling back to") as caught:
        world.engine.update(made, made.inputs | {"taskDefinition": bad})
    # As with the AWS provider, the state has what was asked for, so the same update again changes nothing.
    kept = _half_made(caught.value)
    assert kept.inputs["taskDefinition"] == kept.outputs["taskDefinition"] == bad
    world.engine.update(kept, kept.inputs)
    ecs = client(world.engine.endpoint, "ecs")
    (found,) = ecs.describe_services(cluster=made.outputs["cluster"], services=[made.id])["services"]
    assert found["taskDefinition"] == good
    time.sleep(1)  # ECS returns times in whole seconds
    changed = world.engine.update(made, made.inputs | {"deploymentMaximumPercent": 150})
    assert changed.outputs["deploymentMaximumPercent"] == 150


@pytest.mark.parametrize("create", [False, True])
def test_stuck_change_ends_with_its_timeout_or_when_it_is_cancelled_and_the_next_update_completes_it(
    world: World, create: bool
) -> None:
    """The create is cancelled, and the update has a timeout."""
    engine = Engine(world.engine.endpoint)
    stuck, good = _task(world, Fault.STUCK), _task(world)
    if create:
        error = _cancelled(engine, lambda: _service(world, engine, stuck))
        assert "cancelled before it was ready" in str(error)
    else:
        made = _service(world, engine, good)
        with pytest.raises(Refused, match=r"not ready after 0\.2 seconds") as caught:
            engine.update(made, made.inputs | {"taskDefinition": stuck}, timeout=0.2)
        error = caught.value
        assert _half_made(error).id == made.id
    kept = _half_made(error)
    assert kept.inputs["taskDefinition"] == stuck
    after = Engine(world.engine.endpoint)  # as a cancelled plugin ends
    assert after.update(kept, kept.inputs | {"taskDefinition": good}).outputs["taskDefinition"] == good


def test_delete_tries_until_its_timeout_or_until_it_is_cancelled(world: World) -> None:
    engine = Engine(world.engine.endpoint)
    vpc = engine.create(VPC, "net", {"cidrBlock": "10.1.0.0/16"})
    subnet = engine.create(SUBNET, "in-it", {"vpcId": vpc.id, "cidrBlock": "10.1.0.0/24"})
    with pytest.raises(Refused, match="DependencyViolation"):
        engine.delete(vpc, timeout=0.2)
    assert "DependencyViolation" in str(_cancelled(engine, lambda: engine.delete(vpc, timeout=60)))
    after = Engine(world.engine.endpoint)
    assert after.read(vpc) is not None
    with ThreadPoolExecutor(max_workers=1) as threads:
        under_way = threads.submit(after.delete, vpc, timeout=60)
        time.sleep(_UNDER_WAY_SECONDS)
        after.delete(subnet)
        under_way.result(timeout=_AT_ONCE_SECONDS)
    assert after.read(vpc) is None
