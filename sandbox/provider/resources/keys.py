"""KMS: keys and their aliases."""

from typing import Any

from ..spec import Call, Context, Resource, Tags, pairs
from ..values import Values

_ALIAS = "alias/"


def _switch(name: str, *, on: bool) -> Any:
    """Only the call that turns the switch `name` the way it is wanted is made, and only if it is not so already."""

    def build(values: Values, context: Context) -> list[Values]:
        was_on = context.olds.get(name, name == "isEnabled")  # a new key is enabled and does not rotate
        return [{}] if values.get(name) is on and was_on is not on else []

    return build


def _rotation(values: Values, context: Context) -> list[Values]:
    """To change the period, rotation is enabled once more."""
    period = {"rotationPeriodInDays": values.get("rotationPeriodInDays")}
    return [period] if context["enableKeyRotation"] else []


def _alias(found: Any, context: Context) -> Values:
    """The key may be named by its id or its ARN; the account shows the id."""
    arn, key = found[0]["AliasArn"], found[0]["TargetKeyId"]
    key_arn = f"{arn.partition(f':{_ALIAS}')[0]}:key/{key}"
    return {"targetKeyArn": key_arn, "targetKeyId": key_arn if context["targetKeyId"] == key_arn else key}


RESOURCES = (
    Resource(
        "aws:kms/key:Key",
        create=Call("CreateKey description keyUsage customerMasterKeySpec multiRegion policy -> KeyMetadata.KeyId"),
        read=(
            Call(
                "DescribeKey KeyId={id} -> KeyMetadata",
                take=lambda key, _: {"multiRegion": key.get("MultiRegion", False)},
            ),
            Call("GetKeyPolicy KeyId={id} PolicyName=default"),
            Call("GetKeyRotationStatus KeyId={id}"),
        ),
        updates=(
            Call("UpdateKeyDescription description KeyId={id}"),
            Call("PutKeyPolicy policy KeyId={id} PolicyName=default"),
        ),
        steps=(
            Call("EnableKeyRotation enableKeyRotation rotationPeriodInDays KeyId={id}", whole=True, build=_rotation),
            Call("DisableKeyRotation enableKeyRotation KeyId={id}", build=_switch("enableKeyRotation", on=False)),
            Call("EnableKey isEnabled KeyId={id}", build=_switch("isEnabled", on=True)),
            Call("DisableKey isEnabled KeyId={id}", build=_switch("isEnabled", on=False)),
        ),
        delete=Call("ScheduleKeyDeletion deletionWindowInDays KeyId={id}"),  # it wants the id, not the ARN
        names={"customerMasterKeySpec": "KeySpec", "deletionWindowInDays": "PendingWindowInDays"},
        reads={"enableKeyRotation": "KeyRotationEnabled", "isEnabled": "Enabled"},
        outputs="arn description keyId multiRegion policy",
        defaults=pairs(
            "customerMasterKeySpec=SYMMETRIC_DEFAULT enableKeyRotation=false isEnabled=true keyUsage=ENCRYPT_DECRYPT"
        ),
        local="deletionWindowInDays",
        gaps={"rotationPeriodInDays": "the account does not show how often a key rotates"},
        gone=("KeyState", ("PendingDeletion", "PendingReplicaDeletion")),
        tags=Tags("TagResource UntagResource KeyId={id}", "ListResourceTags -> Tags"),
    ),
    Resource(
        "aws:kms/alias:Alias",
        create=Call("CreateAlias name targetKeyId -> {name}"),
        read=Call("ListAliases -> Aliases", only={"AliasName": "{id}"}, take=_alias),
        updates=Call("UpdateAlias targetKeyId AliasName={id}"),
        delete=Call("DeleteAlias AliasName={id}"),
        names={"name": "AliasName"},
        reads={"arn": "AliasArn"},
        outputs="arn targetKeyArn",
        name="name",
        limit=250,
        spell=lambda name: name if name.startswith(_ALIAS) else f"{_ALIAS}{name}",
    ),
)
