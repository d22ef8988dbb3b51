"""Runs the whole program for a stack with the config of its stack file."""

from __future__ import annotations

import gc
import runpy
import signal
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final, cast

from components.edge.certificates import Certificate
from recording import bedrock
from recording.config import NAMESPACE, qualified, stack_config
from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT, FakeAws
from recording.mocks import deploy

ROOT: Final = Path(__file__).parents[1]
DIGEST: Final = "sha256:" + "d" * 64
TAG: Final = "1.4.2"
REDIS_TOKEN: Final = "Correct!Horse#Battery&Staple"  # noqa: S105 - made up
DOMAIN_NAME: Final = "voice.example.com"
_OVER_HTTP: Final = "dev"  # the environment whose committed stack file has no domain and needs none
_DOMAIN: Final = frozenset({"domainName", "certificateArn"})
_OF_OPERATORS: Final = frozenset(
    qualified(key) for key in ("imageTag", "domainName", "hostedZoneId", "certificateArn", "permissionsBoundaryArn")
)


def certificate(region: str) -> str:
    """Returns the ARN of a certificate in that region."""
    return f"arn:aws:acm:{region}:{ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012"


def committed(stack: str) -> dict[str, Any]:
    """Returns the config of a committed stack file."""
    return stack_config((ROOT / f"Pulumi.{stack}.yaml").read_text())


def shape(stack: str) -> dict[str, Any]:
    """Returns the config of a committed stack file without what operators add to it."""
    return {key: value for key, value in committed(stack).items() if key not in _OF_OPERATORS}


def record(
    stack: str,
    *,
    like: str | None = None,
    region: str = "us-east-1",
    image: bool = True,
    https: bool = True,
    encrypted: Collection[str] = ("secrets", "redisAuthToken"),
    answers: FakeAws | None = None,
    **config: Any,
) -> Deployment:
    """Runs the program as `stack`, with the stack file of `like` (default: of `stack`) and the keys in `config`.

    `https` adds a domain name with its certificate, and `image` the tag of an image that the registry holds. What
    operators add to the file is left out.
    """
    keys = {**shape(like or stack), "aws:region": region}
    if https and "domainName" not in config:
        keys |= {"domainName": DOMAIN_NAME, "certificateArn": certificate(region)}
    if image:
        keys["imageTag"] = TAG
    on_interrupt = signal.getsignal(signal.SIGINT)
    try:
        return deploy(
            lambda: runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__"),
            stack=stack,
            config=keys | config,
            encrypted=encrypted,
            answers=answers or FakeAws(region=region, images={DIGEST: [TAG]}),
        )
    finally:
        # What the program changes for the whole process (components/lib/startup.py).
        gc.enable()
        signal.signal(signal.SIGINT, on_interrupt)


def record_as_committed(stack: str, also: Mapping[str, Any] | None = None) -> Deployment:
    """Runs the program with the stack's file and the keys in `also`.

    What a stack file may lack is made up and the same in every run: an image tag, and a domain name with a certificate
    for a stack with HTTPS. So is the value of an encrypted key. AWS offers whatever the config names.
    """
    config = {qualified(key): value for key, value in {**committed(stack), **(also or {})}.items()}
    region = str(config["aws:region"])
    readable = {key: _readable(key, value, region) for key, value in config.items()}
    given = {key.removeprefix(f"{NAMESPACE}:"): value for key, value in readable.items()}
    tag = str(given.get("imageTag", TAG))
    digest = tag if tag.startswith("sha256:") else DIGEST
    domain = str(given.get("domainName", DOMAIN_NAME))
    models = [given.get("bedrockModelId"), *cast(list[object], given.get("extraModelIds", []))]
    return record(
        stack,
        region=region,
        image="imageTag" not in given,
        https=stack.split("-")[0] != _OVER_HTTP and not _DOMAIN & given.keys(),
        encrypted={"secrets", *(key for key in config if readable[key] != config[key])},
        answers=FakeAws(
            region=region,
            images={digest: [TAG if digest == tag else tag]},
            certificate=Certificate("ISSUED", (domain,)),
            zone=(domain, False),
            profiles=_any_profile,
            models={**{str(model): [bedrock.BY_ID] for model in models if model}, **bedrock.MODELS},
        ),
        **{key: value for key, value in readable.items() if key != "aws:region"},
    )


def _any_profile(region: str, profile_id: str) -> list[str]:
    """Returns the models of a profile as if every region had it."""
    known = bedrock.models_of(region, profile_id)
    return known or [f"arn:aws:bedrock:{region}::foundation-model/{profile_id.partition('.')[2]}"]


def _readable(key: str, value: Any, region: str) -> Any:
    """The config value, with a made-up one where only the stack's secrets provider can read the committed one."""
    if isinstance(value, Mapping):
        members = cast(Mapping[str, Any], value)
        if set(members) == {"secure"}:
            return certificate(region) if key.endswith(":certificateArn") else REDIS_TOKEN
        return {name: _readable(name, member, region) for name, member in members.items()}
    return value
