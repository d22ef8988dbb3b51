"""A registered task definition, as ECS describes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from operations.errors import OperationError
from operations.health import HealthCheck
from operations.target import Target

# Amazon ECS API Reference, ContainerDefinition: the default on Fargate, in seconds.
_STOP_TIMEOUT = 30


@dataclass(frozen=True)
class Ulimit:
    """A resource limit of a container's processes."""

    name: str  # such as `nofile`
    soft: int
    hard: int


@dataclass(frozen=True)
class Tmpfs:
    """A file system in memory."""

    path: str
    size: int  # MiB
    options: tuple[str, ...]


@dataclass(frozen=True)
class Container:
    """One container of a task definition."""

    name: str
    image: str
    entry_point: tuple[str, ...]  # empty: the image's own
    command: tuple[str, ...]  # empty: the image's own
    environment: Mapping[str, str]
    secrets: Mapping[str, str]  # environment variable -> valueFrom
    port: int | None  # the first one
    health_check: HealthCheck | None
    stop_timeout: int  # seconds
    user: str | None
    read_only: bool
    init: bool
    ulimits: tuple[Ulimit, ...]
    tmpfs: tuple[Tmpfs, ...]

    @classmethod
    def of(cls, definition: Mapping[str, Any]) -> Self:
        """Reads a container definition.

        Raises:
            OperationError: the container takes variables from files, which this command does not read.
        """
        if definition.get("environmentFiles"):
            raise OperationError(
                f"The container {definition['name']} has environmentFiles, which this command does not read."
            )
        linux: Mapping[str, Any] = definition.get("linuxParameters") or {}
        return cls(
            name=definition["name"],
            image=definition["image"],
            entry_point=tuple(definition.get("entryPoint") or ()),
            command=tuple(definition.get("command") or ()),
            environment={item["name"]: item["value"] for item in _items(definition, "environment")},
            secrets={item["name"]: item["valueFrom"] for item in _items(definition, "secrets")},
            port=next((item["containerPort"] for item in _items(definition, "portMappings")), None),
            health_check=HealthCheck.of(definition.get("healthCheck")),
            stop_timeout=definition.get("stopTimeout", _STOP_TIMEOUT),
            user=definition.get("user"),
            read_only=bool(definition.get("readonlyRootFilesystem")),
            init=bool(linux.get("initProcessEnabled")),
            ulimits=tuple(
                Ulimit(item["name"], item["softLimit"], item["hardLimit"]) for item in _items(definition, "ulimits")
            ),
            tmpfs=tuple(
                Tmpfs(item["containerPath"], item["size"], tuple(item.get("mountOptions") or ()))
                for item in _items(linux, "tmpfs")
            ),
        )


@dataclass(frozen=True)
class TaskDefinition:
    """A revision of a task definition, with its container of the app."""

    arn: str
    execution_role_arn: str | None
    task_role_arn: str | None
    cpu: int  # CPU units, 1024 a vCPU
    memory: int  # MiB
    architecture: str  # X86_64 or ARM64
    container: Container

    @classmethod
    def of(cls, described: Mapping[str, Any], container: str) -> Self:
        """Reads the `taskDefinition` in an answer of DescribeTaskDefinition.

        Args:
            container: the name of the app's container.

        Raises:
            OperationError: there is no such container.
        """
        containers = {item["name"]: item for item in described["containerDefinitions"]}
        arn = described["taskDefinitionArn"]
        if container not in containers:
            raise OperationError(f"{arn} has no container {container}; its containers: {', '.join(sorted(containers))}")
        platform: Mapping[str, str] = described.get("runtimePlatform") or {}
        return cls(
            arn=arn,
            execution_role_arn=described.get("executionRoleArn"),
            task_role_arn=described.get("taskRoleArn"),
            cpu=int(described["cpu"]),
            memory=int(described["memory"]),
            architecture=platform.get("cpuArchitecture") or "X86_64",
            container=Container.of(containers[container]),
        )

    @property
    def name(self) -> str:
        """The definition as `family:revision`."""
        return self.arn.rpartition("/")[2]


def registered(target: Target, revision: int | None = None) -> TaskDefinition:
    """Returns the definition that the stack deployed, or another revision of its family.

    Raises:
        OperationError: there is no such definition.
    """
    ecs = target.client("ecs")
    name = target.output("taskDefinitionArn")
    if revision is not None:
        name = f"{target.output('taskFamily')}:{revision}"
    try:
        described = ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]
    except ecs.exceptions.ClientException as error:
        refusal: Any = error
        raise OperationError(f"{name}: {refusal.response['Error']['Message']}") from None
    return TaskDefinition.of(described, target.output("containerName"))


def _items(definition: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    return definition.get(key) or []
