"""The registry, the lookup of an image, and the commands for a first image."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.data.registry import Image, Registry, RegistryArgs, find_image
from recording.deployment import Deployment
from recording.fake_aws import FakeAws
from recording.mocks import deploy

DIGEST = "sha256:" + "a" * 64
URL = "123456789012.dkr.ecr.eu-north-1.amazonaws.com/voiceter-backend-dev"


def look_up(tag: str, **answers: Any) -> tuple[Image | None, Deployment]:
    found: list[Image | None] = []

    def program() -> None:
        found.append(find_image(aws.Provider("aws", region="eu-north-1"), "voiceter-backend-dev", tag))

    run = deploy(program, answers=FakeAws(region="eu-north-1", **answers))
    return found[0], run


def test_tag_in_the_repository_is_found() -> None:
    found, run = look_up("1.0", images={DIGEST: ["latest", "1.0"]})
    assert found == Image(DIGEST, "1.0")
    [(function, args, provider)] = run.calls
    assert function == "aws:ecr/getImage:getImage"
    assert args == {"repositoryName": "voiceter-backend-dev", "imageTag": "1.0"}
    assert "pulumi:providers:aws::aws" in provider


def test_digest_has_the_tag_of_its_image() -> None:
    found, run = look_up(DIGEST, images={DIGEST: ["b", "a"]})
    assert found == Image(DIGEST, "a")
    assert run.calls[0][1] == {"repositoryName": "voiceter-backend-dev", "imageDigest": DIGEST}


def test_an_untagged_image_has_no_tag() -> None:
    assert look_up(DIGEST, images={DIGEST: []})[0] is None


def test_missing_image_is_none() -> None:
    assert look_up("1.0", images={DIGEST: ["1.1"]})[0] is None


@pytest.mark.parametrize(
    "text",
    [
        "reading ECR Images: ImageNotFoundException: The image with imageId {imageTag:'1.0'} does not exist",
        "operation error ECR: DescribeImages, RepositoryNotFoundException: The repository does not exist",
        "reading ECR Images: couldn't find resource",
        "reading ECR Images: empty result",
        "Your query returned no results. Please change your search criteria and try again.",
        "No matching image found",
    ],
)
def test_messages_that_mean_a_missing_image(text: str) -> None:
    assert look_up("1.0", failures={"getImage": text})[0] is None


@pytest.mark.parametrize(
    "text",
    [
        "operation error ECR: DescribeImages, ThrottlingException: Rate exceeded",
        "dial tcp: lookup api.ecr.eu-north-1.amazonaws.com: no such host",
    ],
)
def test_failed_lookup_of_an_image_is_an_error(text: str) -> None:
    with pytest.raises(pulumi.RunError) as caught:
        look_up("1.0", failures={"getImage": text})
    assert "'1.0'" in str(caught.value)
    assert "'voiceter-backend-dev'" in str(caught.value)
    assert text in str(caught.value)


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
