"""`make compose`: writes a Docker Compose file that runs the deployed task, with a local AWS account and cache.

Source: the Compose specification: https://github.com/compose-spec/compose-spec/blob/main/spec.md
"""

import json
import os
import secrets as random
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from config.yaml_values import needs_quotes
from operations import account_content
from operations.console import confirm, say
from operations.definition import TaskDefinition, registered
from operations.errors import OperationError
from operations.injection import inject
from operations.target import ROOT, Target

_REDIS_URL = "REDIS_URL"
# The engine of the stack's cache. The app connects without TLS, with a generated password.
# renovate: datasource=docker depName=valkey/valkey
_REDIS_IMAGE = "valkey/valkey:7.2-alpine"
_REDIS_PORT = 6379
# moto, in the version of the sandbox's account.
# renovate: datasource=docker depName=motoserver/moto
_ACCOUNT_IMAGE = "motoserver/moto:5.2.5"
_ACCOUNT_PORT = 5000
_ACCOUNT_URL = f"http://account:{_ACCOUNT_PORT}"
_PLATFORMS = {"X86_64": "linux/amd64", "ARM64": "linux/arm64"}


class _Dumper(yaml.SafeDumper):
    """Quotes every text that Compose would read as something else, such as 1e5: it reads YAML with go-yaml v3."""


def _quoted(dumper: Any, text: str) -> yaml.ScalarNode:  # pyyaml is typed in part
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if needs_quotes(text) else None)


_Dumper.add_representer(str, _quoted)


@dataclass(frozen=True)
class Project:
    """The Compose file and its env files."""

    compose: Mapping[str, Any]
    app_env: Mapping[str, str]  # the app's secrets
    redis_env: Mapping[str, str]  # the cache's password; empty without a cache


def default_folder(stack: str) -> Path:
    """Returns the folder for a stack's files, which git ignores."""
    return ROOT / ".compose" / stack


def run(target: Target, folder: Path, *, yes: bool) -> None:
    """Writes the files of a stack.

    Raises:
        OperationError: no task is deployed, ECS could not start it, the person at the keyboard refused, or this
            machine cannot write the files.
    """
    definition = registered(target)
    injected = [name for name in definition.container.secrets if name != _REDIS_URL]
    if target.on == "aws" and injected:
        say(f"On AWS, this writes the stack's real secrets ({', '.join(injected)}) into {folder} as plain text.")
        confirm("Go on?", yes=yes)
    bucket = target.output("recordingsBucketName")
    project = composed(target.stack, target.region, definition, inject(target, definition), bucket)
    tables = target.output("tableNames").values()
    calls = content(target.client("dynamodb"), tables, bucket, target.region)
    try:
        _write(project, folder, definition, calls)
    except OSError as error:
        raise OperationError(f"{error.filename or folder} cannot be written: {error.strerror}.") from None
    _print_summary(project, folder, definition)


def composed(stack: str, region: str, definition: TaskDefinition, injected: Mapping[str, str], bucket: str) -> Project:
    """Returns the project of a definition, with a new password for the cache.

    Args:
        injected: the values of the container's secrets.
        bucket: the name of the recordings bucket.
    """
    container = definition.container
    account: dict[str, Any] = {
        "AWS_ENDPOINT_URL": _ACCOUNT_URL,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": "compose",
        "AWS_SECRET_ACCESS_KEY": "compose",
    }
    environment = {**container.environment, "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE", **account}
    app_env, redis_env = dict(injected), dict[str, str]()
    has_redis = _REDIS_URL in environment or _REDIS_URL in injected
    if has_redis:
        redis_env["PASSWORD"] = random.token_hex(16)
        environment.pop(_REDIS_URL, None)
        app_env[_REDIS_URL] = f"redis://:{redis_env['PASSWORD']}@redis:{_REDIS_PORT}"
    services: dict[str, Any] = {
        container.name: _app(definition, environment, has_env_file=bool(app_env), has_redis=has_redis),
        "account": _account(bucket),
        "account-content": _account_content(account),
    }
    if has_redis:
        services["redis"] = _redis()
    return Project({"name": f"{container.name}-{stack}", "services": services}, app_env, redis_env)


def _app(
    definition: TaskDefinition, environment: Mapping[str, str], *, has_env_file: bool, has_redis: bool
) -> dict[str, Any]:
    container = definition.container
    check = container.health_check
    waits = {"account-content": "service_completed_successfully", **({"redis": "service_healthy"} if has_redis else {})}
    return _without_empty(
        {
            "image": container.image,
            "platform": _PLATFORMS[definition.architecture],
            "entrypoint": list(container.entry_point),
            "command": list(container.command),
            "depends_on": {service: {"condition": condition} for service, condition in waits.items()},
            "environment": dict(environment),
            "env_file": ["app.env"] if has_env_file else [],
            "user": container.user,
            "init": container.init,
            "read_only": container.read_only,
            "tmpfs": [f"{mount.path}:{','.join([*mount.options, f'size={mount.size}m'])}" for mount in container.tmpfs],
            "ulimits": {limit.name: {"soft": limit.soft, "hard": limit.hard} for limit in container.ulimits},
            "cpus": definition.cpu / 1024,
            "mem_limit": f"{definition.memory}m",
            "ports": [f"127.0.0.1:{container.port}:{container.port}"] if container.port else [],
            "healthcheck": check
            and {
                "test": ["CMD", *check.command],
                "interval": f"{check.interval:g}s",
                "timeout": f"{check.timeout:g}s",
                "retries": check.retries,
                "start_period": f"{check.start_period:g}s",
            },
            "stop_grace_period": f"{container.stop_timeout}s",
        }
    )


def _account(bucket: str) -> dict[str, Any]:
    probe = f"import urllib.request; urllib.request.urlopen('http://127.0.0.1:{_ACCOUNT_PORT}/moto-api/')"
    return {
        "image": _ACCOUNT_IMAGE,
        "ports": [f"127.0.0.1:{_ACCOUNT_PORT}:{_ACCOUNT_PORT}"],
        # The AWS SDKs address a bucket by this host name.
        "networks": {"default": {"aliases": [f"{bucket}.account"]}},
        "healthcheck": {"test": ["CMD", "python3", "-c", probe], "interval": "2s", "timeout": "5s", "retries": 30},
    }


def _account_content(account: Mapping[str, str]) -> dict[str, Any]:
    return {
        "image": _ACCOUNT_IMAGE,
        "depends_on": {"account": {"condition": "service_healthy"}},
        "entrypoint": ["python3", f"/content/{Path(account_content.__file__).name}"],
        "environment": dict(account),
        "volumes": ["./content:/content:ro"],
    }


def _redis() -> dict[str, Any]:
    ping = 'valkey-cli --no-auth-warning -a "$PASSWORD" ping | grep -q PONG'
    return {
        "image": _REDIS_IMAGE,
        "command": ["sh", "-c", 'exec valkey-server --save "" --requirepass "$PASSWORD"'],
        "env_file": ["redis.env"],
        "healthcheck": {"test": ["CMD-SHELL", ping], "interval": "2s", "timeout": "5s", "retries": 30},
    }


def _without_empty(service: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in service.items() if value not in (None, [], {}, "")}


def content(dynamodb: Any, tables: Iterable[str], bucket: str, region: str) -> list[dict[str, Any]]:
    """Returns the calls that create the stack's tables and bucket, empty, in an empty account. See `account_content`.

    Args:
        dynamodb: a boto3 client (untyped) of the account that has the tables.
    """
    calls: list[dict[str, Any]] = []
    for name in tables:
        table = dynamodb.describe_table(TableName=name)["Table"]
        definition: dict[str, Any] = {
            "TableName": name,
            "AttributeDefinitions": table["AttributeDefinitions"],
            "KeySchema": table["KeySchema"],
            "BillingMode": "PAY_PER_REQUEST",
        }
        if table.get("GlobalSecondaryIndexes"):
            definition["GlobalSecondaryIndexes"] = [
                {key: index[key] for key in ("IndexName", "KeySchema", "Projection")}
                for index in table["GlobalSecondaryIndexes"]
            ]
        calls.append(_call("dynamodb", "create_table", definition))
        ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"].get("AttributeName")
        if ttl:
            specification = {"Enabled": True, "AttributeName": ttl}
            parameters = {"TableName": name, "TimeToLiveSpecification": specification}
            calls.append(_call("dynamodb", "update_time_to_live", parameters))
    creation: dict[str, Any] = {"Bucket": bucket}
    if region != "us-east-1":  # the only region that must not be named
        creation["CreateBucketConfiguration"] = {"LocationConstraint": region}
    return [*calls, _call("s3", "create_bucket", creation)]


def _call(service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {"service": service, "operation": operation, "parameters": parameters}


def _write(project: Project, folder: Path, definition: TaskDefinition, calls: Sequence[Mapping[str, Any]]) -> None:
    head = (
        f"# From the task definition {definition.name}. `make compose` overwrites this file.\n"
        "# Put your changes into a compose.override.yaml beside it.\n"
    )
    for name, variables in (("app.env", project.app_env), ("redis.env", project.redis_env)):
        if variables:
            _write_file(folder / name, env_file(variables), mode=0o600)
        else:
            (folder / name).unlink(missing_ok=True)
    _write_file(folder / "content" / "content.json", json.dumps(calls, indent=2) + "\n")
    _write_file(folder / "content" / Path(account_content.__file__).name, Path(account_content.__file__).read_text())
    text = yaml.dump(project.compose, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    # Compose replaces `$NAME`, and reads `$$` as a dollar sign.
    _write_file(folder / "compose.yaml", head + text.replace("$", "$$"))


def _write_file(path: Path, text: str, mode: int = 0o644) -> None:
    """Writes a file that has its permissions from the start."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)


def env_file(variables: Mapping[str, str]) -> str:
    """Returns an env file, with quotes and escapes from which Compose reads every value unchanged."""
    return "".join(f'{name}="{_escaped(value)}"\n' for name, value in sorted(variables.items()))


def _escaped(value: str) -> str:
    for char, escape in (("\\", "\\\\"), ('"', '\\"'), ("$", "\\$"), ("\n", "\\n"), ("\r", "\\r")):
        value = value.replace(char, escape)
    return value


def _print_summary(project: Project, folder: Path, definition: TaskDefinition) -> None:
    shown = os.path.relpath(folder)
    container = definition.container
    secrets = ", ".join(sorted(project.app_env)) or "none"
    say(f"Secrets: {secrets}{f', in {shown}/app.env, which only you can read' if project.app_env else ''}")
    if project.redis_env:
        say(f"Redis: a local Valkey without TLS, with a generated password, at {_REDIS_URL}")
    say(f"AWS: a local account ({_ACCOUNT_IMAGE}) with the stack's tables and bucket, empty")
    say(
        f"Wrote {shown}/compose.yaml. Log Docker in to the registry, unless it has the image {container.image}. Then:\n"
        f"  cd {shlex.quote(shown)} && docker compose up"
    )
