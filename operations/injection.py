"""A container's secrets, as ECS injects them: the container gets only what its execution role may read.

Source: Amazon ECS Developer Guide, "Pass Secrets Manager secrets through Amazon ECS environment variables".
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
# An ARN, arn:partition:secretsmanager:region:account:secret:name. After it may come a JSON key, a version's stage and a
# version's id, each of which may be empty.
_VALUE_FROM = re.compile(
    r"(?P<arn>arn:aws[a-z-]*:secretsmanager:(?P<region>[a-z0-9-]+):\d{12}:secret:[^:]+)"
    r"(?::(?P<key>[^:]*):(?P<stage>[^:]*):(?P<version>[^:]*))?"
)


@dataclass(frozen=True)
class ValueFrom:
    """Where the value of a variable comes from."""

    arn: str  # of the secret
    key: str  # of the JSON object in the secret; empty: the whole secret
    stage: str  # empty: AWSCURRENT, unless `version` is set
    version: str  # empty: the version of the stage

    @classmethod
    def of(cls, variable: str, text: str, region: str) -> Self:
        """Reads a `valueFrom`.

        Raises:
            OperationError: it does not name a secret of Secrets Manager in that region.
        """
        found = _VALUE_FROM.fullmatch(text)
        if found is None or found["region"] != region:
            raise OperationError(
                f"{variable} comes from {text}. This command reads only secrets of Secrets Manager in {region}, by ARN."
            )
        return cls(found["arn"], *(found[part] or "" for part in ("key", "stage", "version")))


class ResourceInitializationError(OperationError):
    """Why ECS could not start the task. ECS gives a stopped task this name as its reason."""

    def __init__(self, definition: TaskDefinition, problems: list[str]) -> None:
        lines = [
            f"ResourceInitializationError: ECS could not start {definition.name}, so this command does not either.",
            *(f"  {problem}" for problem in problems),
        ]
        super().__init__("\n".join(lines))


def inject(target: Target, definition: TaskDefinition, role: Role | None = None) -> dict[str, str]:
    """Returns the values of the container's secrets, by environment variable.

    Only ECS can assume the execution role. So this evaluates the role's policies, then reads the values with the
    credentials of the shell.

    Args:
        role: the execution role, if the caller has read it.

    Raises:
        ResourceInitializationError: the role may not read a secret, or a secret lacks the value. The text names every
            such secret and shows no value.
        OperationError: a policy cannot be evaluated.
    """
    sources = {name: ValueFrom.of(name, text, target.region) for name, text in definition.container.secrets.items()}
    if not sources:
        return {}
    if definition.execution_role_arn is None:
        raise ResourceInitializationError(definition, ["it injects secrets but has no execution role to read them"])
    role = role or Role.read(target.client("iam"), definition.execution_role_arn)
    _, partition, _, region, account, _ = definition.arn.split(":", 5)
    context = {"aws:sourceaccount": account, "aws:sourcearn": f"arn:{partition}:ecs:{region}:{account}:*"}
    if not role.trusts(_ECS, context):
        raise ResourceInitializationError(
            definition,
            [f"the trust policy of the execution role {role.arn} does not let {_ECS} assume it (sts:AssumeRole)"],
        )
    values, problems = dict[str, str](), list[str]()
    for variable, value_from in sources.items():
        try:
            values[variable] = _value(target, role, value_from)
        except _NotInjectedError as error:
            problems.append(f"{variable}: {error}")
    if problems:
        raise ResourceInitializationError(definition, problems)
    return values


class _NotInjectedError(Exception):
    """Why one variable gets no value."""


def _value(target: Target, role: Role, source: ValueFrom) -> str:
    secrets = target.client("secretsmanager")
    try:
        described = secrets.describe_secret(SecretId=source.arn)
    except secrets.exceptions.ResourceNotFoundException:
        raise _NotInjectedError(f"there is no secret {source.arn}") from None
    arn = described["ARN"]
    _require(role, "secretsmanager:GetSecretValue", arn, {**_request(role, arn), "secretsmanager:secretid": arn})
    if described.get("KmsKeyId"):
        _require_key(target, role, described["KmsKeyId"], arn)
    which = {"VersionId": source.version, "VersionStage": source.stage}
    try:
        found = secrets.get_secret_value(SecretId=arn, **{name: value for name, value in which.items() if value})
    except (
        secrets.exceptions.ResourceNotFoundException,
        secrets.exceptions.InvalidRequestException,
    ) as error:
        refusal: Any = error
        version = ", ".join(value for value in which.values() if value) or "AWSCURRENT"
        raise _NotInjectedError(f"{arn} has no value in {version}: {refusal.response['Error']['Message']}") from None
    text = found.get("SecretString")
    if text is None:
        raise _NotInjectedError(f"{arn} holds binary data, and ECS injects only text")
    return _member(arn, text, source.key) if source.key else text


def _request(role: Role, secret_arn: str) -> dict[str, str]:
    """Returns the condition keys of every request that ECS makes for a secret."""
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
    """Requires a grant for the secret's key. AWS's own key needs none: it admits every principal of the account."""
    kms = target.client("kms")
    try:
        key = kms.describe_key(KeyId=key_id)["KeyMetadata"]
    except kms.exceptions.NotFoundException:
        raise _NotInjectedError(f"its KMS key {key_id} does not exist") from None
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
        raise _NotInjectedError(f"{arn} holds no JSON object to read {key} from")
    value = cast(Mapping[str, Any], members).get(key)
    if value is None:
        raise _NotInjectedError(f"the JSON object in {arn} has no {key}")
    return value if isinstance(value, str) else json.dumps(value)
