"""The engine's traces divide the time of a command by its parts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.cli.traces import spent

SECOND = 1_000_000_000


def span(name: str, start: float, end: float, kind: str = "") -> dict[str, Any]:
    return {
        "name": name,
        "startTimeUnixNano": str(int((1000 + start) * SECOND)),
        "endTimeUnixNano": str(int((1000 + end) * SECOND)),
        "attributes": [{"key": "kind", "value": {"stringValue": kind}}] if kind else [],
    }


def traces(file: Path, *spans: dict[str, Any]) -> Path:
    lines = [{"resourceSpans": [{"scopeSpans": [{"spans": [one]}]}]} for one in spans]
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return file


def test_each_moment_counts_for_the_part_that_the_others_wait_for(tmp_path: Path) -> None:
    file = traces(
        tmp_path / "up.json",
        span("pulumi", 0, 20),
        span("newPlugin", 1, 2, "language"),
        span("pulumirpc.LanguageRuntime/GetRequiredPlugins", 2, 4),
        span("pulumirpc.LanguageRuntime/Run", 5, 18),
        span("pulumirpc.ResourceMonitor/RegisterResource", 7, 12),
        span("newPlugin", 8, 9, "resource"),
        span("pulumirpc.ResourceProvider/Check", 9, 11),
        span("pulumirpc.ResourceProvider/Check", 10, 11.5),
        # A plugin that waits for the engine, and a program that waits for its end, are not at work.
        span("pulumirpc.ResourceProvider/Construct", 12, 14),
        span("pulumirpc.ResourceMonitor/SignalAndWaitForShutdown", 14, 16),
    )
    assert spent([]) == dict.fromkeys(("plugin_starts", "plugin_calls", "engine", "language_host", "program"), 0)
    assert spent([file]) == pytest.approx(
        {"plugin_starts": 1, "plugin_calls": 2.5, "engine": 1.5 + 1 + 1 + 2, "language_host": 3, "program": 8}
    )
