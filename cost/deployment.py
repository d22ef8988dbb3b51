"""How long a deployment takes that replaces every task."""

from __future__ import annotations

from dataclasses import dataclass

from components.lib.quotas import TASK_LAUNCHES
from components.lib.timeline import TARGET_CHECK, Timeline
from cost import load as assumed


@dataclass(frozen=True)
class Deployment:
    """A deployment of so many tasks, with vCPUs and addresses for the old and the new ones side by side.

    Args:
        tasks: how many tasks the service runs.
        timeline: the end of a task.
    """

    tasks: int
    timeline: Timeline

    @property
    def started_minutes(self) -> float:
        """Minutes until ECS has started the new tasks.

        The quota of the service is lower than the rate of the account: 100 tasks at once, then 20 a second (Amazon ECS
        Developer Guide, "AWS Fargate throttling quotas"). Several stacks of an account share that rate.
        """
        return self.tasks / TASK_LAUNCHES.default

    @property
    def serving_minutes(self) -> float:
        """Minutes until the last new task is healthy: a new target needs one good check of the load balancer."""
        return self.started_minutes + (assumed.TASK_START_SECONDS + TARGET_CHECK.interval) / 60

    @property
    def minutes(self) -> float:
        """Minutes until the last old task is gone, if the app protects none."""
        return self.serving_minutes + self.timeline.shift_minutes + self.timeline.end_seconds / 60

    @property
    def longest_minutes(self) -> int:
        """Minutes that `pulumi up` waits: new tasks that fail, protected old tasks and a rollback included."""
        return self.timeline.deployment_minutes
