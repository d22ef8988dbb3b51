"""The picture of the dashboard in docs/: prod's own definition, drawn on made-up data. `make docs` draws it.

The texts stay texts in the SVG, so a test compares them with the definition on any machine.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from recording.program import ROOT, record_as_committed
from tests.support import alarm_sections

PICTURE: Final = ROOT / "docs" / "dashboard.svg"
_COLUMNS: Final = 24  # of CloudWatch's grid
_UNIT: Final = (0.62, 0.42)  # inches
_ALARMS_IN_A_ROW: Final = 3
_GREEN, _RED, _GREY = "#1d8102", "#d13212", "#d5dbdb"
_HOURS: Final = 3
_POINTS: Final = 60  # of a line; as many as a minute has would make a large file
_FIRES_BELOW: Final = frozenset(alarm.kind for alarm in alarm_sections.alarms() if alarm.below)
_LEGEND: Final[dict[str, Any]] = {
    "loc": "upper left",
    "bbox_to_anchor": (0, -0.13),
    "frameon": False,
    "borderpad": 0,
    "handlelength": 1.2,
    "columnspacing": 1,
    "handletextpad": 0.5,
}
_STYLE: Final[dict[str, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "dashboard",  # the ids of shapes, which are random without it
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # matplotlib brings it
    "figure.facecolor": "#f2f3f3",
    "font.size": 7,
    "axes.edgecolor": _GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": "#545b64",
    "ytick.color": "#545b64",
}


def definition() -> dict[str, Any]:
    """Returns the dashboard's body that prod registers."""
    return record_as_committed("prod").one("cloudwatch/dashboard:Dashboard").json("dashboardBody")


def draw(body: dict[str, Any], path: Path) -> None:
    """Draws the widgets where the grid has them."""
    widgets: list[dict[str, Any]] = body["widgets"]
    rows = max(widget["y"] + widget["height"] for widget in widgets)
    width, height = _UNIT
    untyped: Any = mpl  # as are parts of matplotlib's arguments
    with untyped.rc_context(_STYLE):
        figure: Any = Figure(figsize=(_COLUMNS * width, rows * height))
        for widget in widgets:
            figure.add_artist(
                Rectangle(
                    ((widget["x"] + 0.1) / _COLUMNS, 1 - (widget["y"] + widget["height"] - 0.1) / rows),
                    (widget["width"] - 0.2) / _COLUMNS,
                    (widget["height"] - 0.2) / rows,
                    facecolor="white",
                    edgecolor=_GREY,
                    zorder=-1,
                )
            )
            axes = figure.add_axes(
                (
                    (widget["x"] + 0.9) / _COLUMNS,
                    1 - (widget["y"] + widget["height"] - 1.6) / rows,
                    (widget["width"] - 1.4) / _COLUMNS,
                    (widget["height"] - 2.7) / rows,
                )
            )
            properties = widget["properties"]
            axes.set_title(properties["title"], loc="left", fontsize=9, fontweight="bold", gid="title")
            if widget["type"] == "alarm":
                _alarms(axes, properties["alarms"])
            else:
                _graph(axes, properties)
        figure.savefig(path, metadata={"Date": None, "Creator": None})


def _alarms(axes: Any, arns: list[str]) -> None:
    """The alarms by name, all of them OK."""
    axes.set_axis_off()
    lines = -(-len(arns) // _ALARMS_IN_A_ROW)
    for place, arn in enumerate(arns):
        x, y = place % _ALARMS_IN_A_ROW / _ALARMS_IN_A_ROW, 1 - (place // _ALARMS_IN_A_ROW + 0.5) / lines
        axes.text(x, y, "OK", color=_GREEN, fontweight="bold", va="center")
        axes.text(x + 0.02, y, arn.partition(":alarm:")[2], va="center", gid="alarm")


def _graph(axes: Any, properties: dict[str, Any]) -> None:
    """A line for each metric, and a dashed line for each threshold."""
    thresholds = properties.get("annotations", {}).get("horizontal", [])
    unit = properties["yAxis"]["left"]["label"]
    level = min((one["value"] for one in thresholds), default=10)
    level *= 2 if any(one["label"] in _FIRES_BELOW for one in thresholds) else 0.7
    hours = [step * _HOURS / _POINTS for step in range(_POINTS + 1)]
    names = _labels(properties)
    for number, label in enumerate(names, start=1):
        data = _made_up(f"{properties['title']}, {label}", level * number / len(names), len(hours))
        axes.plot(hours, list(data), linewidth=1, label=label)
    for height, label in _by_value(thresholds).items():
        axes.axhline(height, color=_RED, linewidth=1, linestyle="--")
        axes.text(_HOURS, height, label, color=_RED, ha="right", va="bottom", gid="threshold")
    axes.set_xlim(0, _HOURS)
    axes.set_ylim(0, 1.25 * max(axes.get_ylim()[1], *(one["value"] for one in thresholds), 0))
    axes.set_xticks(range(_HOURS + 1), [f"{12 + hour}:00" for hour in range(_HOURS + 1)])
    axes.set_ylabel(unit)
    axes.grid(axis="y", color=_GREY, linewidth=0.5)
    columns = len(names) if len(names) < 6 else 4
    legend = axes.legend(ncols=columns, **_LEGEND)
    for text in legend.get_texts():
        text.set_gid("label")


def _labels(properties: dict[str, Any]) -> list[str]:
    """Returns the label of each line. A query without one has a line for each value of what it groups by."""
    options = [row[-1] for row in properties["metrics"]]
    return [one["label"] or f"each {one['expression'].rpartition(' ')[2]}" for one in options]


def _by_value(thresholds: list[dict[str, Any]]) -> dict[float, str]:
    """Returns the labels of the thresholds by value, as equal thresholds are one line."""
    values = {one["value"] for one in thresholds}
    return {value: ", ".join(one["label"] for one in thresholds if one["value"] == value) for value in sorted(values)}


def _made_up(seed: str, level: float, count: int) -> Iterator[float]:
    """Yields values around a level, the same in every run."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    value = level * dice.uniform(0.6, 1)
    for _ in range(count):
        value += 0.2 * (level * dice.uniform(0.5, 1) - value)
        yield value


if __name__ == "__main__":
    draw(definition(), PICTURE)
