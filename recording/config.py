"""Config for a program that runs without an engine, passed as the engine passes it."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from unittest import mock

import pulumi.runtime

NAMESPACE = "voiceter-backend"


def engine_text(value: object) -> str:
    """Returns a value of a stack file as the engine passes it: a string as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), sort_keys=True)


@contextmanager
def engine_config(config: Mapping[str, object], encrypted: Collection[str]) -> Generator[None]:
    """Passes config to the program as the engine does: in the environment, and from there to Pulumi's runtime.

    A key without a namespace is the project's. `encrypted` names the keys that the stack file holds as secrets.
    """
    texts = {qualified(key): engine_text(value) for key, value in config.items()}
    secrets = sorted({qualified(key) for key in encrypted} & texts.keys())
    environment = {"PULUMI_CONFIG": json.dumps(texts), "PULUMI_CONFIG_SECRET_KEYS": json.dumps(secrets)}
    with mock.patch.dict(os.environ, environment):
        pulumi.runtime.set_all_config(texts, secrets)
        try:
            yield
        finally:
            pulumi.runtime.set_all_config({}, [])


def qualified(key: str) -> str:
    """Returns a config key with its namespace."""
    return key if ":" in key else f"{NAMESPACE}:{key}"
