"""The app's environment variables."""

from __future__ import annotations

from typing import Any

import pytest

from config.app_environment import app_environment, set_by_program
from config.key import Declaration, declarations
from config.rules import SET_BY_PLATFORM
from config.settings import Settings
from tests.support.config_values import HTTPS, REDIS
from tests.support.contract import ENVIRONMENT, TABLES
from tests.support.stack_config import load

RESOURCES = ({name: f"demo-{name}" for name in TABLES}, "recordings-bucket", "https://lb.example.com")
KEYS_WITH_VARIABLE = [declared for declared in declarations(Settings) if declared.key.env]


def environment(stack: str = "prod", region: str = "us-east-1", **config: Any) -> dict[str, Any]:
    https = {key: value.replace("us-east-1", region) for key, value in HTTPS.items()}
    settings = load({**https, **config}, stack, region)
    return app_environment(settings, *RESOURCES)


# What the app reads, with the values that its documentation gives.
DEFAULTS = {
    **ENVIRONMENT,
    "AWS_REGION": "us-east-1",
    "DYNAMODB_TABLE_PREFIX": "demo-",
    **{table.variable: f"demo-{name}" for name, table in TABLES.items() if table.variable},
    "S3_BUCKET_NAME": "recordings-bucket",
    "METRICS_ENABLED": "true",
    "DEPLOYMENT_ENV": "prod",
    "CORS_ORIGIN": "https://lb.example.com",
}


def test_defaults_are_those_of_the_app() -> None:
    found = environment()
    assert {name: found.get(name) for name in DEFAULTS} == DEFAULTS


@pytest.mark.parametrize("redis", [{}, REDIS])
def test_config_may_not_use_the_name_of_any_variable(redis: dict[str, Any]) -> None:
    assert environment(**redis).keys() <= set_by_program().keys()


def test_variable_of_a_key_belongs_to_nobody_else() -> None:
    taken = {
        declared.name: declared.key.env
        for declared in KEYS_WITH_VARIABLE
        if set_by_program()[declared.key.env] != declared.name or declared.key.env in SET_BY_PLATFORM
    }
    assert taken == {}, "another key, the program or AWS sets these variables: give `Key(env=…)` another name"


@pytest.mark.parametrize("declared", KEYS_WITH_VARIABLE, ids=lambda declared: declared.name)
def test_key_changes_its_variable_and_no_other(declared: Declaration) -> None:
    settings = load(HTTPS, "prod")
    changes: dict[str, tuple[object, str]] = {
        "boolean": (True, "true"),
        "integer": (987654, "987654"),
        "number": (98.5, "98.5"),
        "string": ("unusual", "unusual"),
        "array": (("one", "two"), "one,two"),
    }
    assert declared.schema["type"] in changes, "an object cannot become an environment variable"
    value, text = changes[declared.schema["type"]]
    if getattr(settings, declared.attribute) == value:
        value, text = False, "false"
    changed = app_environment(settings.model_copy(update={declared.attribute: value}), *RESOURCES)
    assert changed == {**app_environment(settings, *RESOURCES), declared.key.env: text}


def test_region_of_the_stack_is_that_of_the_app() -> None:
    assert environment("prod-eu-north-1", "eu-north-1") == {**environment(), "AWS_REGION": "eu-north-1"}


def test_free_variables_are_added() -> None:
    assert environment(environment={"NLP_MODEL_ID": "x"}) == {**environment(), "NLP_MODEL_ID": "x"}


@pytest.mark.parametrize(("minutes", "seconds"), [(30, "1800"), (1, "60"), (90, "5400")])
def test_redis_keeps_a_session_as_long_as_it_may_last(minutes: int, seconds: str) -> None:
    config: dict[str, Any] = {"sessionTimeoutMinutes": minutes}
    assert environment(**config, **REDIS) == {**environment(**config), "REDIS_SESSION_TTL": seconds}
