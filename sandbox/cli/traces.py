"""Divides a Pulumi command's time by its parts, from the engine's OpenTelemetry traces."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

# The parts of a command, each with the first words of its spans' names, and for a plugin's start the plugin's kind.
# A moment counts for the first part that has an open span, as the program waits for the engine and the engine for a
# plugin. Construct is left out, as a plugin in it waits for the engine.
_PARTS = {
    "plugin_starts": ("newPlugin resource",),
    "plugin_calls": ("pulumirpc.ResourceProvider/",),
    "engine": ("pulumirpc.ResourceMonitor/", "pulumirpc.Engine/"),
    "language_host": ("newPlugin language", "pulumirpc.LanguageRuntime/Get", "pulumirpc.LanguageRuntime/About"),
    "program": ("pulumirpc.LanguageRuntime/Run",),
}
_WAITS = ("pulumirpc.ResourceProvider/Construct", "pulumirpc.ResourceMonitor/SignalAndWaitForShutdown")


def spent(files: Iterable[Path]) -> dict[str, float]:
    """Returns the seconds by part of all traced commands. `engine` includes what belongs to no part.

    Args:
        files: the files that `--otel-traces file://…` writes, one a command.
    """
    seconds = Counter[str]()
    for file in files:
        open_spans = Counter[str]()
        before = 0
        for moment, part, by in sorted(_edges(file)):
            if before:
                active = next((one for one in _PARTS if open_spans[one]), "engine")
                seconds[active] += moment - before
            open_spans[part] += by
            before = moment
    return {part: seconds[part] / 1e9 for part in _PARTS}


def _edges(file: Path) -> Iterator[tuple[int, str, int]]:
    """Yields the start and the end of each span: the time in nanoseconds, the part, and 1 or -1."""
    for line in file.read_text().splitlines():
        for resource in json.loads(line).get("resourceSpans", []):
            for span in (span for scope in resource["scopeSpans"] for span in scope["spans"]):
                part = _part(span)
                yield int(span["startTimeUnixNano"]), part, 1
                yield int(span["endTimeUnixNano"]), part, -1


def _part(span: dict[str, Any]) -> str:
    name = span["name"]
    if name in _WAITS:
        return ""
    attributes = {one["key"]: one["value"].get("stringValue", "") for one in span.get("attributes", [])}
    full_name = f"{name} {attributes.get('kind')}" if name == "newPlugin" else name
    return next((part for part, beginnings in _PARTS.items() if full_name.startswith(beginnings)), "")
