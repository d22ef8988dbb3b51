"""Values that several config keys make together."""

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class Image:
    """The image that the service runs."""

    tag: str  # an ECR tag or sha256:…, as imageTag says
    version: str  # the ECR tag of the image, also where `tag` is a digest


@dataclass(frozen=True)
class Redis:
    """The Redis of the sessions."""

    node_type: str
    replicas: int  # beside the primary
    auth_token: pulumi.Output[str]  # secret
