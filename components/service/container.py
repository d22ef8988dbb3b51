"""The container definition.

The same arguments give the same JSON, so an unchanged program creates no new revision of the task definition.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.lib.app import HEALTH_PATH, PORT
from components.lib.names import CONTAINER
from components.lib.timeline import CONTAINER_CHECK, START_PERIOD_SECONDS

_USER = "1001"
# Where the app writes. The sizes, in MiB, count towards the task's memory. AWS announcement of 2026-01, "Amazon ECS now
# supports tmpfs mounts on AWS Fargate and ECS Managed Instances"; older copies of AWS's documents deny it.
_WRITABLE = {"/tmp": 64, "/app/logs": 64}  # noqa: S108 - the container's /tmp, not this machine's
_OPEN_FILES = 65536
# The image has node and no curl. The URL has an address, as `localhost` may be IPv6, where nothing listens.
_HEALTH_CHECK = (
    f"require('http').get('http://127.0.0.1:{PORT}{HEALTH_PATH}', r => process.exit(r.statusCode === 200 ? 0 : 1))"
    ".on('error', () => process.exit(1))"
)


@dataclass(frozen=True, kw_only=True)
class Container:
    """The inputs of the container definition."""

    image: pulumi.Input[str]
    environment: Mapping[str, pulumi.Input[str]]
    secrets: Mapping[str, pulumi.Input[str]]  # environment variable -> `valueFrom`
    log_group: pulumi.Input[str]
    region: str

    def definition(self, *, stop_timeout_seconds: int, writable_root: bool) -> dict[str, Any]:
        """Returns the definition as `RegisterTaskDefinition` takes it: lists in a fixed order, nothing empty.

        Args:
            stop_timeout_seconds: the time from SIGTERM until ECS kills the container.
            writable_root: whether the container may write outside of its tmpfs mounts.
        """
        definition = {
            "name": CONTAINER,
            "image": self.image,
            "essential": True,
            "user": f"{_USER}:{_USER}",
            "portMappings": [{"containerPort": PORT, "hostPort": PORT, "protocol": "tcp"}],
            "environment": [{"name": name, "value": self.environment[name]} for name in sorted(self.environment)],
            "healthCheck": {
                "command": ["CMD", "node", "-e", _HEALTH_CHECK],
                "interval": CONTAINER_CHECK.interval,
                "timeout": CONTAINER_CHECK.timeout,
                "retries": CONTAINER_CHECK.unhealthy,
                "startPeriod": START_PERIOD_SECONDS,
            },
            "linuxParameters": {"initProcessEnabled": True, "tmpfs": _tmpfs()},
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": self.log_group,
                    "awslogs-region": self.region,
                    "awslogs-stream-prefix": CONTAINER,
                    # If CloudWatch does not answer, the app continues and loses the lines that the buffer cannot hold.
                    "mode": "non-blocking",
                    "max-buffer-size": "25m",
                },
            },
            "readonlyRootFilesystem": not writable_root,
            "stopTimeout": stop_timeout_seconds,
            "ulimits": [{"name": "nofile", "softLimit": _OPEN_FILES, "hardLimit": _OPEN_FILES}],
        }
        if self.secrets:
            definition["secrets"] = [{"name": name, "valueFrom": self.secrets[name]} for name in sorted(self.secrets)]
        return definition


def _tmpfs() -> list[dict[str, Any]]:
    """Returns mounts that the app owns. ECS takes `uid` and `gid` with a value (ministryofjustice/opg-lpa #3734)."""
    options = ["rw", "nosuid", "nodev", "noexec", f"uid={_USER}", f"gid={_USER}", "mode=0700"]
    return [{"containerPath": path, "size": size, "mountOptions": options} for path, size in sorted(_WRITABLE.items())]
