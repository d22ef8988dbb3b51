"""The log group that the containers write to."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.lib.policy import Statement


@dataclass(frozen=True)
class LogsArgs:
    """The inputs of `Logs`."""

    name: str
    retention_days: int
    protect: bool  # whether the engine and AWS refuse to delete the logs
    encryption_key: pulumi.Input[str] | None  # the ARN of a KMS key for new events; None: AWS's key


class Logs(pulumi.ComponentResource):
    """A CloudWatch log group. The program creates it, not the logging agent, so its retention holds from the start."""

    group_name: pulumi.Output[str]

    def __init__(self, name: str, args: LogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:logs:Logs", name, {}, opts)
        self._group = aws.cloudwatch.LogGroup(
            "containers",
            name=args.name,
            retention_in_days=args.retention_days,
            deletion_protection_enabled=args.protect,
            kms_key_id=args.encryption_key,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        self.group_name = self._group.name
        self.register_outputs({"group_name": self.group_name})

    def write(self) -> list[Statement]:
        """Returns the grant to write to this log group. ECS names a stream after each task."""
        streams = pulumi.Output.concat(self._group.arn, ":*")
        return [Statement("Logs", ["logs:CreateLogStream", "logs:PutLogEvents"], [streams])]

    def write_sessions(self) -> list[Statement]:
        """Returns the grant to write the sessions of ECS Exec to this log group.

        Amazon ECS Developer Guide, "Monitor Amazon ECS containers with ECS Exec". The agent in the task looks for the
        log group among all of the account; IAM knows no narrower resource for that.
        """
        streams = pulumi.Output.concat(self._group.arn, ":*")
        return [
            Statement("EcsExecLogGroups", ["logs:DescribeLogGroups"], ["*"]),
            Statement(
                "EcsExecLogs", ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], [streams]
            ),
        ]
