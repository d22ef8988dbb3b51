"""What Pulumi makes of values that stand in a stack file without quotes."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from config.yaml_values import is_date, may_be_changed, needs_quotes
from sandbox.engine import build
from sandbox.layout import Layout
from tests.live.harness import ROOT

# fmt: off
# Each of them reaches the program as another text, or may be another text that reaches the program as this one.
UNQUOTED = [
    "1.10", "1.0", "1.1", ".5", "5.", "007", "08", "0123456", "42", "-7", "+5", "1_000", "0_", "0x1F", "0o17", "0b11",
    "1e5", "1E5", "1.5e-7", "1e20", "1e21", "123456789012345678901234567890", "true", "TRUE", "False",
    "2026-01-01", "2026-1-1", "2026-01-01T10:00:00.5Z",
]
# Pulumi passes these as they are.
TEXTS = [
    "1.4.2", "v1", "yes", "No", "on", "12:30", "1.2.3-4", "a1e5", "e5", "2026-01", "2026-01-01-a", "1.10.0", "12345e",
    "1e", "+", "deadbeef", "Z1D633PJN98FT9", "amazon.nova-2-sonic-v1:0",
]
# fmt: on


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the engine passes for each of the texts."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "state").mkdir()
    (folder / "Pulumi.yaml").write_text("name: t\nruntime: python\n")
    lines = [f"  t:k{number}: {text}" for number, text in enumerate([*UNQUOTED, *TEXTS])]
    (folder / "Pulumi.s.yaml").write_text("\n".join(["config:", *lines, ""]))
    engine = build.find(Layout(ROOT, folder / ".sandbox"), os.environ)
    environment = {
        **os.environ,
        "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }

    def pulumi(*arguments: str) -> str:
        command = [str(engine.pulumi), *arguments, "--non-interactive"]
        return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout  # noqa: S603

    pulumi("stack", "init", "s")
    config = json.loads(pulumi("config", "--stack", "s", "--json"))
    return {text: config[f"t:k{number}"]["value"] for number, text in enumerate([*UNQUOTED, *TEXTS])}


@pytest.mark.parametrize("text", UNQUOTED)
def test_value_that_the_engine_may_change_is_recognized(passed: dict[str, str], text: str) -> None:
    assert may_be_changed(passed[text])
    assert needs_quotes(text)
    assert is_date(passed[text]) == text.startswith("2026")


@pytest.mark.parametrize("text", TEXTS)
def test_text_that_the_engine_keeps_is_accepted(passed: dict[str, str], text: str) -> None:
    assert passed[text] == text
    assert not may_be_changed(text)
    assert not needs_quotes(text)
