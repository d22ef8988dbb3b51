"""Runs the whole program for a stack with the config of its stack file."""

from __future__ import annotations

import gc
import runpy
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import yaml

from tests.support.mocks import ACCOUNT, Deployment, FakeAws, deploy

ROOT: Final = Path(__file__).parents[2]
DIGEST: Final = "sha256:" + "d" * 64
TAG: Final = "1.4.2"
REDIS_TOKEN: Final = "Correct!Horse#Battery&Staple"  # noqa: S105 - of the tests alone
REDIS: Final[dict[str, Any]] = {"redisEnabled": True, "redisAuthToken": REDIS_TOKEN}  # the keys that turn Redis on
DOMAIN_NAME: Final = "voice.example.com"
REGIONS: Final = ("us-east-1", "us-west-2", "ap-northeast-1", "eu-north-1")


def certificate(region: str) -> str:
    """Returns the ARN of a certificate in that region."""
    return f"arn:aws:acm:{region}:{ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012"


def committed(stack: str) -> dict[str, Any]:
    """Returns the config of a committed stack file."""
    return yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]


_RECORDED: Final[dict[str, Deployment]] = {}


def run(stack: str, **arguments: Any) -> Deployment:
    """Returns what the program registers: one run for all tests that give the same arguments of `run_anew`."""
    key = repr((stack, sorted(arguments.items())))
    if key not in _RECORDED:
        _RECORDED[key] = run_anew(stack, **arguments)
    return _RECORDED[key]


def run_anew(
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

    `https` adds a domain name with its certificate, and `image` the tag of an image that the registry holds.
    """
    keys = {**committed(like or stack), "aws:region": region}
    if https and "domainName" not in config:
        keys |= {"domainName": DOMAIN_NAME, "certificateArn": certificate(region)}
    if image:
        keys["imageTag"] = TAG
    try:
        return deploy(
            lambda: runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__"),
            stack=stack,
            config=keys | config,
            encrypted=encrypted,
            answers=answers or FakeAws(region=region, images={DIGEST: [TAG]}),
        )
    finally:
        gc.enable()  # the program turns it off
