"""A container that the tests of the service and its tasks share."""

from __future__ import annotations

from typing import Final

from components.service.container import Container

CONTAINER: Final = Container(
    image="registry/voiceter-backend:1.0",
    environment={"PORT": "8080", "AWS_REGION": "eu-north-1"},
    secrets={},
    log_group="/ecs/voiceter-backend",
    region="eu-north-1",
)
