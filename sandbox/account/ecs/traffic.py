"""Where the tasks of the account's services are: their addresses in target groups, and the traffic between those."""

import ipaddress
from collections.abc import Iterator
from typing import Any

from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends

from sandbox.account.ecs.rollout_records import Deployment, rollout_of, tell

_FIRST_ADDRESS = 10  # of a subnet; AWS keeps the first ones for itself


def replace_tasks(service: Any, deployment: Deployment | None, groups: list[str]) -> None:
    """Put new tasks' addresses into target groups, and take the old ones out of wherever they are."""
    rollout = rollout_of(service)
    elb = elbv2_backends[service._account_id][service.region_name]
    old, rollout.targets = rollout.targets, []
    rollout.tasks = service.desired_count if deployment else 0
    for group in groups:
        port = next(
            (one.get("containerPort") for one in service.load_balancers if group in _arns_of(one)),
            elb.target_groups[group].port,
        )
        added = [(group, address, int(port)) for address in _addresses(service, rollout.tasks)]
        elb.target_groups[group].register([{"Id": address, "Port": port} for _, address, _ in added])
        rollout.targets += added
        if added:
            tell(service, f"registered {len(added)} targets in (target-group {group})")
    for group in dict.fromkeys(group for group, _, _ in old):
        held = elb.target_groups.get(group)
        gone = [{"Id": address} for of, address, _ in old if of == group and held and address in held.targets]
        if held and gone:
            held.deregister(gone)
            tell(service, f"deregistered {len(gone)} targets in (target-group {group})")
    if old:
        tell(service, f"has stopped {len({address for _, address, _ in old})} running tasks.")


def _addresses(service: Any, count: int) -> list[str]:
    """New private addresses out of the service's subnets, turn about."""
    ec2: Any = ec2_backends[service._account_id][service.region_name]
    network: dict[str, Any] = service.network_configuration or {}
    names: list[str] = network.get("awsvpcConfiguration", {}).get("subnets", [])
    subnets = [ipaddress.ip_network(ec2.get_subnet(one).cidr_block) for one in names]
    if not subnets:
        return []
    given: int = getattr(service._backend, "rollout_addresses", 0)
    service._backend.rollout_addresses = given + count
    found: list[str] = []
    for number in range(given, given + count):
        subnet, turn = subnets[number % len(subnets)], number // len(subnets)
        found.append(str(subnet[_FIRST_ADDRESS + turn % (subnet.num_addresses - _FIRST_ADDRESS - 1)]))
    return found


def _arns_of(load_balancer: dict[str, Any]) -> list[str]:
    advanced: dict[str, Any] = load_balancer.get("advancedConfiguration") or {}
    return [arn for arn in (load_balancer.get("targetGroupArn"), advanced.get("alternateTargetGroupArn")) if arn]


def group_arns(service: Any) -> Iterator[str]:
    """The target groups of a service that there are, and that take addresses."""
    held = elbv2_backends[service._account_id][service.region_name].target_groups
    for one in service.load_balancers:
        yield from (arn for arn in _arns_of(one) if arn in held and held[arn].target_type == "ip")


def live_groups(service: Any) -> list[str]:
    """For each load balancer entry the group with the production traffic."""
    return [group for one in service.load_balancers if (group := _live_group(service, one))]


def _live_group(service: Any, load_balancer: dict[str, Any]) -> str | None:
    usable = [arn for arn in group_arns(service) if arn in _arns_of(load_balancer)]
    advanced: dict[str, Any] = load_balancer.get("advancedConfiguration") or {}
    weights = {
        group["TargetGroupArn"]: int(group.get("Weight", 0))
        for group in _forwarded(service, advanced.get("productionListenerRule"))
    }
    return max(usable, key=lambda arn: weights.get(arn, 0), default=None)


def _forwarded(service: Any, rule_arn: str | None) -> list[dict[str, Any]]:
    """The target groups, with their weights, that a listener rule forwards to; the rule's own objects."""
    elb = elbv2_backends[service._account_id][service.region_name]
    rules = elb.describe_rules(listener_arn=None, rule_arns=[rule_arn]) if rule_arn else []
    actions = [action for rule in rules for action in rule.actions if action.type == "forward"]
    return [group for action in actions for group in action.data.get("ForwardConfig", {}).get("TargetGroups", [])]


def groups_for(service: Any, deployment: Deployment) -> list[str]:
    """Where the tasks of a deployment go, with the traffic shifted there where the strategy is to shift it."""
    usable = list(group_arns(service))
    chosen: list[str] = []
    for one in service.load_balancers:
        advanced: dict[str, Any] = one.get("advancedConfiguration") or {}
        if deployment.strategy == "ROLLING" or not advanced:
            chosen.append(one.get("targetGroupArn"))
            continue
        live = _live_group(service, one)
        # The first deployment finds nothing to take the traffic from.
        new = next((arn for arn in _arns_of(one) if arn != live), live) if deployment.source else live
        for rule in (advanced.get("productionListenerRule"), advanced.get("testListenerRule")):
            for group in _forwarded(service, rule):
                group["Weight"] = 100 if group["TargetGroupArn"] == new else 0
        chosen.append(new or "")
    return [arn for arn in chosen if arn in usable]
