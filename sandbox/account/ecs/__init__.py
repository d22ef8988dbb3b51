"""Amazon ECS: the deployments and tasks of services, as records. moto starts no task and ends no deployment.

`services` and `tasks` are operations of the API. `scheduler` does what ECS's scheduler does, `traffic` moves the
targets, and `deployments` describes the records. No process runs.
"""

from sandbox.account.ecs import services, tasks

__all__ = ["services", "tasks"]
