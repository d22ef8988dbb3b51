"""KMS: keys and their aliases."""

from typing import Any

from ..spec import Context, table
from ..values import Values

_ALIAS = "alias/"


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
      # To change the period, rotation is enabled once more.
      then-put  EnableKeyRotation enableKeyRotation? rotationPeriodInDays KeyId={id} else DisableKeyRotation KeyId={id}
      then      EnableKey isEnabled? KeyId={id} else DisableKey KeyId={id}
      # It wants the id, not the ARN.
      delete    ScheduleKeyDeletion deletionWindowInDays KeyId={id}
      names     customerMasterKeySpec=KeySpec deletionWindowInDays=PendingWindowInDays
      reads     enableKeyRotation=KeyRotationEnabled isEnabled=Enabled
      otherwise multiRegion=false isEnabled=true
      outputs   arn description keyId multiRegion policy
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
