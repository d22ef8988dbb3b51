"""Amazon ElastiCache."""

import re
from collections.abc import Iterator

from ..faults import Fault
from ..values import Values
from .checks import between, found, given, matches, number

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MOMENT = rf"({'|'.join(_DAYS)}):([01]?\d|2[0-3]):([0-5]?\d)"
_WEEK_MINUTES = 7 * 24 * 60


def replication_group(inputs: Values) -> Iterator[Fault]:
    """Amazon ElastiCache API Reference, CreateReplicationGroup; User Guide, "Authenticating with the AUTH command"."""
    rule = "must be 16 to 128 letters, digits and the characters ! & # $ ^ < > -"
    yield from matches(inputs, "authToken", r"[A-Za-z0-9!&#$^<>-]{16,128}", rule)
    rule = "must be 1 to 40 letters, digits and single hyphens, starting with a letter and not ending with a hyphen"
    yield from matches(inputs, "replicationGroupId", r"(?!.*--)[A-Za-z][A-Za-z0-9-]{0,39}(?<!-)", rule)
    yield from between(inputs, "numCacheClusters", 1, 6)
    yield from between(inputs, "snapshotRetentionLimit", 0, 35, "days")
    for place, window in found(inputs, "maintenanceWindow"):
        if _minutes(str(window)) < 60:
            yield Fault(place, "must be ddd:hh:mm-ddd:hh:mm and at least 60 minutes", window)
    if given(inputs, "authToken") and inputs.get("transitEncryptionEnabled") in (None, False):
        yield Fault("authToken", "needs transitEncryptionEnabled")
    if inputs.get("automaticFailoverEnabled") is True and number(inputs.get("numCacheClusters")) == 1:
        yield Fault("automaticFailoverEnabled", "needs numCacheClusters of at least 2", True)
    if inputs.get("multiAzEnabled") is True and inputs.get("automaticFailoverEnabled") in (None, False):
        yield Fault("multiAzEnabled", "needs automaticFailoverEnabled", True)


def _minutes(window: str) -> int:
    """Returns the length of a weekly window; 0 for any other text."""
    match = re.fullmatch(f"{_MOMENT}-{_MOMENT}", window.lower())
    if match is None:
        return 0
    moments = (match.groups()[:3], match.groups()[3:])
    start, end = ((_DAYS.index(day) * 24 + int(hour)) * 60 + int(minute) for day, hour, minute in moments)
    return (end - start) % _WEEK_MINUTES
