"""The types of resources that cost nothing by themselves, each with the reason."""

from collections.abc import Mapping
from typing import Final

_CONFIGURATION: Final = "a setting of another resource"
_IAM: Final = "AWS does not charge for IAM"
_SECURITY_GROUP: Final = "AWS does not charge for security groups"
_SCALING: Final = "Application Auto Scaling is free; the alarms that it creates are not counted"
FREE: Final[Mapping[str, str]] = {
    "aws:acm/certificate:Certificate": "public certificates for load balancers are free",
    "aws:acm/certificateValidation:CertificateValidation": "no object of AWS",
    "aws:appautoscaling/policy:Policy": _SCALING,
    "aws:appautoscaling/scheduledAction:ScheduledAction": _SCALING,
    "aws:appautoscaling/target:Target": _SCALING,
    "aws:budgets/budget:Budget": "a budget without actions is free",
    # aws.amazon.com/eventbridge/pricing: "AWS management events are ingested by the event bus for free". It names no
    # price for the delivery to a topic of the same account.
    "aws:cloudwatch/eventRule:EventRule": "events of AWS services are free; the topic's text messages are not counted",
    "aws:cloudwatch/eventTarget:EventTarget": _CONFIGURATION,
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": _CONFIGURATION,
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": "its metric costs in hours in which a line matches, none at rest",
    "aws:cloudwatch/queryDefinition:QueryDefinition": "a saved text; each query that somebody runs costs 0.005 a GB",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _SECURITY_GROUP,
    "aws:ec2/securityGroup:SecurityGroup": _SECURITY_GROUP,
    "aws:ec2/vpcEndpoint:VpcEndpoint": "gateway endpoints are free (Amazon VPC pricing), and the program has no others",
    "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy": _CONFIGURATION,
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _CONFIGURATION,
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": _CONFIGURATION,
    "aws:elasticache/subnetGroup:SubnetGroup": _CONFIGURATION,
    "aws:iam/role:Role": _IAM,
    "aws:iam/rolePolicy:RolePolicy": _IAM,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _IAM,
    "aws:kms/alias:Alias": "AWS charges for keys, not for aliases",
    "aws:lb/listener:Listener": "in the price of the load balancer",
    "aws:lb/listenerRule:ListenerRule": "in the price of the load balancer; the first ten rules use no capacity units",
    "aws:lb/targetGroup:TargetGroup": "in the price of the load balancer; health checks are counted with the task",
    "aws:route53/record:Record": "queries for an alias of a load balancer are free; the zone is not of the stack",
    "aws:s3/bucket:Bucket": "its storage is counted at its lifecycle configuration",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _CONFIGURATION,
    "aws:s3/bucketPolicy:BucketPolicy": _CONFIGURATION,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _CONFIGURATION,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _CONFIGURATION,
    "aws:s3/bucketVersioning:BucketVersioning": "old versions are counted with the recordings",
    "aws:secretsmanager/secretVersion:SecretVersion": "in the price of the secret",
    "aws:sns/topic:Topic": "e-mails are free up to 1,000 a month; text messages are not counted",
    "aws:sns/topicPolicy:TopicPolicy": _CONFIGURATION,
    "aws:sns/topicSubscription:TopicSubscription": _CONFIGURATION,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _SECURITY_GROUP,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _SECURITY_GROUP,
    "aws:wafv2/webAclAssociation:WebAclAssociation": _CONFIGURATION,
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": "its log is not counted",
}
