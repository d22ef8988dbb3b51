"""Where the time of a command of Pulumi's went, by the engine's own OpenTelemetry traces (`pulumi --otel-traces`)."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

# Parts of a command, each with the spans that say that it is at work: their name's beginning, and for a plugin's start
# the kind of plugin. At each moment the time is that of the first one that has a span open: the program waits for the
# engine, and the engine for the plugin. Construct is left out, as in it a plugin waits for the engine in turn.
_PARTS = {
    "plugin_starts": ("newPlugin resource",),
    "plugin_calls": ("pulumirpc.ResourceProvider/",),
    "engine": ("pulumirpc.ResourceMonitor/", "pulumirpc.Engine/"),
    "language_host": ("newPlugin language", "pulumirpc.LanguageRuntime/Get", "pulumirpc.LanguageRuntime/About"),
    "program": ("pulumirpc.LanguageRuntime/Run",),
}
_WAITS = ("pulumirpc.ResourceProvider/Construct", "pulumirpc.ResourceMonitor/SignalAndWaitForShutdown")


def spent(files: Iterable[Path]) -> dict[str, float]:
    """Seconds by part of all commands whose traces these are; `engine` has what no part has, too.

    Args:
        files: as `--otel-traces file://…` writes them, one a command.
    """
    seconds = Counter[str]()
    for file in files:
        open_spans = Counter[str]()
        before = 0
        for moment, part, by in sorted(_edges(file)):
            if before:
                at_work = next((one for one in _PARTS if open_spans[one]), "engine")
                seconds[at_work] += moment - before
            open_spans[part] += by
            before = moment
    return {part: seconds[part] / 1e9 for part in _PARTS}


def _edges(file: Path) -> Iterator[tuple[int, str, int]]:
    """The beginning and the end of each span: when (nanoseconds), of which part, and 1 or -1."""
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
    facts = {one["key"]: one["value"].get("stringValue", "") for one in span.get("attributes", [])}
    said = f"{name} {facts.get('kind')}" if name == "newPlugin" else name
    return next((part for part, beginnings in _PARTS.items() if said.startswith(beginnings)), "")
