"""The image registry: the stack's ECR repository, the lookup of an image, and the commands that push one."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.lib.lookup import look_up
from components.lib.policy import Statement

_UNTAGGED_DAYS = 14
_PLATFORMS = {"X86_64": "linux/amd64", "ARM64": "linux/arm64"}


@dataclass(frozen=True)
class Image:
    """The image that the service runs, which the stack's registry holds."""

    digest: str  # sha256:…
    version: str  # its ECR tag


@dataclass(frozen=True)
class RegistryArgs:
    """The inputs of `Registry`."""

    repository_name: str
    force_delete: bool  # whether AWS deletes the repository with its images when the stack is destroyed


class Registry(pulumi.ComponentResource):
    """An ECR repository with immutable tags, encrypted with KMS. ECR scans each image, and keeps tagged images."""

    repository_url: pulumi.Output[str]

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:registry:Registry", name, {}, opts)
        self._repository = aws.ecr.Repository(
            "repository",
            name=args.repository_name,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "KMS"}],  # with AWS's key, alias/aws/ecr
            force_delete=args.force_delete,
            # A change of the encryption replaces the repository, and its images are gone (terraform-provider-aws,
            # internal/service/ecr/repository.go: ForceNew). So a repository that exists with AES256 keeps it.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["encryption_configurations"]),
        )
        aws.ecr.LifecyclePolicy(
            "untagged-images",
            repository=self._repository.name,
            policy=pulumi.Output.json_dumps(_LIFECYCLE, sort_keys=True),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.repository_url = self._repository.repository_url
        self.register_outputs({"repository_url": self.repository_url})

    def image(self, digest: str) -> pulumi.Output[str]:
        """Returns the reference of an image by its digest, which no push changes."""
        return pulumi.Output.concat(self.repository_url, "@", digest)

    def pull(self) -> list[Statement]:
        """Returns the grant to pull images from this repository."""
        return [
            # A token is for the whole registry, so the action takes no narrower resource.
            Statement("EcrLogin", ["ecr:GetAuthorizationToken"], ["*"]),
            Statement(
                "EcrPull",
                ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                [self._repository.arn],
            ),
        ]

    def warn_of_no_image(self, region: str, cpu_architecture: str, stack: str) -> None:
        """Warns, once the repository exists, which commands push a first image and start the service."""

        def warn(url: str) -> None:
            pulumi.log.warn(_first_image(url, region, cpu_architecture, stack), self)

        self.repository_url.apply(warn)


def find_image(provider: aws.Provider, repository_name: str, tag: str) -> Image | None:
    """Returns an image, given by its ECR tag or its `sha256:…` digest.

    Returns None if the repository or the image is missing, or if the image has no tag.

    Raises:
        pulumi.RunError: ECR does not answer.
    """
    by_digest = tag.startswith("sha256:")
    image = look_up(
        f"imageTag {tag!r} in the ECR repository {repository_name!r}",
        lambda: aws.ecr.get_image(
            repository_name=repository_name,
            image_digest=tag if by_digest else None,
            image_tag=None if by_digest else tag,
            opts=pulumi.InvokeOptions(provider=provider),
        ),
    )
    if image is None:
        return None
    version = min(image.image_tags, default=None) if by_digest else tag
    return Image(image.image_digest, version) if version else None


def _first_image(repository_url: str, region: str, cpu_architecture: str, stack: str) -> str:
    registry = repository_url.partition("/")[0]
    return f"""\
imageTag is not set, so there is no service yet; everything else is there. With a tag of your choice for TAG, in the
folder of the backend's source:
  aws ecr get-login-password --region {region} | docker login --username AWS --password-stdin {registry}
  docker build --platform {_PLATFORMS[cpu_architecture]} -t voiceter-backend:TAG .
  docker tag voiceter-backend:TAG {repository_url}:TAG
  docker push {repository_url}:TAG
and then here:
  pulumi config set imageTag TAG --stack {stack}
  pulumi up --stack {stack}
Or copy an image from another stack's registry, by digest and without Docker:
  make promote FROM=<that stack> TO={stack} TAG=TAG
The address and the region are the stack's outputs repositoryUrl and region."""


_LIFECYCLE = {
    "rules": [
        {
            "rulePriority": 1,
            "description": f"Untagged images go after {_UNTAGGED_DAYS} days",
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": _UNTAGGED_DAYS,
            },
            "action": {"type": "expire"},
        }
    ]
}
