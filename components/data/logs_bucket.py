"""The bucket of the traffic logs: the load balancer's access and connection logs, and the VPC's flow log."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.data.bucket import UNFINISHED_UPLOAD_DAYS, deny_plain_http, private_bucket
from components.lib.account import Account
from components.lib.policy import Statement, document, from_service

RETENTION_DAYS = 90  # of all traffic logs


@dataclass(frozen=True)
class LogsBucketArgs:
    """The inputs of `LogsBucket`."""

    account: Account
    bucket_name: str
    flow_log_of: pulumi.Input[str] | None  # the VPC whose traffic is logged; None without a flow log
    protect: bool  # whether the engine refuses to delete the logs


class LogsBucket(pulumi.ComponentResource):
    """A private bucket that AWS's log deliveries write to, and the flow log of the VPC.

    `bucket_name` is known after the deliveries may write: Elastic Load Balancing and VPC test that when a log is turned
    on.
    """

    bucket_name: pulumi.Output[str]

    def __init__(self, name: str, args: LogsBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:logs_bucket:LogsBucket", name, {}, opts)
        # Elastic Load Balancing delivers to buckets with SSE-S3 alone (Application Load Balancers User Guide, "Enable
        # access logs").
        bucket, public_access = private_bucket(
            "logs", args.bucket_name, protect=args.protect, encryption_key=None, parent=self
        )
        aws.s3.BucketLifecycleConfiguration(
            "logs",
            bucket=bucket.bucket,
            rules=[
                {
                    "id": "logs",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "expiration": {"days": RETENTION_DAYS},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": UNFINISHED_UPLOAD_DAYS},
                }
            ],
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        flow_log = None
        if args.flow_log_of is not None:
            flow_log = self._flow_log(bucket, public_access, args.flow_log_of)
        policy = aws.s3.BucketPolicy(
            "logs",
            bucket=bucket.bucket,
            policy=_policy(bucket, args.account, flow_log),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=[public_access]),
        )
        self.bucket_name = policy.bucket
        self.register_outputs({"bucket_name": self.bucket_name})

    def _flow_log(
        self, bucket: aws.s3.Bucket, public_access: aws.s3.BucketPublicAccessBlock, vpc_id: pulumi.Input[str]
    ) -> aws.ec2.FlowLog:
        """Creates the flow log. It waits as the bucket's policy does, as AWS may write that policy now (see `_policy`).

        The AWS provider repeats a call that S3 refuses for the other change (terraform-provider-aws,
        internal/service/s3/service_package.go). It cannot repeat AWS's own.
        """
        return aws.ec2.FlowLog(
            "flow-log",
            vpc_id=vpc_id,
            traffic_type="ALL",
            log_destination_type="s3",
            log_destination=bucket.arn,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[public_access]),
        )


def _policy(bucket: aws.s3.Bucket, account: Account, flow_log: aws.ec2.FlowLog | None) -> pulumi.Output[str]:
    """Returns the bucket's policy.

    When a flow log is created by somebody who may write the bucket's policy, AWS writes the policy that the delivery
    needs: over the existing policy, says the VPC User Guide ("Amazon S3 bucket permissions for flow logs"); beside its
    other statements, says the CloudWatch Logs User Guide ("Logs sent to Amazon S3"). So this policy holds AWS's two
    statements under AWS's names, and it is written after the flow log. Its id makes sure that every new flow log is
    followed by the policy.
    """
    logs = pulumi.Output.concat(bucket.arn, f"/AWSLogs/{account.id}/*")
    delivery = {"Service": "delivery.logs.amazonaws.com"}
    from_account = from_service(account, "logs")
    # A bucket without ACLs takes this ACL and no other (Amazon S3 User Guide, "Controlling ownership of objects").
    full_control = {"s3:x-amz-acl": "bucket-owner-full-control"}
    return document(
        [
            deny_plain_http(bucket),
            Statement(
                "LoadBalancerLogs",
                ["s3:PutObject"],
                [logs],
                # Application Load Balancers User Guide, "Enable access logs" and "Enable connection logs".
                {"ArnLike": {"aws:SourceArn": account.arn("elasticloadbalancing", "loadbalancer/*")}},
                principal={"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
            ),
            Statement(
                "AWSLogDeliveryWrite",
                ["s3:PutObject"],
                [logs],
                from_account | {"StringEquals": from_account["StringEquals"] | full_control},
                principal=delivery,
            ),
            Statement(
                "AWSLogDeliveryAclCheck",
                ["s3:GetBucketAcl", "s3:ListBucket"],
                [bucket.arn],
                from_account,
                principal=delivery,
            ),
        ],
        id_=flow_log.id if flow_log else None,
    )
