"""Config for tests of the settings, passed as the engine passes it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pulumi
import pulumi.runtime
import pytest

from components.access.data_key import ExistingKey
from components.access.models import InferenceProfile
from components.data.registry import Image
from components.edge.certificates import Certificate
from components.edge.domain import HostedZone
from components.edge.records import Check
from components.lib.provider import ProviderArgs
from components.service.running import RunningService
from config import load as config_load
from config.mistakes import ConfigError
from config.settings import Settings
from recording.config import NAMESPACE, engine_config

ACCOUNT = "123456789012"
CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012"
HTTPS = {"domainName": "voice.example.com", "certificateArn": CERTIFICATE}
SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:team/token-AbC123"
GUARDRAIL = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:guardrail/a1b2c3d4e5f6"
PROMPT = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:prompt/AB12CD34EF"
SES_IDENTITY = f"arn:aws:ses:us-east-1:{ACCOUNT}:identity/no-reply@example.com"
DIGEST = "sha256:" + "0123456789abcdef" * 4
FindImage = Callable[[ProviderArgs, str], Image | None]
FindNetwork = Callable[[ProviderArgs], str | None]
FindService = Callable[[ProviderArgs], RunningService | None]
FindZones = Callable[[ProviderArgs], int]
FindCertificate = Callable[[ProviderArgs, str], Certificate | None]
FindZone = Callable[[ProviderArgs, str], HostedZone | None]
FindModels = Callable[[ProviderArgs], Mapping[str, Sequence[str]]]
FindProfile = Callable[[ProviderArgs, str], InferenceProfile | None]
FindRegions = Callable[[ProviderArgs, str, str], Mapping[str, Check] | None]
FindKey = Callable[[ProviderArgs], ExistingKey | None]

# Waits for the Output that a test returns. Without it, a failing assertion in `apply` would pass.
awaited = cast(Callable[[Callable[[], pulumi.Output[None]]], Callable[[], None]], cast(Any, pulumi.runtime).test)


class NoResources(pulumi.runtime.Mocks):
    """Mocks that fail on every resource and call: the settings only need the name of the stack."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, object]]:
        raise AssertionError(f"the settings registered {args.typ}")

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, object], list[tuple[str, str]] | None]:
        raise AssertionError(f"the settings called {args.token}")


def has_the_tag(_args: ProviderArgs, tag: str) -> Image | None:
    """Answers as a registry that holds every tag."""
    return Image(DIGEST, tag)


def no_network(_args: ProviderArgs) -> None:
    """Answers as a stack that is not up."""


def no_service(_args: ProviderArgs) -> None:
    """Answers as a stack that runs no service."""


def no_zones(_args: ProviderArgs) -> int:
    """Answers as a stack that is not up."""
    return 0


def no_key(_args: ProviderArgs) -> None:
    """Answers as a stack that has never had a key of its data."""


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


def good_certificate(_args: ProviderArgs, _arn: str) -> Certificate | None:
    """Answers that each certificate is for every name."""
    return _CertificateForAll("ISSUED", ())


def good_zone(_args: ProviderArgs, _id: str) -> HostedZone | None:
    """Answers that each zone holds every name."""
    return _ZoneOfAll("example.com", private=False)


def another_region(_args: ProviderArgs, _id: str, _name: str) -> Mapping[str, Check] | None:
    """Answers that another stack shares each name."""
    return {"another": Check.ON}


def every_model(_args: ProviderArgs) -> Mapping[str, Sequence[str]]:
    """Answers as a region that offers every model."""
    return _EveryModel()


def every_profile(args: ProviderArgs, profile_id: str) -> InferenceProfile | None:
    """Answers as a region that offers every inference profile, which leads to one region."""
    model = f"arn:aws:bedrock:{args.region}::foundation-model/{profile_id.partition('.')[2]}"
    return InferenceProfile(f"arn:aws:bedrock:{args.region}:{ACCOUNT}:inference-profile/{profile_id}", (model,))


@dataclass(frozen=True)
class Answers:
    """The lookups of a configuration's check, each a function."""

    image: FindImage = has_the_tag
    network: FindNetwork = no_network
    service: FindService = no_service
    zones: FindZones = no_zones
    data_key: FindKey = no_key
    certificate: FindCertificate = good_certificate
    zone: FindZone = good_zone
    regions: FindRegions = another_region
    models: FindModels = every_model
    profile: FindProfile = every_profile

    def account_id(self, _args: ProviderArgs) -> str:
        return ACCOUNT


def load(
    config: Mapping[str, object],
    stack: str = "test",
    region: str | None = "us-east-1",
    encrypted: Collection[str] = ("secrets",),
    answers: Answers | None = None,
) -> Settings:
    """Loads the settings of a stack with that config. Keys need no namespace."""
    pulumi.runtime.set_mocks(NoResources(), project=NAMESPACE, stack=stack, preview=True)
    keys = {**config, **({} if region is None else {"aws:region": region})}
    with engine_config(keys, encrypted):
        return config_load.load(answers or Answers())


def mistakes(
    config: Mapping[str, object],
    stack: str = "test",
    region: str | None = "us-east-1",
    encrypted: Collection[str] = ("secrets",),
    answers: Answers | None = None,
) -> list[str]:
    """Returns the lines of the `ConfigError` that `load` raises, without the first."""
    with pytest.raises(ConfigError) as caught:
        load(config, stack, region, encrypted, answers)
    head, *lines = str(caught.value).split("\n")
    assert head == (
        f"the configuration of the stack {stack} has {len(lines)} mistake{'s'[: len(lines) > 1]}; nothing was changed."
    )
    assert all(line.startswith("  ") for line in lines)
    return [line.strip() for line in lines]
