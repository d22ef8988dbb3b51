"""The first commands in docs/alarms.md."""

from __future__ import annotations

import re

import pytest

from tests.support import alarm_table
from tests.support.contract import OUTPUTS, OUTPUTS_WITH_AN_IMAGE, OUTPUTS_WITH_REDIS, TABLES

COMMANDS = {alarm.name: alarm.command for alarm in alarm_table.alarms()}


@pytest.mark.parametrize("name", COMMANDS)
def test_command_asks_aws_about_this_stack(name: str) -> None:
    command = COMMANDS[name]
    assert command.startswith("aws ")
    assert "|" not in command  # it would end the table's cell
    outputs = set(re.findall(r"pulumi stack output ([A-Za-z]+)", command))
    assert outputs
    assert outputs <= OUTPUTS | OUTPUTS_WITH_AN_IMAGE | OUTPUTS_WITH_REDIS


@pytest.mark.parametrize("table", TABLES)
def test_command_of_a_table_names_the_table(table: str) -> None:
    assert f"jq -r .{table} " in COMMANDS[f"database-latency-high-{table}-warning"]
