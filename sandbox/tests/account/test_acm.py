"""Certificates in the account: their validation, and the listeners that use them."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.cli.fixtures import import_certificate
from sandbox.tests.account.world import NOT_FOUND, World, client, refused


def test_certificate_of_a_listener_cannot_be_deleted(world: World) -> None:
    acm = client("acm")
    arn = import_certificate(client("acm"), "app.example.com")
    listener = world.elb.create_listener(
        LoadBalancerArn=world.balancer,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": arn}],
        DefaultActions=NOT_FOUND,
    )["Listeners"][0]["ListenerArn"]
    with refused("ResourceInUseException"):
        acm.delete_certificate(CertificateArn=arn)
    world.elb.delete_listener(ListenerArn=listener)
    acm.delete_certificate(CertificateArn=arn)


@pytest.mark.filterwarnings("ignore:Exception")  # botocore's model lacks UnsupportedCertificate
def test_listener_needs_a_certificate_whose_validation_record_exists(world: World) -> None:
    acm, route53 = client("acm"), client("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="test")["HostedZone"]["Id"]
    arn = acm.request_certificate(DomainName="app.example.com", ValidationMethod="DNS")["CertificateArn"]
    https = {"Protocol": "HTTPS", "Port": 443, "DefaultActions": NOT_FOUND, "LoadBalancerArn": world.balancer}

    def described() -> Any:
        return acm.describe_certificate(CertificateArn=arn)["Certificate"]

    with refused("CertificateNotFound"):
        world.elb.create_listener(**https, Certificates=[{"CertificateArn": f"{arn}0"}])
    with refused("UnsupportedCertificate.*must have a fully-qualified domain name"):
        world.elb.create_listener(**https, Certificates=[{"CertificateArn": arn}])
    other = world.elb.create_listener(
        **https, Certificates=[{"CertificateArn": import_certificate(client("acm"), "app.example.com")}]
    )["Listeners"][0]
    with refused("UnsupportedCertificate"):
        world.elb.modify_listener(ListenerArn=other["ListenerArn"], Certificates=[{"CertificateArn": arn}])
    assert described()["Status"] == "PENDING_VALIDATION"
    record = described()["DomainValidationOptions"][0]["ResourceRecord"]
    records = {"Name": record["Name"], "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": record["Value"]}]}
    changes = [{"Action": "CREATE", "ResourceRecordSet": records}]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    assert described()["Status"] == "ISSUED"
    world.elb.modify_listener(ListenerArn=other["ListenerArn"], Certificates=[{"CertificateArn": arn}])


def test_certificate_for_a_name_in_no_zone_of_the_account_is_issued(world: World) -> None:
    client("route53").create_hosted_zone(Name="example.com", CallerReference="test")
    acm = client("acm")
    arn = acm.request_certificate(DomainName="voice.example.org", ValidationMethod="DNS")["CertificateArn"]
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] == "ISSUED"
