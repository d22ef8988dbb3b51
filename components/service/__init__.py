"""The ECS cluster, service and task, and how many tasks there are."""
