"""What the sandbox supplies to a stack, and what `down` deletes, on an embedded account."""

import json
import os

import pytest

from sandbox import stand_in
from sandbox.account.process import Account
from sandbox.cli import fixtures, teardown
from sandbox.cli.stack_file import StackFile
from sandbox.cli.state import Resource
from sandbox.layout import SandboxError
from sandbox.tests.provider.harness import reset

REGION = "eu-north-1"


@pytest.fixture
def account(endpoint: str) -> Account:
    """An empty account."""
    reset(endpoint)
    return Account(endpoint, os.getpid(), "token")


def _file(**config: object) -> StackFile:
    file = StackFile()
    for key, value in config.items():
        file.set(key, value)
    return file


def _supply(account: Account, stack: str, region: str, file: StackFile) -> bool:
    """Supplies what the file needs; whether that changed the file."""
    before = file.text()
    fixtures.supply_config(account, stack, region, file)
    return file.text() != before


def _resource(kind: str, name: str, outputs: dict[str, str] | None = None, *, retained: bool = False) -> Resource:
    return Resource(kind, name, dict(outputs or {}), retained)


@pytest.mark.parametrize("stack", ["staging", f"staging-{REGION}"])
def test_staging_gets_one_certificate_of_its_region(account: Account, stack: str) -> None:
    file = _file()
    assert _supply(account, stack, REGION, file)
    arn = file.get("certificateArn") or ""
    described = account.client("acm", REGION).describe_certificate(CertificateArn=arn)["Certificate"]
    assert described["Status"] == "ISSUED"
    assert described["SubjectAlternativeNames"] == [file.get("domainName")] == ["staging.sandbox.test"]
    assert f":{REGION}:" in arn
    assert not _supply(account, stack, REGION, file)
    again = _file()
    _supply(account, stack, REGION, again)
    assert again.get("certificateArn") == arn


def test_prod_gets_one_domain_for_all_regions(account: Account) -> None:
    file = _file()
    assert _supply(account, "prod", "us-east-1", file)
    assert file.get("certificateArn") is None
    copied = StackFile(file.text())
    assert not _supply(account, f"prod-{REGION}", REGION, copied)
    other = _file()
    assert _supply(account, f"prod-{REGION}", REGION, other)
    assert other.text() == file.text()


@pytest.mark.parametrize(
    ("stack", "config"),
    [
        ("dev", {}),
        ("prod", {"allowPlainHttp": "true"}),
        ("prod", {"certificateArn": "not an arn"}),
        ("prod", {"certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/of-another-region"}),
        ("prod", {"domainName": "half.example.org"}),
    ],
)
def test_file_stays_unchanged_if_nothing_is_needed(account: Account, stack: str, config: dict[str, str]) -> None:
    file = _file(**config)
    assert not _supply(account, stack, REGION, file)
    assert file.text() == _file(**config).text()


def test_certificate_of_another_account_is_replaced(account: Account) -> None:
    config = {"certificateArn": f"arn:aws:acm:{REGION}:999999999999:certificate/real"}
    arns: list[str] = []
    for name in ("a.example.org", "b.example.org", "a.example.org"):
        file = _file(domainName=name, **config)
        assert _supply(account, "prod", REGION, file)
        arns.append(file.get("certificateArn"))
        described = account.client("acm", REGION).describe_certificate(CertificateArn=arns[-1])["Certificate"]
        assert described["SubjectAlternativeNames"] == [name]
    assert sorted({*arns}) == sorted(fixtures.made_certificates(account, "prod", REGION))
    assert arns[0] == arns[2]


def test_hosted_zone_is_shared_and_withdrawn_when_empty(account: Account) -> None:
    file = _file(domainName="voice.example.org", hostedZoneId="Z0REAL")
    assert _supply(account, "prod", REGION, file)
    sibling = _file(domainName="voice.example.org", hostedZoneId="Z0REAL")
    assert _supply(account, "prod-us-west-2", "us-west-2", sibling)
    assert sibling.get("hostedZoneId") == file.get("hostedZoneId")
    assert file.get("certificateArn") is None
    route53 = account.client("route53", REGION)
    assert route53.get_hosted_zone(Id=file.get("hostedZoneId"))["HostedZone"]["Name"] == "example.org."
    fixtures.withdraw(account, "prod", REGION)
    assert route53.list_hosted_zones()["HostedZones"] == []


def test_secret_of_another_owner_is_supplied_once(account: Account) -> None:
    file = StackFile()
    file.set("secretArns", {"TOKEN": f"arn:aws:secretsmanager:{REGION}:999999999999:secret:team/token-AbCdEf"})
    assert _supply(account, "dev", REGION, file)
    arn = file.entries("secretArns")["TOKEN"]
    assert account.client("secretsmanager", REGION).describe_secret(SecretId=arn)["Name"] == "team/token"
    assert not _supply(account, "dev", REGION, file)


def test_push_image_refuses_a_stack_without_repository_invalid_tags_and_a_tag_in_use(account: Account) -> None:
    with pytest.raises(SandboxError, match="no repository voiceter-backend-dev"):
        fixtures.push_image(account, "dev", REGION, "1.0.0")
    ecr = account.client("ecr", REGION)
    ecr.create_repository(repositoryName="voiceter-backend-dev")
    for tag in ("", ".x", "-x", "a b", "a/b", "x" * 129, "sha256:0"):
        with pytest.raises(SandboxError, match="not a valid tag"):
            fixtures.push_image(account, "dev", REGION, tag)
    with pytest.raises(SandboxError, match="FAULT=faulty: use unhealthy, stuck, memory"):
        fixtures.push_image(account, "dev", REGION, "1.0.0", "faulty")
    fixtures.push_image(account, "dev", REGION, "1.0.0")
    fixtures.push_image(account, "dev", REGION, "1.0.1", "stuck")
    images = ecr.describe_images(repositoryName="voiceter-backend-dev")["imageDetails"]
    assert sorted(tag for image in images for tag in image["imageTags"]) == ["1.0.0", "1.0.1"]
    assert len({image["imageDigest"] for image in images}) == 2
    assert fixtures.has_image(account, "dev", REGION, "1.0.0")
    assert not fixtures.has_image(account, "dev", REGION, "2.0.0")
    answer = ecr.batch_get_image(repositoryName="voiceter-backend-dev", imageIds=[{"imageTag": "1.0.1"}])
    assert stand_in.fault_in(answer["images"][0]["imageManifest"]) is stand_in.Fault.STUCK
    with pytest.raises(SandboxError, match=r"already has the tag 1\.0\.0"):
        fixtures.push_image(account, "dev", REGION, "1.0.0")


def test_prepare_lets_protected_and_full_objects_be_deleted(account: Account) -> None:
    dynamodb, s3, ecr = (account.client(service, REGION) for service in ("dynamodb", "s3", "ecr"))
    dynamodb.create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        DeletionProtectionEnabled=True,
    )
    s3.create_bucket(Bucket="recordings", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket="recordings", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="recordings", Key="kept", Body=b"1")
    s3.put_object(Bucket="recordings", Key="kept", Body=b"2")
    s3.put_object(Bucket="recordings", Key="deleted", Body=b"1")
    s3.delete_object(Bucket="recordings", Key="deleted")
    s3.create_multipart_upload(Bucket="recordings", Key="unfinished")
    deny = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*",'
    s3.put_bucket_policy(
        Bucket="recordings", Policy=deny + ' "Resource": ["arn:aws:s3:::recordings", "arn:aws:s3:::recordings/*"]}]}'
    )
    logs = account.client("logs", REGION)
    logs.create_log_group(logGroupName="/app", deletionProtectionEnabled=True)
    ecr.create_repository(repositoryName="voiceter-backend-dev")
    fixtures.push_image(account, "dev", REGION, "1")
    teardown.prepare(
        account,
        REGION,
        [
            _resource("aws:dynamodb/table:Table", "t"),
            _resource("aws:s3/bucket:Bucket", "recordings"),
            _resource("aws:ecr/repository:Repository", "voiceter-backend-dev"),
            _resource("aws:cloudwatch/logGroup:LogGroup", "/app"),
            _resource("aws:dynamodb/table:Table", "gone"),
            _resource("aws:s3/bucket:Bucket", "gone"),
            _resource("aws:ecr/repository:Repository", "gone"),
            _resource("aws:cloudwatch/logGroup:LogGroup", "/gone"),
        ],
    )
    logs.delete_log_group(logGroupName="/app")
    dynamodb.delete_table(TableName="t")
    s3.delete_bucket(Bucket="recordings")
    ecr.delete_repository(repositoryName="voiceter-backend-dev")


def test_sweep_deletes_the_leftovers_of_one_stack_only(account: Account) -> None:
    ecs, secrets, route53 = (account.client(service, REGION) for service in ("ecs", "secretsmanager", "route53"))

    def register(family: str, stack: str) -> str:
        containers = [{"name": "c", "image": "i", "memory": 64}]
        tags = [{"key": "Stack", "value": stack}]
        answer = ecs.register_task_definition(family=family, containerDefinitions=containers, tags=tags)
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    ecs.deregister_task_definition(taskDefinition=register("voiceter-backend-dev", "dev"))
    register("voiceter-backend-dev", "dev")
    neighbour = register("voiceter-backend-dev-2", "dev-2")
    for name, stack in (("kept", "dev-2"), ("active", "dev"), ("deleted", "dev")):
        secrets.create_secret(Name=name, SecretString="x", Tags=[{"Key": "Stack", "Value": stack}])
    secrets.delete_secret(SecretId="deleted", RecoveryWindowInDays=30)
    zone = route53.create_hosted_zone(Name="example.org.", CallerReference="theirs")["HostedZone"]["Id"].split("/")[2]
    record = {"Name": "_x.example.org.", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "y."}]}
    change = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=change)
    validation = {"zoneId": zone, "name": "_x.example.org", "type": "CNAME"}
    cache, caches = {"finalSnapshotIdentifier": "sessions-final"}, account.client("elasticache", REGION)
    caches.create_replication_group(ReplicationGroupId="sessions", ReplicationGroupDescription="x")
    caches.delete_replication_group(ReplicationGroupId="sessions", FinalSnapshotIdentifier="sessions-final")
    listed = [
        _resource("aws:elasticache/replicationGroup:ReplicationGroup", "sessions", cache),
        _resource("aws:ecs/taskDefinition:TaskDefinition", "x", {"family": "voiceter-backend-dev"}),
        _resource("aws:route53/record:Record", "r", validation, retained=True),
    ]
    teardown.sweep(account, REGION, "dev", listed)
    left = [ecs.list_task_definitions(status=status)["taskDefinitionArns"] for status in ("ACTIVE", "INACTIVE")]
    assert left == [[neighbour], []]
    assert [secret["Name"] for secret in secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]] == ["kept"]
    types = [entry["Type"] for entry in route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]]
    assert "CNAME" not in types
    assert caches.describe_snapshots()["Snapshots"] == []
    teardown.sweep(account, REGION, "dev", listed)


def test_allowed_account_is_the_sandboxs(account: Account) -> None:
    file = _file(allowedAccountIds=["012345678901"])
    fixtures.supply_config(account, "dev", REGION, file)
    assert '- "123456789012"' in file.text()
    assert "012345678901" not in file.text()


@pytest.mark.parametrize(("config", "architecture"), [({}, "amd64"), ({"cpuArchitecture": "ARM64"}, "arm64")])
def test_image_has_the_architecture_of_the_stack(config: dict[str, str], architecture: str) -> None:
    assert fixtures.architecture(_file(**config)) == architecture
    configuration, _ = stand_in.image("x", architecture=architecture).blobs
    assert json.loads(configuration)["architecture"] == architecture
