"""The policies and trust policies of CI's roles, which docs/ci.md has an operator create."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "ci"
PREVIEW = ["preview-data-policy", "preview-service-policy"]
DEPLOY = ["deploy-access-policy", "deploy-data-policy", "deploy-network-policy", "deploy-service-policy"]
POLICIES = [*PREVIEW, *DEPLOY]
TRUSTS = ["preview-trust", "deploy-trust"]
BOUNDARY = "boundary"  # of the roles that the program creates
DOCUMENTS = [*POLICIES, BOUNDARY]
ACCOUNT = "123456789012"
# The longest values of their kind.
VALUES = {
    "ACCOUNT": ACCOUNT,
    "HOSTED_ZONE_ID": "Z0123456789ABCDEFGHIJ",
    "REPOSITORY": "octo/voiceter-backend-infrastructure",
    "REPOSITORY_WITH_IDS": "octo@12345678/voiceter-backend-infrastructure@1234567890",
    "SECRETS_KEY_ARN": f"arn:aws:kms:ap-northeast-1:{ACCOUNT}:key/12345678-1234-1234-1234-123456789012",
    "STATE_BUCKET": "voiceter-backend-pulumi-state-of-the-whole-company-eu-north-1",
    "TABLE_PREFIX": "demo-",
}


def text_of(name: str) -> str:
    return (FOLDER / f"{name}.json").read_text()


@cache
def rendered(name: str) -> dict[str, Any]:
    """Returns a document with its placeholders filled in, as the guide's command does."""
    return json.loads(re.sub(r"\$\{(\w+)\}", lambda found: VALUES[found[1]], text_of(name)))


def statements(name: str) -> list[dict[str, Any]]:
    """Returns the statements of a document."""
    return rendered(name)["Statement"]


def actions(*names: str) -> set[str]:
    """Returns the actions in the statements of some documents."""
    return {action for name in names for statement in statements(name) for action in statement["Action"]}
