"""The registry, the lookup of an image, and the commands for a first image."""

from __future__ import annotations

import pytest

from components.data.registry import Registry, RegistryArgs
from recording.fake_aws import FakeAws
from recording.mocks import deploy

DIGEST = "sha256:" + "a" * 64
URL = "123456789012.dkr.ecr.eu-north-1.amazonaws.com/voiceter-backend-dev"


@pytest.mark.parametrize(("architecture", "platform"), [("X86_64", "linux/amd64"), ("ARM64", "linux/arm64")])
def test_warning_gives_the_commands_for_a_first_image(architecture: str, platform: str) -> None:
    def program() -> None:
        registry = Registry("registry", RegistryArgs("voiceter-backend-dev", True))
        registry.warn_of_no_image("eu-north-1", architecture, "dev")

    [warning] = deploy(program, answers=FakeAws(region="eu-north-1")).warnings
    commands = [line.strip() for line in warning.splitlines() if line.startswith("  ")]
    assert commands == [
        "aws ecr get-login-password --region eu-north-1"
        " | docker login --username AWS --password-stdin 123456789012.dkr.ecr.eu-north-1.amazonaws.com",
        f"docker build --platform {platform} -t voiceter-backend:TAG .",
        f"docker tag voiceter-backend:TAG {URL}:TAG",
        f"docker push {URL}:TAG",
        "pulumi config set imageTag TAG --stack dev",
        "pulumi up --stack dev",
        "make promote FROM=<that stack> TO=dev TAG=TAG",
    ]
    assert "repositoryUrl" in warning
