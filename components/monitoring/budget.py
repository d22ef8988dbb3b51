"""The monthly budget."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True)
class BudgetArgs:
    """The inputs of `Budget`."""

    name: str
    stack: str  # the value of the tag Stack
    monthly_usd: float
    topic_arn: pulumi.Input[str]


class Budget(pulumi.ComponentResource):
    """A monthly cost budget on the stack's tag. It notifies the topic of actual and of forecast excess."""

    def __init__(self, name: str, args: BudgetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:budget:Budget", name, {}, opts)
        pulumi.log.info(
            "monthlyBudgetUsd: the budget reads 0 until the account that pays activates the cost allocation tag Stack, "
            "which AWS lists up to a day after the first `pulumi up` "
            "(`aws ce update-cost-allocation-tags-status --cost-allocation-tags-status TagKey=Stack,Status=Active`)",
            self,
        )
        aws.budgets.Budget(
            "monthly",
            name=args.name,
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=str(args.monthly_usd),
            limit_unit="USD",
            cost_filters=[{"name": "TagKeyValue", "values": [f"user:Stack${args.stack}"]}],
            notifications=[
                {
                    "notification_type": notice,
                    "comparison_operator": "GREATER_THAN",
                    "threshold": 100,
                    "threshold_type": "PERCENTAGE",
                    "subscriber_sns_topic_arns": [args.topic_arn],
                }
                for notice in ("ACTUAL", "FORECASTED")
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
