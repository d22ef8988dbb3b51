"""The permissions boundary of the roles, read back from the account."""

from __future__ import annotations

import pytest

from tests.live.harness import ACCOUNT_ID
from tests.live.stack import Stack

pytestmark = pytest.mark.live


def test_every_role_of_the_stack_has_the_boundary(everything: Stack) -> None:
    iam, arn = everything.client("iam"), f"arn:aws:iam::{ACCOUNT_ID}:policy/boundary"
    names = [one["id"] for one in everything.sandbox.resources("dev") if one["type"] == "aws:iam/role:Role"]
    assert len(names) == 3
    boundaries = {
        iam.get_role(RoleName=name)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] for name in names
    }
    assert boundaries == {arn}
