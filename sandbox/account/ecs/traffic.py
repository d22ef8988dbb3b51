"""The addresses of a service's tasks in target groups, and the weights of listener rules.

Source: Amazon ECS Developer Guide, "Amazon ECS blue/green deployments".
"""

import ipaddress
from collections.abc import Iterator
from typing import Any

from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends

from sandbox.account.ecs.records import Deployment, Task, add_event

_FIRST_ADDRESS = 10  # of a subnet; AWS reserves the first ones
_NEXT_ADDRESS = "rollout_addresses"  # an attribute of moto's backend: how many addresses were assigned


def register(service: Any, groups: list[str], tasks: list[Task]) -> None:
    """Gives tasks an address and registers it in target groups."""
    elb = elbv2_backends[service._account_id][service.region_name]
    for task, address in zip(tasks, _new_addresses(service, len(tasks)), strict=False):
        task.address = address
    for group in groups:
        ports = [one.get("containerPort") for one in service.load_balancers if group in _groups_of(one)]
        port = ports[0] if ports else elb.target_groups[group].port
        targets = [{"Id": task.address, "Port": port} for task in tasks if task.address]
        if targets:
            elb.target_groups[group].register(targets)
            add_event(service, f"registered {len(targets)} targets in (target-group {group})")


def deregister(service: Any, groups: list[str], tasks: list[Task]) -> None:
    """Removes tasks that stop from target groups."""
    elb = elbv2_backends[service._account_id][service.region_name]
    for group in groups:
        held = elb.target_groups.get(group)
        targets = [{"Id": task.address} for task in tasks if held and task.address in held.targets]
        if held and targets:
            held.deregister(targets)
            add_event(service, f"deregistered {len(targets)} targets in (target-group {group})")
    if tasks:
        add_event(service, f"has stopped {len(tasks)} running tasks.")


def _new_addresses(service: Any, count: int) -> list[str]:
    """Returns unused private addresses of the service's subnets, one subnet after another; none without subnets."""
    ec2: Any = ec2_backends[service._account_id][service.region_name]
    network: dict[str, Any] = service.network_configuration or {}
    subnet_ids: list[str] = network.get("awsvpcConfiguration", {}).get("subnets", [])
    subnets = [ipaddress.ip_network(ec2.get_subnet(subnet_id).cidr_block) for subnet_id in subnet_ids]
    if not subnets:
        return []
    first: int = getattr(service._backend, _NEXT_ADDRESS, 0)
    setattr(service._backend, _NEXT_ADDRESS, first + count)
    addresses: list[str] = []
    for number in range(first, first + count):
        subnet, position = subnets[number % len(subnets)], number // len(subnets)
        addresses.append(str(subnet[_FIRST_ADDRESS + position % (subnet.num_addresses - _FIRST_ADDRESS - 1)]))
    return addresses


def _groups_of(load_balancer: dict[str, Any]) -> list[str]:
    advanced: dict[str, Any] = load_balancer.get("advancedConfiguration") or {}
    return [arn for arn in (load_balancer.get("targetGroupArn"), advanced.get("alternateTargetGroupArn")) if arn]


def group_arns(service: Any) -> Iterator[str]:
    """Yields the target groups of a service that exist."""
    existing = elbv2_backends[service._account_id][service.region_name].target_groups
    for load_balancer in service.load_balancers:
        yield from (arn for arn in _groups_of(load_balancer) if arn in existing)


def _live_group(service: Any, load_balancer: dict[str, Any]) -> str | None:
    existing = [arn for arn in group_arns(service) if arn in _groups_of(load_balancer)]
    weights = {one["TargetGroupArn"]: int(one.get("Weight", 0)) for one in _forwarded(service, load_balancer)}
    return max(existing, key=lambda arn: weights.get(arn, 0), default=None)


def _forwarded(service: Any, load_balancer: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns moto's objects of the weighted target groups of the production listener rule."""
    advanced: dict[str, Any] = load_balancer.get("advancedConfiguration") or {}
    rule_arn = advanced.get("productionListenerRule")
    elb = elbv2_backends[service._account_id][service.region_name]
    rules = elb.describe_rules(listener_arn=None, rule_arns=[rule_arn]) if rule_arn else []
    actions = [action for rule in rules for action in rule.actions if action.type == "forward"]
    return [group for action in actions for group in action.data.get("ForwardConfig", {}).get("TargetGroups", [])]


def groups_for(service: Any, deployment: Deployment) -> list[str]:
    """Returns the target groups of a deployment's tasks, and shifts the traffic there if the strategy does."""
    chosen: list[str | None] = []
    for load_balancer in service.load_balancers:
        if deployment.strategy == "ROLLING" or not load_balancer.get("advancedConfiguration"):
            chosen.append(load_balancer.get("targetGroupArn"))
            continue
        live = _live_group(service, load_balancer)
        # The first deployment stays where the traffic is.
        others = [arn for arn in _groups_of(load_balancer) if arn != live] if deployment.source else []
        new = others[0] if others else live
        for group in _forwarded(service, load_balancer):
            group["Weight"] = 100 if group["TargetGroupArn"] == new else 0
        chosen.append(new)
    existing = set(group_arns(service))
    return [arn for arn in chosen if arn in existing]
