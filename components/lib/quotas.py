"""The quotas of AWS that limit a stack, each once.

`make preflight` compares some of them with the account, and `make scale` all of them with a load.

A quota is of an account and region. Its default is what AWS's document says; a new account can have less.
"""

from dataclasses import dataclass
from typing import Final

_ECS: Final = "https://docs.aws.amazon.com/general/latest/gr/ecs-service.html"
_LOAD_BALANCER: Final = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html"
_VPC: Final = "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html"
_DYNAMODB: Final = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html"
_NOVA: Final = "https://docs.aws.amazon.com/nova/latest/userguide/what-is-nova.html"


@dataclass(frozen=True)
class Quota:
    """A quota as Service Quotas lists it.

    Args:
        service: the code of its service.
        name: the beginning of its name.
        default: its value unless somebody requests another.
        source: AWS's document with the default.
        code: its code; empty if no document of AWS has it.
        uncertain: why the default is uncertain; empty: the document states it.
    """

    service: str
    name: str
    default: float
    source: str
    code: str = ""
    uncertain: str = ""


FARGATE_ON_DEMAND: Final = Quota("fargate", "Fargate On-Demand vCPU resource count", 6, _ECS, "L-3032A538")
FARGATE_SPOT: Final = Quota("fargate", "Fargate Spot vCPU resource count", 6, _ECS, "L-36FBB829")
TASKS_PER_SERVICE: Final = Quota(
    "ecs", "Tasks per service", 5000, _ECS, uncertain="AWS's documents differ on whether it can be raised"
)
# Tasks that ECS starts a minute for a service. Some newer regions have 125. AWS does not raise it.
TASK_LAUNCHES: Final = Quota("ecs", "Rate of tasks launched by a service on AWS Fargate", 500, _ECS)
TARGETS_PER_GROUP: Final = Quota(
    "elasticloadbalancing", "Targets per Target Group per Region", 1000, _LOAD_BALANCER, "L-A0D0B863"
)
TARGETS_PER_LOAD_BALANCER: Final = Quota(
    "elasticloadbalancing", "Targets per Application Load Balancer", 1000, _LOAD_BALANCER, "L-7E6692B2"
)
RESERVED_CAPACITY_UNITS: Final = Quota(
    "elasticloadbalancing",
    "Reserved Application Load Balancer Capacity Units (LCUs) per Application Load Balancer",
    15_000,
    _LOAD_BALANCER,
    uncertain="AWS publishes no limit for capacity that is not reserved; the load balancer grows by itself",
)
VPCS: Final = Quota("vpc", "VPCs per Region", 5, _VPC, "L-F678F1CE")
ELASTIC_IPS: Final = Quota("ec2", "EC2-VPC Elastic IPs", 5, _VPC, "L-0263D0A3")
NETWORK_INTERFACES: Final = Quota("vpc", "Network interfaces per Region", 5000, _VPC, "L-DF5E4CA3")
TABLE_WRITES: Final = Quota("dynamodb", "Table-level write throughput limit", 40_000, _DYNAMODB, "L-AB614373")
SPEECH_STREAMS: Final = Quota(
    "bedrock",
    "On-demand InvokeModel concurrent requests for Amazon Nova 2 Sonic",
    20,
    _NOVA,
    uncertain="the document is about the first Nova Sonic, and Service Quotas can show 0 where streams work",
)
