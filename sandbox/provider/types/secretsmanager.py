"""Secrets Manager: secrets and their versions."""

from collections.abc import Iterator

from ..resource import Call, Context, Name, Read, Resource, Tags, parts_of_id
from ..rules import Fault, between, matches
from ..values import Values


def _secret_rules(inputs: Values) -> Iterator[Fault]:
    """AWS Secrets Manager API Reference: CreateSecret, DeleteSecret. The provider takes 0 for deletion at once."""
    yield from matches(inputs, "name", r"[A-Za-z0-9/_+=.@-]{1,512}", "must be 1 to 512 letters, digits and /_+=.@-")
    if inputs.get("recoveryWindowInDays") != 0:
        yield from between(inputs, "recoveryWindowInDays", 7, 30, "days, or 0 for deletion at once")


_CURRENT = "AWSCURRENT"  # the stage of the version that a secret's readers get


def _recovery_window(values: Values, _: Context) -> Values:
    return values if values.get("recoveryWindowInDays") else {"forceDeleteWithoutRecovery": True}


def _refuse_a_key_that_stays(olds: Values, news: Values) -> None:
    """Refuses what the AWS provider ignores: it sends no UpdateSecret that takes the key from a secret."""
    if olds.get("kmsKeyId") and not news.get("kmsKeyId"):
        raise ValueError("kmsKeyId: the AWS provider cannot remove the key of a secret")


SECRET = Resource(
    "aws:secretsmanager/secret:Secret",
    service="secretsmanager",
    create=Call("CreateSecret", ("name", "description", "kmsKeyId")),
    id=lambda answer, _: answer["ARN"],
    identity=lambda it: {"SecretId": it.id},
    read=(Read("DescribeSecret", gone=lambda secret: "DeletedDate" in secret),),
    update=(Call("UpdateSecret", ("description", "kmsKeyId")),),
    delete=(Call("DeleteSecret", ("recoveryWindowInDays",), prepare=_recovery_window),),
    outputs=("arn",),
    defaults={"recoveryWindowInDays": 30},
    clear={"description": ""},
    local=("recoveryWindowInDays",),
    name=Name("name", prefix="namePrefix"),
    refuses=_refuse_a_key_that_stays,
    tags=Tags(list=""),
    rules=_secret_rules,
)


def _take_off_stages(it: Context) -> None:
    """A version ends when it loses its stages. The current one cannot, so it stays with its secret."""
    found = it.call("DescribeSecret", SecretId=it["secretId"])
    for stage in found.get("VersionIdsToStages", {}).get(it["versionId"], []):
        if stage != _CURRENT:
            it.call(
                "UpdateSecretVersionStage",
                SecretId=it["secretId"],
                RemoveFromVersionId=it["versionId"],
                VersionStage=stage,
            )


VERSION = Resource(
    "aws:secretsmanager/secretVersion:SecretVersion",
    service="secretsmanager",
    create=Call("PutSecretValue", ("secretId", "secretString")),
    id=lambda answer, it: f"{it['secretId']}|{answer['VersionId']}",
    parse_id=parts_of_id("|", "secretId", "versionId"),
    identity=lambda it: {"SecretId": it["secretId"], "VersionId": it["versionId"]},
    read=(Read("GetSecretValue"),),
    shown_as={"secretId": "ARN"},
    outputs=("arn", "versionId"),
    secret=("secretString",),
    before_delete=_take_off_stages,
    hook_operations=("DescribeSecret", "UpdateSecretVersionStage"),
)

RESOURCES = (SECRET, VERSION)
