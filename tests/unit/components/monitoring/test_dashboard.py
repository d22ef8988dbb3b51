"""The dashboard: what it shows, and that somebody emits it."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from tests.support.alarm_cases import CASES
from tests.support.alarm_evaluator import Insights
from tests.support.emitted import TABLES, Emitted, Facts
from tests.support.mocks import ACCOUNT
from tests.support.program import REDIS, run
from tests.unit.components.monitoring.test_alarms import APP_ONLY, CACHE_ONLY, rule

FACTS = Facts()


@cache
def widgets(stack: str = "prod", image: bool = True, region: str = "us-east-1", redis: bool = True) -> list[Any]:
    deployment = run(stack, like=stack.split("-")[0], region=region, image=image, **(REDIS if redis else {}))
    return deployment.one("cloudwatch/dashboard:Dashboard").json("dashboardBody")["widgets"]


def graphs(**of: Any) -> dict[str, Any]:
    return {each["properties"]["title"]: each["properties"] for each in widgets(**of) if each["type"] == "metric"}


def lines(graph: Any) -> list[tuple[Emitted | None, str]]:
    """Who emits each line of a graph, and its statistic."""
    found: list[tuple[Emitted | None, str]] = []
    for row in graph["metrics"]:
        if isinstance(row[0], dict):
            query = row[0]["expression"].removesuffix(" GROUP BY ErrorCode")
            parsed = Insights.parse(query, graph["period"])
            found.append((FACTS.find_query(parsed.namespace, parsed.name, parsed.dimensions), parsed.function))
        else:
            namespace, name, *names, options = row
            dimensions = dict(zip(names[::2], names[1::2], strict=True))
            found.append((FACTS.find(namespace, name, dimensions), options["stat"]))
    return found


def test_every_line_is_of_a_metric_that_somebody_emits() -> None:
    for title, graph in graphs().items():
        assert graph["metrics"], title
        for emitted, _ in lines(graph):
            assert emitted, (title, graph["metrics"])
            # Today's image does not send Bedrock's latency, and the title says so.
            assert emitted.by_today is ("waits" not in title)


def test_what_an_operator_sees() -> None:
    shown = {(emitted.name, stat) for graph in graphs().values() for emitted, stat in lines(graph) if emitted}
    assert shown == {
        ("ConcurrentSessions", "Maximum"),
        ("WebSocketConnections", "Maximum"),
        ("ErrorRate", "SUM"),
        ("AudioChunksProcessed", "Sum"),
        ("BedrockLatency", "p50"),
        ("BedrockLatency", "p95"),
        ("DatabaseLatency", "p95"),
        ("CPUUtilization", "Average"),
        ("CPUUtilization", "Maximum"),
        ("CPUUtilization", "SampleCount"),
        ("MemoryUtilization", "Average"),
        ("MemoryUtilization", "Maximum"),
        ("HealthyHostCount", "Maximum"),
        ("HTTPCode_Target_5XX_Count", "Sum"),
        ("HTTPCode_ELB_5XX_Count", "Sum"),
        ("TargetConnectionErrorCount", "Sum"),
        ("RejectedConnectionCount", "Sum"),
        ("ReadThrottleEvents", "Sum"),
        ("WriteThrottleEvents", "Sum"),
        ("DatabaseMemoryUsagePercentage", "Maximum"),
        ("Evictions", "Sum"),
        ("ReplicationLag", "Maximum"),
    }
    assert len(graphs()["Throttled calls on the tables"]["metrics"]) == 2 * len(TABLES)
    assert [len(graphs()[f"Latency of the table {table}, p95"]["metrics"]) for table in TABLES] == [5] * len(TABLES)


def test_the_tasks_are_counted_by_the_minute() -> None:
    assert graphs()["Running tasks (estimated)"]["period"] == 60


def test_the_thresholds_of_the_alarms_are_drawn_in() -> None:
    drawn: dict[str, float] = {
        line["label"]: line["value"]
        for graph in graphs().values()
        for line in graph.get("annotations", {}).get("horizontal", [])
    }
    assert {name for name in CASES if not any(name.startswith(label) for label in drawn)} == {
        # Neither is a line in one graph: one is a share, one a sum, and one has the line of another alarm.
        "high-error-rate-critical",
        "websocket-connection-failures-critical",
        "deployment-unhealthy-critical",
    }
    for label, value in drawn.items():
        assert {rule(name).threshold for name in CASES if name.startswith(label)} == {value}


def test_both_target_groups_are_drawn() -> None:
    body = run("prod", deploymentStrategy="blue-green").one("cloudwatch/dashboard:Dashboard").json("dashboardBody")
    drawn = {
        (row[1], row[row.index("TargetGroup") + 1].split("/")[1])
        for widget in body["widgets"]
        for row in widget["properties"].get("metrics", [])
        if "TargetGroup" in row
    }
    assert drawn == {
        (name, group)
        for name in ("HealthyHostCount", "HTTPCode_Target_5XX_Count", "TargetConnectionErrorCount")
        for group in ("voiceter-backend-1a2b3c4", "voiceter-backend-alternate-1a2b3c4")
    }


def test_every_alarms_state_stands_on_top() -> None:
    first, *others = widgets()
    assert first["type"] == "alarm" and first["y"] == 0
    assert "alarm" not in {widget["type"] for widget in others}
    arn = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:voiceter-backend"
    assert sorted(first["properties"]["alarms"]) == sorted(f"{arn}-{name}" for name in CASES)


def test_widgets_do_not_overlap() -> None:
    cells = [
        (x, y)
        for widget in widgets()
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(cells) == len(set(cells))
    assert {x for x, _ in cells} <= set(range(24))


@pytest.mark.parametrize("region", ["us-east-1", "eu-north-1"])
def test_it_shows_the_stacks_region(region: str) -> None:
    stack = "prod" if region == "us-east-1" else f"prod-{region}"
    assert {graph["region"] for graph in graphs(stack=stack, region=region).values()} == {region}


def test_the_first_image_does_not_change_it() -> None:
    assert widgets(image=False) == widgets()


def test_a_stack_whose_app_emits_nothing_shows_nothing_of_an_app() -> None:
    shown = widgets("dev")
    assert "Voiceter/Backend" not in str(shown)
    assert len(shown[0]["properties"]["alarms"]) == len(set(CASES) - APP_ONLY)


def test_a_stack_without_a_cache_shows_none() -> None:
    without = widgets(redis=False)
    assert "AWS/ElastiCache" not in str(without)
    assert without[1:] == widgets()[1 : len(without)]
    assert len(without[0]["properties"]["alarms"]) == len(set(CASES) - CACHE_ONLY)
