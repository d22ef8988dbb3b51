"""Taking a stack down, protected or not, so that nothing of it stays in the account."""

import contextlib
from collections.abc import Callable, Iterable
from typing import Any

from sandbox import engine_state, supplies
from sandbox.account.process import Account
from sandbox.engine_state import Resource
from sandbox.layout import Layout, SandboxError
from sandbox.process import say
from sandbox.recovery import recover
from sandbox.stacks import Session, exclusively, forget_state, is_gone
from sandbox.wants import wants

_BATCH = 100


def down(layout: Layout, stack_name: str) -> None:
    """Take a stack down; other stacks stay as they are. The stack itself stays, empty, ready for the next `up`.

    Raises:
        SandboxError: there is no such stack, or a step failed.
    """
    if stack_name not in engine_state.stacks(layout):
        raise SandboxError(f"There is no stack {stack_name} in the sandbox.")
    session = Session.open(layout, stack_name, new_account=True)
    with exclusively(layout, stack_name):
        recover(layout, stack_name, session.pulumi)
        resources = engine_state.resources(layout, stack_name)
        if is_gone(session):
            say(f"State: what {stack_name} lists went with an account that is gone; forgetting it")
            forget_state(session)
            session.select()
            resources = []
        _forget_supplies(session)
        if resources:
            session.pulumi("state", "unprotect", "--all", "--yes", "--stack", stack_name, quiet=True)
            prepare(session.account, session.region, resources)
        say(f"Down: {stack_name}")
        session.pulumi("destroy", "--stack", stack_name, "--yes", "--skip-preview", "--non-interactive")
        shared = _retained_by_others(layout, stack_name)
        sweep(session.account, session.region, stack_name, [item for item in resources if item.id not in shared])
        supplies.withdraw(session.account, stack_name, session.region)
    say(
        f"{stack_name} is down. Nothing of it is left in the account but its KMS key, which waits out its deletion"
        f" window as on AWS. Again: `make up STACK={stack_name}`."
    )


def _retained_by_others(layout: Layout, stack_name: str) -> set[str]:
    """The ids of what other stacks retain as well: the regions of one domain share its validation record."""
    others = [stack for stack in engine_state.stacks(layout) if stack != stack_name]
    return {item.id for stack in others for item in engine_state.resources(layout, stack) if item.retained}


def _forget_supplies(session: Session) -> None:
    """Take out of the stack file what goes with the stack, before it goes: the next up supplies it anew."""
    copy = session.copy()
    want = wants()
    own = supplies.own_certificates(session.account, session.stack.name, session.region)
    if want.certificate_key and copy.get(want.certificate_key) in own:
        copy.remove(want.certificate_key)
    if want.image_key:
        copy.remove(want.image_key)
    session.save(copy)


def prepare(account: Account, region: str, resources: Iterable[Resource]) -> None:
    """Lift what keeps the account from deleting a stack's objects: deletion protection, objects, images."""
    lifts: dict[str, Callable[[Account, str, Resource], None]] = {
        "aws:dynamodb/table:Table": _unprotect_table,
        "aws:cloudwatch/logGroup:LogGroup": _unprotect_log_group,
        "aws:s3/bucket:Bucket": _empty_bucket,
        "aws:ecr/repository:Repository": _empty_repository,
        "aws:lb/loadBalancer:LoadBalancer": _unprotect_load_balancer,
    }
    for resource in resources:
        if lift := lifts.get(resource.type):
            lift(account, region, resource)


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
        for page in ecr.get_paginator("list_images").paginate(repositoryName=repository.id):
            ids: list[Any] = page["imageIds"]
            for start in range(0, len(ids), _BATCH):
                ecr.batch_delete_image(repositoryName=repository.id, imageIds=ids[start : start + _BATCH])


def sweep(account: Account, region: str, stack: str, resources: Iterable[Resource]) -> None:
    """Remove what a destroy leaves behind: on purpose, task definition revisions, secrets and retained DNS records; and
    the network interfaces of deleted NAT gateways, which moto keeps.

    Args:
        resources: the stack's resources before the destroy.
    """
    families = {resource.outputs.get("family") for resource in resources if resource.type.endswith(":TaskDefinition")}
    _sweep_task_definitions(account, region, stack, {family for family in families if isinstance(family, str)})
    _sweep_secrets(account, region, stack)
    for resource in resources:
        if resource.retained and resource.type == "aws:route53/record:Record":
            _delete_record(account, region, resource)
        if resource.type == "aws:ec2/vpc:Vpc":
            _delete_interfaces(account, region, resource.id)


def _sweep_task_definitions(account: Account, region: str, stack: str, families: set[str]) -> None:
    ecs = account.client("ecs", region)
    left: list[str] = []
    for status in ("ACTIVE", "INACTIVE"):
        for page in ecs.get_paginator("list_task_definitions").paginate(status=status):
            for arn in page["taskDefinitionArns"]:
                family = arn.rpartition("/")[2].rpartition(":")[0]
                if family in families or _stack_of_task_definition(ecs, arn) == stack:
                    left.append(arn)
                    if status == "ACTIVE":
                        ecs.deregister_task_definition(taskDefinition=arn)
    for start in range(0, len(left), 10):  # Amazon ECS, DeleteTaskDefinitions: at most 10 at once
        ecs.delete_task_definitions(taskDefinitions=left[start : start + 10])


def _stack_of_task_definition(ecs: Any, arn: str) -> str | None:
    tags = ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"]).get("tags", [])
    return next((tag["value"] for tag in tags if tag["key"] == wants().stack_tag), None)


def _sweep_secrets(account: Account, region: str, stack: str) -> None:
    """Secrets in their recovery window, and those that the sandbox supplied."""
    client = account.client("secretsmanager", region)
    pages = client.get_paginator("list_secrets").paginate(IncludePlannedDeletion=True)
    for secret in [entry for page in pages for entry in page["SecretList"]]:
        tags = {tag["Key"]: tag["Value"] for tag in secret.get("Tags", [])}
        if stack in (tags.get(wants().stack_tag), tags.get(supplies.OWNER_TAG)):
            if secret.get("DeletedDate"):
                client.restore_secret(SecretId=secret["ARN"])
            client.delete_secret(SecretId=secret["ARN"], ForceDeleteWithoutRecovery=True)


def _delete_interfaces(account: Account, region: str, vpc: str) -> None:
    ec2 = account.client("ec2", region)
    for page in ec2.get_paginator("describe_network_interfaces").paginate(
        Filters=[{"Name": "vpc-id", "Values": [vpc]}]
    ):
        for interface in page["NetworkInterfaces"]:
            ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterfaceId"])


def _delete_record(account: Account, region: str, record: Resource) -> None:
    """Delete a record that the engine retained, unless another stack's `down` has."""
    route53 = account.client("route53", region)
    zone, name, kind = (str(record.outputs.get(key, "")) for key in ("zoneId", "name", "type"))
    try:
        pages = list(route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone))
    except route53.exceptions.NoSuchHostedZone:
        return
    for entry in [entry for page in pages for entry in page["ResourceRecordSets"]]:
        if entry["Name"].rstrip(".") == name.rstrip(".") and entry["Type"] == kind:
            change = {"Action": "DELETE", "ResourceRecordSet": entry}
            route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})
