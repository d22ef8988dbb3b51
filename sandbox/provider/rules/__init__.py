"""Rules that AWS publishes and botocore's models do not hold, one module a service.

A rule is here if an edit of this program's config, components or constants can break it. The docstring of each
function names the document of AWS.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from ..faults import Fault
from ..values import Values
from . import (
    acm,
    application_autoscaling,
    budgets,
    cloudwatch,
    dynamodb,
    ec2,
    ecr,
    ecs,
    elasticache,
    elbv2,
    events,
    iam,
    kms,
    logs,
    route53,
    s3,
    secretsmanager,
    sns,
    wafv2,
)

RULES: Final[Mapping[str, Callable[[Values], Iterator[Fault]]]] = {
    "aws:acm/certificate:Certificate": acm.certificate,
    "aws:appautoscaling/policy:Policy": application_autoscaling.policy,
    "aws:appautoscaling/scheduledAction:ScheduledAction": application_autoscaling.scheduled_action,
    "aws:appautoscaling/target:Target": application_autoscaling.target,
    "aws:budgets/budget:Budget": budgets.budget,
    "aws:cloudwatch/dashboard:Dashboard": cloudwatch.dashboard,
    "aws:cloudwatch/eventRule:EventRule": events.event_rule,
    "aws:cloudwatch/eventTarget:EventTarget": events.event_target,
    "aws:cloudwatch/logGroup:LogGroup": logs.log_group,
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": logs.metric_filter,
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": logs.resource_policy,
    "aws:cloudwatch/metricAlarm:MetricAlarm": cloudwatch.metric_alarm,
    "aws:dynamodb/table:Table": dynamodb.table,
    "aws:ec2/securityGroup:SecurityGroup": ec2.security_group,
    "aws:ec2/subnet:Subnet": ec2.network_block,
    "aws:ec2/vpc:Vpc": ec2.network_block,
    "aws:ec2/vpcEndpoint:VpcEndpoint": ec2.vpc_endpoint,
    "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy": ec2.vpc_endpoint_policy,
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": ecr.lifecycle_policy,
    "aws:ecs/service:Service": ecs.service,
    "aws:ecs/taskDefinition:TaskDefinition": ecs.task_definition,
    "aws:elasticache/replicationGroup:ReplicationGroup": elasticache.replication_group,
    "aws:iam/role:Role": iam.role,
    "aws:iam/rolePolicy:RolePolicy": iam.role_policy,
    "aws:kms/alias:Alias": kms.alias,
    "aws:kms/key:Key": kms.key,
    "aws:lb/listener:Listener": elbv2.listener,
    "aws:lb/listenerRule:ListenerRule": elbv2.listener_rule,
    "aws:lb/loadBalancer:LoadBalancer": elbv2.load_balancer,
    "aws:lb/targetGroup:TargetGroup": elbv2.target_group,
    "aws:route53/healthCheck:HealthCheck": route53.health_check,
    "aws:route53/record:Record": route53.record,
    "aws:s3/bucket:Bucket": s3.bucket,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": s3.lifecycle_configuration,
    "aws:s3/bucketPolicy:BucketPolicy": s3.bucket_policy,
    "aws:secretsmanager/secret:Secret": secretsmanager.secret,
    "aws:sns/topic:Topic": sns.topic,
    "aws:sns/topicPolicy:TopicPolicy": sns.topic_policy,
    "aws:sns/topicSubscription:TopicSubscription": sns.topic_subscription,
    "aws:wafv2/webAcl:WebAcl": wafv2.web_acl,
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": wafv2.logging_configuration,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ec2.security_group_rule,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ec2.security_group_rule,
}


def broken(token: str, inputs: Values) -> Iterator[Fault]:
    """Yields a fault for each rule that the inputs of a resource type break, as far as they are known."""
    if token in RULES:
        yield from RULES[token](inputs)
