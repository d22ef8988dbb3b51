"""Config for a program that runs without an engine, passed as the engine passes it."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from unittest import mock

import pulumi.runtime
import yaml

from config.yaml_values import needs_quotes

NAMESPACE = "voiceter-backend"

_FLOAT, _INT, _STR, _TIMESTAMP = (f"tag:yaml.org,2002:{name}" for name in ("float", "int", "str", "timestamp"))
_LARGEST_IN_DIGITS: Final = 1e21  # go-yaml's numbers from here on are written with an exponent


class _Loader(yaml.SafeLoader):
    """Reads what has no quotes as the engine does (config/yaml_values.py): 1e5 is a number, on and 1:30 are texts."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        resolver: Any = super()  # whose methods have no types
        if kind is yaml.ScalarNode and implicit[0] and not needs_quotes(value):
            return _STR
        found = resolver.resolve(kind, value, implicit)
        if found != _STR or not implicit[0]:
            return found
        return _INT if value.lstrip("+-").startswith("0o") else _FLOAT

    def number(self, node: yaml.ScalarNode) -> float:
        number = self.construct_yaml_float(node)
        return int(number) if number.is_integer() and abs(number) < _LARGEST_IN_DIGITS else number

    def date(self, node: yaml.ScalarNode) -> str:
        return f"{self.construct_yaml_timestamp(node):%Y-%m-%d %H:%M:%S} +0000 UTC"


_Loader.add_constructor(_FLOAT, _Loader.number)
_Loader.add_constructor(_TIMESTAMP, _Loader.date)


def stack_config(text: str) -> dict[str, Any]:
    """Returns the config of a stack file, with its keys as they stand there and its values as the engine reads them."""
    config = yaml.load(text, Loader=_Loader)["config"]  # noqa: S506 - makes plain values only
    return {key: "" if value is None else value for key, value in config.items()}


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
