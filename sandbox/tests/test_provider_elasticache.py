"""Replication groups of Amazon ElastiCache as the provider creates, changes and reads them."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.provider.values import UNKNOWN
from sandbox.tests.provider_harness import client
from sandbox.tests.provider_samples import CACHE, CACHE_TOKEN, SAMPLES
from sandbox.tests.provider_world import World


def group(endpoint: str) -> Any:
    (found,) = client(endpoint, "elasticache").describe_replication_groups(ReplicationGroupId="app-cache")[
        "ReplicationGroups"
    ]
    return found


@pytest.mark.parametrize(("count", "failover"), [(1, False), (6, True), (2, True)])
def test_number_of_nodes_changes_in_both_directions(world: World, endpoint: str, count: int, failover: bool) -> None:
    made = world.make(CACHE)
    wanted = world.resolve(SAMPLES[CACHE].inputs)
    wanted |= {"numCacheClusters": count, "automaticFailoverEnabled": failover, "multiAzEnabled": failover}
    news, failures = world.engine.check(CACHE, made.name, wanted, made.inputs)
    assert failures == []
    changed = world.engine.update(made, news)
    assert changed.outputs["numCacheClusters"] == count == len(changed.outputs["memberClusters"])
    assert changed.outputs["memberClusters"] == group(endpoint)["MemberClusters"]
    assert group(endpoint)["AutomaticFailover"] == ("enabled" if failover else "disabled")
    back, _ = world.engine.check(CACHE, made.name, world.resolve(SAMPLES[CACHE].inputs), news)
    assert world.engine.update(changed, back).outputs["numCacheClusters"] == 2


def test_preview_of_another_number_of_nodes_does_not_know_their_names(world: World) -> None:
    made = world.make(CACHE)
    for inputs, known in (
        ({"description": "Another"}, ["app-cache-001", "app-cache-002"]),
        ({"numCacheClusters": 3}, UNKNOWN),
    ):
        news, _ = world.engine.check(CACHE, made.name, world.resolve(SAMPLES[CACHE].inputs) | inputs, made.inputs)
        assert world.engine.update(made, news, preview=True).outputs["memberClusters"] == known


def test_new_token_is_set_and_stays_secret(world: World, endpoint: str) -> None:
    made = world.make(CACHE)
    assert made.secret == {"authToken"}
    before = group(endpoint)
    assert before["AuthTokenEnabled"] is True
    news, _ = world.engine.check(
        CACHE, made.name, world.resolve(SAMPLES[CACHE].inputs) | {"authToken": f"{CACHE_TOKEN}-2"}, made.inputs
    )
    assert list(world.engine.diff(made, news).replaces) == []
    changed = world.engine.update(made, news)
    assert (changed.outputs["authToken"], changed.secret) == (f"{CACHE_TOKEN}-2", {"authToken"})
    after = group(endpoint)
    assert after["AuthTokenLastModifiedDate"] > before["AuthTokenLastModifiedDate"]
    assert CACHE_TOKEN not in str(after) + str(client(endpoint, "elasticache").describe_cache_clusters())


def test_removed_token_is_drift(world: World, endpoint: str) -> None:
    made = world.make(CACHE)
    client(endpoint, "elasticache").modify_replication_group(
        ReplicationGroupId="app-cache", AuthTokenUpdateStrategy="DELETE"
    )
    refreshed = world.engine.read(made)
    assert refreshed is not None
    assert "authToken" not in refreshed.outputs
    assert list(world.engine.diff(refreshed, made.inputs).diffs) == ["authToken"]
