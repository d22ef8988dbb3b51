"""Alarms and graphs of the session cache, over all its nodes: any node may be the primary after a failover."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from components.monitoring.metric_math import Math, expression, joined, query
from components.monitoring.metrics import Metric, Metrics
from components.monitoring.profile import Alarm, Graph, Profile

# Finds the replication group by its endpoint, as no output gives its name.
_REPLICATION_GROUP = (
    "aws elasticache describe-replication-groups --query "
    "\"ReplicationGroups[?starts_with('$(pulumi stack output redisEndpoint)', NodeGroups[0].PrimaryEndpoint.Address)]"
)


def cache_profile(metrics: Metrics) -> Profile:
    """Returns the alarms and graphs of the session cache, which is empty without a cache."""
    if not metrics.cache_nodes:
        return Profile()
    memory = _by_node("Cache memory", "Percent", metrics.cache_memory, "Maximum")
    evictions = _by_node("Cache evictions", "Count", metrics.cache_evictions, "Sum")
    graphs = [memory, evictions]
    alarms = [
        Alarm(
            kind="cache-memory-high",
            severity="warning",
            component="cache",
            watches=_over_nodes(metrics.cache_memory, "Maximum", 300, "MAX", "Memory of the fullest node"),
            threshold=80,
            evaluations=2,
            graph=memory,
            meaning="A node of the session cache has used more than {threshold} % of its memory for ten minutes.",
            first_step="check whether the number of sessions grew too: if so, set a larger redisNodeType",
            look_at="the cache's memory on the dashboard",
            command=f'{_REPLICATION_GROUP}.[CacheNodeType,MemberClusters]"',
        ),
        Alarm(
            kind="cache-evictions",
            severity="critical",
            component="cache",
            watches=_over_nodes(metrics.cache_evictions, "Sum", 300, "SUM", "Evicted keys"),
            threshold=0,
            evaluations=3,
            graph=evictions,
            meaning=(
                "The session cache has evicted keys for fifteen minutes because its memory is full: sessions are lost."
            ),
            first_step="set a larger redisNodeType",
            look_at="the cache's memory and evictions on the dashboard",
            command=f'{_REPLICATION_GROUP}.CacheNodeType"',
        ),
    ]
    if metrics.cache_lag:
        lag = _by_node("Cache replication lag", "Seconds", metrics.cache_lag, "Maximum")
        graphs.append(lag)
        alarms.append(
            Alarm(
                kind="cache-replication-lag",
                severity="warning",
                component="cache",
                watches=_over_nodes(metrics.cache_lag, "Maximum", 60, "MAX", "Lag of the slowest replica"),
                threshold=5,
                evaluations=5,
                graph=lag,
                meaning=(
                    "A replica of the session cache has been more than {threshold} s behind for five minutes: "
                    "a failover now would lose sessions."
                ),
                first_step="check whether the primary's CPU or network is at its limit",
                look_at="the replication lag on the dashboard",
                command=f'{_REPLICATION_GROUP}.NodeGroups[0].NodeGroupMembers[].[CacheClusterId,CurrentRole]"',
            )
        )
    return Profile(alarms=alarms, graphs=graphs)


def _by_node(title: str, unit: str, nodes: Sequence[Metric], stat: str) -> Graph:
    """Returns a graph with a line for each node."""
    return Graph(title=title, unit=unit, lines=[node.line(node.dimensions["CacheClusterId"], stat) for node in nodes])


def _over_nodes(nodes: Sequence[Metric], stat: str, period: int, function: Literal["MAX", "SUM"], label: str) -> Math:
    """Returns one series over all nodes. A node that is gone or new has no data."""
    ids = [f"node{number}" for number, _ in enumerate(nodes, start=1)]
    return Math(
        [
            *(query(id_, node, stat, period) for id_, node in zip(ids, nodes, strict=True)),
            expression("nodes", joined(function, ids), label, watched=True),
        ]
    )
