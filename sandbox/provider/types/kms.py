"""AWS KMS: keys and their aliases."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from ..resource import Call, Context, Name, Read, Resource, Tags
from ..rules import Fault, between, document, found, given, matches, objects, parse, resource_statements
from ..values import Values


def _key_rules(inputs: Values) -> Iterator[Fault]:
    """AWS KMS API Reference: CreateKey, ScheduleKeyDeletion; Developer Guide, "Quotas"."""
    yield from between(inputs, "deletionWindowInDays", 7, 30, "days")
    yield from document(inputs, "policy", 32 * 1024)
    yield from resource_statements(inputs, "policy")
    statements = [statement for _, statement in objects(parse(inputs, "policy"), "policy.Statement")]
    if statements and not any(_lets_change_policy(statement) for statement in statements):
        yield Fault("policy", "must allow the account kms:PutKeyPolicy, or nobody could change the policy again")


def _lets_change_policy(statement: Values) -> bool:
    actions = [str(action) for _, action in found(statement, "Action")]
    is_allowed = any(fnmatchcase("kms:PutKeyPolicy", action) for action in actions)
    admits_account = statement.get("Principal") == "*" or given(statement, "Principal.AWS")
    return statement.get("Effect") == "Allow" and is_allowed and admits_account


def _alias_rules(inputs: Values) -> Iterator[Fault]:
    """AWS KMS API Reference, CreateAlias."""
    rule = "must be alias/ and 1 to 250 letters, digits and /_-, not starting with aws/"
    yield from matches(inputs, "name", r"alias/(?!aws/)[A-Za-z0-9/_-]{1,250}", rule)


_ALIAS = "alias/"


def _switch(_values: Values, _: Context) -> Values:
    """Rotation is turned on by one call and off by another; neither has a parameter for it."""
    return {}


KEY = Resource(
    "aws:kms/key:Key",
    service="kms",
    create=Call("CreateKey", ("description", "policy")),
    id=lambda answer, _: answer["KeyMetadata"]["KeyId"],
    identity=lambda it: {"KeyId": it.id},
    read=(
        Read("DescribeKey", at="KeyMetadata", gone=lambda key: key["KeyState"] == "PendingDeletion"),
        Read("GetKeyPolicy", params=lambda it: {"KeyId": it.id, "PolicyName": "default"}),
        Read("GetKeyRotationStatus"),
    ),
    update=(
        Call("UpdateKeyDescription", ("description",)),
        Call("PutKeyPolicy", ("policy",), params=lambda it: {"KeyId": it.id, "PolicyName": "default"}),
    ),
    after_create=(
        Call("EnableKeyRotation", ("enableKeyRotation",), prepare=_switch, if_unset=Call("DisableKeyRotation")),
    ),
    delete=(Call("ScheduleKeyDeletion", ("deletionWindowInDays",)),),
    rename={"deletionWindowInDays": "PendingWindowInDays"},
    shown_as={"enableKeyRotation": "KeyRotationEnabled"},
    outputs=("arn", "description", "keyId", "policy"),
    defaults={"enableKeyRotation": False},
    local=("deletionWindowInDays",),
    tags=Tags(list="ListResourceTags"),
    rules=_key_rules,
)


def _alias(found: Any, it: Context) -> Values:
    """A program names the key by its id or its ARN. The account shows the id."""
    arn, key = found["AliasArn"], found["TargetKeyId"]
    key_arn = f"{arn.partition(f':{_ALIAS}')[0]}:key/{key}"
    return {"arn": arn, "targetKeyId": key_arn if it["targetKeyId"] == key_arn else key}


def _with_prefix(name: str) -> str:
    return name if name.startswith(_ALIAS) else f"{_ALIAS}{name}"


ALIAS = Resource(
    "aws:kms/alias:Alias",
    service="kms",
    create=Call("CreateAlias", ("name", "targetKeyId")),
    id="name",
    identity=lambda it: {"AliasName": it.id},
    read=(Read("ListAliases", at="Aliases", show=_alias),),
    update=(Call("UpdateAlias", ("targetKeyId",)),),
    delete=(Call("DeleteAlias"),),
    rename={"name": "AliasName"},
    outputs=("arn",),
    name=Name("name", max_length=238, transform=_with_prefix),
    rules=_alias_rules,
)

RESOURCES = (KEY, ALIAS)
