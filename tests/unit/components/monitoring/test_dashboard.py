"""The dashboard shows metrics that somebody emits, the thresholds and the state of every alarm."""

from __future__ import annotations

from typing import Any

from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT
from tests.support.alarm_cases import CASES, without
from tests.support.alarm_evaluator import Insights
from tests.support.emitted import Emitted, Facts
from tests.support.program import everything, in_region, run, two_target_groups

FACTS = Facts()


def widgets(deployment: Deployment | None = None) -> list[Any]:
    shown = (deployment or everything()).one("cloudwatch/dashboard:Dashboard")
    return shown.json("dashboardBody")["widgets"]


def graphs(deployment: Deployment | None = None) -> dict[str, Any]:
    return {one["properties"]["title"]: one["properties"] for one in widgets(deployment) if one["type"] == "metric"}


def lines(graph: Any) -> list[tuple[Emitted | None, str]]:
    """The metric of each line of a graph, and its statistic."""
    found: list[tuple[Emitted | None, str]] = []
    for row in graph["metrics"]:
        if isinstance(row[0], dict):
            query = row[0]["expression"].removesuffix(" GROUP BY ErrorCode")
            parsed = Insights.parse(query, graph["period"])
            found.append((FACTS.find_query(parsed.namespace, parsed.name, parsed.dimensions), "SUM"))
        else:
            namespace, name, *names, options = row
            dimensions = dict(zip(names[::2], names[1::2], strict=True))
            found.append((FACTS.find(namespace, name, dimensions), options["stat"]))
    return found


def test_every_line_is_an_emitted_metric() -> None:
    for title, graph in graphs().items():
        assert graph["metrics"], title
        for emitted, _ in lines(graph):
            assert emitted, f"tests/support/emitted.py lacks a metric of {title}: {graph['metrics']}"
            # The title says so if today's image does not send the metric.
            assert emitted.by_today is ("waits" not in title)


def test_the_graphs_show_what_operators_ask_for() -> None:
    shown = [line for graph in graphs().values() for line in lines(graph)]
    expected = [(emitted, stat) for emitted in FACTS.emitted() for stat in emitted.shown]
    assert sorted(map(str, shown)) == sorted(map(str, expected)), (
        "`shown` in tests/support/emitted.py says what is drawn"
    )


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
    drawn = {
        (row[1], row[row.index("TargetGroup") + 1].split("/")[1])
        for widget in widgets(two_target_groups())
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


def test_graphs_are_of_the_stacks_region() -> None:
    for region in ("us-east-1", "eu-north-1"):
        assert {graph["region"] for graph in graphs(in_region(region)).values()} == {region}


def test_stack_without_app_metrics_and_a_cache_shows_none() -> None:
    without_cache, dev = widgets(run("prod")), widgets(run("dev"))
    assert "AWS/ElastiCache" not in str(without_cache)
    assert without_cache[1:-1] == widgets()[1 : len(without_cache) - 1]
    assert len(without_cache[0]["properties"]["alarms"]) == len(without("cache", "zone"))
    assert "Voiceter/Backend" not in str(dev)
    assert len(dev[0]["properties"]["alarms"]) == len(without("app", "cache", "web-acl", "zone"))
