"""A sandbox for one test module: commands run as a user runs them, and the account is read back with boto3."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.account import process as account
from sandbox.layout import PACKAGE_ROOT, Layout

ACCOUNT_ID = "123456789012"


@dataclass(frozen=True)
class Run:
    """An ended command."""

    status: int
    output: str  # standard output and standard error as they came


@dataclass(frozen=True)
class LiveSandbox:
    """A sandbox in a folder of its own, beside any that the clone has."""

    home: Path
    program: Path = PACKAGE_ROOT

    @property
    def layout(self) -> Layout:
        return Layout(PACKAGE_ROOT, self.home)

    def environment(self) -> dict[str, str]:
        """That of a command of this sandbox."""
        return {**os.environ, "SANDBOX_HOME": str(self.home), "SANDBOX_PROGRAM": str(self.program)}

    def command(self, *arguments: str) -> Run:
        """`python -m sandbox …`, which is what `make` calls."""
        return self._run([sys.executable, "-m", "sandbox", *arguments])

    def shell(self, script: str, folder: Path = PACKAGE_ROOT) -> Run:
        """A shell that has sourced the sandbox's environment."""
        return self._run(["/bin/sh", "-c", f'. "{self.home}/env"; set -e; {script}'], folder)

    def up(self, stack: str) -> str:
        """Brings a stack up; the output."""
        return self.succeeded(self.command("up", stack))

    @staticmethod
    def succeeded(run: Run) -> str:
        assert run.status == 0, run.output
        return run.output

    def outputs(self, stack: str) -> dict[str, Any]:
        """The stack's outputs."""
        return json.loads(self.succeeded(self.shell(f"pulumi stack output --json -s {stack}")))

    def state(self, stack: str) -> str:
        """The stack's state as the engine exports it, secrets encrypted."""
        return self.succeeded(self.shell(f"pulumi stack export -s {stack}"))

    def resources(self, stack: str) -> list[dict[str, Any]]:
        """The resources in the stack's state."""
        return json.loads(self.state(stack))["deployment"].get("resources", [])

    def client(self, service: str, region: str = "us-east-1") -> Any:
        found = account.recorded(self.layout)
        assert found is not None
        return found.client(service, region)

    def holdings(self, region: str = "us-east-1") -> dict[str, list[Any]]:
        """What a region of the account, and what is global in it, holds beside what every new account holds."""

        def listed(service: str, operation: str, key: str, **arguments: Any) -> list[Any]:
            return getattr(self.client(service, region), operation)(**arguments)[key]

        def still_there(items: list[Any]) -> list[Any]:
            """Without what is shown for a while after it was deleted."""
            return [item for item in items if item["State"] != "deleted"]

        found = {
            "vpcs": [vpc for vpc in listed("ec2", "describe_vpcs", "Vpcs") if not vpc["IsDefault"]],
            "addresses": listed("ec2", "describe_addresses", "Addresses"),
            "endpoints": still_there(listed("ec2", "describe_vpc_endpoints", "VpcEndpoints")),
            "nat gateways": still_there(listed("ec2", "describe_nat_gateways", "NatGateways")),
            "security groups": [
                group
                for group in listed("ec2", "describe_security_groups", "SecurityGroups")
                if group["GroupName"] != "default"
            ],
            "clusters": [
                cluster
                for arn in listed("ecs", "list_clusters", "clusterArns")
                for cluster in listed("ecs", "describe_clusters", "clusters", clusters=[arn])
                if cluster["status"] != "INACTIVE"
            ],
            "task definitions": [
                *listed("ecs", "list_task_definitions", "taskDefinitionArns"),
                *listed("ecs", "list_task_definitions", "taskDefinitionArns", status="INACTIVE"),
            ],
            "repositories": listed("ecr", "describe_repositories", "repositories"),
            "tables": listed("dynamodb", "list_tables", "TableNames"),
            "buckets": listed("s3", "list_buckets", "Buckets"),
            "secrets": listed("secretsmanager", "list_secrets", "SecretList", IncludePlannedDeletion=True),
            "log groups": listed("logs", "describe_log_groups", "logGroups"),
            "roles": listed("iam", "list_roles", "Roles"),
            "load balancers": listed("elbv2", "describe_load_balancers", "LoadBalancers"),
            "target groups": listed("elbv2", "describe_target_groups", "TargetGroups"),
            "certificates": listed("acm", "list_certificates", "CertificateSummaryList"),
            "hosted zones": listed("route53", "list_hosted_zones", "HostedZones"),
            "alarms": listed("cloudwatch", "describe_alarms", "MetricAlarms"),
            "dashboards": listed("cloudwatch", "list_dashboards", "DashboardEntries"),
            "topics": listed("sns", "list_topics", "Topics"),
            "aliases": [
                alias
                for alias in listed("kms", "list_aliases", "Aliases")
                if not alias["AliasName"].startswith("alias/aws/")
            ],
            "caches": listed("elasticache", "describe_replication_groups", "ReplicationGroups"),
            "subnet groups of caches": listed("elasticache", "describe_cache_subnet_groups", "CacheSubnetGroups"),
            "saved queries": listed("logs", "describe_query_definitions", "queryDefinitions"),
            "scalable targets": listed(
                "application-autoscaling", "describe_scalable_targets", "ScalableTargets", ServiceNamespace="ecs"
            ),
        }
        return {kind: items for kind, items in found.items() if items}

    def _run(self, command: list[str], folder: Path = PACKAGE_ROOT) -> Run:
        done = subprocess.run(  # noqa: S603 - the tests' own commands
            command,
            cwd=folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        return Run(done.returncode, done.stdout)


@contextmanager
def live_sandbox(folder: Path, program: Path = PACKAGE_ROOT) -> Generator[LiveSandbox]:
    """A sandbox in `folder`, for this program or another one, cleaned away at the end."""
    sandbox = LiveSandbox(folder / "sandbox", program)
    try:
        yield sandbox
    finally:
        sandbox.succeeded(sandbox.command("clean"))
    assert not sandbox.home.exists()
