"""The policies of the VPC's gateway endpoints: who may send requests through them, and to what."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.lib.account import Account
from components.lib.policy import Statement, document


@dataclass(frozen=True)
class EndpointPoliciesArgs:
    """The inputs of `EndpointPolicies`."""

    account: Account
    endpoint_ids: Mapping[str, pulumi.Input[str]]  # by service: s3, dynamodb
    bucket_arn: pulumi.Input[str]
    task_role_arn: pulumi.Input[str]


class EndpointPolicies(pulumi.ComponentResource):
    """Lets only the task role through to this account's tables and to the bucket, and ECS to its image layers.

    The policies do not repeat the role's grants. They would take rights away from running tasks in the middle of an
    update that changes a table, while the role keeps its old grants until the end of the update (see `Identity`).
    """

    def __init__(self, name: str, args: EndpointPoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:endpoint_policies:EndpointPolicies", name, {}, opts)
        for service, statements in {"s3": _s3(args), "dynamodb": _dynamodb(args)}.items():
            aws.ec2.VpcEndpointPolicy(
                service,
                vpc_endpoint_id=args.endpoint_ids[service],
                policy=document(statements),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})


def _s3(args: EndpointPoliciesArgs) -> list[Statement]:
    account = args.account
    objects = pulumi.Output.concat(args.bucket_arn, "/*")
    # Amazon ECR User Guide, "Minimum Amazon S3 bucket permissions for Amazon ECR".
    layers = f"arn:{account.partition}:s3:::prod-{account.region}-starport-layer-bucket/*"
    return [
        _of_tasks("Recordings", "s3:*", [args.bucket_arn, objects], args),
        Statement("ImageLayers", ["s3:GetObject"], [layers], principal="*"),
    ]


def _dynamodb(args: EndpointPoliciesArgs) -> list[Statement]:
    return [_of_tasks("Tables", "dynamodb:*", [args.account.arn("dynamodb", "table/*")], args)]


def _of_tasks(sid: str, action: str, resources: list[pulumi.Input[str]], args: EndpointPoliciesArgs) -> Statement:
    """Returns a statement that lets the task role through.

    The principal is a condition, as the policy of a gateway endpoint takes no other principal than everyone (Amazon VPC
    User Guide, "Control access to VPC endpoints using endpoint policies").
    """
    condition = {"ArnEquals": {"aws:PrincipalArn": args.task_role_arn}}
    return Statement(sid, [action], resources, condition, principal="*")
