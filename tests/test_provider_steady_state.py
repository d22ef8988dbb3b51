"""`waitForSteadyState`: a change of a service is over when its deployment is, and it fails when that does not hold."""

from __future__ import annotations

import json
import time
from collections.abc import Generator
from typing import Any

import pytest
from provider_harness import (
    SERVICE,
    TASK,
    Engine,
    Made,
    Refused,
    World,
    client,
    from_struct,
    moto_endpoint,
    reset,
)

from sandbox import stand_in, supplies
from sandbox.stand_in import Fault


@pytest.fixture(scope="module")
def endpoint() -> Generator[str]:
    with moto_endpoint() as url:
        yield url


@pytest.fixture
def world(endpoint: str) -> World:
    reset(endpoint)
    client(endpoint, "ecr").create_repository(repositoryName="steady")
    return World(Engine(endpoint), endpoint)


def _task(world: World, endpoint: str, tag: str, fault: Fault | None = None) -> str:
    """A revision with an image of its own."""
    ecr = client(endpoint, "ecr")
    supplies.put_image(ecr, "steady", tag, stand_in.image(tag, fault))
    uri = ecr.describe_repositories(repositoryNames=["steady"])["repositories"][0]["repositoryUri"]
    sample = world.make(TASK)
    (container,) = json.loads(sample.inputs["containerDefinitions"])
    document = json.dumps([{**container, "image": f"{uri}:{tag}"}])
    return world.engine.create(TASK, "task", sample.inputs | {"containerDefinitions": document}).outputs["arn"]


def _service(world: World, task: str) -> Made:
    inputs = world.make(SERVICE).inputs
    return world.engine.create(
        SERVICE, "steady", inputs | {"name": "steady", "taskDefinition": task, "waitForSteadyState": True}
    )


def _kept(refused: Refused) -> dict[str, Any]:
    """What the state keeps of an object that is not as it was asked for."""
    failed = refused.init_failed()
    assert failed is not None
    return from_struct(failed.inputs)[0]


def test_a_change_that_holds(world: World, endpoint: str) -> None:
    made = _service(world, _task(world, endpoint, "1"))
    task = _task(world, endpoint, "2")
    assert world.engine.update(made, made.inputs | {"taskDefinition": task}).outputs["taskDefinition"] == task


def test_a_first_deployment_that_fails_keeps_the_service(world: World, endpoint: str) -> None:
    with pytest.raises(Refused, match="No rollback candidate was found to run the rollback") as caught:
        _service(world, _task(world, endpoint, "1", Fault.UNHEALTHY))
    failed = caught.value.init_failed()
    assert failed is not None
    assert failed.id.endswith("/steady")


def test_a_rolled_back_change_fails_with_the_services_words_and_the_next_one_is_judged_by_itself(
    world: World, endpoint: str
) -> None:
    good, bad = _task(world, endpoint, "1"), _task(world, endpoint, "2", Fault.UNHEALTHY)
    made = _service(world, good)
    with pytest.raises(Refused, match=r"ROLLBACK_SUCCESSFUL: .*circuit breaker threshold.*rolling back to") as caught:
        world.engine.update(made, made.inputs | {"taskDefinition": bad})
    assert _kept(caught.value)["taskDefinition"] == good
    time.sleep(1)  # the service tells times in whole seconds
    changed = world.engine.update(made, made.inputs | {"deploymentMaximumPercent": 150})
    assert changed.outputs["deploymentMaximumPercent"] == 150


def test_a_change_that_does_not_end_fails_after_its_timeout(world: World, endpoint: str) -> None:
    made = _service(world, _task(world, endpoint, "1"))
    stuck = _task(world, endpoint, "2", Fault.STUCK)
    began = time.monotonic()
    with pytest.raises(Refused, match="not ready after 2 seconds") as caught:
        world.engine.update(made, made.inputs | {"taskDefinition": stuck}, timeout=2)
    assert 2 <= time.monotonic() - began < 30
    assert _kept(caught.value)["taskDefinition"] == stuck


def test_who_does_not_ask_for_it_does_not_wait(world: World, endpoint: str) -> None:
    made = _service(world, _task(world, endpoint, "1"))
    stuck = _task(world, endpoint, "2", Fault.STUCK)
    news = made.inputs | {"taskDefinition": stuck, "waitForSteadyState": False}
    assert world.engine.update(made, news).outputs["taskDefinition"] == stuck
