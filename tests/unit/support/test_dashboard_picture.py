"""The picture of the dashboard in docs/, compared with the dashboard that prod registers."""

from __future__ import annotations

import importlib
from collections import Counter
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import pytest

from recording.program import ROOT
from tests.support.plans import planned

PICTURE: Final = ROOT / "docs" / "dashboard.svg"
_SVG: Final = "{http://www.w3.org/2000/svg}"
_KINDS: Final = ("title", "alarm", "label", "threshold")


def texts(path: Path) -> Counter[tuple[str, str]]:
    """The texts of a picture that come from the dashboard's definition, with their kinds."""
    groups = ElementTree.parse(path).iter(f"{_SVG}g")  # noqa: S314 - made by this repository
    return Counter(
        (kind, "".join(text.itertext()))
        for group in groups
        for kind in _KINDS
        if group.get("id") == kind
        for text in group.iter(f"{_SVG}text")
    )


def widgets_of_prod() -> list[Any]:
    return planned("prod").one("cloudwatch/dashboard:Dashboard").json("dashboardBody")["widgets"]


def defined(widgets: list[Any]) -> Counter[tuple[str, str]]:
    """What the definition says, widget by widget."""
    found: list[tuple[str, str]] = []
    for widget in widgets:
        properties = widget["properties"]
        found.append(("title", properties["title"]))
        found += [("alarm", arn.rpartition(":")[2]) for arn in properties.get("alarms", [])]
        found += [("label", row[-1]["label"] or "each ErrorCode") for row in properties.get("metrics", [])]
        thresholds: dict[float, list[str]] = {}
        for line in properties.get("annotations", {}).get("horizontal", []):
            thresholds.setdefault(line["value"], []).append(line["label"])
        found += [("threshold", ", ".join(names)) for names in thresholds.values()]
    return Counter(found)


def test_picture_shows_the_widgets_of_prod() -> None:
    assert texts(PICTURE) == defined(widgets_of_prod()), f"{PICTURE.name} is stale: `make docs` draws it anew"
    assert PICTURE.stat().st_size < 300_000


@pytest.mark.sandbox  # matplotlib is a package of requirements-dev.txt
def test_drawing_again_gives_the_same_picture(tmp_path: Path) -> None:
    module: Any = importlib.import_module("tests.support.dashboard_picture")
    first, second = tmp_path / "first.svg", tmp_path / "second.svg"
    few = widgets_of_prod()[:3]  # the alarms, and two graphs: a drawing of all takes seconds
    for path in (first, second):
        module.draw({"widgets": few}, path)
    assert first.read_bytes() == second.read_bytes()
    assert texts(first) == defined(few)
