"""A stack of a sandbox as the account shows it, read with boto3."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sandbox.cli.stack_file import StackFile
from tests.live.harness import LiveSandbox, Origin


@dataclass(frozen=True)
class Stack:
    """A stack of a sandbox, with the names that its objects have in AWS."""

    sandbox: LiveSandbox
    name: str
    region: str = "us-east-1"

    @cached_property
    def outputs(self) -> dict[str, Any]:
        return self.sandbox.outputs(self.name)

    def client(self, service: str) -> Any:
        return self.sandbox.client(service, self.region)

    def named(self, name: str) -> str:
        """A name as this stack has it: every stack but prod appends its own."""
        return name if self.name == "prod" else f"{name}-{self.name}"

    def table(self, name: str) -> str:
        return f"demo-{name}" if self.name == "prod" else f"demo-{self.name}-{name}"

    def restore(self) -> None:
        """Undoes what tests have done to a stack that `ensure` has brought up: to its config, its count, its images.

        A test that changes only the account, and not the config, undoes that itself.
        """
        sandbox = self.sandbox
        config, tasks = sandbox.origins[self.name]
        committed = StackFile(config)
        if sandbox.config(self.name).config != committed.config:
            sandbox.stack_file(self.name).write_text(config)
            sandbox.updated(self.name, "--refresh")
            if any(one.get("inputs", {}).get("forceNewDeployment") for one in sandbox.resources(self.name)):
                sandbox.updated(self.name)  # after a changed capacity, it clears this flag
        if self.service()["desiredCount"] != tasks:  # no update lowers what the autoscaler has raised
            self.client("ecs").update_service(**self.its_service, desiredCount=tasks)
        # Tags are immutable, and each file pushes its own images. The stack runs the image that its config names.
        ecr, repository = self.client("ecr"), {"repositoryName": self.named("voiceter-backend")}
        tags = {one.get("imageTag") for one in ecr.list_images(**repository)["imageIds"]}
        if others := tags - {None, committed.get("imageTag")}:
            ecr.batch_delete_image(**repository, imageIds=[{"imageTag": tag} for tag in others])

    @property
    def its_service(self) -> dict[str, str]:
        """The parameters with which calls of ECS name the service."""
        return {"cluster": self.named("voiceter-cluster"), "service": self.named("voiceter-backend")}

    def service(self) -> dict[str, Any]:
        """The ECS service as the account describes it."""
        cluster, service = self.its_service.values()
        return self.client("ecs").describe_services(cluster=cluster, services=[service])["services"][0]

    def service_deployments(self) -> list[dict[str, Any]]:
        """The deployments of the service, those that have ended too."""
        return self.client("ecs").list_service_deployments(**self.its_service)["serviceDeployments"]

    def new_hosted_zone(self, name: str) -> str:
        """The id of a hosted zone that did not exist before."""
        made = self.client("route53").create_hosted_zone(Name=name, CallerReference=name)
        return made["HostedZone"]["Id"].rpartition("/")[2]

    def load_balancer(self) -> dict[str, Any]:
        """The load balancer as the account describes it."""
        found = self.client("elbv2").describe_load_balancers(Names=[self.named("voiceter-backend")])
        (balancer,) = found["LoadBalancers"]
        return balancer

    def load_balancer_attributes(self) -> dict[str, str]:
        arn = self.load_balancer()["LoadBalancerArn"]
        found = self.client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
        return {one["Key"]: one["Value"] for one in found}

    @contextmanager
    def bucket_without_policy(self, bucket: str) -> Generator[Any]:
        """A client of S3 that may use objects: moto ignores the condition of the policy and denies every request."""
        s3 = self.client("s3")
        policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
        s3.delete_bucket_policy(Bucket=bucket)
        try:
            yield s3
        finally:
            s3.put_bucket_policy(Bucket=bucket, Policy=policy)

    def revisions(self) -> list[str]:
        """The ARNs of the active revisions of the task definition."""
        family = self.named("voiceter-backend")
        return self.client("ecs").list_task_definitions(familyPrefix=family, status="ACTIVE")["taskDefinitionArns"]

    def task_definition(self) -> dict[str, Any]:
        """The revision that the service is to run."""
        name = self.service()["taskDefinition"]
        return self.client("ecs").describe_task_definition(taskDefinition=name)["taskDefinition"]

    def container(self) -> dict[str, Any]:
        """The only container definition of that revision."""
        (container,) = self.task_definition()["containerDefinitions"]
        return container

    def register(self, container: Mapping[str, Any]) -> dict[str, Any]:
        """Registers that revision with another container definition; the new revision."""
        names = ("family", "cpu", "memory", "networkMode", "requiresCompatibilities", "executionRoleArn", "taskRoleArn")
        copied = {name: value for name, value in self.task_definition().items() if name in names}
        return self.client("ecs").register_task_definition(containerDefinitions=[container], **copied)["taskDefinition"]


def ensure(sandbox: LiveSandbox, name: str) -> Stack:
    """Brings a stack up. If it is up, undoes what the tests before have done to it."""
    stack = Stack(sandbox, name)
    if name in sandbox.origins:
        stack.restore()
    else:
        sandbox.up(name)
        sandbox.origins[name] = Origin(sandbox.stack_file(name).read_text(), stack.service()["desiredCount"])
    return stack
