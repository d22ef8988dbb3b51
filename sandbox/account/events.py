"""Amazon EventBridge: PutRule gives tags to a new rule only. moto adds them to an existing rule, too.

Source: Amazon EventBridge API Reference, PutRule.
"""

from collections.abc import Callable
from typing import Any

from moto.events.models import EventsBackend

from sandbox.account.patching import replaces


@replaces(EventsBackend)
def put_rule(original: Callable[..., Any], events: Any, name: str, **settings: Any) -> Any:
    """Creates or replaces a rule of the default event bus."""
    if name in events.event_buses["default"].rules:
        settings["tags"] = None
    return original(name, **settings)
