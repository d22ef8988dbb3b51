"""The secrets of a container, as ECS injects them: what the execution role may not read, the container does not get.

Amazon ECS Developer Guide, "Pass Secrets Manager secrets through Amazon ECS environment variables".
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, cast

from operations.definition import TaskDefinition
from operations.errors import OperationError
from operations.permissions import Context, Role
from operations.target import Target

_ECS = "ecs-tasks.amazonaws.com"
# arn:partition:secretsmanager:region:account:secret:name, and after it what to take of the secret, each part of which
# may be empty: a key of the JSON in it, a version's stage, a version's id.
_VALUE_FROM = re.compile(
    r"(?P<arn>arn:aws[a-z-]*:secretsmanager:(?P<region>[a-z0-9-]+):\d{12}:secret:[^:]+)"
    r"(?::(?P<key>[^:]*):(?P<stage>[^:]*):(?P<version>[^:]*))?"
)


@dataclass(frozen=True)
class ValueFrom:
    """Where a secret's value is."""

    arn: str  # of the secret
    key: str  # of the JSON in it; empty: all of it
    stage: str  # empty: AWSCURRENT, unless there is a version
    version: str  # empty: the one of the stage

    @classmethod
    def of(cls, variable: str, text: str, region: str) -> Self:
        """Read a `valueFrom`.

        Raises:
            OperationError: it is not of Secrets Manager in that region.
        """
        found = _VALUE_FROM.fullmatch(text)
        if found is None or found["region"] != region:
            raise OperationError(
                f"{variable} comes from {text}, which is no ARN of a secret in Secrets Manager in {region}: this"
                " command reads no other source."
            )
        return cls(found["arn"], *(found[part] or "" for part in ("key", "stage", "version")))


class ResourceInitializationError(OperationError):
    """What keeps ECS from starting the task, under the name that ECS gives it as a stopped reason."""

    def __init__(self, definition: TaskDefinition, problems: list[str]) -> None:
        lines = [
            f"ResourceInitializationError: ECS could not start {definition.name}, so it is not started here either.",
            *(f"  {problem}" for problem in problems),
        ]
        super().__init__("\n".join(lines))


def inject(target: Target, definition: TaskDefinition) -> dict[str, str]:
    """The values of the container's secrets, by environment variable.

    What the execution role may do is evaluated from its policies; the values are then read with the credentials of
    `target`, as ECS alone can take the role itself.

    Raises:
        ResourceInitializationError: the role may not read one of them, or one is not what the definition says. All that
            is wrong is in the text, and no value.
        OperationError: this cannot be told.
    """
    wanted = {name: ValueFrom.of(name, text, target.region) for name, text in definition.container.secrets.items()}
    if not wanted:
        return {}
    if definition.execution_role_arn is None:
        raise ResourceInitializationError(definition, ["it injects secrets, and has no execution role to read them"])
    role = Role.read(target.client("iam"), definition.execution_role_arn)
    _, partition, _, region, account, _ = definition.arn.split(":", 5)
    source = {"aws:sourceaccount": account, "aws:sourcearn": f"arn:{partition}:ecs:{region}:{account}:*"}
    if not role.trusts(_ECS, source):
        raise ResourceInitializationError(
            definition,
            [f"the execution role {role.arn} does not let {_ECS} take it (sts:AssumeRole in its trust policy)"],
        )
    values, problems = dict[str, str](), list[str]()
    for variable, source_of in wanted.items():
        try:
            values[variable] = _value(target, role, source_of)
        except _NotInjectedError as error:
            problems.append(f"{variable}: {error}")
    if problems:
        raise ResourceInitializationError(definition, problems)
    return values


class _NotInjectedError(Exception):
    """Why one variable gets no value."""


def _value(target: Target, role: Role, wanted: ValueFrom) -> str:
    secrets = target.client("secretsmanager")
    try:
        described = secrets.describe_secret(SecretId=wanted.arn)
    except secrets.exceptions.ResourceNotFoundException:
        raise _NotInjectedError(f"there is no secret {wanted.arn}") from None
    arn = described["ARN"]
    _require(role, "secretsmanager:GetSecretValue", arn, {**_request(role, arn), "secretsmanager:secretid": arn})
    if described.get("KmsKeyId"):
        _require_key(target, role, described["KmsKeyId"], arn)
    which = {"VersionId": wanted.version, "VersionStage": wanted.stage}
    try:
        found = secrets.get_secret_value(SecretId=arn, **{name: value for name, value in which.items() if value})
    except (
        secrets.exceptions.ResourceNotFoundException,
        secrets.exceptions.InvalidRequestException,
    ) as error:
        said: Any = error
        which_text = ", ".join(value for value in which.values() if value) or "AWSCURRENT"
        raise _NotInjectedError(f"{arn} has no value in {which_text}: {said.response['Error']['Message']}") from None
    text = found.get("SecretString")
    if text is None:
        raise _NotInjectedError(f"{arn} holds binary data, and ECS injects text only")
    return _member(arn, text, wanted.key) if wanted.key else text


def _request(role: Role, secret_arn: str) -> dict[str, str]:
    """What every request of ECS for a secret says of itself."""
    region, owner = secret_arn.split(":")[3:5]
    return {
        "aws:principalarn": role.arn,
        "aws:principalaccount": role.arn.split(":")[4],
        "aws:resourceaccount": owner,
        "aws:requestedregion": region,
        "aws:securetransport": "true",
    }


def _require(role: Role, action: str, resource: str, context: Context) -> None:
    if not role.may(action, resource, context):
        raise _NotInjectedError(
            f"AccessDeniedException: the execution role {role.arn} is not allowed {action} on {resource}"
        )


def _require_key(target: Target, role: Role, key_id: str, secret_arn: str) -> None:
    """The key of AWS's own takes every principal of the account that comes through Secrets Manager; others do not."""
    kms = target.client("kms")
    try:
        key = kms.describe_key(KeyId=key_id)["KeyMetadata"]
    except kms.exceptions.NotFoundException:
        raise _NotInjectedError(f"its key {key_id} does not exist") from None
    if key.get("KeyManager") == "AWS":
        return
    aliases = [alias["AliasName"] for alias in kms.list_aliases(KeyId=key["KeyId"])["Aliases"]]
    context = {
        **_request(role, secret_arn),
        "kms:viaservice": f"secretsmanager.{target.region}.amazonaws.com",
        "kms:resourcealiases": aliases,
        "kms:encryptioncontext:secretarn": secret_arn,
    }
    _require(role, "kms:Decrypt", key["Arn"], context)


def _member(arn: str, text: str, key: str) -> str:
    try:
        members: Any = json.loads(text)
    except ValueError:
        members = None
    if not isinstance(members, Mapping):
        raise _NotInjectedError(f"{arn} holds no JSON object to take {key} of")
    value = cast(Mapping[str, Any], members).get(key)
    if value is None:
        raise _NotInjectedError(f"the JSON object in {arn} has no {key}")
    return value if isinstance(value, str) else json.dumps(value)
