"""The dashboard shows metrics that somebody emits, the thresholds and the state of every alarm."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from recording.fake_aws import ACCOUNT
from tests.support.alarm_cases import CASES
from tests.support.alarm_evaluator import Insights
from tests.support.emitted import Emitted, Facts
from tests.support.program import REDIS, run
from tests.unit.components.monitoring.test_alarms import APP_ONLY, CACHE_ONLY, WEB_ACL_ONLY, ZONE

FACTS = Facts()


@cache
def widgets(stack: str = "prod", image: bool = True, region: str = "us-east-1", redis: bool = True) -> list[Any]:
    deployment = run(stack, like=stack.split("-")[0], region=region, image=image, **ZONE, **(REDIS if redis else {}))
    return deployment.one("cloudwatch/dashboard:Dashboard").json("dashboardBody")["widgets"]


def graphs(**of: Any) -> dict[str, Any]:
    return {each["properties"]["title"]: each["properties"] for each in widgets(**of) if each["type"] == "metric"}


def lines(graph: Any) -> list[tuple[Emitted | None, str]]:
    """The metric of each line of a graph, and its statistic."""
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


def test_every_line_is_an_emitted_metric() -> None:
    for title, graph in graphs().items():
        assert graph["metrics"], title
        for emitted, _ in lines(graph):
            assert emitted, (title, graph["metrics"])
            # The title says so if today's image does not send the metric.
            assert emitted.by_today is ("waits" not in title)


def test_the_graphs_show_what_operators_ask_for() -> None:
    shown = [line for graph in graphs().values() for line in lines(graph)]
    expected = [(emitted, stat) for emitted in FACTS.emitted() for stat in emitted.shown]
    assert sorted(map(str, shown)) == sorted(map(str, expected))


def test_running_tasks_are_counted_by_the_minute() -> None:
    assert graphs()["Running tasks (estimated)"]["period"] == 60


def test_the_thresholds_of_the_alarms_are_drawn() -> None:
    drawn = [
        (line["label"], line["value"])
        for graph in graphs().values()
        for line in graph.get("annotations", {}).get("horizontal", [])
    ]
    for name, case in CASES.items():
        # A label is the alarm's name, or the beginning of it.
        found = {value for label, value in drawn if name.startswith(label)}
        assert found == ({case.threshold} if case.drawn else set()), name


def test_both_target_groups_have_lines() -> None:
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
        for group in ("voiceter-backend-1a2b3c4", "voiceter-backend-b-1a2b3c4")
    }


def test_the_state_of_every_alarm_is_on_top() -> None:
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
def test_graphs_are_of_the_stacks_region(region: str) -> None:
    stack = "prod" if region == "us-east-1" else f"prod-{region}"
    assert {graph["region"] for graph in graphs(stack=stack, region=region).values()} == {region}


def test_the_first_image_does_not_change_the_dashboard() -> None:
    assert widgets(image=False) == widgets()


def test_stack_without_app_metrics_shows_none() -> None:
    shown = widgets("dev")
    assert "Voiceter/Backend" not in str(shown)
    assert len(shown[0]["properties"]["alarms"]) == len(set(CASES) - APP_ONLY - WEB_ACL_ONLY)


def test_stack_without_a_cache_shows_none() -> None:
    without = widgets(redis=False)
    assert "AWS/ElastiCache" not in str(without)
    assert without[1:-1] == widgets()[1 : len(without) - 1]
    assert len(without[0]["properties"]["alarms"]) == len(set(CASES) - CACHE_ONLY)
