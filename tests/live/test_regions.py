"""All environments in one account; regions of prod are added, released, and removed again.

tests/program/test_regions.py compares what the program registers in every region. test_protection.py uses prod
afterwards.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import pytest

from sandbox.cli.fixtures import import_certificate
from tests.live.account import holdings
from tests.live.harness import ACCOUNT_ID, ROOT, LiveSandbox
from tests.live.stack import Stack, ensure
from tests.support.commands import below, blocks, filled
from tests.support.program import REGIONS

pytestmark = pytest.mark.live

DOCUMENT = "docs/regions.md"
EVACUATE, RETURN = below(DOCUMENT, "Evacuate a region")
INIT, _PREFLIGHT, ADD, RELEASE = below(DOCUMENT, "Add a region")
(REMOVE,) = below(DOCUMENT, "Remove a region")
HOME = "us-east-1"  # of the committed stacks
LAST_REGION = "ap-northeast-1"  # besides HOME, the region that has a zone without Fargate
PRODS_REGIONS = (HOME, "eu-north-1", LAST_REGION)
# The stacks of all environments are together in one region. Those of prod are in several.
REGIONS_OF = {"dev": (LAST_REGION,), "staging": (LAST_REGION,), "prod": PRODS_REGIONS}
ADDED = "prod-eu-north-1"
LAST = f"prod-{LAST_REGION}"
WITHOUT_PREVIEW = "export PULUMI_OPTION_SKIP_PREVIEW=true"  # it runs the whole program once more
SERVICE_OUTPUTS = {"serviceName", "taskDefinitionArn", "taskFamily", "containerName"}
# How availability zones name the region in their ids.
ZONES = {"ap-northeast-1": "apne1", "eu-north-1": "eun1", "us-east-1": "use1", "us-west-2": "usw2"}
# What AWS generates: an id that no other object has.
GENERATED = re.compile(
    r"arn:aws:\S+|[a-z]+-[0-9a-f]{8,17}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\S+\.amazonaws\.com"
)
# Their names are unique only within another object, which each stack has: a role, a zone, a VPC, a log group.
NAMED_WITHIN = {
    "aws:cloudwatch/logMetricFilter:LogMetricFilter",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:route53/record:Record",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
}
# Services whose objects are in no region, and the kinds of them that `holdings` shows.
GLOBAL = ("aws:iam/", "aws:s3/", "aws:route53/", "aws:budgets/")
EVERYWHERE = {"roles", "buckets", "hosted zones", "health checks", "budgets"}
NAME = re.compile(r"(Name|Id|Arn|ARN)$|^(name|arn|repositoryName|logGroupName)$")
Resources = list[dict[str, Any]]


@pytest.fixture(scope="module")
def sandbox(regions: LiveSandbox) -> LiveSandbox:
    return regions


@pytest.fixture(scope="module")
def prod(sandbox: LiveSandbox) -> Stack:
    return ensure(sandbox, "prod")


def walk(stack: Stack, commands: str) -> str:
    """Runs commands of the document in the stack that is selected. `pulumi` asks no question and shows no preview."""
    return stack.sandbox.succeeds(
        f"{WITHOUT_PREVIEW}; export SANDBOX_HOME='{stack.sandbox.home}' PULUMI_OPTION_YES=true\n"
        + commands.replace("1.4.2", "stand-in")
    )


@pytest.fixture(scope="module")
def added(prod: Stack) -> Stack:
    """The stack that the commands of the document add to prod, evacuated. They change nothing where prod is."""
    before = in_region(prod.sandbox, HOME), records(prod)
    output = walk(prod, filled(INIT, PROVIDER="default") + ADD)
    assert "docker push" in output, "the first up names the commands that push an image"
    first, second = re.findall(r"^Outputs:$(.*?)^Resources:$", output, re.MULTILINE | re.DOTALL)
    assert not SERVICE_OUTPUTS & set(first.split()), "there is no service without an image"
    assert set(second.split()) >= SERVICE_OUTPUTS
    others = [one for one in records(prod) if one.get("SetIdentifier") != ADDED]
    assert (in_region(prod.sandbox, HOME), others) == before
    return Stack(prod.sandbox, ADDED, "eu-north-1")


@pytest.fixture(scope="module")
def fleet(added: Stack, prod: Stack) -> dict[str, Stack]:
    """Every stack that is up, by its name. Only prod and the added stack have a service.

    The others are as after the first `pulumi up`, which creates everything but the service.
    """
    sandbox, up = prod.sandbox, {"prod": prod, ADDED: added}
    new: dict[str, Stack] = {}
    for environment, regions in REGIONS_OF.items():
        for region in regions:
            name = environment if region == HOME else f"{environment}-{region}"
            if name not in up:
                copied = "--copy-config-from prod" if environment == "prod" else ""
                if not copied:
                    sandbox.stack_file(name).write_text((ROOT / f"Pulumi.{environment}.yaml").read_text())
                sandbox.succeeds(f"pulumi stack init {name} --no-select {copied}")
                of_region = https(sandbox, region) if environment == "staging" else {}
                sandbox.set(name, **{"aws:region": region, **of_region})
                sandbox.remove(name, "imageTag")
                new[name] = Stack(sandbox, name, region)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(sandbox.updated, new))
    return up | new


def https(sandbox: LiveSandbox, region: str) -> dict[str, str]:
    """What serves staging by HTTPS: a name, and a certificate of the region."""
    name = "staging.example"
    return {"domainName": name, "certificateArn": import_certificate(sandbox.client("acm", region), name)}


@pytest.fixture(scope="module")
def table(fleet: dict[str, Stack]) -> str:
    """What the document's commands show of prod: they deploy the services that are missing, and print the status."""
    return walk(fleet["prod"], RELEASE)


@pytest.fixture(scope="module")
def resources(table: str, fleet: dict[str, Stack], sandbox: LiveSandbox) -> dict[str, Resources]:
    """What each stack has created, with the properties that the account returned."""
    return {name: [one for one in sandbox.resources(name) if one["type"].startswith("aws:")] for name in fleet}


def states(stack: Stack) -> dict[str, dict[str, Any]]:
    """The inputs of each resource in the state."""
    found = stack.sandbox.resources(stack.name)
    return {one["urn"]: one["inputs"] for one in found if one["type"].startswith("aws:")}


def in_region(sandbox: LiveSandbox, region: str) -> dict[str, list[Any]]:
    """What a region of the account holds, without the kinds of objects that are in no region."""
    return {kind: items for kind, items in holdings(sandbox, region).items() if kind not in EVERYWHERE}


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


def test_commands_of_the_document_add_a_region(added: Stack) -> None:
    outputs = added.outputs
    assert outputs["region"] == "eu-north-1"
    assert added.sandbox.operate("added", ADDED).status == 0
    assert outputs["serviceName"] == f"voiceter-backend-{ADDED}"
    assert outputs["sessionsTableName"] == "demo-sessions"
    assert added.service()["status"] == "ACTIVE"


def test_promotion_copies_the_digest(added: Stack, prod: Stack) -> None:
    def digest(stack: Stack) -> str:
        images = [{"imageTag": "stand-in"}]
        found = stack.client("ecr").describe_images(repositoryName=stack.named("voiceter-backend"), imageIds=images)
        return found["imageDetails"][0]["imageDigest"]

    assert digest(added) == digest(prod)


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
    with prod.sandbox.temporary_config("prod", evacuated="true"):
        refusal = prod.sandbox.fails("pulumi preview -s prod --non-interactive")
    alone = f"leaves no region to the clients of voiceter.sandbox.test: {added.name} is evacuated"
    assert f"evacuated = 'true': {alone}" in refusal
    assert "this one (`pulumi config set evacuated false`)" in refusal


def test_return_changes_the_health_check_alone(added: Stack, prod: Stack) -> None:
    before, services = records(prod), added.service()["deployments"]
    evacuated = states(added)
    walk(added, RETURN)
    returned = states(added)
    (urn,) = [urn for urn, inputs in evacuated.items() if inputs != returned[urn]]
    assert "aws:route53/healthCheck:HealthCheck::region" in urn
    assert (check(added)["Disabled"], check(added)["Inverted"]) == (False, False)
    assert records(prod) == before
    assert added.service()["deployments"] == services


def test_another_network_is_refused_while_the_stack_is_up(added: Stack, prod: Stack) -> None:
    """And the evacuation is not: now prod is not the last region."""
    with prod.sandbox.temporary_config("prod", evacuated="true", vpcCidr="10.9.0.0/16"):
        refusal = prod.sandbox.fails("pulumi preview -s prod --non-interactive")
    assert "has 1 mistake; nothing was changed" in refusal
    assert "vpcCidr = '10.9.0.0/16': must stay 10.0.0.0/16 while the stack is up" in refusal


def test_release_deploys_the_missing_service_and_status_shows_all_regions(fleet: dict[str, Stack], table: str) -> None:
    assert "Skipped: prod, which runs stand-in and is good" in table
    assert f"Releasing stand-in: {LAST}\n" in table
    lines = table.splitlines()
    assert lines[-1] == "OK: 3 stacks of prod"
    rows = [line.split(maxsplit=8) for line in lines[-4:-1]]
    assert [row[:2] for row in rows] == [[stack, fleet[stack].region] for stack in ("prod", LAST, ADDED)]
    assert {(row[2], *row[4:]) for row in rows} == {
        ("stand-in", "good", "2/2/10", "2/2", "0", "by latency, healthy"),
    }
    (digest,) = {row[3] for row in rows}
    assert digest.startswith("sha256:"), "a release copies the image"


def test_status_names_a_stack_without_a_service(fleet: dict[str, Stack], sandbox: LiveSandbox) -> None:
    run = sandbox.operate("status", "staging", "--json")
    assert run.status == 1
    (stack,) = [name for name in fleet if name.startswith("staging")]
    assert json.loads(run.output)["faults"] == [f"{stack}: it has no service, as it has no image"]


def test_no_two_stacks_share_a_name(resources: dict[str, Resources]) -> None:
    """Not even in different regions: those of roles are unique in the account, those of buckets in all of AWS."""
    found: dict[tuple[str, str], set[str]] = {}
    for name, of_stack in resources.items():
        for one in of_stack:
            for text in [one["outputs"].get(key) for key in ("name", "bucket", "identifier")]:
                if text and one["type"] not in NAMED_WITHIN:
                    found.setdefault((one["type"], text), set()).add(name)
    shared = {key: stacks for key, stacks in found.items() if len(stacks) > 1}
    assert len(found) > 30 * len(resources)
    assert {type_ for type_, _ in shared} == {"aws:dynamodb/table:Table"}
    # The tables of an environment have the same names in every region.
    assert all(len({name.partition("-")[0] for name in stacks}) == 1 for stacks in shared.values())


def test_no_two_stacks_share_an_object(fleet: dict[str, Stack], resources: dict[str, Resources]) -> None:
    """So `pulumi destroy` of a stack deletes nothing of another one."""
    found: dict[tuple[str, str, str, str], Resources] = {}
    for name, of_stack in resources.items():
        for one in of_stack:
            place = "everywhere" if one["type"].startswith(GLOBAL) else fleet[name].region
            log_group = one["inputs"].get("logGroupName", "")  # the id of a metric filter is its name within one
            found.setdefault((place, one["type"], log_group, one["id"]), []).append(one)
    shared = [one for ones in found.values() if len(ones) > 1 for one in ones]
    # The regions of prod share the record that validates their certificates, and none deletes it.
    assert [one["urn"].rpartition("::")[2] for one in shared] == ["validation"] * len(PRODS_REGIONS)
    assert all(one["retainOnDelete"] for one in shared)


def words(value: Any) -> Iterator[str]:
    """Yields each word of the texts in a value."""
    if isinstance(value, Mapping):
        for key, one in cast(Mapping[str, Any], value).items():
            yield from words(key)
            yield from words(one)
    elif isinstance(value, str):
        yield from re.split(r"://|[^A-Za-z0-9:/_.*-]+", value)
    elif isinstance(value, Sequence):
        for one in cast(Sequence[Any], value):
            yield from words(one)


def test_no_stack_names_another_region(fleet: dict[str, Stack], resources: dict[str, Resources]) -> None:
    found = {
        (name, one["type"], word)
        for name, stack in fleet.items()
        for one in resources[name]
        for word in words([one["inputs"], one["outputs"]])
        for region, zone in ZONES.items()
        if region != stack.region and (region in word or re.match(rf"{zone}-az", word))
    }
    assert found == set()


def test_every_subnet_is_in_a_zone_with_fargate(fleet: dict[str, Stack], resources: dict[str, Resources]) -> None:
    """The account has opted in to a Local Zone, and the zone use1-az3 comes early in its list."""
    found: dict[str, str] = {}
    for name, stack in fleet.items():
        zones = stack.client("ec2").describe_availability_zones()["AvailabilityZones"]
        described = {zone["ZoneName"]: (zone["ZoneType"], zone["ZoneId"]) for zone in zones}
        used = [one["outputs"]["availabilityZone"] for one in resources[name] if one["type"].endswith(":Subnet")]
        assert len(used) == 2 * (3 if name.startswith("prod") else 2)
        found |= {id_: kind for kind, id_ in map(described.__getitem__, used)}
    assert set(found.values()) == {"availability-zone"}
    assert not found.keys() & {"use1-az3", "apne1-az3"}


def test_no_stack_names_an_object_of_another_stack(resources: dict[str, Resources]) -> None:
    owners: dict[str, set[str]] = {}
    for name, of_stack in resources.items():
        for one in of_stack:
            for text in {one["id"], *(str(one["outputs"].get(key)) for key in ("arn", "dnsName"))}:
                if GENERATED.fullmatch(text):
                    owners.setdefault(text, set()).add(name)
    assert all(len(names) == 1 for names in owners.values())
    found = {
        (name, one["type"], word)
        for name, of_stack in resources.items()
        for one in of_stack
        for word in words([one["inputs"], one["outputs"]])
        for end in [*(match.start() for match in re.finditer(r"[:/]", word)), len(word)]
        if name not in owners.get(word[:end], {name})
    }
    assert found == set()


def test_objects_of_a_region_name_no_other(fleet: dict[str, Stack], sandbox: LiveSandbox) -> None:
    """As the account describes them."""
    for region in PRODS_REGIONS:
        found = in_region(sandbox, region)
        assert len(found["load balancers"]) == sum(region in regions for regions in REGIONS_OF.values())
        text = json.dumps(found, default=str)
        assert not [other for other in REGIONS if other != region and other in text]


def test_status_and_verification_of_an_environment_name_what_is_amiss(fleet: dict[str, Stack]) -> None:
    sandbox, stack = fleet["prod"].sandbox, fleet[ADDED]
    ecs, alarms = stack.client("ecs"), stack.client("cloudwatch")
    found = alarms.describe_alarms()["MetricAlarms"]
    alarm = next(one["AlarmName"] for one in found if one["AlarmName"].endswith(stack.name))
    with ExitStack() as undo:
        alarms.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="test")
        undo.callback(alarms.set_alarm_state, AlarmName=alarm, StateValue="OK", StateReason="test")
        ecs.update_service(**stack.its_service, desiredCount=1)
        undo.callback(ecs.update_service, **stack.its_service, desiredCount=2)
        undo.enter_context(sandbox.temporary_config(stack.name, logLevel="DEBUG"))
        status = sandbox.operate("status", "prod", "--json")
        verification = sandbox.operate("verify", "--environment", "prod", "--json")
    assert status.status == verification.status == 1
    few, *faults = json.loads(status.output)["faults"]
    assert few == f"{stack.name}: 1 tasks are desired, and the autoscaler's minimum is 2"
    assert faults == [
        f"{stack.name}: in ALARM: {alarm}",
        f"the configuration differs: logLevel: INFO in prod, {LAST}; DEBUG in {stack.name}",
    ]
    assert [one["outcome"] for one in json.loads(verification.output)] == ["good", "good", "unhealthy"]


def test_fault_in_one_region_stops_the_release(fleet: dict[str, Stack], sandbox: LiveSandbox) -> None:
    others = [fleet[LAST], fleet[ADDED]]
    before = [(stack.service()["deployments"], sandbox.stack_file(stack.name).read_text()) for stack in others]
    sandbox.image("prod", "2.0.0", fault="unhealthy")
    run = sandbox.run(f"{WITHOUT_PREVIEW}; python -m operations release prod prod 2.0.0 --wave 2")
    assert run.status == 1
    assert f"Releasing 2.0.0: prod, then {LAST} and {ADDED}\n" in run.output
    assert f"The release of 2.0.0 stopped before {LAST} and {ADDED}. Nothing was rolled back" in run.output
    # The regions that were added since the last update of prod change nothing else in it.
    changed = re.findall(r"^prod \| +[-+~]+ +(aws:\S+ \S+) ", run.output, re.MULTILINE)
    assert set(changed) == {"aws:ecs:TaskDefinition task", "aws:ecs:Service service"}, run.output
    assert "AMISS: 3 stacks of prod" in run.output
    table = [line.split() for line in run.output.splitlines() if re.match(r"prod\S*  ", line)]
    stacks = ["prod", *(stack.name for stack in others)]
    assert {row[0]: row[2] for row in table} == dict.fromkeys(stacks, "stand-in"), "ECS rolled prod back"
    after = [(stack.service()["deployments"], sandbox.stack_file(stack.name).read_text()) for stack in others]
    assert after == before


def fill_bucket(stack: Stack) -> None:
    """Puts two versions of an object into the bucket of recordings."""
    bucket = stack.outputs["recordingsBucketName"]
    with stack.bucket_without_policy(bucket) as s3:
        for text in (b"first", b"second"):
            s3.put_object(Bucket=bucket, Key="recordings/session.wav", Body=text)


def held(sandbox: LiveSandbox, region: str) -> set[tuple[str, str]]:
    """Kind and names of what a region of the account holds."""
    return {
        (kind, item if isinstance(item, str) else str([item[key] for key in sorted(item) if NAME.search(key)]))
        for kind, items in holdings(sandbox, region).items()
        for item in items
    }


def test_commands_of_the_document_remove_a_region_and_no_other(fleet: dict[str, Stack], sandbox: LiveSandbox) -> None:
    added, prod = fleet[ADDED], fleet["prod"]
    fill_bucket(added)
    before = {region: held(sandbox, region) for region in PRODS_REGIONS}
    others = [one for one in records(prod) if one.get("SetIdentifier") != ADDED]
    # One update evacuates and turns the protection off.
    evacuate, update = EVACUATE.splitlines()
    turn_protection_off, same_update, destroy = REMOVE.splitlines()
    assert update == same_update
    walk(added, f"pulumi stack select {ADDED}\n{evacuate}\n{turn_protection_off}\n{update}")
    assert (check(added)["Disabled"], check(added)["Inverted"]) == (True, True)
    assert len(check(added)["Regions"]) == 3
    assert {region: held(sandbox, region) for region in PRODS_REGIONS} == before
    walk(added, destroy)
    assert not states(added)
    assert records(prod) == others
    after = {region: held(sandbox, region) for region in PRODS_REGIONS}
    gone = {item for region in PRODS_REGIONS for item in before[region] - after[region]}
    assert not [item for region in PRODS_REGIONS for item in after[region] - before[region]]
    assert len(gone) > 30


def test_deployment_of_what_is_committed_goes_on(fleet: dict[str, Stack], sandbox: LiveSandbox, tmp_path: Path) -> None:
    """As a job of the workflow, after the release that failed, in the regions that are left."""
    summary, stacks = tmp_path / "summary.md", [fleet["prod"], fleet[LAST]]
    sandbox.succeeds(f"pulumi stack rm {ADDED} --yes")
    sandbox.image("prod", "2.0.1")
    for stack in stacks:
        sandbox.set(stack.name, imageTag="2.0.1", idleTimeoutSeconds=301)
    run = sandbox.run(f"{WITHOUT_PREVIEW}; GITHUB_STEP_SUMMARY='{summary}' python -m ci.deploy prod --from prod")
    assert run.status == 0, run.output
    lines = run.output.splitlines()
    starts = ["Copied: ", "prod | Updating", f"{LAST} | Updating"]
    order = [next(number for number, line in enumerate(lines) if line.startswith(start)) for start in starts]
    assert order == sorted(order), run.output
    # A region was removed before, and that changes nothing here. The engine refreshes prod, as its release failed.
    changed_types = {"lb/loadBalancer:LoadBalancer", "ecs/taskDefinition:TaskDefinition", "ecs/service:Service"}
    for stack in stacks:
        found = re.findall(rf"^{stack.name} \| +[-+~]+ ?aws:(\S+): \((?!refresh)", run.output, re.MULTILINE)
        assert set(found) == changed_types, run.output
    text = summary.read_text()
    assert text.startswith("### prod is deployed\n")
    assert "OK: 2 stacks of prod" in text
    assert len(re.findall(r"^prod\S* .* 2\.0\.1 ", text, re.MULTILINE)) == 2
    for stack in stacks:
        elb = stack.client("elbv2")
        balancers = {one["DNSName"]: one["LoadBalancerArn"] for one in elb.describe_load_balancers()["LoadBalancers"]}
        arn = balancers[stack.outputs["loadBalancerDnsName"]]
        found = elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
        assert {"Key": "idle_timeout.timeout_seconds", "Value": "301"} in found


def test_down_takes_a_protected_stack_with_its_content_and_no_other(
    fleet: dict[str, Stack], sandbox: LiveSandbox
) -> None:
    last, others = fleet[LAST], (f"dev-{LAST_REGION}", f"staging-{LAST_REGION}")
    fill_bucket(last)
    before = json.dumps(holdings(sandbox, last.region), default=str)
    sandbox.down(LAST)
    left = holdings(sandbox, last.region)
    assert "demo-sessions" not in left["tables"]
    named = re.compile(rf"{LAST}(?!-starport-layer-bucket)")  # AWS's bucket of image layers
    assert [(kind, item) for kind, items in left.items() for item in items if named.search(str(item))] == []
    after = json.dumps(left, default=str)
    assert [after.count(name) for name in others] == [before.count(name) for name in others]


def test_values_copied_from_the_old_region_are_named_before_anything_is_created(sandbox: LiveSandbox) -> None:
    certificate = sandbox.client("acm").request_certificate(DomainName="voiceter.example")["CertificateArn"]
    zone = sandbox.client("route53").create_hosted_zone(Name="sandbox.example", CallerReference="copied")
    zone = zone["HostedZone"]["Id"].rpartition("/")[2]
    config = {
        "domainName": "voiceter.example",
        "certificateArn": certificate,
        "secretArns": {"POOL": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT_ID}:secret:pool-AbC123"},
        "guardrailArns": [f"arn:aws:bedrock:us-east-1:{ACCOUNT_ID}:guardrail/abc123def456"],
        "promptArns": [f"arn:aws:bedrock:us-east-1:{ACCOUNT_ID}:prompt/ABCDE12345"],
        "hostedZoneId": zone,
        "extraModelIds": ["eu.amazon.nova-2-lite-v1:0", "amazon.nova-2-lite-v1:0"],
        "imageTag": "1.4.2",
    }
    sandbox.succeeds("pulumi stack init test-us-west-2 --no-select")
    sandbox.set("test-us-west-2", **{"aws:region": "us-west-2", **config})
    refusal = sandbox.fails("pulumi up -s test-us-west-2 --yes --non-interactive")
    assert "has 8 mistakes; nothing was changed" in refusal
    for key in ("certificateArn", "secretArns.POOL", "guardrailArns[0]", "promptArns[0]", "imageTag"):
        assert f"  {key}" in refusal
    assert f"hostedZoneId = '{zone}': is the zone of sandbox.example, which does not hold voiceter.example" in refusal
    profiles = "set us.amazon.nova-2-lite-v1:0 or global.amazon.nova-2-lite-v1:0"
    assert f"is no inference profile that Amazon Bedrock offers in us-west-2: {profiles}" in refusal
    assert f"'amazon.nova-2-lite-v1:0': is offered in us-west-2 by inference profile only: {profiles}" in refusal
    assert [item for item in sandbox.resources("test-us-west-2") if item["type"].startswith("aws:")] == []


def test_every_block_of_the_document_is_run() -> None:
    run = {block.code for block in blocks(DOCUMENT) if not block.reason}
    assert run == {EVACUATE, RETURN, INIT, ADD, RELEASE, REMOVE}
