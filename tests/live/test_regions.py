"""A region is a config edit: further stacks in other regions of the account that has the committed stacks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.live.harness import ACCOUNT_ID, LiveSandbox, Stack
from tests.support.commands import below, blocks

pytestmark = pytest.mark.live

DOCUMENT = "docs/regions.md"
EVACUATE, RETURN = below(DOCUMENT, "Evacuate a region")
INIT, _PREFLIGHT, ADD = below(DOCUMENT, "Add a region")
(REMOVE,) = below(DOCUMENT, "Remove a region")
ADDED = "prod-eu-north-1"
LONG = f"dev-{'quite-'}{'long-' * 14}name-us-west-2"
SERVICE_OUTPUTS = {"serviceName", "taskDefinitionArn", "taskFamily", "containerName"}
GLOBAL_TYPES = ("aws:iam/role:Role", "aws:s3/bucket:Bucket")


@pytest.fixture(scope="module")
def prod(sandbox: LiveSandbox) -> Stack:
    return sandbox.ensure("prod")


def walk(stack: Stack, commands: str) -> str:
    """Runs commands of the document in the stack that is selected. `pulumi` asks no question and shows no preview."""
    return stack.sandbox.succeeds(
        f"export SANDBOX_HOME='{stack.sandbox.home}' PULUMI_OPTION_YES=true PULUMI_OPTION_SKIP_PREVIEW=true\n"
        + commands.replace("1.4.2", "stand-in")
    )


@pytest.fixture(scope="module")
def added(prod: Stack) -> Stack:
    """The stack that the commands of the document add to prod, evacuated."""
    output = walk(prod, INIT + ADD)
    assert "docker push" in output, "the first up names the commands that push an image"
    first, second = re.findall(r"^Outputs:$(.*?)^Resources:$", output, re.MULTILINE | re.DOTALL)
    assert not SERVICE_OUTPUTS & set(first.split()), "there is no service without an image"
    assert set(second.split()) >= SERVICE_OUTPUTS
    return Stack(prod.sandbox, ADDED, "eu-north-1")


def states(stack: Stack) -> dict[str, dict[str, Any]]:
    """The inputs of each resource in the state."""
    found = stack.sandbox.resources(stack.name)
    return {one["urn"]: one["inputs"] for one in found if one["type"].startswith("aws:")}


def records(prod: Stack) -> list[dict[str, Any]]:
    """The records of the zone that the regions share, besides the zone's own."""
    (zone,) = {inputs["zoneId"] for urn, inputs in states(prod).items() if "aws:route53/record:Record" in urn}
    found = prod.client("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return [one for one in found if one["Type"] not in ("NS", "SOA")]


def check(stack: Stack) -> dict[str, Any]:
    """The health check of the stack's record, as Route 53 has it."""
    (record,) = [one for one in records(stack) if one.get("SetIdentifier") == stack.name]
    assert not record["AliasTarget"]["EvaluateTargetHealth"]
    assert record["Region"] == stack.region
    found = stack.client("route53").get_health_check(HealthCheckId=record["HealthCheckId"])
    return found["HealthCheck"]["HealthCheckConfig"]


def test_commands_of_the_document_add_a_region(added: Stack, prod: Stack) -> None:
    outputs = added.outputs
    assert outputs["region"] == "eu-north-1"
    assert outputs["serviceName"] == f"voiceter-backend-{ADDED}"
    assert outputs["sessionsTableName"] == "demo-sessions"
    assert "us-east-1" not in json.dumps(added.sandbox.resources(ADDED))
    assert added.service()["status"] == "ACTIVE"
    added.sandbox.unchanged(ADDED)
    prod.sandbox.unchanged("prod")

    # The names of roles are unique in an account, those of buckets in all of AWS.
    of_added = {pair for pair in added.physical_names() if pair[0] in GLOBAL_TYPES}
    of_prod = {pair for pair in prod.physical_names() if pair[0] in GLOBAL_TYPES}
    assert len(of_added) == len(of_prod) == 5
    assert not of_added & of_prod


def test_promotion_copies_the_digest(added: Stack, prod: Stack) -> None:
    def digest(stack: Stack) -> str:
        images = [{"imageTag": "stand-in"}]
        found = stack.client("ecr").describe_images(repositoryName=stack.named("voiceter-backend"), imageIds=images)
        return found["imageDetails"][0]["imageDigest"]

    assert digest(added) == digest(prod)
    again = added.sandbox.operate("promote", "prod", ADDED, "stand-in")
    assert again.status == 0, again.output
    assert "holds stand-in already" in again.output


def test_status_shows_both_regions_and_what_is_amiss(added: Stack, prod: Stack) -> None:
    run = added.sandbox.operate("status", "prod")
    assert run.status == 0, run.output
    rows = {line.split()[0]: line.split() for line in run.output.splitlines()[2:4]}
    assert rows["prod"][1:3] == ["us-east-1", "stand-in"]
    assert rows[ADDED][1:3] == ["eu-north-1", "stand-in"]
    assert rows["prod"][3:8] == rows[ADDED][3:8], "the same digest, result, tasks, targets and no alarms"
    assert rows["prod"][4:8] == ["good", "2/2/10", "2/2", "0"]
    assert run.output.endswith("OK: 2 stacks of prod\n")

    alarms = added.client("cloudwatch")
    alarm = alarms.describe_alarms()["MetricAlarms"][0]["AlarmName"]
    alarms.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="test")
    added.sandbox.set(ADDED, logLevel="DEBUG")
    run = added.sandbox.operate("status", "prod", "--json")
    assert run.status == 1
    assert json.loads(run.output)["faults"] == [
        f"{ADDED}: in ALARM: {alarm}",
        f"the configuration differs: logLevel: INFO in prod; DEBUG in {ADDED}",
    ]
    alarms.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="test")
    added.sandbox.remove(ADDED, "logLevel")


def test_verification_of_an_environment_covers_both_regions(added: Stack) -> None:
    run = added.sandbox.operate("verify", "--environment", "prod")
    assert run.status == 0, run.output
    assert run.output.count("OK: the service runs") == 2
    ecs = added.client("ecs")
    where = {"cluster": added.outputs["clusterName"], "service": added.outputs["serviceName"]}
    ecs.update_service(**where, desiredCount=1)
    run = added.sandbox.operate("verify", "--environment", "prod", "--json")
    ecs.update_service(**where, desiredCount=2)
    assert run.status == 1
    assert [one["outcome"] for one in json.loads(run.output)] == ["good", "unhealthy"]


def test_each_region_checks_its_own_load_balancer(added: Stack, prod: Stack) -> None:
    for stack in (added, prod):
        found = check(stack)
        assert found["FullyQualifiedDomainName"] == stack.outputs["loadBalancerDnsName"]
        assert (found["Type"], found["Port"], found["ResourcePath"]) == ("HTTPS", 443, "/health")
        assert (found["RequestInterval"], found["FailureThreshold"], found["MeasureLatency"]) == (30, 3, True)
        assert len(found["Regions"]) == 3
    assert (check(prod)["Disabled"], check(prod)["Inverted"]) == (False, False)
    assert (check(added)["Disabled"], check(added)["Inverted"]) == (True, True)


def test_last_region_is_not_evacuated(added: Stack, prod: Stack) -> None:
    """While the added region is evacuated."""
    prod.sandbox.set("prod", evacuated="true")
    refusal = prod.sandbox.fails("pulumi preview -s prod --non-interactive")
    prod.sandbox.remove("prod", "evacuated")
    assert "evacuated = 'true': leaves no region to the clients of" in refusal
    assert f"the other regions are evacuated too ({ADDED})" in refusal
    assert "this one (`pulumi config set evacuated false`)" in refusal


def test_evacuation_and_return_change_the_health_check_alone(added: Stack, prod: Stack) -> None:
    before, services = records(prod), added.service()["deployments"]
    evacuated = states(added)
    walk(added, RETURN)
    returned = states(added)
    (changed,) = [urn for urn, inputs in evacuated.items() if inputs != returned[urn]]
    assert "aws:route53/healthCheck:HealthCheck::region" in changed
    assert (check(added)["Disabled"], check(added)["Inverted"]) == (False, False)
    # Now prod is not the last region.
    prod.sandbox.set("prod", evacuated="true")
    prod.sandbox.succeeds("pulumi preview -s prod --non-interactive")
    prod.sandbox.remove("prod", "evacuated")
    walk(added, EVACUATE)
    assert states(added) == evacuated
    assert (check(added)["Disabled"], check(added)["Inverted"]) == (True, True)
    assert len(check(added)["Regions"]) == 3
    assert records(prod) == before
    assert added.service()["deployments"] == services


def test_release_in_waves_stops_at_the_first_failure(added: Stack, prod: Stack) -> None:
    sandbox, before = added.sandbox, added.service()["taskDefinition"]
    sandbox.image("prod", "2.0.0", fault="unhealthy")
    run = sandbox.operate("release", "prod", "prod", "2.0.0")
    assert run.status == 1, run.output
    assert f"Releasing 2.0.0: prod, then {ADDED}\n" in run.output
    assert f"The release of 2.0.0 stopped before {ADDED}. Nothing was rolled back" in run.output
    assert "AMISS: 2 stacks of prod" in run.output, "the table says which region runs what"
    assert added.service()["taskDefinition"] == before


def test_deployment_of_what_is_committed_goes_on_in_waves(added: Stack, prod: Stack, tmp_path: Path) -> None:
    """As a job of the workflow: prod runs what ECS has restored, and both stack files name the next image."""
    sandbox, summary = added.sandbox, tmp_path / "summary.md"
    sandbox.image("prod", "2.0.1")
    for stack in (prod, added):
        sandbox.set(stack.name, imageTag="2.0.1", idleTimeoutSeconds="301")
    run = sandbox.run(f"GITHUB_STEP_SUMMARY='{summary}' python -m ci.deploy prod --from prod")
    assert run.status == 0, run.output
    lines = run.output.splitlines()
    copied, *updates = [
        next(number for number, line in enumerate(lines) if line.startswith(start))
        for start in (f"Copied: {added.outputs['repositoryUrl']}:2.0.1", "prod | Updating", f"{ADDED} | Previewing")
    ]
    assert copied < updates[0] < updates[1], run.output
    text = summary.read_text()
    assert text.startswith("### prod is deployed\n")
    assert "OK: 2 stacks of prod" in text
    for stack in (prod, added):
        attributes = stack.client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=balancer(stack))
        assert {"Key": "idle_timeout.timeout_seconds", "Value": "301"} in attributes["Attributes"]

    run = sandbox.operate("release", "prod", "prod", "2.0.1")
    assert run.output.endswith(f"Nothing to do: prod and {ADDED} run 2.0.1.\n")
    status = json.loads(sandbox.operate("status", "prod", "--json").output)
    assert status["faults"] == []
    assert {one["service"]["version"] for one in status["stacks"]} == {"2.0.1"}


def balancer(stack: Stack) -> str:
    """The ARN of the stack's load balancer."""
    found = stack.client("elbv2").describe_load_balancers(Names=[stack.named("voiceter-backend")])
    return found["LoadBalancers"][0]["LoadBalancerArn"]


def test_stack_with_a_long_name_comes_up(sandbox: LiveSandbox) -> None:
    assert len(LONG) > 64
    sandbox.succeeds(f"pulumi stack init {LONG}; pulumi config set aws:region us-west-2 -s {LONG}")
    sandbox.succeeds(f"pulumi config set protectData true -s {LONG}")
    assert f"{LONG} is up" in sandbox.up(LONG)
    outputs = sandbox.outputs(LONG)
    assert len(outputs["recordingsBucketName"]) <= 63
    assert len(outputs["taskRoleArn"].rpartition("/")[2]) <= 64


def test_values_copied_from_the_old_region_are_named_before_anything_is_created(sandbox: LiveSandbox) -> None:
    certificate = sandbox.client("acm").request_certificate(DomainName="voiceter.example")["CertificateArn"]
    zone = sandbox.client("route53").create_hosted_zone(Name="sandbox.example", CallerReference="copied")
    zone = zone["HostedZone"]["Id"].rpartition("/")[2]
    secret = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT_ID}:secret:pool-AbC123"
    guardrail = f"arn:aws:bedrock:us-east-1:{ACCOUNT_ID}:guardrail/abc123def456"
    prompt = f"arn:aws:bedrock:us-east-1:{ACCOUNT_ID}:prompt/ABCDE12345"
    refusal = sandbox.fails(
        f"""
        pulumi stack init test-us-west-2
        pulumi config set aws:region us-west-2
        pulumi config set domainName voiceter.example
        pulumi config set certificateArn {certificate}
        pulumi config set --plaintext --path secretArns.POOL {secret}
        pulumi config set --path 'guardrailArns[0]' {guardrail}
        pulumi config set --path 'promptArns[0]' {prompt}
        pulumi config set hostedZoneId {zone}
        pulumi config set --path 'extraModelIds[0]' eu.amazon.nova-2-lite-v1:0
        pulumi config set --path 'extraModelIds[1]' amazon.nova-2-lite-v1:0
        pulumi config set imageTag 1.4.2
        pulumi up --yes --non-interactive
        """
    )
    assert "has 8 mistakes; nothing was changed" in refusal
    for key in ("certificateArn", "secretArns.POOL", "guardrailArns[0]", "promptArns[0]", "imageTag"):
        assert f"  {key}" in refusal
    assert f"hostedZoneId = '{zone}': is the zone of sandbox.example, which does not hold voiceter.example" in refusal
    profiles = "set us.amazon.nova-2-lite-v1:0 or global.amazon.nova-2-lite-v1:0"
    assert f"is no inference profile that Amazon Bedrock offers in us-west-2: {profiles}" in refusal
    assert f"'amazon.nova-2-lite-v1:0': is offered in us-west-2 by inference profile only: {profiles}" in refusal
    assert [item for item in sandbox.resources("test-us-west-2") if item["type"].startswith("aws:")] == []


def fill_bucket(stack: Stack) -> None:
    """Puts two versions of an object into the bucket of recordings."""
    s3, bucket = stack.client("s3"), stack.outputs["recordingsBucketName"]
    # moto ignores the condition of the bucket policy and denies every request, so objects need the policy removed.
    policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    s3.delete_bucket_policy(Bucket=bucket)
    for text in (b"first", b"second"):
        s3.put_object(Bucket=bucket, Key="recordings/session.wav", Body=text)
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)


def test_commands_of_the_document_remove_a_region_and_no_other(added: Stack, prod: Stack) -> None:
    """The last test on the added region."""
    fill_bucket(added)
    others = [one for one in records(prod) if one.get("SetIdentifier") != ADDED]
    assert len(others) == 2, "prod's record, and the one that validates the certificates"
    added.sandbox.succeeds(f"pulumi stack select {ADDED}")
    walk(added, REMOVE)
    assert not states(added)
    assert records(prod) == others
    prod.sandbox.unchanged("prod")
    added.sandbox.down(ADDED)
    assert_gone(added)


def test_down_removes_a_protected_stack_with_its_content(sandbox: LiveSandbox) -> None:
    """The last test on the stack with the long name."""
    long = Stack(sandbox, LONG, "us-west-2")
    fill_bucket(long)
    sandbox.down(LONG)
    assert_gone(long)


def assert_gone(stack: Stack) -> None:
    """Asserts that the region of the stack is empty, and that nothing of the stack is left elsewhere."""
    assert not [item for item in stack.sandbox.resources(stack.name) if not item["type"].startswith("pulumi:")]
    held = stack.sandbox.holdings(stack.region)
    everywhere = {"roles", "buckets", "hosted zones", "health checks", "budgets"}
    assert held.keys() <= everywhere
    assert not [name for kind in ("roles", "buckets") for name in map(str, held[kind]) if stack.name in name]


def test_every_block_of_the_document_is_run() -> None:
    run = {block.code for block in blocks(DOCUMENT) if not block.reason}
    assert run == {EVACUATE, RETURN, INIT, ADD, REMOVE}
