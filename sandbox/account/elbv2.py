"""Elastic Load Balancing: checks of names, ports, subnets, certificates, cookies and log buckets that moto does not
make, and targets that get no traffic.

moto deletes a load balancer with deletion protection. Elastic Load Balancing refuses.

Sources: Elastic Load Balancing API Reference, 2015-12-01: CreateListener, ModifyListener, CreateRule, ModifyRule,
CreateLoadBalancer, DeleteLoadBalancer (OperationNotPermitted), Listener, LoadBalancerAttribute, TargetHealth;
Application Load Balancers User Guide, "Enable access logs", "Enable connection logs";
kubernetes-sigs/aws-load-balancer-controller, issue 2734, which has the error about cookies.
"""

import ipaddress
from collections.abc import Callable, Iterator
from typing import Any

from moto.acm.models import acm_backends
from moto.elbv2.exceptions import DuplicateListenerError, DuplicateLoadBalancerName, ELBClientError
from moto.elbv2.models import ELBv2Backend

from sandbox.account import bucket_policy
from sandbox.account.ec2 import internet_gateways
from sandbox.account.patching import replaces


@replaces(ELBv2Backend)
def create_listener(
    original: Callable[..., Any],
    elb: Any,
    load_balancer_arn: str,
    protocol: str,
    port: str,
    certificate: str | None,
    **more: Any,
) -> Any:
    """Refuses a second listener on a port, and a certificate that is not issued.

    A listener without TLS has no security policy. moto gives it the default one.
    """
    _require_issued(elb, certificate)
    _require_free_port(elb.load_balancers.get(load_balancer_arn), port)
    listener = original(
        load_balancer_arn=load_balancer_arn, protocol=protocol, port=port, certificate=certificate, **more
    )
    if protocol == "HTTP":
        listener.ssl_policy = None
    return listener


@replaces(ELBv2Backend)
def modify_listener(
    original: Callable[..., Any],
    elb: Any,
    arn: str,
    port: str | None,
    protocol: str | None,
    ssl_policy: str | None,
    certificates: list[dict[str, str]],
    actions: list[Any],
) -> Any:
    """Refuses to move a listener to the port of another listener, and a certificate that is not issued."""
    for certificate in certificates:
        _require_issued(elb, certificate["CertificateArn"])
    balancer = next((one for one in elb.load_balancers.values() if arn in one.listeners), None)
    _require_free_port(balancer, port, arn)
    return original(arn, port, protocol, ssl_policy, certificates, actions)


def _require_issued(elb: Any, arn: str | None) -> None:
    if arn is None:
        return
    held = {one.arn: one for one in acm_backends[elb.account_id][elb.region_name].list_certificates([], {})}
    if arn not in held:
        raise ELBClientError("CertificateNotFound", f"Certificate '{arn}' not found")
    if held[arn].status != "ISSUED":
        message = "must have a fully-qualified domain name, a supported signature, and a supported key size."
        raise ELBClientError("UnsupportedCertificate", f"The certificate '{arn}' {message}")


@replaces(ELBv2Backend)
def _validate_actions(original: Callable[[Any], None], elb: Any, actions: list[Any]) -> None:
    """Requires a cookie for the target group where two target groups have cookies for their targets."""
    original(actions)
    for action in actions:
        groups = [elb.target_groups[arn] for arn in elb._get_target_group_arns_from(action_data=action.data)]
        sticky = [group for group in groups if group.attributes.get("stickiness.enabled") == "true"]
        config = action.data.get("ForwardConfig", {}).get("TargetGroupStickinessConfig", {})
        if len(groups) > 1 and sticky and str(config.get("Enabled")).lower() != "true":
            message = "You must enable group stickiness on a rule if you enabled target stickiness on one of its"
            raise ELBClientError("InvalidConfigurationRequest", f"{message} target groups")


def _require_free_port(balancer: Any, port: str | None, listener_arn: str = "") -> None:
    others = [one for one in balancer.listeners.values() if one.arn != listener_arn] if balancer else []
    if port and str(port) in {str(one.port) for one in others}:
        raise DuplicateListenerError


@replaces(ELBv2Backend)
def create_load_balancer(
    original: Callable[..., Any], elb: Any, name: str, subnet_ids: list[str], scheme: str | None, **more: Any
) -> Any:
    """Requires a new name, subnets in two zones, and a VPC with an internet gateway if it faces the internet.

    ELB returns an existing load balancer that has the same settings. The AWS provider refuses that one before the call
    (terraform-provider-aws, internal/service/elbv2/load_balancer.go, resourceLoadBalancerCreate). Here ELB refuses it.

    An Application Load Balancer always balances across zones. moto has that turned off.
    """
    if any(one.name == name for one in elb.load_balancers.values()):
        raise DuplicateLoadBalancerName
    _require_two_zones(elb, subnet_ids)
    for subnet_id in subnet_ids[:1]:
        vpc = elb.ec2_backend.get_subnet(subnet_id).vpc_id
        if scheme != "internal" and not internet_gateways(elb.ec2_backend, vpc):
            raise ELBClientError("InvalidSubnet", f"VPC {vpc} has no internet gateway")
    balancer = original(name=name, subnet_ids=subnet_ids, scheme=scheme, **more)
    balancer.attrs["load_balancing.cross_zone.enabled"] = "true"
    return balancer


@replaces(ELBv2Backend)
def delete_load_balancer(original: Callable[..., None], elb: Any, arn: str) -> None:
    """Refuses while the load balancer has deletion protection."""
    balancer = elb.load_balancers.get(arn)
    if balancer and balancer.attrs.get("deletion_protection.enabled") == "true":
        message = f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
        raise ELBClientError("OperationNotPermitted", message)
    original(arn)


def _require_two_zones(elb: Any, subnet_ids: list[str]) -> None:
    """An Application Load Balancer has at least two subnets, each in another zone."""
    subnets = [elb.ec2_backend.get_subnet(subnet_id) for subnet_id in subnet_ids]
    zones = [subnet.availability_zone for subnet in subnets if subnet]
    if len(zones) < 2:
        message = "At least two subnets in two different Availability Zones must be specified"
        raise ELBClientError("ValidationError", message)
    if len(set(zones)) < len(zones):
        message = "A load balancer cannot be attached to multiple subnets in the same Availability Zone"
        raise ELBClientError("InvalidConfigurationRequest", message)


_TEST_FILES = {"access_logs.s3": "ELBAccessLogTestFile", "connection_logs.s3": "ELBConnectionLogTestFile"}


@replaces(ELBv2Backend)
def modify_load_balancer_attributes(original: Callable[..., Any], elb: Any, arn: str, attrs: dict[str, Any]) -> Any:
    """Refuses a log whose bucket is missing, in another region, encrypted with KMS, or does not let the load balancer
    write its test file.
    """
    for log, test_file in _TEST_FILES.items():
        if attrs.get(f"{log}.enabled") == "true":
            known = {**elb.load_balancers[arn].attrs, **attrs}
            _require_writable(elb, arn, known.get(f"{log}.bucket", ""), known.get(f"{log}.prefix", ""), test_file)
    return original(arn, attrs)


def _require_writable(elb: Any, arn: str, name: str, prefix: str, test_file: str) -> None:
    bucket = bucket_policy.bucket_of(elb.account_id, name)
    if bucket is None:
        raise ELBClientError("InvalidConfigurationRequest", f"S3Bucket: {name} does not exist")
    if bucket.region_name != elb.region_name:
        message = f"S3 bucket {name} is not located in the same region as the load balancer"
        raise ELBClientError("InvalidConfigurationRequest", message)
    folder = f"{prefix}/AWSLogs" if prefix else "AWSLogs"
    file = f"arn:aws:s3:::{name}/{folder}/{elb.account_id}/{test_file}"
    service, context = "logdelivery.elasticloadbalancing.amazonaws.com", {"aws:SourceArn": arn}
    encrypted = "aws:kms" in str(bucket.encryption)
    if encrypted or not bucket_policy.policy_allows(bucket.policy, service, "s3:PutObject", file, context):
        message = f"Access Denied for bucket: {name}. Please check S3bucket permission"
        raise ELBClientError("InvalidConfigurationRequest", message)


@replaces(ELBv2Backend)
def describe_target_health(original: Callable[..., Any], elb: Any, target_group_arn: str, targets: Any) -> Any:
    """Shows targets as unused behind no listener, and in a zone that the load balancer is not in."""
    found: list[Any] = original(target_group_arn, targets)
    balancers = [balancer for balancer in elb.load_balancers.values() if target_group_arn in _groups_of(elb, balancer)]
    zones = {subnet.availability_zone for balancer in balancers for subnet in balancer.subnets}
    vpc = elb.target_groups[target_group_arn].vpc_id
    for target in found:
        zone = _zone_of(elb, vpc, target.instance_id)
        if not balancers or (zone and zone not in zones):
            target.status, target.reason = "unused", "Target.NotInUse"
    return found


def _zone_of(elb: Any, vpc: str, address: str) -> str | None:
    """Returns the zone of an address, None if it is not in the VPC."""
    target = ipaddress.ip_address(address)
    subnets = [subnet for subnet in elb.ec2_backend.describe_subnets() if subnet.vpc_id == vpc]
    return next((one.availability_zone for one in subnets if target in ipaddress.ip_network(one.cidr_block)), None)


def forwarded_groups(elb: Any) -> Iterator[str]:
    """Yields the ARN of each target group to which a listener rule forwards."""
    for balancer in elb.load_balancers.values():
        yield from _groups_of(elb, balancer)


def _groups_of(elb: Any, balancer: Any) -> Iterator[str]:
    for listener in balancer.listeners.values():
        for rule in listener.rules.values():
            for action in rule.actions:
                yield from elb._get_target_group_arns_from(action_data=action.data)
