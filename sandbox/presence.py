"""Whether what a state lists is in the account at all."""

import contextlib
from collections.abc import Callable, Iterable

from sandbox.account.process import Account
from sandbox.engine_state import Resource


def none_left(account: Account, region: str, resources: Iterable[Resource]) -> bool:
    """Whether the account has none of a stack's repository, bucket, tables and roles, though its state lists some.

    That is so when the state is of an account that has ended: nobody deletes all of them by hand.
    """
    asked = [(resource, look) for resource in resources if (look := _LOOKS.get(resource.type))]
    return bool(asked) and not any(look(account, region, resource.id) for resource, look in asked)


def _repository(account: Account, region: str, name: str) -> bool:
    ecr = account.client("ecr", region)
    with contextlib.suppress(ecr.exceptions.RepositoryNotFoundException):
        return bool(ecr.describe_repositories(repositoryNames=[name])["repositories"])
    return False


def _bucket(account: Account, region: str, name: str) -> bool:
    return any(bucket["Name"] == name for bucket in account.client("s3", region).list_buckets()["Buckets"])


def _table(account: Account, region: str, name: str) -> bool:
    dynamodb = account.client("dynamodb", region)
    with contextlib.suppress(dynamodb.exceptions.ResourceNotFoundException):
        return bool(dynamodb.describe_table(TableName=name))
    return False


def _role(account: Account, region: str, name: str) -> bool:
    iam = account.client("iam", region)
    with contextlib.suppress(iam.exceptions.NoSuchEntityException):
        return bool(iam.get_role(RoleName=name))
    return False


_LOOKS: dict[str, Callable[[Account, str, str], bool]] = {
    "aws:ecr/repository:Repository": _repository,
    "aws:s3/bucket:Bucket": _bucket,
    "aws:dynamodb/table:Table": _table,
    "aws:iam/role:Role": _role,
}
