"""`make scan`: what it makes of recorded findings of Prowler's, and the list of what is accepted."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal
from unittest import mock

import pytest

from operations import __main__ as operations
from operations import scan as scanning
from operations.accepted import ACCEPTED, CONDITIONS, Accepted
from operations.errors import OperationError
from operations.scan import SERVICES, judge, print_report
from operations.target import Target
from tests.support.config_values import HTTPS
from tests.support.printed_stack import PrintedStack
from tests.support.stack_config import parsed

ROOT = Path(__file__).parents[2]
RECORDED = Path(__file__).parent / "prowler"
CHECKS = (RECORDED / "checks.txt").read_text().split()

BALANCER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/voiceter-backend/aab8976a3737465c"
LOGS, RECORDINGS = "voiceter-logs-123456789012-prod", "voiceter-recordings-123456789012-prod"
GROUP = "/ecs/voiceter-backend"


def finding(check: str, status: str, arn: str, text: str, severity: str = "Medium") -> dict[str, Any]:
    """A finding of Prowler in OCSF, as far as the command reads it."""
    return {
        "metadata": {"event_code": check},
        "severity": severity,
        "status_code": status,
        "status_detail": text,
        "resources": [{"uid": arn}],
    }


FOUND = [
    finding("s3_bucket_no_mfa_delete", "FAIL", f"arn:aws:s3:::{LOGS}", f"S3 Bucket {LOGS} has MFA Delete disabled."),
    finding(
        "s3_bucket_object_versioning", "FAIL", f"arn:aws:s3:::{LOGS}", f"S3 Bucket {LOGS} has versioning disabled."
    ),
    finding(
        "s3_bucket_object_versioning",
        "PASS",
        f"arn:aws:s3:::{RECORDINGS}",
        f"S3 Bucket {RECORDINGS} has versioning enabled.",
    ),
    finding(
        "cloudwatch_log_group_retention_policy_specific_days_enabled",
        "FAIL",
        f"arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}:*",
        f"Log Group {GROUP} has less than 365 days retention period (90 days).",
    ),
    finding("elbv2_waf_acl_attached", "FAIL", BALANCER, "ELBv2 ALB voiceter-backend is not protected by WAF Web ACL."),
    finding(
        "ec2_networkacl_allow_ingress_tcp_port_22",
        "FAIL",
        "arn:aws:ec2:us-east-1:123456789012:network-acl/acl-6f3f9eea08d865467",
        "Network ACL acl-6f3f9eea08d865467 has SSH port 22 open to the Internet.",
    ),
    finding(
        "iam_password_policy_number",
        "FAIL",
        "arn:aws:iam:us-east-1:123456789012:password-policy",
        "IAM password policy does not require at least one number.",
    ),
    finding("elbv2_deletion_protection", "PASS", BALANCER, "ELBv2 voiceter-backend has deletion protection enabled."),
    finding(
        "kms_key_enclave_attestation_unknown_image",
        "MANUAL",
        "arn:aws:kms:us-east-1:123456789012:enclave-debug-attestation",
        "Cannot verify unknown-image attestation activity",
    ),
    finding(
        "ec2_elastic_ip_unassigned",
        "PASS",
        "arn:aws:ec2:us-east-1:123456789012:eip-allocation/eipalloc-6add4d95fe36d4246",
        "Elastic IP 127.247.165.135 is associated with an instance or network interface.",
        "Low",
    ),
]


def resource(type_: str, name: str, id_: str, **outputs: Any) -> dict[str, Any]:
    return {"type": type_, "urn": f"urn:pulumi:prod::voiceter-backend::{type_}::{name}", "id": id_, "outputs": outputs}


RESOURCES = [
    resource("aws:ec2/vpc:Vpc", "network", "vpc-953e07c442c8727d3", defaultNetworkAclId="acl-6f3f9eea08d865467"),
    resource("aws:ec2/eip:Eip", "nat", "eipalloc-6add4d95fe36d4246"),
    resource("aws:s3/bucket:Bucket", "logs", LOGS, arn=f"arn:aws:s3:::{LOGS}"),
    resource("aws:s3/bucket:Bucket", "recordings", RECORDINGS, arn=f"arn:aws:s3:::{RECORDINGS}"),
    resource("aws:s3/bucketPolicy:BucketPolicy", "logs", LOGS),
    resource(
        "aws:cloudwatch/logGroup:LogGroup", "app", GROUP, arn=f"arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}"
    ),
    resource("aws:lb/loadBalancer:LoadBalancer", "app", BALANCER, arn=BALANCER),
]


def entry(check: str, **more: str) -> Accepted:
    return Accepted(check=check, reason="because", **more)


def report(*accepted: Accepted, not_decided: dict[str, str] | None = None, **config: str) -> scanning.Report:
    return judge(FOUND, RESOURCES, parsed("prod", **config), not_decided or {}, accepted)


def left(found: scanning.Report) -> list[tuple[str, str]]:
    return [(finding.check, finding.resource) for finding in found.findings]


def test_findings_are_those_of_the_stack_by_severity() -> None:
    severities = {"ec2_networkacl_allow_ingress_tcp_port_22": "Low", "s3_bucket_object_versioning": "Critical"}
    rated = [{**one, "severity": severities.get(one["metadata"]["event_code"], "Medium")} for one in FOUND]
    found = judge(rated, RESOURCES, parsed("prod"), {}, ())
    assert left(found) == [
        ("s3_bucket_object_versioning", "aws:s3/bucket:Bucket logs"),
        ("cloudwatch_log_group_retention_policy_specific_days_enabled", "aws:cloudwatch/logGroup:LogGroup app"),
        ("elbv2_waf_acl_attached", "aws:lb/loadBalancer:LoadBalancer app"),
        ("s3_bucket_no_mfa_delete", "aws:s3/bucket:Bucket logs"),
        ("ec2_networkacl_allow_ingress_tcp_port_22", "aws:ec2/vpc:Vpc network"),
    ]
    assert found.elsewhere == 1, "the password policy is the account owner's"
    assert not found.good


def test_accepted_finding_is_left_out_with_its_reason() -> None:
    found = report(entry("s3_bucket_no_mfa_delete"), entry("s3_bucket_object_versioning", only="logs"))
    assert not {check for check, _ in left(found)} & {"s3_bucket_no_mfa_delete", "s3_bucket_object_versioning"}
    assert {finding.check: reason for finding, reason in found.accepted} == {
        "s3_bucket_no_mfa_delete": "because",
        "s3_bucket_object_versioning": "because",
    }


@pytest.mark.parametrize(
    "useless",
    [
        entry("s3_bucket_object_versioning", only="recordings"),
        entry("elbv2_deletion_protection"),
        entry("ec2_elastic_ip_unassigned"),
    ],
)
def test_entry_that_no_resource_needs_is_reported(useless: Accepted) -> None:
    of_no_resource = entry("elasticache_redis_cluster_backup_enabled")
    assert report(useless, of_no_resource).stale == [useless]
    assert report(useless, not_decided={useless.check: "failed"}).stale == [], (
        "a check that read nothing proves nothing"
    )


@pytest.mark.parametrize("protected", [True, False])
def test_entry_is_in_force_under_its_condition_only(protected: bool) -> None:
    found = report(
        entry("s3_bucket_no_mfa_delete", when="protectData: false"), protectData="true" if protected else "false"
    )
    assert ("s3_bucket_no_mfa_delete" in {check for check, _ in left(found)}) is protected


def test_undecided_checks_are_those_of_the_stack() -> None:
    reasons = dict.fromkeys(
        ["elbv2_deletion_protection", "iam_password_policy_number", "ec2_never_reported", "s3_bucket_no_mfa_delete"],
        "failed",
    )
    # It fails for the stack, it is about the account, and one check has not reported on anything.
    assert set(report(not_decided=reasons).undecided) == {"elbv2_deletion_protection", "ec2_never_reported"}


def test_check_that_asks_for_a_manual_decision_is_undecided() -> None:
    [manual] = [one for one in FOUND if one["status_code"] == "MANUAL"]
    ours = [*RESOURCES, resource("aws:kms/key:Key", "data", "key", arn=manual["resources"][0]["uid"])]
    found = judge(FOUND, ours, parsed("prod"), {}, ())
    assert found.undecided[manual["metadata"]["event_code"]].startswith("Cannot verify")


def test_report_is_printed_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    call = "us-east-1 -- ClientError[1]: An error occurred (X) when calling the ListWebACLs operation (…): Y"
    needed, useless = entry("s3_bucket_object_versioning"), entry("ec2_elastic_ip_unassigned", only="nat", when="HTTPS")
    print_report(report(needed, useless, not_decided={"elbv2_deletion_protection": call}, **HTTPS))
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"  Medium +elbv2_waf_acl_attached +aws:lb\S+ app +ELBv2 ALB voiceter-backend is .*", lines[2])
    assert any(line.startswith("NOT NEEDED: ec2_elastic_ip_unassigned (nat), with HTTPS: ") for line in lines)
    assert "  elbv2_deletion_protection: ListWebACLs failed" in lines
    assert lines[-2].startswith("FOUND: 4 findings; 1 more are in docs/hardening.md")
    assert lines[-1].startswith("1 findings are about what the stack does not create")


def stack(on: Literal["sandbox", "aws"], state: Sequence[dict[str, Any]] = RESOURCES) -> Target:
    region = "us-east-1"
    return PrintedStack("prod", on, {"region": region}, {"aws:region": region}, state)


@pytest.fixture
def prowler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Installs a script in place of Prowler. Returns the file to which it writes its arguments and environment."""

    def install(script: str) -> Path:
        executable = tmp_path / "bin" / "prowler"
        executable.parent.mkdir()
        printed = tmp_path / "printed"
        executable.write_text(f'#!/bin/sh\n{{ echo "$@"; env; }} > {printed}\n{script}\n')
        executable.chmod(0o755)
        services = tmp_path / "lib" / "python3.11" / "site-packages" / "prowler" / "providers" / "aws" / "services"
        for check in CHECKS:
            (services / check.split("_")[0] / check).mkdir(parents=True)
        monkeypatch.setattr(scanning, "PROWLER", tmp_path)
        return printed

    return install


@pytest.mark.parametrize("on", ["sandbox", "aws"])
def test_command_runs_prowler_on_the_services_of_the_stack(
    prowler: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    on: Literal["sandbox", "aws"],
) -> None:
    printed = prowler(f"printf '%s' {shlex.quote(json.dumps(FOUND))} > scan.ocsf.json")
    monkeypatch.setattr(scanning, "ACCEPTED", ())

    monkeypatch.setattr(Target, "open", mock.Mock(return_value=stack(on)))
    monkeypatch.setattr(
        os, "environ", {**os.environ, "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "NO_PROXY": "127.0.0.1"}
    )
    assert operations.main(["scan", "prod"]) == 1
    assert "elbv2_waf_acl_attached" in capsys.readouterr().out
    ran = printed.read_text()
    assert "aws --region us-east-1 --service cloudwatch ec2 elbv2 s3 vpc --excluded-check" in ran
    assert "--output-formats json-ocsf " in ran
    assert ("\nhttp_proxy=http://127.0.0.1:1\n" in ran) is (on == "sandbox")
    assert ("\nNO_PROXY=" in ran) is (on == "aws")
    assert operations.main(["scan", "prod", "--json"]) == 1
    shown = json.loads(capsys.readouterr().out)
    assert (shown["stack"], shown["on"], shown["elsewhere"]) == ("prod", on, 1)
    assert {"check", "severity", "resource", "text"} == set(shown["findings"][0])


@pytest.mark.parametrize("status", [1, 0], ids=["it fails", "it writes no findings"])
def test_prowler_that_fails_is_an_error_with_its_last_lines(prowler: Callable[[str], Path], status: int) -> None:
    prowler(f"echo 'no credentials' >&2; exit {status}")
    with pytest.raises(OperationError, match=f"Prowler ended with status {status}:\n  no credentials"):
        scanning.scan(stack("aws"))


def test_stack_without_resources_is_not_scanned() -> None:
    with pytest.raises(OperationError, match="has no resources: `pulumi up --stack prod`"):
        scanning.scan(stack("aws", []))


# The list of what is accepted


def test_every_entry_is_needed() -> None:
    needed = [line.split(maxsplit=1) for line in (RECORDED / "accepted.txt").read_text().splitlines()]
    useless = [one.title for one in ACCEPTED if not any(one.covers(*pair) for pair in needed)]
    assert useless == [], "no recorded scan reports these: remove them from operations/accepted.py"


def test_entries_name_checks_of_the_pinned_prowler() -> None:
    [version] = re.findall(r"^prowler==(\S+)$", (ROOT / "requirements-scan.in").read_text(), re.MULTILINE)
    assert f"Prowler {version}" in (RECORDED / "README.md").read_text(), "record the checks and the scans again"
    assert {one.check for one in ACCEPTED} <= set(CHECKS)
    installed = next(scanning.PROWLER.glob("lib/python*/site-packages/prowler/providers/aws/services"), None)
    if installed is not None:
        assert sorted(path.name for path in installed.glob("*/*_*") if path.name in CHECKS) == CHECKS


def test_conditions_are_those_of_a_config() -> None:
    # prod has the opposite of each, but for ECS Exec and a certificate.
    for condition, in_force in CONDITIONS.items():
        key, _, value = condition.partition(": ")
        assert in_force(parsed("prod", **({key: value} if value else HTTPS))), condition
        assert not in_force(parsed("prod", flowLogs="true", accessLogs="true")), condition
    assert {one.when for one in ACCEPTED} == {"", *CONDITIONS}


def test_every_service_of_a_stack_is_scanned_or_has_no_checks() -> None:
    # Prowler does not check autoscalers and budgets, and of Route 53 only zones and registered names.
    without = ("aws:appautoscaling/", "aws:budgets/", "aws:route53/")
    plans = "".join((ROOT / "tests" / "plans" / f"{stack}.yaml").read_text() for stack in ("prod", "dev"))
    types = set(re.findall(r"^- type: (aws:\S+)$", plans, re.MULTILINE))
    assert len(types) > 20
    covered = (*SERVICES, *without)
    # Security group rules are judged with their group.
    assert {t for t in types if not t.startswith((*covered, "aws:vpc/"))} == set()
