"""KMS: keys and their aliases."""

from typing import Any

from ..spec import Call, Context, Resource, Tags
from ..values import Values

_KEY, _POLICY = {"KeyId": "{id}"}, {"KeyId": "{id}", "PolicyName": "default"}
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
        "kms",
        create=Call("CreateKey", "description keyUsage customerMasterKeySpec multiRegion policy"),
        id="KeyMetadata.KeyId",
        read=(
            Call(
                "DescribeKey",
                fixed=_KEY,
                at="KeyMetadata",
                take=lambda key, _: {"multiRegion": key.get("MultiRegion", False)},
            ),
            Call("GetKeyPolicy", fixed=_POLICY),
            Call("GetKeyRotationStatus", fixed=_KEY),
        ),
        updates=(
            Call("UpdateKeyDescription", "description", _KEY),
            Call("PutKeyPolicy", "policy", _POLICY),
        ),
        steps=(
            Call("EnableKeyRotation", "enableKeyRotation rotationPeriodInDays", _KEY, whole=True, build=_rotation),
            Call("DisableKeyRotation", "enableKeyRotation", _KEY, build=_switch("enableKeyRotation", on=False)),
            Call("EnableKey", "isEnabled", _KEY, build=_switch("isEnabled", on=True)),
            Call("DisableKey", "isEnabled", _KEY, build=_switch("isEnabled", on=False)),
        ),
        delete=(Call("ScheduleKeyDeletion", "deletionWindowInDays", _KEY),),  # it wants the id, not the ARN
        names={"customerMasterKeySpec": "KeySpec", "deletionWindowInDays": "PendingWindowInDays"},
        reads={"enableKeyRotation": "KeyRotationEnabled", "isEnabled": "Enabled"},
        outputs="arn description keyId multiRegion policy",
        defaults={
            "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "enableKeyRotation": False,
            "isEnabled": True,
            "keyUsage": "ENCRYPT_DECRYPT",
        },
        local="deletionWindowInDays",
        gaps={"rotationPeriodInDays": "the account does not show how often a key rotates"},
        gone=("KeyState", ("PendingDeletion", "PendingReplicaDeletion")),
        unique="",
        tags=Tags("TagResource", "UntagResource", _KEY, read="ListResourceTags"),
    ),
    Resource(
        "aws:kms/alias:Alias",
        "kms",
        create=Call("CreateAlias", "name targetKeyId"),
        id="{name}",
        read=(Call("ListAliases", at="Aliases", only={"AliasName": "{id}"}, take=_alias),),
        updates=(Call("UpdateAlias", "targetKeyId", {"AliasName": "{id}"}),),
        delete=(Call("DeleteAlias", fixed={"AliasName": "{id}"}),),
        names={"name": "AliasName"},
        reads={"arn": "AliasArn"},
        outputs="arn targetKeyArn",
        name="name",
        limit=250,
        spell=lambda name: name if name.startswith(_ALIAS) else f"{_ALIAS}{name}",
    ),
)
