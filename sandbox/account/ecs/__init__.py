"""Amazon ECS beyond moto: deployments, tasks, traffic."""
