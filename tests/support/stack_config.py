"""Config for tests of the settings, passed as the engine passes it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, cast
from unittest import mock

import pulumi
import pulumi.runtime
import pytest

from components.access.models import InferenceProfile
from components.data.app_secrets import SharedSecret
from components.data.registry import Image
from components.edge.certificates import Certificate
from components.edge.domain import HostedZone
from components.edge.records import Check
from components.lib.account import Account
from components.lookups import Lookups
from config import load as config_load
from config.mistakes import ConfigError
from config.settings import Settings
from config.source import Source
from recording.config import NAMESPACE, engine_config
from recording.fake_aws import ACCOUNT

ENCRYPTED = ("secrets", "redisAuthToken")
DIGEST = "sha256:" + "0123456789abcdef" * 4
# Waits for the Output that a test returns. Without it, a failing assertion in `apply` would pass.
awaited = cast(Callable[[Callable[[], pulumi.Output[None]]], Callable[[], None]], cast(Any, pulumi.runtime).test)


class NoResources(pulumi.runtime.Mocks):
    """Mocks that fail on every resource and call: the settings only need the name of the stack."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, object]]:
        raise AssertionError(f"the settings registered {args.typ}")

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, object], list[tuple[str, str]] | None]:
        raise AssertionError(f"the settings called {args.token}")


class _CertificateForAll(Certificate):
    def covers(self, name: str) -> bool:
        return True


class _ZoneOfAll(HostedZone):
    def holds(self, name: str) -> bool:
        return True


class _EveryModel(dict[str, Sequence[str]]):
    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> Sequence[str]:
        return ["ON_DEMAND"]


def every_profile(profile_id: str) -> InferenceProfile | None:
    """Answers as a region that offers every inference profile, with one destination region."""
    model = f"arn:aws:bedrock:us-east-1::foundation-model/{profile_id.partition('.')[2]}"
    return InferenceProfile(f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/{profile_id}", (model,))


def _image_with_tag(tag: str) -> Image:
    return Image(DIGEST, tag)


def _secret_with_the_default_key(arn: str) -> SharedSecret:
    return SharedSecret(arn, "")


_IN_AWS: Final[Mapping[str, Any]] = {
    "image": _image_with_tag,
    "network": None,
    "service": None,
    "zones": 0,
    "data_key": None,
    "certificate": _CertificateForAll("ISSUED", ()),
    "zone": _ZoneOfAll("example.com", private=False),
    "regions": {"another": Check.ON},
    "secret": _secret_with_the_default_key,
    "models": _EveryModel(),
    "profile": every_profile,
}


def in_aws(**found: Any) -> mock.Mock:
    """Returns lookups that find this: what each returns, or a function of its arguments.

    Without an argument, everything exists that a key may name, and the stack is not up yet.
    """
    lookups = mock.Mock(spec=Lookups, account=Account(ACCOUNT, "aws", "us-east-1"))
    for name, answer in {**_IN_AWS, **found}.items():
        lookup = getattr(lookups, name)
        if callable(answer):
            lookup.side_effect = answer
        else:
            lookup.return_value = answer
    return lookups


_EVERYTHING: Final = in_aws()  # made once, as a mock with a specification takes longer than the settings


def parsed(stack: str = "test", **texts: str) -> Settings:
    """Returns the settings of a stack, without the checks that compare keys or ask AWS.

    Args:
        texts: the config as the engine passes it; the region is us-east-1.
    """
    source = Source(stack, {"aws:region": "us-east-1", **texts}, frozenset())
    settings, mistakes = config_load.parse(source)
    assert mistakes.lines == []
    return settings


def load(
    config: Mapping[str, object],
    stack: str = "test",
    region: str | None = "us-east-1",
    encrypted: Collection[str] = ENCRYPTED,
    lookups: mock.Mock | None = None,
) -> Settings:
    """Loads the settings of a stack with that config. Keys need no namespace."""
    pulumi.runtime.set_mocks(NoResources(), project=NAMESPACE, stack=stack, preview=True)
    keys = {**({} if region is None else {"aws:region": region}), **config}
    found = mock.patch.object(config_load, "Lookups", return_value=lookups or _EVERYTHING)
    with engine_config(keys, encrypted), found:
        settings, _ = config_load.load()
        return settings


def mistakes(
    config: Mapping[str, object],
    stack: str = "test",
    region: str | None = "us-east-1",
    encrypted: Collection[str] = ENCRYPTED,
    lookups: mock.Mock | None = None,
) -> list[str]:
    """Returns the lines of the `ConfigError` that `load` raises, without the first."""
    with pytest.raises(ConfigError) as caught:
        load(config, stack, region, encrypted, lookups)
    head, *lines = str(caught.value).split("\n")
    assert head == (
        f"the configuration of the stack {stack} has {len(lines)} mistake{'s'[: len(lines) > 1]}; nothing was changed."
    )
    assert all(line.startswith("  ") for line in lines)
    return [line.strip() for line in lines]
