"""Config values that many tests give: of one account and, where they name a region, of us-east-1."""

from __future__ import annotations

from typing import Any, Final

from recording.fake_aws import ACCOUNT
from recording.program import REDIS_TOKEN, certificate

CERTIFICATE: Final = certificate("us-east-1")
ZONE: Final = "Z1D633PJN98FT9"
HTTPS: Final[dict[str, Any]] = {"domainName": "voice.example.com", "certificateArn": CERTIFICATE}
DOMAIN: Final[dict[str, Any]] = {"domainName": "voice.example.com", "hostedZoneId": ZONE}
REDIS: Final[dict[str, Any]] = {"redisEnabled": True, "redisAuthToken": REDIS_TOKEN}  # the keys that turn Redis on
ENCRYPTED_REDIS: Final[dict[str, Any]] = {"redisEnabled": True, "redisAuthToken": {"secure": "v1:AAAA"}}
SECRET: Final = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:team/token-AbC123"
GUARDRAIL: Final = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:guardrail/a1b2c3d4e5f6"
PROMPT: Final = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:prompt/AB12CD34EF"
SES_IDENTITY: Final = f"arn:aws:ses:us-east-1:{ACCOUNT}:identity/example.com"
BOUNDARY: Final = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
