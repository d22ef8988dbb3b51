"""The domain name of a stack: its certificate, its DNS record and the health check of the record."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.lib import app
from components.lib.lookup import look_up

_VALIDATION_TTL_SECONDS = 60
# Where Route 53 checks from: three regions at least (Amazon Route 53 API Reference, HealthCheckConfig). The app
# runs in none of these, so a fault of its region does not take a checker with it.
_CHECKER_REGIONS = ("ap-southeast-1", "eu-west-1", "us-west-1")
_CHECK_SECONDS, _CHECK_FAILURES = 30, 3
# Route 53 publishes the metrics of every health check in this region only (Amazon Route 53 Developer Guide, "Monitoring
# health checks using CloudWatch"), and an alarm notifies topics of its own region.
METRICS_REGION = "us-east-1"


@dataclass(frozen=True)
class Domain:
    """The name that clients use. It has a hosted zone, a certificate or both.

    In a hosted zone, all regions of an environment share the name, and clients reach the nearest region.
    """

    name: str
    region: str
    stack: str
    hosted_zone_id: str | None = None  # None: somebody else creates the record
    certificate_arn: str | None = None  # None: the program creates a certificate, which it validates in the zone
    evacuated: bool = False  # whether Route 53 routes no client to this region


@dataclass(frozen=True)
class HostedZone:
    """A hosted zone of Route 53."""

    name: str  # without a final dot
    private: bool

    def holds(self, name: str) -> bool:
        """Returns whether the zone may have a record of that name."""
        return name == self.name or name.endswith(f".{self.name}")


def find_zone(provider: aws.Provider, hosted_zone_id: str) -> HostedZone | None:
    """Returns a hosted zone, or None if the account has none with this id.

    Raises:
        pulumi.RunError: AWS does not answer.
    """
    found = look_up(
        f"the hosted zone {hosted_zone_id} (route53:GetHostedZone)",
        lambda: aws.route53.get_zone(zone_id=hosted_zone_id, opts=pulumi.InvokeOptions(provider=provider)),
    )
    return found and HostedZone(found.name, bool(found.private_zone))


def certificate_arn(domain: Domain, parent: pulumi.Resource) -> pulumi.Input[str] | None:
    """Returns the ARN of the domain's certificate. Creates the certificate if there is none."""
    if domain.certificate_arn is not None or domain.hosted_zone_id is None:
        return domain.certificate_arn
    return _issued_certificate_arn(domain.name, domain.hosted_zone_id, parent)


def _issued_certificate_arn(name: str, hosted_zone_id: str, parent: pulumi.Resource) -> pulumi.Output[str]:
    """Creates a certificate. Returns its ARN, which is known once the certificate is issued."""
    certificate = aws.acm.Certificate(
        "certificate",
        domain_name=name,
        validation_method="DNS",
        opts=pulumi.ResourceOptions(parent=parent),
    )
    option = certificate.domain_validation_options[0]
    # ACM asks for the same record in every region of the account (AWS Certificate Manager User Guide, "DNS
    # validation"). So the stacks of a domain share the record: a second stack overwrites it, and no stack deletes it.
    record = aws.route53.Record(
        "validation",
        zone_id=hosted_zone_id,
        name=option.resource_record_name,
        type=option.resource_record_type,
        records=[option.resource_record_value],
        ttl=_VALIDATION_TTL_SECONDS,
        allow_overwrite=True,
        opts=pulumi.ResourceOptions(parent=parent, retain_on_delete=True),
    )
    return aws.acm.CertificateValidation(
        "certificate",
        certificate_arn=certificate.arn,
        validation_record_fqdns=[record.fqdn],
        opts=pulumi.ResourceOptions(parent=parent),
    ).certificate_arn


def alias_record(
    domain: Domain, load_balancer: aws.lb.LoadBalancer, parent: pulumi.Resource
) -> pulumi.Output[str] | None:
    """Creates the record that routes clients of the domain to the load balancer, by latency, if there is a zone.

    Route 53 answers with the nearest region whose health check is healthy. Returns the check's id if its metrics are in
    the region.
    """
    if domain.hosted_zone_id is None:
        return None
    check = _health_check(domain, load_balancer, parent)
    if domain.region != METRICS_REGION:
        pulumi.log.info(
            f"hostedZoneId: CloudWatch shows the health check of a region in {METRICS_REGION} only, so this stack has "
            "no alarm on it (docs/regions.md)",
            parent,
        )
    aws.route53.Record(
        "alias",
        zone_id=domain.hosted_zone_id,
        name=domain.name,
        type=aws.route53.RecordType.A,
        # Not by the health of the targets: while traffic shifts, one of two target groups is empty, and Route 53 takes
        # an empty group for unhealthy (Amazon Route 53 API Reference, AliasTarget).
        aliases=[{"name": load_balancer.dns_name, "zone_id": load_balancer.zone_id, "evaluate_target_health": False}],
        health_check_id=check.id,
        latency_routing_policies=[{"region": domain.region}],
        set_identifier=domain.stack,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return check.id if domain.region == METRICS_REGION else None


def _health_check(
    domain: Domain, load_balancer: aws.lb.LoadBalancer, parent: pulumi.Resource
) -> aws.route53.HealthCheck:
    """Creates the check of the load balancer by its own name, as the domain's name stands for every region.

    By HTTPS, as a zone comes with a certificate. The check does not validate it, so it may be for another name (Amazon
    Route 53 Developer Guide, "How Amazon Route 53 determines whether a health check is healthy"). HTTP would answer
    with a redirect, which counts as healthy.
    """
    return aws.route53.HealthCheck(
        "region",
        type="HTTPS",
        fqdn=load_balancer.dns_name,
        port=443,
        resource_path=app.HEALTH_PATH,
        request_interval=_CHECK_SECONDS,
        failure_threshold=_CHECK_FAILURES,
        measure_latency=True,
        regions=list(_CHECKER_REGIONS),
        # Route 53 takes a disabled check for healthy, and one that is inverted as well for unhealthy (Amazon Route 53
        # API Reference, UpdateHealthCheck).
        disabled=domain.evacuated,
        invert_healthcheck=domain.evacuated,
        tags={"Name": f"{domain.name} {domain.stack}"},
        opts=pulumi.ResourceOptions(parent=parent),
    )
