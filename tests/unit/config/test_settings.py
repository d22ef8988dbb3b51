"""Defaults that follow from the stack, and keys that are read as one value."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.edge.domain import Domain
from components.service.strategy import Strategy
from config.settings import Settings
from recording.program import REDIS_TOKEN
from tests.support.config_values import CERTIFICATE, DOMAIN, HTTPS, REDIS, ZONE
from tests.support.stack_config import awaited, load

HIDDEN = "correct-horse-battery"
DAY = {"cron": "0 6 * * ? *", "min": 3, "max": 9}
NIGHT = {"cron": "0 22 * * ? *", "min": 0, "max": 0}


def test_second_region_of_prod_has_the_defaults_of_prod() -> None:
    config = {**HTTPS, "certificateArn": CERTIFICATE.replace("us-east-1", "eu-north-1")}
    loaded = load(config, stack="prod-eu-north-1", region="eu-north-1")
    assert (loaded.stack, loaded.environment_name, loaded.region) == ("prod-eu-north-1", "prod", "eu-north-1")
    assert (loaded.table_prefix, loaded.protect_data) == ("demo-", True)


def changed(stack: str, **config: Any) -> dict[str, object]:
    """Returns the settings that differ from those of the stack test without config."""
    default = load({})
    loaded = load(config, stack=stack)
    return {
        name: value
        for name in Settings.model_fields
        if name != "stack" and (value := getattr(loaded, name)) != getattr(default, name)
    }


@pytest.mark.parametrize(
    ("stack", "defaults"),
    [
        ("dev", {"table_prefix": "demo-dev-", "cors_origins": ("*",)}),
        ("staging", {"table_prefix": "demo-staging-", "access_logs": True, "flow_logs": True}),
        (
            "prod",
            {
                "table_prefix": "demo-",
                "allow_plain_http": True,  # by the config
                **dict.fromkeys(("protect_data", "access_logs", "flow_logs", "customer_key", "waf"), True),
            },
        ),
    ],
)
def test_defaults_of_an_environment(stack: str, defaults: dict[str, object]) -> None:
    config = {"allowPlainHttp": "true"} if stack == "prod" else {}
    assert changed(stack, **config) == defaults


def test_on_demand_base_follows_min_count() -> None:
    assert changed("test", minCount="1") == {"min_count": 1, "on_demand_base": 1}


def test_no_optional_part_exists_by_default() -> None:
    loaded = load({})
    assert (loaded.image, loaded.domain, loaded.redis, loaded.https) == (None, None, None, False)
    assert loaded.rate_limits is None
    assert (loaded.schedules, loaded.secret_values) == ({}, {})


def test_domain_is_read_as_one_value() -> None:
    loaded = load(DOMAIN)
    assert loaded.domain == Domain("voice.example.com", "us-east-1", "test", hosted_zone_id=ZONE)
    assert loaded.https
    loaded = load({**DOMAIN, **HTTPS}, stack="prod")
    assert loaded.domain == Domain("voice.example.com", "us-east-1", "prod", ZONE, CERTIFICATE)
    loaded = load(HTTPS, stack="prod")
    assert loaded.domain == Domain("voice.example.com", "us-east-1", "prod", certificate_arn=CERTIFICATE)


def test_strategy_is_read_as_one_value() -> None:
    config = {"deploymentStrategy": "canary", "bakeTimeMinutes": "5", "canaryPercent": "20", "linearStepPercent": "50"}
    assert load(config).strategy == Strategy("canary", 5, 20.0, 50.0)


@awaited
def test_redis_is_read_as_one_value_with_its_token_as_a_secret() -> pulumi.Output[None]:
    loaded = load({**REDIS, "redisReplicas": "2"})
    assert REDIS_TOKEN not in repr(loaded)
    redis = loaded.redis
    assert redis
    assert (redis.node_type, redis.replicas) == ("cache.t4g.small", 2)

    async def read(output: pulumi.Output[str]) -> None:
        assert await output.is_secret()
        assert await output.future() == REDIS_TOKEN

    return pulumi.Output.from_input(read(redis.auth_token))


def test_other_keys_of_redis_may_stay_while_it_is_off() -> None:
    assert load({**REDIS, "redisEnabled": "false", "redisNodeType": "cache.t3.micro"}).redis is None


@awaited
def test_secrets_are_read_as_secrets_sorted_by_name() -> pulumi.Output[None]:
    loaded = load({"secrets": {"B": "two", "A": HIDDEN}})
    assert list(loaded.secret_values) == ["A", "B"]
    assert HIDDEN not in repr(loaded)

    async def all_secret() -> bool:
        return all([await secret.is_secret() for secret in loaded.secret_values.values()])

    def check(values: list[Any]) -> None:
        assert values == [HIDDEN, "two", True]

    return pulumi.Output.all(*loaded.secret_values.values(), all_secret()).apply(check)


@pytest.mark.parametrize(
    ("config", "least"),
    [
        ({"minCount": 4, "desiredCount": 4}, 4),
        ({"minCount": 0, "desiredCount": 0, "maxCount": 0}, 0),
        ({"minCount": 0, "desiredCount": 0, "maxCount": 0, "scalingSchedule": {"day": DAY}}, 3),
        ({"minCount": 4, "desiredCount": 4, "scalingSchedule": {"day": DAY, "night": NIGHT}}, 3),
    ],
)
def test_fewest_tasks_are_those_of_the_counts_or_of_a_schedule(config: dict[str, Any], least: int) -> None:
    assert load(config).least_tasks == least
