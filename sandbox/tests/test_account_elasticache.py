"""What the account has of ElastiCache beyond moto, asked as the provider asks it."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.tests.provider_harness import Engine, client, reset
from sandbox.tests.provider_samples import CACHE, CACHE_TOKEN, SAMPLES, SUBNET_GROUP, World


@pytest.fixture
def world(endpoint: str) -> World:
    reset(endpoint)
    return World(Engine(endpoint), endpoint)


def group(endpoint: str) -> Any:
    (found,) = client(endpoint, "elasticache").describe_replication_groups(ReplicationGroupId="app-cache")[
        "ReplicationGroups"
    ]
    return found


def test_a_group_has_all_its_nodes(world: World, endpoint: str) -> None:
    made = world.make(CACHE)
    nodes = ["app-cache-001", "app-cache-002"]
    assert made.outputs["memberClusters"] == nodes == group(endpoint)["MemberClusters"]
    (shard,) = group(endpoint)["NodeGroups"]
    members = shard["NodeGroupMembers"]
    assert [(m["CacheClusterId"], m["CurrentRole"]) for m in members] == [(nodes[0], "primary"), (nodes[1], "replica")]
    assert len({m["ReadEndpoint"]["Address"] for m in members}) == 2
    assert made.outputs["primaryEndpointAddress"] == shard["PrimaryEndpoint"]["Address"]
    caches = client(endpoint, "elasticache")
    shown = caches.describe_cache_clusters()["CacheClusters"]
    assert [(n["CacheClusterId"], n["EngineVersion"], n["CacheSubnetGroupName"]) for n in shown] == [
        (node, "7.2", "app-cache") for node in nodes
    ]
    with pytest.raises(caches.exceptions.CacheClusterNotFoundFault):
        caches.describe_cache_clusters(CacheClusterId="app-cache-003")


@pytest.mark.parametrize(("count", "failover"), [(1, False), (6, True), (2, True)])
def test_the_number_of_nodes_changes_in_both_directions(
    world: World, endpoint: str, count: int, failover: bool
) -> None:
    made = world.make(CACHE)
    wanted = world.resolve(SAMPLES[CACHE].inputs)
    wanted |= {"numCacheClusters": count, "automaticFailoverEnabled": failover, "multiAzEnabled": failover}
    news, failures = world.engine.check(CACHE, made.name, wanted, made.inputs)
    assert failures == []
    changed = world.engine.update(made, news)
    assert changed.outputs["memberClusters"] == [f"app-cache-{n:03}" for n in range(1, count + 1)]
    assert group(endpoint)["AutomaticFailover"] == ("enabled" if failover else "disabled")
    back, _ = world.engine.check(CACHE, made.name, world.resolve(SAMPLES[CACHE].inputs), news)
    assert len(world.engine.update(changed, back).outputs["memberClusters"]) == 2


def test_a_new_token_is_set_and_nobody_shows_it(world: World, endpoint: str) -> None:
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


def test_a_token_that_was_taken_away_is_drift(world: World, endpoint: str) -> None:
    made = world.make(CACHE)
    client(endpoint, "elasticache").modify_replication_group(
        ReplicationGroupId="app-cache", AuthTokenUpdateStrategy="DELETE"
    )
    refreshed = world.engine.read(made)
    assert refreshed is not None
    assert "authToken" not in refreshed.outputs
    assert list(world.engine.diff(refreshed, made.inputs).diffs) == ["authToken"]


def test_a_subnet_group_ends_after_the_groups_in_it(world: World, endpoint: str) -> None:
    caches = client(endpoint, "elasticache")
    world.make(CACHE)
    with pytest.raises(caches.exceptions.CacheSubnetGroupInUse):
        caches.delete_cache_subnet_group(CacheSubnetGroupName="app-cache")
    world.engine.delete(world.made.pop(CACHE))
    world.engine.delete(world.made.pop(SUBNET_GROUP))
    assert caches.describe_cache_subnet_groups()["CacheSubnetGroups"] == []
    assert caches.describe_cache_clusters()["CacheClusters"] == []
    # Its name is free again.
    assert world.make(CACHE).outputs.get("tags") is None
    world.clear()
