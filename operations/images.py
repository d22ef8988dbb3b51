"""A stack's image registry: its address, and what is in it."""

import re
from dataclasses import dataclass
from typing import Any

from operations.errors import OperationError
from operations.target import Target

_ADDRESS = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/(?P<name>.+)")


@dataclass(frozen=True)
class Registry:
    """An Amazon ECR repository, and a client of its region.

    Args:
        url: as `docker push` takes it.
        ecr: the client (boto3 is untyped).
        who: the parameters that name the repository in each call.
    """

    url: str
    ecr: Any
    who: dict[str, str]

    @classmethod
    def of(cls, target: Target) -> "Registry":
        """The registry of a stack. Raises OperationError where there is none."""
        url = target.output("repositoryUrl")
        form = _ADDRESS.fullmatch(url)
        if form is None:
            raise OperationError(f"The output repositoryUrl of {target.stack} is no Amazon ECR repository: {url}")
        return cls(url, target.client("ecr"), {"registryId": form["account"], "repositoryName": form["name"]})

    def find(self, image: str) -> dict[str, Any] | None:
        """An image by its tag or its `sha256:…` digest, as DescribeImages shows it; None where it is not there.

        Raises:
            OperationError: there is no such repository.
        """
        wanted = {"imageDigest": image} if image.startswith("sha256:") else {"imageTag": image}
        try:
            return self.ecr.describe_images(**self.who, imageIds=[wanted])["imageDetails"][0]
        except self.ecr.exceptions.ImageNotFoundException:
            return None
        except self.ecr.exceptions.RepositoryNotFoundException:
            raise OperationError(f"There is no repository {self.url} any more.") from None
