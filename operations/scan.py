"""`make scan`: runs Prowler on a stack, and shows what the stack decides and docs/hardening.md does not list."""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from config.settings import Settings
from operations.accepted import ACCEPTED, Accepted
from operations.configuration import read_settings
from operations.console import aligned, say
from operations.errors import OperationError
from operations.target import ROOT, Target
from operations.undecided import undecided

# The environment that the Makefile creates from requirements-scan.txt.
PROWLER: Final = ROOT / ".prowler"

# The services of Prowler that check what a stack can have, by the beginning of the type in Pulumi.
SERVICES: Final[Mapping[str, Sequence[str]]] = {
    "aws:acm/": ["acm"],
    "aws:cloudwatch/": ["cloudwatch"],
    "aws:dynamodb/": ["dynamodb"],
    "aws:ec2/": ["ec2", "vpc"],
    "aws:ecr/": ["ecr"],
    "aws:ecs/": ["ecs"],
    "aws:elasticache/": ["elasticache"],
    "aws:iam/": ["iam"],
    "aws:kms/": ["kms"],
    "aws:lb/": ["elbv2"],
    "aws:s3/": ["s3"],
    "aws:secretsmanager/": ["secretsmanager"],
    "aws:sns/": ["sns"],
    "aws:wafv2/": ["wafv2"],
}
# Asks a search engine about public addresses, with a key of its own.
_NOT_RUN: Final = ("ec2_elastic_ip_shodan",)
# What AWS creates together with a resource, or what the resource consists of: the outputs that name it.
_PARTS: Final[Mapping[str, Sequence[str]]] = {
    "aws:ec2/vpc:Vpc": ["defaultNetworkAclId"],
    "aws:elasticache/replicationGroup:ReplicationGroup": ["memberClusters"],
}
# An id of EC2's, which is unique: eipalloc-0abc…
_ID: Final = re.compile(r"[a-z]+-[0-9a-f]{8,17}")
_SEVERITIES: Final = ("Critical", "High", "Medium", "Low", "Informational")


@dataclass(frozen=True)
class Finding:
    """A check that a resource of the stack does not meet."""

    check: str
    severity: str
    resource: str  # its type and name in Pulumi
    text: str


@dataclass(frozen=True)
class Report:
    """What a scan found on the resources of a stack."""

    findings: Sequence[Finding]
    accepted: Sequence[tuple[Finding, str]]  # with the reason
    stale: Sequence[Accepted]  # entries of the list that the stack's resources no longer need
    undecided: Mapping[str, str]  # a check -> why
    elsewhere: int  # failed checks of what the stack does not create

    @property
    def good(self) -> bool:
        """Whether nothing is left to do: no finding, and no entry of the list too many."""
        return not self.findings and not self.stale


def scan(target: Target, progress: Callable[[str], None] = say) -> Report:
    """Runs Prowler on the services that the stack uses.

    Args:
        progress: prints a line before Prowler starts.

    Raises:
        OperationError: there is no such stack, it has no resources, or Prowler failed.
    """
    resources = target.resources()
    services = services_of(resources)
    if not services:
        raise OperationError(f"The stack {target.stack} has no resources: {target.command('pulumi up')}.")
    settings, _ = read_settings(target)
    progress(f"Prowler checks {', '.join(services)}. This takes several minutes.")
    with tempfile.TemporaryDirectory() as folder:
        found, log = _run(target, services, Path(folder))
    source = next(PROWLER.glob("lib/python*/site-packages/prowler/providers/aws/services"))
    checks = {path.name for service in services for path in (source / service).glob(f"{service}_*") if path.is_dir()}
    return judge(found, resources, settings, undecided(log, source, checks.difference(_NOT_RUN)), ACCEPTED)


def services_of(resources: Sequence[Mapping[str, Any]]) -> list[str]:
    """Returns the services of Prowler for the types of a stack's resources."""
    types = {one["type"] for one in resources}
    return sorted(
        {name for start, names in SERVICES.items() if any(t.startswith(start) for t in types) for name in names}
    )


def _run(target: Target, services: Sequence[str], folder: Path) -> tuple[list[dict[str, Any]], str]:
    """Returns Prowler's findings in OCSF, and its log."""
    log = folder / "log"
    command = [
        str(PROWLER / "bin" / "prowler"),
        *("aws", "--region", target.region, "--service", *services),
        *("--excluded-check", *_NOT_RUN),
        *("--output-formats", "json-ocsf", "--output-directory", str(folder), "--output-filename", "scan"),
        *("--log-level", "ERROR", "--log-file", str(log), "--no-banner", "--no-color", "--ignore-exit-code-3"),
    ]
    environment = dict(os.environ)
    if target.on == "sandbox":
        # The sandbox answers a call that it does not support with an error each time.
        command += ["--aws-retries-max-attempts", "0"]
        # S3 Control's clients put the account's id in front of the host, which is no name that can be looked up. As a
        # proxy, the account gets these requests all the same.
        environment["http_proxy"] = os.environ["AWS_ENDPOINT_URL"]
        environment = {name: value for name, value in environment.items() if name.lower() != "no_proxy"}
    run = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    output = folder / "scan.ocsf.json"
    if run.returncode != 0 or not output.exists():
        lines = [line for line in f"{run.stdout}\n{run.stderr}".splitlines() if line.strip()][-10:]
        raise OperationError("\n  ".join([f"Prowler ended with status {run.returncode}:", *lines]))
    return json.loads(output.read_text()), log.read_text() if log.exists() else ""


def judge(
    found: Sequence[Mapping[str, Any]],
    resources: Sequence[Mapping[str, Any]],
    settings: Settings,
    not_decided: Mapping[str, str],
    accepted: Sequence[Accepted],
) -> Report:
    """Returns what Prowler's findings say about a stack.

    Args:
        found: the findings, in OCSF.
        resources: the resources in the stack's state.
        not_decided: why each undecided check was not decided, by the check.
        accepted: the list of findings that do not apply.
    """
    owned = _by_identifier(resources)
    ours: list[tuple[str, Finding]] = []  # the status of a check, and what it says about a resource of the stack
    for one in found:
        if resource := _owner(one["resources"][0]["uid"], owned):
            finding = Finding(one["metadata"]["event_code"], one["severity"], resource, one["status_detail"])
            ours.append((one["status_code"], finding))
    failed = sorted((finding for status, finding in ours if status == "FAIL"), key=_order)
    passed = [finding for status, finding in ours if status == "PASS"]
    not_judged = {finding.check: finding.text for status, finding in ours if status not in ("FAIL", "PASS")}
    not_decided = {**not_judged, **not_decided}
    in_force = [entry for entry in accepted if entry.in_force(settings)]
    reasons = {finding: _reason(finding, in_force) for finding in failed}
    findings = [finding for finding, reason in reasons.items() if reason is None]
    seen = {one["metadata"]["event_code"] for one in found}
    seen_here = {finding.check for _, finding in ours}
    return Report(
        findings=findings,
        accepted=[(finding, reason) for finding, reason in reasons.items() if reason],
        stale=[
            entry
            for entry in in_force
            if entry.check not in not_decided
            and any(entry.covers(one.check, one.resource) for one in passed)
            and not any(entry.covers(one.check, one.resource) for one in failed)
        ],
        undecided={
            check: why
            for check, why in sorted(not_decided.items())
            # A check that reported only on what the stack does not create is none of the stack's.
            if (check in seen_here or check not in seen) and check not in {one.check for one in findings}
        },
        elsewhere=sum(one["status_code"] == "FAIL" for one in found) - len(failed),
    )


def _order(finding: Finding) -> tuple[int, str, str]:
    return _SEVERITIES.index(finding.severity), finding.check, finding.resource


def _reason(finding: Finding, accepted: Sequence[Accepted]) -> str | None:
    return next((entry.reason for entry in accepted if entry.covers(finding.check, finding.resource)), None)


def _by_identifier(resources: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Returns the type and name of each resource by its ARN and its id, and by those of its parts."""
    owned: dict[str, str] = {}
    for one in resources:
        for identifier in _identifiers(one):
            # What has the id of an earlier resource belongs to it, such as a secret's version.
            owned.setdefault(identifier, f"{one['type']} {one['urn'].rpartition('::')[2]}")
    return owned


def _identifiers(resource: Mapping[str, Any]) -> Iterator[str]:
    outputs: Mapping[str, Any] = resource.get("outputs", {})
    if arn := outputs.get("arn"):
        yield arn
    if resource["id"].startswith("arn:") or _ID.fullmatch(resource["id"]):
        yield resource["id"]
    for name in _PARTS.get(resource["type"], []):
        value: str | list[str] = outputs.get(name) or []
        yield from [value] if isinstance(value, str) else value


def _owner(uid: str, owned: Mapping[str, str]) -> str | None:
    """Returns the resource that a finding is about, or None if the stack has not created it.

    Prowler's ARNs of some resources differ from those of the AWS provider before the last part, which is an id.
    """
    arn = uid.removesuffix(":*")  # of a log group
    return owned.get(arn) or owned.get(re.split("[/:]", arn)[-1])


def print_report(report: Report) -> None:
    """Prints a table of the findings, and what else a reader has to know."""
    for line in aligned([(one.severity, one.check, one.resource, one.text) for one in report.findings]):
        say(f"  {line}")
    for entry in report.stale:
        say(f"NOT NEEDED: {entry.title}: the stack's resources pass. Remove it from operations/accepted.py.")
    if report.undecided:
        say("Not decided, as Prowler could not read what these checks read:")
        for check, why in report.undecided.items():
            say(f"  {check}: {_shortened(why)}")
    say(
        f"{'OK' if report.good else 'FOUND'}: {len(report.findings)} findings; {len(report.accepted)} more are in"
        f" docs/hardening.md, with reasons; {len(report.undecided)} checks are not decided."
    )
    if report.elsewhere:
        say(f"{report.elsewhere} findings are about what the stack does not create. They are the account owner's.")


def _shortened(error: str) -> str:
    """Returns which call failed, if the error of a call says so."""
    call = re.search(r"when calling the (\w+) operation", error)
    return f"{call[1]} failed" if call else error[:120]


def as_json(target: Target, report: Report) -> str:
    """Returns a report as one JSON object."""
    return json.dumps(
        {
            "stack": target.stack,
            "on": target.on,
            "findings": [asdict(finding) for finding in report.findings],
            "accepted": [
                {"check": finding.check, "severity": finding.severity, "resource": finding.resource, "reason": reason}
                for finding, reason in report.accepted
            ],
            "notNeeded": [entry.title for entry in report.stale],
            "undecided": dict(report.undecided),
            "elsewhere": report.elsewhere,
        },
        indent=2,
    )
