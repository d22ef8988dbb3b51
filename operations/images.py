"""A stack's image registry."""

import re
from dataclasses import dataclass
from typing import Any

from operations.errors import OperationError
from operations.target import Target

_ADDRESS = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/(?P<name>.+)")


@dataclass(frozen=True)
class Registry:
    """An Amazon ECR repository.

    Args:
        url: its address for `docker push`.
        ecr: a boto3 client (untyped) for its region.
        who: the parameters that name the repository in a call.
    """

    url: str
    ecr: Any
    who: dict[str, str]

    @classmethod
    def of(cls, target: Target) -> "Registry":
        """Returns the stack's registry. Raises OperationError if the stack has none."""
        url = target.output("repositoryUrl")
        form = _ADDRESS.fullmatch(url)
        if form is None:
            raise OperationError(f"The output repositoryUrl of {target.stack} is not an Amazon ECR repository: {url}")
        return cls(url, target.client("ecr"), {"registryId": form["account"], "repositoryName": form["name"]})

    @classmethod
    def named(cls, name: str, ecr: Any) -> "Registry":
        """Returns the registry with that name, of the account and the region of the client. It need not exist."""
        return cls(name, ecr, {"repositoryName": name})

    def find(self, image: str) -> dict[str, Any] | None:
        """Returns the answer of DescribeImages for a tag or a `sha256:…` digest, or None if there is no such image.

        Raises:
            OperationError: the repository does not exist.
        """
        image_id = {"imageDigest": image} if image.startswith("sha256:") else {"imageTag": image}
        try:
            return self.ecr.describe_images(**self.who, imageIds=[image_id])["imageDetails"][0]
        except self.ecr.exceptions.ImageNotFoundException:
            return None
        except self.ecr.exceptions.RepositoryNotFoundException:
            raise OperationError(f"The repository {self.url} does not exist any more.") from None
