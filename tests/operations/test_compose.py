"""The Compose file of a deployed task."""

from __future__ import annotations

import importlib
import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.yaml_values import needs_quotes
from operations import compose
from operations.compose import env_file
from operations.errors import OperationError
from operations.target import ROOT
from tests.support.compose_check import check_with_compose, composes
from tests.support.deployed import REGION, Deployed

pytestmark = pytest.mark.sandbox  # for moto
HIDDEN = "us-east-1_Sup3rS3cret"
TABLES = {
    "sessions": {
        "TableName": "demo-dev-sessions",
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": "S"} for name in ("sessionId", "questionnaireId", "startTime")
        ],
        "KeySchema": [{"AttributeName": "sessionId", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "questionnaireId-startTime-index",
                "KeySchema": [
                    {"AttributeName": "questionnaireId", "KeyType": "HASH"},
                    {"AttributeName": "startTime", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    },
    "waitlist": {
        "TableName": "demo-dev-waitlist",
        "AttributeDefinitions": [{"AttributeName": "email", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
    },
}


@pytest.fixture
def deployed(deployed: Deployed) -> Deployed:
    dynamodb = deployed.client("dynamodb")
    for table in TABLES.values():
        dynamodb.create_table(**table, BillingMode="PAY_PER_REQUEST")
    deployed.outputs["tableNames"] = {name: table["TableName"] for name, table in TABLES.items()}
    ttl = {"Enabled": True, "AttributeName": "ttl"}
    dynamodb.update_time_to_live(TableName="demo-dev-sessions", TimeToLiveSpecification=ttl)
    return deployed


def written(deployed: Deployed, folder: Path, **secrets: str) -> dict[str, Any]:
    """Deploys a definition with these secrets and writes its files. Returns the Compose file."""
    arns = {name: deployed.secret(name, SecretString=value) for name, value in secrets.items()}
    if arns:
        deployed.grant_reading(*arns.values())
    deployed.register(arns)
    compose.run(deployed.target, folder, yes=False)
    return yaml.safe_load((folder / "compose.yaml").read_text())


def test_service_follows_the_definition(deployed: Deployed, tmp_path: Path) -> None:
    file = written(deployed, tmp_path)
    check_with_compose(tmp_path / "compose.yaml")
    registered = deployed.client("ecs").describe_task_definition(taskDefinition="voiceter-backend-dev")
    check = registered["taskDefinition"]["containerDefinitions"][0]["healthCheck"]["command"]
    options = "rw,nosuid,nodev,noexec,uid=1001,gid=1001,mode=0700,size=64m"
    app = file["services"]["voiceter-backend"]
    assert file["name"] == "voiceter-backend-dev"
    assert app == {
        "image": "registry/voiceter-backend:1.0",
        "platform": "linux/amd64",
        "user": "1001:1001",
        "init": True,
        "read_only": True,
        "tmpfs": [f"{path}:{options}" for path in ("/app/logs", "/tmp")],  # noqa: S108 - in the container
        "ulimits": {"nofile": {"soft": 65536, "hard": 65536}},
        "cpus": 0.5,
        "mem_limit": "1024m",
        "ports": ["127.0.0.1:8080:8080"],
        "stop_grace_period": "45s",
        "healthcheck": {"test": check, "interval": "30s", "timeout": "5s", "retries": 3, "start_period": "60s"},
        # A dollar sign for Compose is two of them in its file.
        "environment": {
            "PORT": "8080",
            "AWS_REGION": REGION,
            "MONEY": "$$5 and $${more}",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
            "AWS_ENDPOINT_URL": "http://account:5000",
            "AWS_ACCESS_KEY_ID": "compose",
            "AWS_SECRET_ACCESS_KEY": "compose",
        },
        "depends_on": {"account-content": {"condition": "service_completed_successfully"}},
    }
    assert not (tmp_path / "app.env").exists()
    account, content = file["services"]["account"], file["services"]["account-content"]
    pinned = re.search(r"^moto\S*==(\S+)", (ROOT / "requirements-sandbox.txt").read_text(), re.MULTILINE)
    assert pinned, "the sandbox has the same version of moto"
    assert account["image"] == content["image"] == f"motoserver/moto:{pinned[1]}"
    assert content["depends_on"] == {"account": {"condition": "service_healthy"}}
    # Where the AWS SDKs look for the bucket at an endpoint with a name.
    assert account["networks"]["default"]["aliases"] == ["recordings.account"]
    assert "redis" not in file["services"]


def test_compose_reads_every_value_of_the_environment_as_text(deployed: Deployed, tmp_path: Path) -> None:
    texts = ["1e5", "1.2E-3", "0o17", "1.10", "007", "true", "null", "", "2026-01-01", "on", "1:30", "a: b", "#"]
    environment = {f"V{position}": text for position, text in enumerate(texts)}
    deployed.register(environment=[{"name": name, "value": value} for name, value in environment.items()])
    compose.run(deployed.target, tmp_path, yes=False)
    text = (tmp_path / "compose.yaml").read_text()
    assert environment.items() <= yaml.safe_load(text)["services"]["voiceter-backend"]["environment"].items()
    # Compose reads what go-yaml takes for a number as one, and passes on how it writes that number.
    plain = [str(one.value) for one in yaml.scan(text) if isinstance(one, yaml.ScalarToken) and one.plain]
    assert {text for text in plain if needs_quotes(text)} == {"true", "0.5", "3", "30", "65536"}, "what is no text"


def test_command_quotes_a_folder_with_a_space(
    deployed: Deployed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(deployed, tmp_path / "a folder")
    assert f"cd '{os.path.relpath(tmp_path / 'a folder')}' && docker compose up" in capsys.readouterr().out


def test_secrets_are_in_a_file_that_only_its_owner_reads(
    deployed: Deployed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = written(deployed, tmp_path, POOL=HIDDEN)["services"]["voiceter-backend"]
    assert app["env_file"] == ["app.env"]
    assert (tmp_path / "app.env").read_text() == f'POOL="{HIDDEN}"\n'
    assert stat.S_IMODE((tmp_path / "app.env").stat().st_mode) == 0o600
    others = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "app.env"]
    assert others
    assert all(HIDDEN not in path.read_text() for path in others)
    said = capsys.readouterr().out
    assert "Secrets: POOL, in " in said
    assert HIDDEN not in said
    # A later definition without secrets leaves none behind.
    written(deployed, tmp_path)
    assert not (tmp_path / "app.env").exists()


def test_folder_that_cannot_be_written_is_named(deployed: Deployed, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OperationError, match=rf"^{tmp_path}/file.* cannot be written: \w"):
        written(deployed, tmp_path / "file" / "folder")


def test_git_ignores_the_folder() -> None:
    folder = compose.default_folder("dev")
    done = subprocess.run(  # noqa: S603
        ["git", "check-ignore", "--quiet", str(folder / "app.env")],  # noqa: S607
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("plain", 'A="plain"\n'),
        ("", 'A=""\n'),
        ("a b # c", 'A="a b # c"\n'),
        ('say "hi"', 'A="say \\"hi\\""\n'),
        ("$5 ${x}", 'A="\\$5 \\${x}"\n'),
        ("ends in \\", 'A="ends in \\\\"\n'),
        ("\\n is no line", 'A="\\\\n is no line"\n'),
        ("two\nlines\r", 'A="two\\nlines\\r"\n'),
        ("it's", 'A="it\'s"\n'),
    ],
)
def test_env_file_escapes(value: str, line: str) -> None:
    assert env_file({"A": value}) == line


def test_compose_reads_env_file_values_unchanged(tmp_path: Path) -> None:
    values = {
        f"V{position}": value for position, value in enumerate(["$5 ${x}", 'a"b', "\\", "two\nlines", "it's", "# "])
    }
    (tmp_path / "app.env").write_text(env_file(values))
    (tmp_path / "compose.yaml").write_text("{name: n, services: {app: {image: i, env_file: app.env}}}")
    for command in composes():
        done = subprocess.run(  # noqa: S603
            [*command, "config", "--format", "json"], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        read: dict[str, str] = json.loads(done.stdout)["services"]["app"]["environment"]
        # `config` writes a file for Compose again, with its doubled dollar signs.
        assert {name: value.replace("$$", "$") for name, value in read.items()} == values


def test_redis_becomes_a_local_cache(deployed: Deployed, tmp_path: Path) -> None:
    url = "rediss://:t%26ken@master.voiceter.cache.amazonaws.com:6379"
    services = written(deployed, tmp_path, POOL=HIDDEN, REDIS_URL=url)["services"]
    app, redis = services["voiceter-backend"], services["redis"]
    assert app["depends_on"]["redis"] == {"condition": "service_healthy"}
    assert redis["env_file"] == ["redis.env"]
    assert redis["image"].startswith("valkey/valkey:")
    check_with_compose(tmp_path / "compose.yaml")
    password = json.loads((tmp_path / "redis.env").read_text().strip().removeprefix("PASSWORD="))
    assert len(password) == 32
    assert f'REDIS_URL="redis://:{password}@redis:6379"\n' in (tmp_path / "app.env").read_text()
    assert stat.S_IMODE((tmp_path / "redis.env").stat().st_mode) == 0o600
    # The server's shell takes the password out of its environment; Compose is to leave it alone.
    assert redis["command"] == ["sh", "-c", 'exec valkey-server --save "" --requirepass "$$PASSWORD"']
    everything = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    assert "t%26ken" not in everything
    assert everything.count(password) == 2


def test_account_gets_the_stacks_tables_and_bucket(deployed: Deployed, tmp_path: Path) -> None:
    written(deployed, tmp_path / "files")
    dynamodb = deployed.client("dynamodb")
    shown = {str(table["TableName"]): _table(dynamodb, str(table["TableName"])) for table in TABLES.values()}
    with moto_server() as url:
        for _ in range(2):  # Compose may start the service again
            _fill(tmp_path / "files", url)
        filled, s3 = (_client(service, url) for service in ("dynamodb", "s3"))
        assert {name: _table(filled, name) for name in filled.list_tables()["TableNames"]} == shown
        assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["recordings"]


@contextmanager
def moto_server() -> Generator[str]:
    """Starts an empty account as a server, as Compose does, and yields its URL."""
    server: Any = importlib.import_module("moto.server").ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def _client(service: str, url: str) -> Any:
    boto3: Any = importlib.import_module("boto3")
    return boto3.client(service, endpoint_url=url, region_name=REGION)


def _fill(folder: Path, url: str) -> None:
    """Runs what the service `account-content` runs."""
    file = yaml.safe_load((folder / "compose.yaml").read_text())
    service = file["services"]["account-content"]
    assert service["volumes"] == ["./content:/content:ro"]
    script = service["entrypoint"][1].replace("/content", str(folder / "content"), 1)
    subprocess.run(  # noqa: S603
        [sys.executable, script],
        env={**service["environment"], "AWS_ENDPOINT_URL": url},
        check=True,
        timeout=60,
    )


def _table(dynamodb: Any, name: str) -> tuple[Any, ...]:
    table = dynamodb.describe_table(TableName=name)["Table"]
    ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    indexes = [(index["IndexName"], index["KeySchema"]) for index in table.get("GlobalSecondaryIndexes", [])]
    billing = table["BillingModeSummary"]["BillingMode"]
    return table["KeySchema"], table["AttributeDefinitions"], indexes, ttl.get("AttributeName"), billing


def test_secret_that_ecs_cannot_inject_is_not_written(deployed: Deployed, tmp_path: Path) -> None:
    deployed.register({"POOL": deployed.secret("pool", SecretString=HIDDEN)})
    with pytest.raises(OperationError, match="ResourceInitializationError"):
        compose.run(deployed.target, tmp_path, yes=False)
    assert list(tmp_path.iterdir()) == []


def test_on_aws_it_asks_before_it_writes_secrets(deployed: Deployed, tmp_path: Path) -> None:
    arn = deployed.secret("pool", SecretString=HIDDEN)
    deployed.grant_reading(arn)
    deployed.register({"POOL": arn})
    on_aws, folder = deployed.on_aws(), tmp_path / "files"
    with pytest.raises(OperationError, match="--yes"):
        compose.run(on_aws, folder, yes=False)
    assert not folder.exists()
    compose.run(on_aws, folder, yes=True)
    assert HIDDEN in (folder / "app.env").read_text()


def test_bucket_outside_us_east_1_names_its_region() -> None:
    (call,) = compose.content(None, [], "recordings", "eu-north-1")
    assert call["parameters"] == {
        "Bucket": "recordings",
        "CreateBucketConfiguration": {"LocationConstraint": "eu-north-1"},
    }
