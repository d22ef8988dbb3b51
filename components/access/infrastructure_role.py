"""The role with which ECS shifts traffic between target groups."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.lib.account import Account
from components.lib.policy import Statement, document

# AWS manages this policy, as only AWS knows what ECS calls. Amazon ECS Developer Guide, "Amazon ECS infrastructure IAM
# role for load balancers".
_POLICY = "AmazonECSInfrastructureRolePolicyForLoadBalancers"


@dataclass(frozen=True)
class InfrastructureRoleArgs:
    """The inputs of `InfrastructureRole`."""

    account: Account
    name: str
    permissions_boundary_arn: str | None


class InfrastructureRole(pulumi.ComponentResource):
    """A role for ECS, not for the tasks: ECS registers targets and changes the weights of listener rules with it.

    It exists with every strategy, as ECS refuses a role that is a few seconds old, and the AWS provider does not repeat
    the call for that (terraform-provider-aws, internal/service/ecs/service.go, retryServiceCreate).
    """

    arn: pulumi.Output[str]  # known once the policy is attached

    def __init__(self, name: str, args: InfrastructureRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:infrastructure_role:InfrastructureRole", name, {}, opts)
        role = aws.iam.Role(
            "infrastructure",
            name=args.name,
            description="The role with which ECS moves the Voiceter backend's traffic between target groups",
            # Without conditions: AWS documents none for this role (Amazon ECS Developer Guide, "Amazon ECS
            # infrastructure IAM role for load balancers"), and ECS could not assume it if it sent no such keys.
            assume_role_policy=document(
                [Statement("Ecs", ["sts:AssumeRole"], principal={"Service": "ecs.amazonaws.com"})]
            ),
            permissions_boundary=args.permissions_boundary_arn,
            opts=pulumi.ResourceOptions(parent=self),
        )
        attachment = aws.iam.RolePolicyAttachment(
            "infrastructure",
            role=role.name,
            policy_arn=f"arn:{args.account.partition}:iam::aws:policy/{_POLICY}",
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = pulumi.Output.all(role.arn, attachment.id).apply(lambda known: known[0])
        self.register_outputs({"arn": self.arn})
