"""The environment variables of the app: from config keys, from resources, and constants."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, cast

import pulumi

from components.data.data_stores import RECORDINGS_PREFIX
from components.data.tables import TABLES
from components.lib.app import METRICS_NAMESPACE, PORT
from config.key import declarations
from config.settings import Settings

REDIS_URL: Final = "REDIS_URL"  # a secret: see AppSecrets


@dataclass(frozen=True)
class AppResources:
    """The values of the stack's resources that the app needs."""

    tables: Mapping[str, pulumi.Input[str]]  # names by short name
    bucket: pulumi.Input[str]  # for recordings
    url: pulumi.Input[str]  # of the load balancer


@dataclass(frozen=True)
class _Variable:
    """A variable that is not the value of one key."""

    name: str
    value: Callable[[Settings, AppResources], pulumi.Input[str] | None]  # None: not set
    key: str = ""  # the config key that changes it


_VARIABLES: Final = (
    _Variable("NODE_ENV", lambda config, made: "production"),
    _Variable("PORT", lambda config, made: str(PORT)),
    _Variable("DEPLOYMENT_ENV", lambda config, made: config.environment_name),
    _Variable("CLOUDWATCH_NAMESPACE", lambda config, made: METRICS_NAMESPACE),
    _Variable("S3_BUCKET_NAME", lambda config, made: made.bucket),
    _Variable("S3_AUDIO_PREFIX", lambda config, made: RECORDINGS_PREFIX),
    # Seconds: the record of a session lives as long as the session may.
    _Variable(
        "REDIS_SESSION_TTL",
        lambda config, made: str(60 * config.session_timeout_minutes) if config.redis_enabled else None,
        "sessionTimeoutMinutes",
    ),
)


def set_by_program() -> dict[str, str]:
    """Returns the names of all variables that the program sets, each with the key that changes it ("" if none)."""
    return {
        **{declared.key.env: declared.name for declared in declarations(Settings) if declared.key.env},
        **{variable.name: variable.key for variable in _VARIABLES},
        **{table.variable: "tablePrefix" for table in TABLES.values() if table.variable},
        REDIS_URL: "redisEnabled",
    }


def app_environment(config: Settings, resources: AppResources) -> dict[str, pulumi.Input[str]]:
    """Returns the environment variables of the container that are not secret."""
    from_keys = {
        declared.key.env: _text(value)
        for declared in declarations(Settings)
        if declared.key.env and (value := getattr(config, declared.attribute)) is not None
    }
    other = {variable.name: variable.value(config, resources) for variable in _VARIABLES}
    return {
        **config.environment,
        "CORS_ORIGIN": resources.url,  # unless corsOrigins is set
        **from_keys,
        **{name: value for name, value in other.items() if value is not None},
        **{table.variable: resources.tables[name] for name, table in TABLES.items() if table.variable},
    }


def _text(value: object) -> str:
    """Returns a value as the app reads it."""
    if isinstance(value, tuple):
        return ",".join(cast(tuple[str, ...], value))
    return str(value).lower() if isinstance(value, bool) else str(value)
