"""What AWS refuses, and moto does, as it does not look at what hangs together.

A program whose dependencies are wrong would come up here all the same, and fail on AWS. So there is a look before each
of the operations below: whether there is one already, whether what it needs is there, and whether anything still uses
what it ends.

Sources: Amazon EC2 API Reference, "Error codes" (DependencyViolation, InvalidIPAddress.InUse, RouteAlreadyExists,
Resource.AlreadyAssociated), and each operation's own page; Elastic Load Balancing API Reference, CreateListener,
ModifyListener, CreateLoadBalancer; Amazon ECS API Reference, CreateService, UpdateService, DeleteCluster; AWS
Certificate Manager API Reference, DeleteCertificate.
"""

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from moto.acm.models import AWSCertificateManagerBackend
from moto.core.exceptions import AWSError
from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ecs.exceptions import ECSException, InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend, ecs_backends
from moto.elasticache.models import elasticache_backends
from moto.elbv2.exceptions import DuplicateListenerError, ELBClientError
from moto.elbv2.models import ELBv2Backend, elbv2_backends

_Given = Any  # what an operation of a backend is called with, by parameter; moto has no types


def install() -> None:
    """Put a look before each operation; doing so again changes nothing."""
    for owner, looks in _LOOKS.items():
        for name, look in looks.items():
            own = getattr(owner, name)
            if getattr(own, "look", None) is not look:
                setattr(owner, name, _after(look, own))


def _after(look: Callable[[Any, _Given], None], own: Callable[..., Any]) -> Callable[..., Any]:
    signature = inspect.signature(own)

    @functools.wraps(own)
    def operation(backend: Any, *args: Any, **kwargs: Any) -> Any:
        look(backend, signature.bind(backend, *args, **kwargs).arguments)
        return own(backend, *args, **kwargs)

    setattr(operation, "look", look)  # noqa: B010 - a function has no such attribute by its type
    return operation


def _list(value: Any) -> list[Any]:
    return value or []


# Elastic Load Balancing


def _port_taken(elb: Any, given: _Given) -> None:
    arn = given["load_balancer_arn"] if "load_balancer_arn" in given else _load_balancer_of(elb, given["arn"])
    balancer = elb.load_balancers.get(arn)
    others = [one for one in balancer.listeners.values() if one.arn != given.get("arn")] if balancer else []
    if given.get("port") and str(given["port"]) in {str(one.port) for one in others}:
        raise DuplicateListenerError


def _load_balancer_of(elb: Any, listener_arn: str) -> str | None:
    return next((arn for arn, one in elb.load_balancers.items() if listener_arn in one.listeners), None)


def _no_way_in(elb: Any, given: _Given) -> None:
    """A load balancer that faces the internet needs a way to it."""
    subnets = [*_list(given.get("subnet_ids")), *(one["SubnetId"] for one in _list(given.get("subnet_mappings")))]
    if not subnets or given.get("scheme") == "internal":
        return
    vpc = elb.ec2_backend.get_subnet(subnets[0]).vpc_id
    if not _gateways(elb.ec2_backend, vpc):
        raise ELBClientError("InvalidSubnet", f"VPC {vpc} has no internet gateway")


def _gateways(ec2: Any, vpc: str) -> list[str]:
    return [one.id for one in ec2.internet_gateways.values() if one.vpc and one.vpc.id == vpc]


# Amazon ECS


def _service_cannot_start(ecs: Any, given: _Given) -> None:
    cluster = ecs._get_cluster(given["cluster_str"])
    held = ecs.services.get(f"{cluster.name}:{given['service_name']}")
    if held is not None and held.status == "ACTIVE":
        raise InvalidParameterException("Creation of service was not idempotent.")
    _groups_without_traffic(ecs, given)


def _service_cannot_change(ecs: Any, given: _Given) -> None:
    _groups_without_traffic(ecs, given["service_properties"])


def _groups_without_traffic(ecs: Any, given: _Given) -> None:
    """A service's target groups have to be behind a load balancer when it starts."""
    elb = elbv2_backends[ecs.account_id][ecs.region_name]
    behind = set(_groups_with_traffic(elb))
    for one in _list(given.get("load_balancers")):
        arn = one.get("targetGroupArn")
        if arn and arn not in behind:
            said = f"The target group with targetGroupArn {arn} does not have an associated load balancer."
            raise InvalidParameterException(said)


def _groups_with_traffic(elb: Any) -> Iterator[str]:
    for balancer in elb.load_balancers.values():
        for listener in balancer.listeners.values():
            for rule in listener.rules.values():
                for action in rule.actions:
                    yield from elb._get_target_group_arns_from(action_data=action.data)


def _cluster_holds_services(ecs: Any, given: _Given) -> None:
    cluster = ecs._get_cluster(given["cluster_str"])
    if any(one.cluster_arn == cluster.arn and one.status == "ACTIVE" for one in ecs.services.values()):
        said = "The Cluster cannot be deleted while Services are active."
        raise ECSException("ClusterContainsServicesException", said)


# AWS Certificate Manager


def _certificate_in_use(acm: Any, given: _Given) -> None:
    arn: str = given["arn"]
    elb = elbv2_backends[acm.account_id][arn.split(":")[3]]
    listeners = [one for balancer in elb.load_balancers.values() for one in balancer.listeners.values()]
    if any(arn in one.certificates for one in listeners):
        raise AWSError(f"Certificate {arn} in account {acm.account_id} is in use.", "ResourceInUseException")


# Amazon EC2


def _subnet_routed_otherwise(ec2: Any, given: _Given) -> None:
    subnet, table = given.get("subnet_id"), given["route_table_id"]
    others = ec2.describe_route_tables(filters={"association.subnet-id": [subnet]}) if subnet else ()
    if any(one.id != table for one in others):
        said = f"the specified association for route table {table} conflicts with an existing association"
        raise EC2ClientError("Resource.AlreadyAssociated", said)


def _network_has_gateway(ec2: Any, given: _Given) -> None:
    vpc = given["vpc_id"]
    if set(_gateways(ec2, vpc)) - {given["internet_gateway_id"]}:
        raise EC2ClientError("InvalidParameterValue", f"Network {vpc} already has an internet gateway attached")


def _route_to_service_exists(ec2: Any, given: _Given) -> None:
    """A route table has one way to the service of a gateway endpoint."""
    if (given.get("endpoint_type") or "Gateway") != "Gateway":
        return
    for one in _endpoints(ec2, "Gateway"):
        shared = set(one.route_table_ids or []) & set(given.get("route_table_ids") or [])
        if one.service_name == given["service_name"] and shared:
            said = f"route table {min(shared)} already has a route with destination-prefix-list-id"
            raise EC2ClientError("RouteAlreadyExists", f"{said} {one.destination_prefix_list_id}")


def _endpoints(ec2: Any, kind: str) -> list[Any]:
    every = ec2.vpc_end_points.values()
    return [one for one in every if (one.vpc_endpoint_type or "Gateway") == kind and one.state == "available"]


def _interfaces(ec2: Any) -> Iterator[tuple[list[str], list[str], bool]]:
    """The network interfaces of what runs in VPCs: subnets, security groups, and whether they have public addresses."""
    account, region = ec2.account_id, ec2.region_name
    for balancer in elbv2_backends[account][region].load_balancers.values():
        yield [one.id for one in balancer.subnets], balancer.security_groups or [], balancer.scheme != "internal"
    for service in ecs_backends[account][region].services.values():
        network: dict[str, Any] = (service.network_configuration or {}).get("awsvpcConfiguration", {})
        if service.status == "ACTIVE" and service.desired_count:
            public = network.get("assignPublicIp") == "ENABLED"
            yield network.get("subnets", []), network.get("securityGroups", []), public
    for nat in ec2.nat_gateways.values():
        if nat.state == "available":
            yield [nat.subnet_id], [], nat.connectivity_type == "public"
    for endpoint in _endpoints(ec2, "Interface"):
        yield endpoint.subnet_ids or [], endpoint.security_group_ids, False
    caches = elasticache_backends[account][region]
    for group in caches.replication_groups.values():
        subnets = caches.cache_subnet_groups.get(group.cache_subnet_group_name or "")
        yield subnets.subnet_ids if subnets else [], group.security_group_ids or [], False


def _subnet_in_use(ec2: Any, given: _Given) -> None:
    name = given["subnet_id"]
    if any(name in subnets for subnets, _, _ in _interfaces(ec2)):
        raise DependencyViolationError(f"The subnet '{name}' has dependencies and cannot be deleted.")


def _security_group_in_use(ec2: Any, given: _Given) -> None:
    name = given.get("group_id")
    others = [group for held in ec2.groups.values() for group in held.values() if group.id != name]
    rules: list[Any] = [rule for group in others for rule in (*group.ingress_rules, *group.egress_rules)]
    named = any(rule.source_group and rule.source_group.get("GroupId") == name for rule in rules)
    if named or any(name in groups for _, groups, _ in _interfaces(ec2)):
        raise DependencyViolationError(f"resource {name} has a dependent object")


def _network_in_use(ec2: Any, given: _Given) -> None:
    vpc = given["vpc_id"]
    groups = [one for one in ec2.groups.get(vpc, {}).values() if one.name != "default"]
    if groups or _gateways(ec2, vpc):
        raise DependencyViolationError(f"The vpc '{vpc}' has dependencies and cannot be deleted.")


def _addresses_are_mapped(ec2: Any, given: _Given) -> None:
    vpc = given["vpc_id"]
    public = {name for subnets, _, public in _interfaces(ec2) if public for name in subnets}
    if any(ec2.get_subnet(name).vpc_id == vpc for name in public):
        said = f"Network {vpc} has some mapped public address(es). Please unmap those public address(es) before"
        raise DependencyViolationError(f"{said} detaching the gateway.")


def _address_in_use(ec2: Any, given: _Given) -> None:
    nats = [one for one in ec2.nat_gateways.values() if one.state == "available"]
    held = {address.get("allocationId") for nat in nats for address in nat.address_set}
    if given.get("allocation_id") in held - {None}:
        said = f"Address with allocation id {given['allocation_id']} is in use."
        raise EC2ClientError("InvalidIPAddress.InUse", said)


_LOOKS: dict[type, dict[str, Callable[[Any, _Given], None]]] = {
    ELBv2Backend: {
        "create_listener": _port_taken,
        "modify_listener": _port_taken,
        "create_load_balancer": _no_way_in,
    },
    EC2ContainerServiceBackend: {
        "create_service": _service_cannot_start,
        "update_service": _service_cannot_change,
        "delete_cluster": _cluster_holds_services,
    },
    AWSCertificateManagerBackend: {"delete_certificate": _certificate_in_use},
    EC2Backend: {
        "associate_route_table": _subnet_routed_otherwise,
        "attach_internet_gateway": _network_has_gateway,
        "create_vpc_endpoint": _route_to_service_exists,
        "delete_subnet": _subnet_in_use,
        "delete_security_group": _security_group_in_use,
        "delete_vpc": _network_in_use,
        "detach_internet_gateway": _addresses_are_mapped,
        "release_address": _address_in_use,
    },
}
