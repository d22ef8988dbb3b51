"""The values of a stack file in a recording. Seen with Pulumi 3.274: `pulumi config --json` shows the same."""

from __future__ import annotations

import pytest

from recording.config import engine_text, stack_config


@pytest.mark.parametrize(
    ("written", "passed_on"),
    [
        ("1.4.2", "1.4.2"),
        ("1.10", "1.1"),
        ("2.0", "2"),
        ("007", "7"),
        ("1e5", "100000"),
        ("4862e10", "48620000000000"),
        ("0o17", "15"),
        ("0x1F", "31"),
        ("2026-01-01", "2026-01-01 00:00:00 +0000 UTC"),
        ("", ""),
        ("null", ""),
        ("true", "true"),
        ("on", "on"),
        ("no", "no"),
        ("22:30", "22:30"),
        ('"1e5"', "1e5"),
        ("'true'", "true"),
        ("[1e5, on, '7']", '[100000,"on","7"]'),
        ("{a: 1e5, b: 22:30}", '{"a":100000,"b":"22:30"}'),
        ("{a: }", '{"a":null}'),
    ],
)
def test_value_of_a_stack_file_is_read_as_the_engine_reads_it(written: str, passed_on: str) -> None:
    config = stack_config(f"config:\n  voiceter-backend:key: {written}\n")
    assert {key: engine_text(value) for key, value in config.items()} == {"voiceter-backend:key": passed_on}
