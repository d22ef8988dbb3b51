"""The tables of docs/alarms.md, from the alarms' declarations."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator

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

_HEAD = "| alarm | rolls a deployment back | what it means | first thing to do | first command |\n|---|---|---|---|---|"


def alarms() -> list[Alarm]:
    """Returns all alarms that a stack can have."""
    return [alarm for profile in _profiles().values() for alarm in profile.alarms]


def table() -> str:
    """Returns a table for each source of metrics, critical alarms first."""
    return "\n\n".join(
        "\n".join([f"### {title}", "", _HEAD, *_rows(sorted(profile.alarms, key=_severity))])
        for title, profile in _profiles().items()
    )


def _profiles() -> dict[str, Profile]:
    """Returns the alarms by the title of their table. The metrics are of a made-up stack, as no row names them."""
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

    async def profiles() -> dict[str, Profile]:  # a dimension is an output, which needs an event loop
        return {
            "Every stack": service_profile(metrics),
            "Every stack: Amazon Bedrock": bedrock_profile(metrics),
            "With `enableMetrics`": app_profile(metrics),
            "With `redisEnabled`": cache_profile(metrics),
            "With `waf`": web_acl_profile(metrics),
            f"With `hostedZoneId`, in {METRICS_REGION}": region_profile(metrics),
        }

    # `asyncio.run` would take the thread's loop away from whoever records the program next.
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(profiles())
    finally:
        loop.close()


def _severity(alarm: Alarm) -> bool:
    return alarm.severity != "critical"


def _rows(alarms: Iterable[Alarm]) -> Iterator[str]:
    """Yields the rows. The first of the alarms that share an anchor has it."""
    anchored: set[str] = set()
    for alarm in alarms:
        yield _row(alarm, "" if alarm.row in anchored else f'<a id="{alarm.row}"></a>')
        anchored.add(alarm.row)


def _row(alarm: Alarm, anchor: str) -> str:
    rolls_back = "yes" if alarm.rolls_back else ""
    first_step = f"{alarm.first_step[0].upper()}{alarm.first_step[1:]}."
    command = alarm.command.replace("|", "\\|")  # without the backslash, it would end the table's cell
    return f"| {anchor}`{alarm.name}` | {rolls_back} | {alarm.explanation} | {first_step} | `{command}` |"
