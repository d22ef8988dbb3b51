"""The sections of docs/alarms.md, from the alarms' declarations."""

from __future__ import annotations

import re
import textwrap

from components.data.tables import TABLES
from components.edge.domain import METRICS_REGION
from components.lib.names import Names
from components.monitoring.metrics import Metrics
from components.monitoring.profile import Alarm, Profile
from components.monitoring.profiles.app import app_profile
from components.monitoring.profiles.bedrock import bedrock_profile
from components.monitoring.profiles.cache import cache_profile
from components.monitoring.profiles.region import region_profile
from components.monitoring.profiles.service import service_profile
from components.monitoring.profiles.web_acl import web_acl_profile
from config.model import Keys

_WIDTH = 140  # of a text
_LONGEST_LINE = 120  # of a command


def alarms() -> list[Alarm]:
    """Returns all alarms that a stack can have."""
    return [alarm for profile in _profiles().values() for alarm in profile.alarms]


def sections() -> str:
    """Returns the names of the alarms that roll back, and a section for each alarm, critical ones first.

    Alarms of one kind and severity share a section.
    """
    rolling_back = ", ".join(f"`{alarm.name}`" for alarm in alarms() if alarm.rolls_back)
    text = [f"These roll back a deployment that is under way: {rolling_back}."]
    for title, profile in _profiles().items():
        text.append(f"### {title}")
        by_section: dict[str, list[Alarm]] = {}
        for alarm in sorted(profile.alarms, key=_severity):
            by_section.setdefault(alarm.section, []).append(alarm)
        text += [_section(*same) for same in by_section.values()]
    return "\n\n".join(text)


def _profiles() -> dict[str, Profile]:
    """Returns the alarms by title. The metrics are of a made-up stack, as no section names them."""
    metrics = Metrics(
        names=Names("prod"),
        load_balancer="",
        target_groups=[""],
        tables=dict.fromkeys(TABLES, ""),
        from_app=True,
        region="",
        least_tasks=2,  # as in prod
        models=Keys.model_fields["extra_model_ids"].default,
        cache_nodes=["", ""],
        web_acl=True,
        health_check="",
    )
    return {
        "Every stack": service_profile(metrics),
        "Every stack: Amazon Bedrock": bedrock_profile(metrics),
        "With `enableMetrics`": app_profile(metrics),
        "With `redisEnabled`": cache_profile(metrics),
        "With `waf`": web_acl_profile(metrics),
        f"With `hostedZoneId`, in {METRICS_REGION}": region_profile(metrics),
    }


def _severity(alarm: Alarm) -> bool:
    return alarm.severity != "critical"


def _section(first: Alarm, *others: Alarm) -> str:
    """Returns the section of alarms, with the text and the command of the first."""
    advice = f"{first.explanation} **First** {first.first_step}."
    if others:
        subjects = ", ".join(f"`{alarm.subject}`" for alarm in others)
        advice += f" There are more of these alarms, for {subjects}: put that in place of `{first.subject}`."
    text = textwrap.fill(advice, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return f"#### `{first.section}`\n\n{text}\n\n```sh\n{_on_lines(first.command)}\n```"


def _on_lines(command: str) -> str:
    """Returns a command on several lines: a loop has a line for its values, and long commands one for more options."""
    loop = re.fullmatch(r"(for .*?; do) (.*); done", command)
    if loop:
        body = "".join(f"  {line}\n" for line in _on_lines(loop[2]).split("\n"))
        return f"{_on_lines(loop[1])}\n{body}done"
    first, *options = re.split(r" (?=--)", command)
    lines = [first]
    for option in options:
        if len(f"{lines[-1]} {option}") <= _LONGEST_LINE:
            lines[-1] += f" {option}"
        else:
            lines.append(f"  {option}")
    return " \\\n".join(lines)
