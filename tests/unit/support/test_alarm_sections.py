"""The first commands in docs/alarms.md."""

from __future__ import annotations

import re

import pytest

from tests.support import alarm_sections
from tests.support.contract import OUTPUTS, OUTPUTS_WITH_AN_IMAGE, OUTPUTS_WITH_REDIS, TABLES

COMMANDS = {alarm.name: alarm.command for alarm in alarm_sections.alarms()}


@pytest.mark.parametrize("name", COMMANDS)
def test_command_asks_aws_about_this_stack(name: str) -> None:
    command = COMMANDS[name]
    assert command.startswith(("aws ", "for "))
    actions = re.findall(r"\baws [a-z0-9-]+ ([a-z]+)-", command)
    assert actions and set(actions) <= {"describe", "filter", "get", "list"}
    assert not re.search(r"aws logs tail|<<<|date .*-d", command), "in AWS CLI v2, bash or GNU's date only"
    # CloudWatch Logs finds a part of a word, such as an error's name, by a regular expression only.
    assert all(re.fullmatch(r"%[A-Za-z|\[\]]+%", one) for one in re.findall(r"--filter-pattern '(.*?)'", command))
    outputs = set(re.findall(r"pulumi stack output ([A-Za-z]+)", command))
    assert outputs
    assert outputs <= OUTPUTS | OUTPUTS_WITH_AN_IMAGE | OUTPUTS_WITH_REDIS


@pytest.mark.parametrize("table", TABLES)
def test_command_of_a_table_reads_both_kinds_of_its_throttles(table: str) -> None:
    command = COMMANDS[f"database-latency-high-{table}-warning"]
    assert f"Name=TableName,Value=$(pulumi stack output {table}TableName)" in command
    assert {"ReadThrottleEvents", "WriteThrottleEvents"} <= set(command.split("; ")[0].split())
