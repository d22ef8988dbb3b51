"""Takes a stack down, protected or not, so that nothing of it stays in the account."""

import contextlib
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.account.process import Account
from sandbox.cli import fixtures, state
from sandbox.cli.locks import exclusively
from sandbox.cli.stacks import Session
from sandbox.cli.state import Resource
from sandbox.layout import Layout, SandboxError
from sandbox.process import say

_BATCH = 100
# The tag with which the program names the stack of an object.
_STACK_TAG = "Stack"
_CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"


def down(layout: Layout, stack_name: str) -> None:
    """Takes a stack down. Other stacks stay as they are, and the stack itself stays, empty.

    Raises:
        SandboxError: there is no such stack, or a step failed.
    """
    if stack_name not in state.stacks(layout):
        raise SandboxError(f"There is no stack {stack_name} in the sandbox.")
    with exclusively(layout, stack_name):
        session = Session.open(layout, stack_name, new_account=True)
        resources = state.resources(layout, stack_name)
        if stack_name in state.stacks(layout):
            _destroy(session, resources)
    say(
        f"{stack_name} is down. Only its KMS key is left in the account, in its deletion window as on AWS. To bring the"
        f" stack up again: `make up STACK={stack_name}`."
    )


def _destroy(session: Session, resources: list[Resource]) -> None:
    account, region, stack = session.account, session.region, session.stack.name
    if resources:
        session.pulumi("state", "unprotect", "--all", "--yes", "--stack", stack, quiet=True)
        prepare(account, region, resources)
    say(f"Down: {stack}")
    session.pulumi("destroy", "--stack", stack, "--yes", "--skip-preview", "--non-interactive")
    # The regions of one domain share its validation record, and each retains it.
    others = [name for name in state.stacks(session.layout) if name != stack]
    shared = {item.id for name in others for item in state.resources(session.layout, name) if item.retained}
    sweep(account, region, stack, [item for item in resources if item.id not in shared])
    fixtures.withdraw(account, stack, region)


def prepare(account: Account, region: str, resources: Iterable[Resource]) -> None:
    """Removes what keeps the account from deleting a stack's objects: deletion protection, S3 objects, images, and a
    snapshot that has the name of a cache's final one.
    """
    steps: dict[str, Callable[[Account, str, Resource], None]] = {
        "aws:dynamodb/table:Table": _unprotect_table,
        "aws:cloudwatch/logGroup:LogGroup": _unprotect_log_group,
        "aws:s3/bucket:Bucket": _empty_bucket,
        "aws:ecr/repository:Repository": _empty_repository,
        "aws:lb/loadBalancer:LoadBalancer": _unprotect_load_balancer,
        _CACHE: _delete_final_snapshot,
    }
    for resource in resources:
        if step := steps.get(resource.type):
            step(account, region, resource)


def _unprotect_table(account: Account, region: str, table: Resource) -> None:
    dynamodb = account.client("dynamodb", region)
    with contextlib.suppress(dynamodb.exceptions.ResourceNotFoundException):
        dynamodb.update_table(TableName=table.id, DeletionProtectionEnabled=False)


def _unprotect_log_group(account: Account, region: str, group: Resource) -> None:
    logs = account.client("logs", region)
    with contextlib.suppress(logs.exceptions.ResourceNotFoundException):
        logs.put_log_group_deletion_protection(logGroupIdentifier=group.id, deletionProtectionEnabled=False)


def _unprotect_load_balancer(account: Account, region: str, balancer: Resource) -> None:
    elb = account.client("elbv2", region)
    with contextlib.suppress(elb.exceptions.LoadBalancerNotFoundException):
        elb.modify_load_balancer_attributes(
            LoadBalancerArn=balancer.id, Attributes=[{"Key": "deletion_protection.enabled", "Value": "false"}]
        )


def _empty_bucket(account: Account, region: str, bucket: Resource) -> None:
    s3 = account.client("s3", region)
    with contextlib.suppress(s3.exceptions.NoSuchBucket):
        # A bucket policy may deny what empties the bucket.
        s3.delete_bucket_policy(Bucket=bucket.id)
        for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket.id):
            for upload in page.get("Uploads", []):
                s3.abort_multipart_upload(Bucket=bucket.id, Key=upload["Key"], UploadId=upload["UploadId"])
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket.id):
            entries = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            for entry in entries:
                s3.delete_object(Bucket=bucket.id, Key=entry["Key"], VersionId=entry["VersionId"])


def _empty_repository(account: Account, region: str, repository: Resource) -> None:
    ecr = account.client("ecr", region)
    with contextlib.suppress(ecr.exceptions.RepositoryNotFoundException):
        ids: list[Any] = list(
            ecr.get_paginator("list_images").paginate(repositoryName=repository.id).search("imageIds")
        )
        for start in range(0, len(ids), _BATCH):
            ecr.batch_delete_image(repositoryName=repository.id, imageIds=ids[start : start + _BATCH])


def _delete_final_snapshot(account: Account, region: str, cache: Resource) -> None:
    name = cache.outputs.get("finalSnapshotIdentifier")
    if name is None:
        return
    caches = account.client("elasticache", region)
    with contextlib.suppress(caches.exceptions.SnapshotNotFoundFault):
        caches.delete_snapshot(SnapshotName=name)


def sweep(account: Account, region: str, stack: str, resources: Iterable[Resource]) -> None:
    """Deletes what a destroy leaves behind.

    The program retains task definition revisions, secrets, validation records and a cache's final snapshot.

    Args:
        resources: the stack's resources before the destroy.
    """
    _sweep_task_definitions(account, region, stack)
    _sweep_secrets(account, region, stack)
    for resource in resources:
        if resource.retained and resource.type == "aws:route53/record:Record":
            _delete_record(account, region, resource)
        if resource.type == _CACHE:
            _delete_final_snapshot(account, region, resource)


def _sweep_task_definitions(account: Account, region: str, stack: str) -> None:
    ecs = account.client("ecs", region)
    for arn in _task_definitions(ecs, stack, "ACTIVE"):
        ecs.deregister_task_definition(taskDefinition=arn)
    left = _task_definitions(ecs, stack, "INACTIVE")
    for start in range(0, len(left), 10):  # Amazon ECS, DeleteTaskDefinitions: at most 10 at once
        ecs.delete_task_definitions(taskDefinitions=left[start : start + 10])


def _task_definitions(ecs: Any, stack: str, status: str) -> list[str]:
    """Returns the ARNs of a stack's task definitions that have a status."""
    arns = ecs.get_paginator("list_task_definitions").paginate(status=status).search("taskDefinitionArns")
    tag = {"key": _STACK_TAG, "value": stack}
    return [arn for arn in arns if tag in ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])["tags"]]


def _sweep_secrets(account: Account, region: str, stack: str) -> None:
    """Deletes secrets in their recovery window, and those that the sandbox supplied."""
    client = account.client("secretsmanager", region)
    pages = client.get_paginator("list_secrets").paginate(IncludePlannedDeletion=True)
    for secret in list(pages.search("SecretList")):
        tags = {tag["Key"]: tag["Value"] for tag in secret.get("Tags", [])}
        if stack in (tags.get(_STACK_TAG), tags.get(fixtures.OWNER_TAG)):
            if secret.get("DeletedDate"):
                client.restore_secret(SecretId=secret["ARN"])
            client.delete_secret(SecretId=secret["ARN"], ForceDeleteWithoutRecovery=True)


def _delete_record(account: Account, region: str, record: Resource) -> None:
    """Deletes a record that the engine retained, unless the `down` of another stack has."""
    route53 = account.client("route53", region)
    zone, name, kind = (str(record.outputs.get(key, "")) for key in ("zoneId", "name", "type"))
    try:
        pages = route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone)
        records: list[Any] = list(pages.search("ResourceRecordSets"))
    except route53.exceptions.NoSuchHostedZone:
        return
    for entry in records:
        if entry["Name"].rstrip(".") == name.rstrip(".") and entry["Type"] == kind:
            change = {"Action": "DELETE", "ResourceRecordSet": entry}
            route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})
