"""KMS: keys and their aliases."""

from typing import Any

from ..spec import Context, table
from ..values import Values

_ALIAS = "alias/"


def _switch(name: str, *, on: bool) -> Any:
    """Only the call that turns the switch `name` the way it is wanted is made, and only if it is not so already."""

    def build(values: Values, context: Context) -> list[Values]:
        was_on = context.olds.get(name, name == "isEnabled")  # a new key is enabled and does not rotate
        return [{}] if values.get(name) is on and was_on is not on else []

    return build


def rotation(values: Values, context: Context) -> list[Values]:
    """To change the period, rotation is enabled once more."""
    period = {"rotationPeriodInDays": values.get("rotationPeriodInDays")}
    return [period] if context["enableKeyRotation"] else []


def period(found: Any, context: Context) -> Values:
    """A key that does not rotate has no period; the program may name one all the same."""
    return {} if found["KeyRotationEnabled"] else {"rotationPeriodInDays": context["rotationPeriodInDays"]}


def alias(found: Any, context: Context) -> Values:
    """The key may be named by its id or its ARN; the account shows the id."""
    arn, key = found[0]["AliasArn"], found[0]["TargetKeyId"]
    key_arn = f"{arn.partition(f':{_ALIAS}')[0]}:key/{key}"
    return {"targetKeyArn": key_arn, "targetKeyId": key_arn if context["targetKeyId"] == key_arn else key}


def prefixed(name: str) -> str:
    return name if name.startswith(_ALIAS) else f"{_ALIAS}{name}"


stop_rotation = _switch("enableKeyRotation", on=False)
enable = _switch("isEnabled", on=True)
disable = _switch("isEnabled", on=False)

RESOURCES = table(
    globals(),
    """
    aws:kms/key:Key
      create    CreateKey description keyUsage customerMasterKeySpec multiRegion policy -> KeyMetadata.KeyId
      read      DescribeKey KeyId={id} -> KeyMetadata
      read      GetKeyPolicy KeyId={id} PolicyName=default
      read      GetKeyRotationStatus KeyId={id} @period
      update    UpdateKeyDescription description KeyId={id}
      update    PutKeyPolicy policy KeyId={id} PolicyName=default
      then-put  EnableKeyRotation enableKeyRotation rotationPeriodInDays KeyId={id} @rotation
      then      DisableKeyRotation enableKeyRotation KeyId={id} @stop_rotation
      then      EnableKey isEnabled KeyId={id} @enable
      then      DisableKey isEnabled KeyId={id} @disable
      # It wants the id, not the ARN.
      delete    ScheduleKeyDeletion deletionWindowInDays KeyId={id}
      names     customerMasterKeySpec=KeySpec deletionWindowInDays=PendingWindowInDays
      reads     enableKeyRotation=KeyRotationEnabled isEnabled=Enabled
      otherwise multiRegion=false
      outputs   arn description keyId multiRegion policy rotationPeriodInDays
      defaults  customerMasterKeySpec=SYMMETRIC_DEFAULT enableKeyRotation=false isEnabled=true
                keyUsage=ENCRYPT_DECRYPT
      local     deletionWindowInDays
      gone      KeyState=PendingDeletion,PendingReplicaDeletion
      tags      TagResource UntagResource ListResourceTags KeyId={id} -> Tags

    aws:kms/alias:Alias
      create    CreateAlias name (targetKeyId) -> {name}
      read      ListAliases @alias -> Aliases[AliasName={id}]
      update    UpdateAlias () AliasName={id}
      delete    DeleteAlias AliasName={id}
      names     name=AliasName
      outputs   arn=AliasArn targetKeyArn
      named     name 238 namePrefix @prefixed
    """,
)
