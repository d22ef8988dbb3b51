"""Service Quotas: the quotas that limit a stack, with the values of a new account. moto has those of Amazon VPC only.

Sources of the values: AWS General Reference, "Amazon ECS endpoints and quotas" (AWS Fargate), "Amazon EC2 endpoints and
quotas"; Amazon Nova User Guide, "Using the Amazon Nova Sonic Speech-to-Speech model". No document gives the code of the
last quota, so its code is made up.
"""

import json
from typing import Any

from moto.servicequotas.responses import ServiceQuotasResponse

from sandbox.account.patching import adds

# Service code: the service's name, and of each quota the code, the name and the value.
_QUOTAS: dict[str, tuple[str, list[tuple[str, str, float]]]] = {
    "fargate": (
        "AWS Fargate",
        [
            ("L-3032A538", "Fargate On-Demand vCPU resource count", 6),
            ("L-36FBB829", "Fargate Spot vCPU resource count", 6),
        ],
    ),
    "ec2": ("Amazon Elastic Compute Cloud (Amazon EC2)", [("L-0263D0A3", "EC2-VPC Elastic IPs", 5)]),
    "bedrock": (
        "Amazon Bedrock",
        [("L-00000000", "On-demand InvokeModel concurrent requests for Amazon Nova 2 Sonic", 20)],
    ),
}


def _quotas(backend: Any, service_code: str) -> list[dict[str, Any]]:
    name, quotas = _QUOTAS.get(service_code, ("", []))
    return [
        {
            "ServiceCode": service_code,
            "ServiceName": name,
            "QuotaArn": f"arn:aws:servicequotas:{backend.region_name}:{backend.account_id}:{service_code}/{code}",
            "QuotaCode": code,
            "QuotaName": quota,
            "Value": float(value),
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
        }
        for code, quota, value in quotas
    ]


@adds(ServiceQuotasResponse)
def list_service_quotas(request: Any) -> str:
    """Returns the quotas of the account for a service, in one page: nobody has requested another value."""
    service_code = str(json.loads(request.body).get("ServiceCode"))
    quotas = _quotas(request.backend, service_code) or request.backend.list_aws_default_service_quotas(service_code)
    return json.dumps({"Quotas": quotas})
