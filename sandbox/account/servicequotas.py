"""Service Quotas: the quotas that limit a stack, with the values of a new account. moto has those of Amazon VPC only.

The answers hold what the program's operations read.

Sources of the values: AWS General Reference, "Amazon ECS endpoints and quotas" (AWS Fargate), "Amazon EC2 endpoints and
quotas"; Amazon Nova User Guide, "Using the Amazon Nova Sonic Speech-to-Speech model".
"""

import json
from typing import Any

from moto.servicequotas.responses import ServiceQuotasResponse

from sandbox.account.patching import adds

# Service code: each quota's name and value.
_QUOTAS: dict[str, dict[str, float]] = {
    "fargate": {"Fargate On-Demand vCPU resource count": 6, "Fargate Spot vCPU resource count": 6},
    "ec2": {"EC2-VPC Elastic IPs": 5},
    "bedrock": {"On-demand InvokeModel concurrent requests for Amazon Nova 2 Sonic": 20},
}


@adds(ServiceQuotasResponse)
def list_service_quotas(request: Any) -> str:
    """Returns the quotas of the account for a service, in one page: nobody has requested another value."""
    code = str(json.loads(request.body).get("ServiceCode"))
    if code not in _QUOTAS:
        return json.dumps({"Quotas": request.backend.list_aws_default_service_quotas(code)})
    quotas = [{"ServiceCode": code, "QuotaName": name, "Value": float(value)} for name, value in _QUOTAS[code].items()]
    return json.dumps({"Quotas": quotas})
