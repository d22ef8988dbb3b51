"""`make redeploy`: replaces every task by a new one of the same revision."""

from collections.abc import Mapping
from typing import Any, Final

from components.lib.timeline import JOB_MINUTES
from operations.console import say
from operations.errors import OperationError
from operations.target import Target
from operations.verdict import Outcome, judge, primary_of, short
from operations.verify import gather

# `make verify` returns as soon as the deployment is over. This is as long as a CI job waits for one.
WAIT_SECONDS: Final = JOB_MINUTES * 60


def redeploy(target: Target) -> None:
    """Makes ECS replace the tasks. The stack's state stays as it is.

    Raises:
        OperationError: the stack has no service, a deployment is under way, or clients may follow another listener rule
            than the one that ECS shifts.
    """
    cluster, name, ecs = target.output("clusterName"), target.output("serviceName"), target.client("ecs")
    wait = target.make("verify", f"WAIT={WAIT_SECONDS}")
    answers = gather(target)
    verdict = judge(target.output("taskDefinitionArn"), answers)
    if verdict.outcome.under_way:
        # A second deployment would replace the first one's tasks, and end its bake time.
        raise OperationError(f"Nothing was done, because {verdict.line}. Wait for its end: `{wait}`.")
    if verdict.outcome is Outcome.ROLLED_BACK and answers.service and _shifts_traffic(answers.service):
        # If the failed release turned HTTPS on, clients follow the new listener rule, and ECS restored the old one.
        raise OperationError(
            f"Nothing was done, because {verdict.line}\nClients may follow another listener rule than the one that ECS"
            f" would shift. Run `{target.make('rollback')}` or {target.command('pulumi up --refresh')} instead."
        )
    try:
        service = ecs.update_service(cluster=cluster, service=name, forceNewDeployment=True)["service"]
    except (ecs.exceptions.ServiceNotFoundException, ecs.exceptions.ServiceNotActiveException):
        raise OperationError(f"The cluster {cluster} has no service {name} any more.") from None
    started = primary_of(service).get("id", "a deployment")
    say(
        f"Started {started}, which replaces the tasks of {short(service['taskDefinition'])} (desired:"
        f" {service['desiredCount']}).\nTo see how it ends: {wait}"
    )


def _shifts_traffic(service: Mapping[str, Any]) -> bool:
    return any("advancedConfiguration" in one for one in service.get("loadBalancers", []))
