"""Services of Amazon ECS in the account: what they need to start, and which changes start a deployment."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.stand_in import Fault
from sandbox.tests.account.world import BREAKER, TimedWorld, refused, stopped_by


def test_new_service_keeps_its_settings_and_runs(world: TimedWorld) -> None:
    definition = world.task("1")
    world.create(definition, BREAKER)
    service, primary = world.service(), world.primary()
    assert (primary["status"], primary["rolloutState"]) == ("PRIMARY", "COMPLETED")
    assert primary["rolloutStateReason"] == f"ECS deployment {primary['id']} completed."
    assert (service["runningCount"], service["pendingCount"], primary["runningCount"]) == (2, 0, 2)
    assert service["deploymentConfiguration"]["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert (service["healthCheckGracePeriodSeconds"], service["launchType"]) == (60, "FARGATE")
    assert service["events"][0]["message"] == "(service app) has reached a steady state."
    (revision,) = service["currentServiceRevisions"]
    shown = world.ecs.describe_service_revisions(serviceRevisionArns=[revision["arn"], "arn:of:none"])
    assert shown["serviceRevisions"][0]["taskDefinition"] == service["taskDefinition"] == definition
    assert shown["failures"] == [{"arn": "arn:of:none", "reason": "MISSING"}]

    blue, green = world.targets()
    assert [address.rpartition(".")[0] for address in blue] == ["10.0.0", "10.0.1"], "one task in each subnet"
    assert green == []
    tasks = world.tasks()
    assert [task["attachments"][0]["details"][0]["value"] for task in tasks] == blue
    assert {(task["taskDefinitionArn"], task["startedBy"]) for task in tasks} == {(definition, primary["id"])}
    assert {(task["lastStatus"], task["healthStatus"]) for task in tasks} == {("RUNNING", "HEALTHY")}
    assert {one["image"] for task in tasks for one in task["containers"]} == {f"{world.repository}:1"}
    assert world.tasks() == tasks, "with the same ids"
    assert world.tasks("STOPPED") == []


def test_only_changes_that_start_a_deployment_on_aws_start_one(world: TimedWorld) -> None:
    world.create(world.task("1"), BREAKER)
    live = world.primary()["id"]
    world.update(deploymentConfiguration={**BREAKER, "maximumPercent": 150})
    world.update(healthCheckGracePeriodSeconds=90)
    world.update(loadBalancers=world.load_balancers())
    for count in (4, 3, 1):
        before, _ = world.targets()
        world.update(desiredCount=count)
        kept = before[:count]
        assert world.targets()[0][: len(kept)] == kept
        assert len(world.targets()[0]) == len(world.tasks()) == world.service()["runningCount"] == count
    assert world.reasons() == [(live, stopped_by(live))] * 3
    assert len({task["taskArn"] for task in world.tasks("STOPPED")}) == 3
    assert len(world.deployments()) == 1
    world.update(forceNewDeployment=True)
    assert len(world.deployments()) == 2


def test_other_capacity_providers_are_rolled_back_with_their_deployment(world: TimedWorld) -> None:
    def strategy(base: int) -> list[dict[str, Any]]:
        return [{"capacityProvider": "FARGATE", "base": base, "weight": 1}]

    world.create(world.task("1"), BREAKER)
    world.update(capacityProviderStrategy=strategy(1), forceNewDeployment=True)
    assert "launchType" not in world.service()
    assert "launchType" not in world.primary()
    world.update(capacityProviderStrategy=strategy(2), forceNewDeployment=True)
    assert len(world.deployments()) == 3
    bad = world.task("2", Fault.UNHEALTHY)
    world.update(taskDefinition=bad, capacityProviderStrategy=strategy(3), forceNewDeployment=True)
    assert world.finished()["status"] == "ROLLBACK_SUCCESSFUL"
    assert world.service()["capacityProviderStrategy"] == strategy(2)


def test_service_that_could_start_no_task_is_refused(world: TimedWorld) -> None:
    good, entry = world.task("1"), world.load_balancers()[0]
    kind = {"Protocol": "HTTP", "Port": 8080, "VpcId": world.vpc, "TargetType": "instance"}
    of_instances, alone = (
        world.elb.create_target_group(Name=name, **(kind | more))["TargetGroups"][0]["TargetGroupArn"]
        for name, more in (("instances", {}), ("alone", {"TargetType": "ip"}))
    )
    actions = [{"Type": "forward", "TargetGroupArn": of_instances}]
    condition = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a"]}}
    world.elb.create_rule(ListenerArn=world.listener, Priority=2, Conditions=[condition], Actions=actions)
    spot = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    refused: list[tuple[dict[str, Any], str]] = [
        ({"loadBalancers": [{**entry, "targetGroupArn": alone}]}, "does not have an associated load balancer"),
        ({"loadBalancers": [{**entry, "targetGroupArn": of_instances}]}, "has target type instance"),
        ({"loadBalancers": [{**entry, "containerName": "web"}]}, "container web does not exist in the task definition"),
        ({"loadBalancers": [{**entry, "containerPort": 80}]}, "app did not have a container port 80 defined"),
        ({"capacityProviderStrategy": spot}, "not associated with the cluster"),
        ({"enableExecuteCommand": True}, "a valid taskRoleArn is not being used"),
    ]
    error = world.ecs.exceptions.InvalidParameterException
    for settings, message in refused:
        with pytest.raises(error, match=message):
            world.create(good, **settings)
    world.create(good)
    for settings, message in refused:
        with pytest.raises(error, match=message):
            world.update(**settings, forceNewDeployment=True)
    with pytest.raises(error, match="did not have a container port 8080"):
        world.update(taskDefinition=world.task("1", push=False, port=80))
    world.update(taskDefinition=world.task("1", push=False, role="arn:aws:iam::1:role/a"), enableExecuteCommand=True)


def test_capacity_provider_of_running_tasks_stays_with_its_cluster(world: TimedWorld) -> None:
    def put(*providers: str) -> None:
        world.ecs.put_cluster_capacity_providers(
            cluster="app", capacityProviders=[*providers], defaultCapacityProviderStrategy=[]
        )

    world.create(world.task("1"), launchType=None, capacityProviderStrategy=[{"capacityProvider": "FARGATE"}])
    put("FARGATE", "FARGATE_SPOT")
    with pytest.raises(world.ecs.exceptions.ResourceInUseException, match="is in use and cannot be removed"):
        put("FARGATE_SPOT")
    world.update(desiredCount=0)
    put()


def test_deleted_service_leaves_no_target_and_can_be_created_again(world: TimedWorld) -> None:
    world.create(world.task("1"), BREAKER)
    world.update(desiredCount=0)
    assert world.targets() == ([], [])
    world.ecs.delete_service(cluster="app", service="app")
    assert world.service()["status"] == "INACTIVE"
    assert world.tasks("STOPPED") == []
    world.create(world.task("2"), BREAKER)
    assert len(world.deployments()) == 1


def test_cluster_with_a_service_cannot_be_deleted(world: TimedWorld) -> None:
    world.create(world.task("1"), loadBalancers=[])
    with refused("ClusterContainsServicesException"):
        world.ecs.delete_cluster(cluster="app")
    world.ecs.delete_service(cluster="app", service="app", force=True)
    world.ecs.delete_cluster(cluster="app")
