"""The check that ECS runs the revision that Pulumi's state names."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws


def require_running(service: aws.ecs.Service, task_definition: aws.ecs.TaskDefinition, parent: pulumi.Resource) -> None:
    """Fails the update, once the service is updated, if ECS runs another revision.

    After a failed update, Pulumi's state names the revision that ECS has rolled back. The next `pulumi up` finds no
    difference and changes nothing (pulumi-terraform-bridge, pkg/tfbridge/provider.go, Update). It must not succeed: the
    engine would delete the secrets and grants that the running revision still uses.

    A preview does not check: the update that it previews may be the one that corrects the service.
    """
    if pulumi.runtime.is_dry_run():
        return
    found = aws.ecs.get_service_output(
        cluster_arn=service.cluster,
        service_name=service.name,
        opts=pulumi.InvokeOutputOptions(parent=parent, depends_on=[service]),
    )
    pulumi.Output.all(found.task_definition, task_definition.arn).apply(_check)


def _check(arns: list[str]) -> None:
    running, intended = (arn.rpartition("/")[2] for arn in arns)
    if running != intended:
        raise pulumi.RunError(
            f"the service runs {running}, and not {intended}: ECS rolled the last deployment back, or somebody changed "
            "the service. What the running revision uses was kept. To deploy again, run `pulumi up --refresh`; to go "
            "back to the last good version, run `make rollback`"
        )
