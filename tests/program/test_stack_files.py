"""The committed Pulumi.yaml and stack files, read as the engine reads them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from recording.config import NAMESPACE
from tests.support.stack_config import CERTIFICATE, HTTPS, load, mistakes

ROOT = Path(__file__).parents[2]


def project_file(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / name).read_text())


def stack_config(stack: str) -> dict[str, object]:
    """The config of a committed stack file, without this project's namespace and without the region."""
    config: dict[str, object] = project_file(f"Pulumi.{stack}.yaml")["config"]
    assert config.pop("aws:region") == "us-east-1"
    assert all(key.startswith(f"{NAMESPACE}:") for key in config)
    return {key.removeprefix(f"{NAMESPACE}:"): value for key, value in config.items()}


BY_OPERATOR: Mapping[str, Mapping[str, str]] = {
    "dev": {},
    "staging": HTTPS,
    "prod": HTTPS,
}

STACKS: Mapping[str, Mapping[str, object]] = {
    "dev": {
        "cpu": 512,
        "memory": 1024,
        "min_count": 1,
        "desired_count": 1,
        "max_count": 2,
        "on_demand_base": 0,
        "spot_percent": 100,
        "deregistration_delay_seconds": 30,
        "stop_timeout_seconds": 30,
        "enable_metrics": False,
        "nat_gateways": "none",
        "availability_zones": 2,
        "protect_data": False,
        "log_retention_days": 7,
        "certificate_arn": None,
    },
    "staging": {
        "cpu": 1024,
        "memory": 2048,
        "min_count": 2,
        "desired_count": 2,
        "max_count": 4,
        "on_demand_base": 2,
        "spot_percent": 0,
        "deregistration_delay_seconds": 300,
        "stop_timeout_seconds": 45,
        "enable_metrics": True,
        "nat_gateways": "single",
        "availability_zones": 2,
        "protect_data": False,
        "log_retention_days": 30,
        "certificate_arn": CERTIFICATE,
    },
    "prod": {
        "cpu": 1024,
        "memory": 2048,
        "min_count": 2,
        "desired_count": 2,
        "max_count": 10,
        "on_demand_base": 2,
        "spot_percent": 0,
        "deregistration_delay_seconds": 1860,
        "stop_timeout_seconds": 45,
        "enable_metrics": True,
        "nat_gateways": "one-per-az",
        "availability_zones": 3,
        "protect_data": True,
        "log_retention_days": 90,
        "certificate_arn": CERTIFICATE,
    },
}


@pytest.mark.parametrize("stack", STACKS)
def test_stack_file_has_the_documented_values(stack: str) -> None:
    loaded = load({**stack_config(stack), **BY_OPERATOR[stack]}, stack=stack)
    assert {name: getattr(loaded, name) for name in STACKS[stack]} == STACKS[stack]


@pytest.mark.parametrize("stack", STACKS)
def test_stack_file_has_no_defaults(stack: str) -> None:
    plain = vars(load({"allowPlainHttp": "true"}, stack=stack))
    config = stack_config(stack)
    loaded = vars(load({**config, "allowPlainHttp": "true"}, stack=stack))
    different = {name.replace("_", "") for name in plain if plain[name] != loaded[name]}
    assert {key for key in config if key.lower() not in different} == set()


def test_prod_without_a_domain_lacks_https() -> None:
    config = {key: value for key, value in stack_config("prod").items() if key not in ("domainName", *HTTPS)}
    (line,) = mistakes(config, stack="prod")
    assert line.startswith("domainName: is not set, and prod needs HTTPS")


def test_the_project_has_the_namespace_of_the_keys_and_no_schema() -> None:
    project = project_file("Pulumi.yaml")
    assert project["name"] == NAMESPACE
    assert "config" not in project
    assert project["runtime"] == {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}}
