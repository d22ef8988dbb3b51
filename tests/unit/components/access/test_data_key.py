"""What the roles may do with the key of the data. tests/program/test_resource_policies.py has the key's policy."""

from __future__ import annotations

import pytest

from recording.fake_aws import ACCOUNT
from tests.support import iam
from tests.support.policies import policies_of
from tests.support.program import everything, run

KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0a1b"
OTHER_KEY = KEY.replace("0a1b", "2c3d")
ITEMS = {"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom"}
# Role -> the service through which it uses the key -> the actions.
USES = {
    "task": {"dynamodb": ITEMS, "s3": {"kms:Decrypt", "kms:GenerateDataKey"}},
    "execution": {"secretsmanager": {"kms:Decrypt"}},
}


def through(service: str, region: str = "us-east-1") -> dict[str, str]:
    return {"kms:ViaService": f"{service}.{region}.amazonaws.com"}


@pytest.mark.parametrize("action", [*sorted(ITEMS), "kms:CreateGrant"])
@pytest.mark.parametrize("service", ["dynamodb", "s3", "secretsmanager", "sns"])
@pytest.mark.parametrize("role", USES)
def test_role_uses_the_key_through_its_services_alone(role: str, service: str, action: str) -> None:
    policy = policies_of(run("prod"), role)
    assert iam.allows(policy, action, KEY, through(service)) is (action in USES[role].get(service, ()))
    assert not iam.allows(policy, action, KEY, through(service, "eu-north-1"))
    assert not iam.allows(policy, action, OTHER_KEY, through(service))
    assert not iam.allows(policy, action, KEY)


def test_shell_decrypts_its_session() -> None:
    task = policies_of(everything(), "task")
    assert iam.allows(task, "kms:Decrypt", KEY)
    assert not iam.allows(task, "kms:GenerateDataKey", KEY)


def test_nothing_is_encrypted_before_the_roles_may_use_the_key() -> None:
    key = everything().one(":Key", "data").urn
    grants = {one.urn for one in everything().all(":RolePolicy") if "DataKey" in one.name}
    assert len(grants) == 4
    users = [one for one in everything().registered if key in one.depends_on and one.urn not in grants]
    encrypted = [one for one in users if not one.type.endswith(":Alias")]
    assert len(encrypted) > 6
    for one in encrypted:
        assert grants <= one.depends_on, one.urn
