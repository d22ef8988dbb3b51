"""What must not change on a stack that is up: its network, the zones of Redis, its key, the target group in use."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from components.access.data_key import ExistingKey
from components.service.running import RunningService
from tests.support.config_values import HTTPS, REDIS
from tests.support.stack_config import in_aws, load, mistakes

KEY_ALIAS = "alias/voiceter-backend-data-test"


def test_network_of_a_stack_that_is_up_cannot_change() -> None:
    is_up = in_aws(network="10.1.0.0/16")
    assert load({"vpcCidr": "10.1.0.0/16"}, lookups=is_up).vpc_cidr == "10.1.0.0/16"
    (line,) = mistakes({}, lookups=is_up)
    assert line == (
        "vpcCidr = '10.0.0.0/16': must stay 10.1.0.0/16 while the stack is up: AWS does not move resources that are in "
        "use to another network. Deploy another stack, or destroy this one first"
    )


def test_change_to_rolling_is_refused_while_the_alternate_group_is_in_use() -> None:
    service = RunningService(zones=2, active_group="arn:b", alternate_in_use=True)
    for config in ({}, HTTPS):
        (line,) = mistakes({**config, "imageTag": "1.0.0"}, lookups=in_aws(service=service))
        assert line.startswith("deploymentStrategy = 'rolling': deletes the alternate target group")
        assert "make redeploy STACK=test" in line
        assert "make verify STACK=test WAIT=" in line


@pytest.mark.parametrize(
    "service", [RunningService(zones=2), RunningService(zones=2, active_group="arn:a", alternate_in_use=False)]
)
def test_change_to_rolling_with_an_empty_alternate_group(service: RunningService) -> None:
    assert load({"imageTag": "1.0.0"}, lookups=in_aws(service=service)).running == service


@pytest.mark.parametrize("strategy", ["blue-green", "canary", "linear"])
def test_shifting_strategy_uses_the_alternate_group(strategy: str) -> None:
    service = RunningService(zones=2, active_group="arn:b", alternate_in_use=True)
    settings = load({"imageTag": "1.0.0", "deploymentStrategy": strategy}, lookups=in_aws(service=service))
    assert settings.running == service


@pytest.mark.parametrize("image", [{}, {"imageTag": "1.0.0"}], ids=["without a service", "with a service"])
def test_zone_with_redis_is_not_taken_away(image: dict[str, str]) -> None:
    redis = {**REDIS, **image}
    (line,) = mistakes(redis, lookups=in_aws(zones=3))
    assert line.startswith("availabilityZones = 2: takes a zone away in which Redis may have a node")
    assert "pulumi config set redisEnabled false" in line
    for zones in (0, 2):
        assert load(redis, lookups=in_aws(zones=zones)).redis
    assert load({**redis, "availabilityZones": "3"}, lookups=in_aws(zones=3)).redis
    assert load(image, lookups=in_aws(zones=3)).redis is None


@pytest.mark.parametrize("state", ["Disabled", "PendingDeletion"])
def test_key_that_cannot_decrypt_is_refused_with_the_commands_that_restore_it(state: str) -> None:
    (line,) = mistakes({"customerKey": "true"}, lookups=in_aws(data_key=ExistingKey(KEY_ALIAS, state)))
    assert line.startswith(f"customerKey = True: needs the KMS key {KEY_ALIAS}, which is in the state {state}")
    for command in ("aws kms describe-key", "aws kms cancel-key-deletion", "aws kms enable-key"):
        assert command in line


@pytest.mark.parametrize(
    ("config", "key", "has_key"),
    [
        ({"customerKey": "true"}, None, True),
        ({"customerKey": "true"}, "Enabled", True),
        ({}, None, False),
        ({}, "Enabled", True),  # it was turned off: older data needs the key
        ({}, "Disabled", True),
        ({}, "PendingDeletion", False),  # an operator has scheduled its deletion
    ],
)
def test_key_stays_after_it_is_turned_off(config: Mapping[str, object], key: str | None, has_key: bool) -> None:
    existing = ExistingKey(KEY_ALIAS, key) if key else None
    assert load(config, lookups=in_aws(data_key=existing)).has_data_key is has_key
