"""The environment variables of the app: from config keys, from resources, and constants."""

from collections.abc import Mapping
from typing import Final, cast

import pulumi

from components.data.data_stores import RECORDINGS_PREFIX
from components.data.tables import TABLES
from components.lib.app import METRICS_NAMESPACE, PORT
from config.key import declarations
from config.settings import Settings

REDIS_URL: Final = "REDIS_URL"  # a secret: see AppSecrets
_CONSTANTS: Final = {
    "NODE_ENV": "production",
    "PORT": str(PORT),
    "CLOUDWATCH_NAMESPACE": METRICS_NAMESPACE,
    "S3_AUDIO_PREFIX": RECORDINGS_PREFIX,
}
# The other variables that are not the value of one key, each with the key that changes it ("" if none).
_COMPUTED: Final = {
    "DEPLOYMENT_ENV": "",
    "S3_BUCKET_NAME": "",
    **{table.variable: "tablePrefix" for table in TABLES.values() if table.variable},
    "REDIS_SESSION_TTL": "sessionTimeoutMinutes",
    REDIS_URL: "redisEnabled",
}


def set_by_program() -> dict[str, str]:
    """Returns the names of all variables that the program sets, each with the key that changes it ("" if none)."""
    from_keys = {declared.key.env: declared.name for declared in declarations(Settings) if declared.key.env}
    return {**from_keys, **dict.fromkeys(_CONSTANTS, ""), **_COMPUTED}


def app_environment(
    settings: Settings, tables: Mapping[str, pulumi.Input[str]], bucket: pulumi.Input[str], url: pulumi.Input[str]
) -> dict[str, pulumi.Input[str]]:
    """Returns the environment variables of the container that are not secret.

    Args:
        settings: of the stack.
        tables: the names of the tables by short name.
        bucket: the name of the bucket for recordings.
        url: of the load balancer.
    """
    from_keys = {
        declared.key.env: _text(value)
        for declared in declarations(Settings)
        if declared.key.env and (value := getattr(settings, declared.attribute)) is not None
    }
    # In seconds: the record of a session lives as long as the session may.
    redis = {"REDIS_SESSION_TTL": str(60 * settings.session_timeout_minutes)} if settings.redis_enabled else {}
    return {
        **settings.environment,
        "CORS_ORIGIN": url,  # unless corsOrigins is set
        **from_keys,
        **_CONSTANTS,
        "DEPLOYMENT_ENV": settings.environment_name,
        "S3_BUCKET_NAME": bucket,
        **{table.variable: tables[name] for name, table in TABLES.items() if table.variable},
        **redis,
    }


def _text(value: object) -> str:
    """Returns a value as the app reads it."""
    if isinstance(value, tuple):
        return ",".join(cast(tuple[str, ...], value))
    return str(value).lower() if isinstance(value, bool) else str(value)
