"""One sample of every resource type, and what creates them, each after those that it refers to."""

import json
from dataclasses import dataclass, field
from typing import Any

from sandbox.provider.values import Values
from sandbox.tests.provider.harness import ACCOUNT, REGION


@dataclass(frozen=True)
class Ref:
    """An output of another sample, made first."""

    token: str
    output: str = "id"


@dataclass(frozen=True)
class Sample:
    """Inputs of an object, and a change that an update makes (none if all but a change of tags replace).

    `after` names the types that have to exist first, and that no input refers to.
    """

    inputs: Values
    change: Values = field(default_factory=dict[str, Any])
    after: tuple[str, ...] = ()


def document(effect: str = "Allow", **more: Any) -> str:
    """Returns a policy document with spaces in it, so that a comparison of texts would fail."""
    statement = {"Effect": effect, "Action": "s3:GetObject", "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=1)


VPC, SUBNET, GATEWAY = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet", "aws:ec2/internetGateway:InternetGateway"
ROUTE_TABLE, GROUP = "aws:ec2/routeTable:RouteTable", "aws:ec2/securityGroup:SecurityGroup"
VALIDATION = "aws:acm/certificateValidation:CertificateValidation"
ROUTE, NAT_GATEWAY = "aws:ec2/route:Route", "aws:ec2/natGateway:NatGateway"
REPOSITORY, BUCKET, SECRET = "aws:ecr/repository:Repository", "aws:s3/bucket:Bucket", "aws:secretsmanager/secret:Secret"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
LOG_POLICY, WEB_ACL = "aws:cloudwatch/logResourcePolicy:LogResourcePolicy", "aws:wafv2/webAcl:WebAcl"
WEB_ACL_LOG = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"
ROLE, LOAD_BALANCER = "aws:iam/role:Role", "aws:lb/loadBalancer:LoadBalancer"
TARGET_GROUP, LISTENER = "aws:lb/targetGroup:TargetGroup", "aws:lb/listener:Listener"
RULE, CERTIFICATE = "aws:lb/listenerRule:ListenerRule", "aws:acm/certificate:Certificate"
CLUSTER, TASK, SERVICE = "aws:ecs/cluster:Cluster", "aws:ecs/taskDefinition:TaskDefinition", "aws:ecs/service:Service"
CAPACITY = "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders"
TARGET, POLICY = "aws:appautoscaling/target:Target", "aws:appautoscaling/policy:Policy"
SCHEDULED_ACTION = "aws:appautoscaling/scheduledAction:ScheduledAction"
TOPIC, KEY, ALIAS = "aws:sns/topic:Topic", "aws:kms/key:Key", "aws:kms/alias:Alias"
TOPIC_POLICY, SUBSCRIPTION = "aws:sns/topicPolicy:TopicPolicy", "aws:sns/topicSubscription:TopicSubscription"
METRIC_FILTER = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
ALARM, DASHBOARD = "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/dashboard:Dashboard"
EVENT_RULE, EVENT_TARGET = "aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget"
BUDGET = "aws:budgets/budget:Budget"
SUBNET_GROUP = "aws:elasticache/subnetGroup:SubnetGroup"
CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"
HEALTH_CHECK = "aws:route53/healthCheck:HealthCheck"
TABLE, LOG_GROUP, RECORD = "aws:dynamodb/table:Table", "aws:cloudwatch/logGroup:LogGroup", "aws:route53/record:Record"

BUCKET_ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
BUCKET_LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
IMAGE_LIFECYCLE, ROLE_POLICY = "aws:ecr/lifecyclePolicy:LifecyclePolicy", "aws:iam/rolePolicy:RolePolicy"
ENDPOINT, ENDPOINT_POLICY = "aws:ec2/vpcEndpoint:VpcEndpoint", "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
VERSION, VERSIONING = "aws:secretsmanager/secretVersion:SecretVersion", "aws:s3/bucketVersioning:BucketVersioning"

CACHE_TOKEN = "Correct-Horse-Battery"  # noqa: S105 - of the tests alone

CONTAINERS = json.dumps(
    [
        {
            "name": "voiceter-backend",
            "image": "repository:tag",
            "essential": True,
            "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
            "environment": [{"name": "PORT", "value": "8080"}],
            "secrets": [{"name": "TOKEN", "valueFrom": "arn:aws:secretsmanager:eu-north-1:123456789012:secret:x:::v"}],
            "healthCheck": {"command": ["CMD", "node", "-e", "1"], "interval": 30, "timeout": 5, "retries": 3},
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": "/ecs/x",
                    "awslogs-region": REGION,
                    "awslogs-stream-prefix": "x",
                    "mode": "non-blocking",
                    "max-buffer-size": "25m",
                },
            },
            "linuxParameters": {
                "initProcessEnabled": True,
                "tmpfs": [{"containerPath": "/tmp", "size": 64, "mountOptions": ["uid=1001"]}],  # noqa: S108
            },
            "readonlyRootFilesystem": True,
            "stopTimeout": 30,
            "ulimits": [{"name": "nofile", "softLimit": 65536, "hardLimit": 65536}],
            "user": "1001:1001",
        }
    ],
    indent=1,
)
_FORWARD = {
    "type": "forward",
    "forward": {
        "targetGroups": [{"arn": Ref(TARGET_GROUP, "arn"), "weight": 1}],
        "stickiness": {"enabled": True, "duration": 600},
    },
}
_RULE = {"ipProtocol": "tcp", "fromPort": 8080, "toPort": 8080, "cidrIpv4": "10.0.0.0/8", "description": "from the net"}
_SCALING = {
    "predefinedMetricSpecification": {"predefinedMetricType": "ECSServiceAverageCPUUtilization"},
    "targetValue": 70,
    "scaleInCooldown": 300,
    "scaleOutCooldown": 60,
}
_CUSTOM_SCALING = {
    "customizedMetricSpecification": {"metricName": "ActiveSessions", "namespace": "App", "statistic": "Maximum"},
    "targetValue": 50,
    "disableScaleIn": True,
}
# An alarm that is computed, over a metric and over a query; it takes the place of ALARM's sample in a test.
MATH: Values = {
    "name": "app-failures",
    "evaluationPeriods": 3,
    "comparisonOperator": "GreaterThanOrEqualToThreshold",
    "threshold": 0.5,
    "treatMissingData": "notBreaching",
    "metricQueries": [
        {
            "id": "failed",
            "metric": {
                "namespace": "AWS/ApplicationELB",
                "metricName": "HTTPCode_Target_5XX_Count",
                "dimensions": {"LoadBalancer": "app/x/1", "TargetGroup": "targetgroup/x/1"},
                "stat": "Sum",
                "period": 60,
            },
        },
        {"id": "all", "expression": 'SELECT SUM(Requests) FROM SCHEMA("App", Stack)', "period": 60},
        {"id": "share", "expression": "100 * failed / all", "label": "failed, %", "returnData": True},
    ],
}
_NOTIFICATION = {
    "comparisonOperator": "GREATER_THAN",
    "notificationType": "ACTUAL",
    "threshold": 80,
    "thresholdType": "PERCENTAGE",
    "subscriberSnsTopicArns": [Ref(TOPIC, "arn")],
}
_BUCKET = "voiceter-recordings"
_OBJECTS = f"arn:aws:s3:::{_BUCKET}/*"
_TABLE_KEYS: Values = {
    "attributes": [{"name": "sessionId", "type": "S"}, {"name": "kind", "type": "S"}, {"name": "start", "type": "S"}],
    "hashKey": "sessionId",
}


def _visible(metric: str) -> Values:
    return {"cloudwatchMetricsEnabled": True, "metricName": metric, "sampledRequestsEnabled": True}


def _regex(part: str, pattern: str) -> Values:
    transformations = [{"priority": 0, "type": "NONE"}]
    match: Values = {"fieldToMatch": {part: {}}, "regexString": pattern, "textTransformations": transformations}
    return {"regexMatchStatement": match}


def _label(name: str) -> Values:
    return {"labelMatchStatement": {"scope": "LABEL", "key": f"awswaf:managed:aws:{name}"}}


def _kept(action: str) -> Values:
    """A filter of a log that keeps the requests with one action."""
    condition = {"actionCondition": {"action": action}}
    kept = {"behavior": "KEEP", "requirement": "MEETS_ANY", "conditions": [condition]}
    return {"defaultBehavior": "DROP", "filters": [kept]}


_PATH, _QUERY = _regex("uriPath", "^/socket[.]io/"), _regex("queryString", "(^|&)sid=")

SAMPLES: dict[str, Sample] = {
    VPC: Sample({"cidrBlock": "10.0.0.0/16", "tags": {"Name": "net"}}),
    SUBNET: Sample(
        {"vpcId": Ref(VPC), "cidrBlock": "10.0.0.0/20", "availabilityZone": f"{REGION}a", "mapPublicIpOnLaunch": True},
        {"mapPublicIpOnLaunch": False},
    ),
    "second subnet": Sample({"vpcId": Ref(VPC), "cidrBlock": "10.0.16.0/20", "availabilityZone": f"{REGION}b"}),
    GATEWAY: Sample({"vpcId": Ref(VPC), "tags": {"Name": "gate"}}),
    ROUTE_TABLE: Sample({"vpcId": Ref(VPC)}),
    ROUTE: Sample({"routeTableId": Ref(ROUTE_TABLE), "destinationCidrBlock": "0.0.0.0/0", "gatewayId": Ref(GATEWAY)}),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Sample(
        {"routeTableId": Ref(ROUTE_TABLE), "subnetId": Ref(SUBNET)}
    ),
    "aws:ec2/eip:Eip": Sample({}),
    NAT_GATEWAY: Sample({"subnetId": Ref(SUBNET), "allocationId": Ref("aws:ec2/eip:Eip")}),
    ENDPOINT: Sample(
        {
            "vpcId": Ref(VPC),
            "serviceName": f"com.amazonaws.{REGION}.s3",
            "vpcEndpointType": "Gateway",
            "routeTableIds": [Ref(ROUTE_TABLE)],
        },
        {"routeTableIds": []},
    ),
    "aws:ec2/flowLog:FlowLog": Sample(
        {"vpcId": Ref(VPC), "trafficType": "ALL", "logDestinationType": "s3", "logDestination": Ref(BUCKET, "arn")}
    ),
    ENDPOINT_POLICY: Sample(
        {"vpcEndpointId": Ref(ENDPOINT), "policy": document(Principal="*")},
        {"policy": document(Principal="*", Action="s3:PutObject")},
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Sample({"vpcId": Ref(VPC)}),
    GROUP: Sample({"vpcId": Ref(VPC), "description": "of the tasks"}),
    "second group": Sample({"vpcId": Ref(VPC), "name": "edge", "description": "of the load balancer"}),
    INGRESS: Sample({"securityGroupId": Ref(GROUP), **_RULE}, {"description": "from the whole net", "toPort": 8081}),
    EGRESS: Sample(
        {
            "securityGroupId": Ref(GROUP),
            "ipProtocol": "-1",
            "referencedSecurityGroupId": Ref(GROUP),
            "description": "to the group",
        },
        {"description": "to the load balancer", "referencedSecurityGroupId": Ref("second group")},
    ),
    REPOSITORY: Sample(
        {
            "name": "app",
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": True},
            "encryptionConfigurations": [{"encryptionType": "KMS"}],
        },
        {"imageTagMutability": "MUTABLE", "imageScanningConfiguration": {"scanOnPush": False}},
    ),
    IMAGE_LIFECYCLE: Sample(
        {
            "repository": Ref(REPOSITORY),
            "policy": '{"rules": [{"rulePriority": 1, "selection": {"tagStatus": "untagged",'
            ' "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7}, "action": {"type": "expire"}}]}',
        }
    ),
    TABLE: Sample(
        {
            **_TABLE_KEYS,
            "name": "demo-sessions",
            "billingMode": "PAY_PER_REQUEST",
            "globalSecondaryIndexes": [
                {
                    "name": "kind-start-index",
                    "keySchemas": [
                        {"attributeName": "kind", "keyType": "HASH"},
                        {"attributeName": "start", "keyType": "RANGE"},
                    ],
                    "projectionType": "ALL",
                }
            ],
            "ttl": {"enabled": True, "attributeName": "ttl"},
            "pointInTimeRecovery": {"enabled": True},
            "serverSideEncryption": {"enabled": True, "kmsKeyArn": Ref(KEY, "arn")},
            "deletionProtectionEnabled": False,
        },
        {
            "attributes": _TABLE_KEYS["attributes"][:2],
            "globalSecondaryIndexes": [
                {
                    "name": "kind-start-index",
                    "keySchemas": [{"attributeName": "kind", "keyType": "HASH"}],
                    "projectionType": "KEYS_ONLY",
                }
            ],
            "pointInTimeRecovery": {"enabled": False},
            "serverSideEncryption": {"enabled": False},
            "deletionProtectionEnabled": True,
        },
    ),
    BUCKET: Sample({"bucket": _BUCKET, "forceDestroy": True}),
    VERSIONING: Sample(
        {"bucket": Ref(BUCKET), "versioningConfiguration": {"status": "Enabled"}},
        {"versioningConfiguration": {"status": "Suspended"}},
    ),
    BUCKET_ENCRYPTION: Sample(
        {"bucket": Ref(BUCKET), "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
        {
            "rules": [
                {
                    "applyServerSideEncryptionByDefault": {
                        "sseAlgorithm": "aws:kms",
                        "kmsMasterKeyId": Ref(KEY, "arn"),
                    },
                    "bucketKeyEnabled": True,
                }
            ]
        },
    ),
    BUCKET_LIFECYCLE: Sample(
        {
            "bucket": Ref(BUCKET),
            "rules": [
                {
                    "id": "expire",
                    "status": "Enabled",
                    "filter": {"prefix": "recordings/"},
                    "expiration": {"days": 90},
                    "noncurrentVersionExpiration": {"noncurrentDays": 90},
                    "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
                }
            ],
        },
        {"rules": [{"id": "expire", "status": "Enabled", "filter": {"prefix": "r/"}, "expiration": {"days": 30}}]},
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Sample(
        {
            "bucket": Ref(BUCKET),
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
        {"restrictPublicBuckets": False},
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": Sample(
        {"bucket": Ref(BUCKET), "rule": {"objectOwnership": "BucketOwnerEnforced"}},
        {"rule": {"objectOwnership": "BucketOwnerPreferred"}},
    ),
    BUCKET_POLICY: Sample(
        {"bucket": Ref(BUCKET), "policy": document(Principal={"AWS": "*"}, Action="s3:PutObject", Resource=_OBJECTS)},
        {"policy": document("Deny", Principal={"AWS": "*"}, Action="s3:PutObjectAcl", Resource=_OBJECTS)},
    ),
    SECRET: Sample(
        {
            "namePrefix": "app/TOKEN-",
            "description": "for the app",
            "kmsKeyId": Ref(KEY, "arn"),
            "recoveryWindowInDays": 0,
        },
        {"description": "still for the app"},
    ),
    VERSION: Sample({"secretId": Ref(SECRET), "secretString": "hunter2-hunter2"}),
    LOG_GROUP: Sample(
        {"name": "/ecs/app", "retentionInDays": 7, "deletionProtectionEnabled": False, "kmsKeyId": Ref(KEY, "arn")},
        {"retentionInDays": 30, "deletionProtectionEnabled": True},
    ),
    ROLE: Sample(
        {
            "name": "app-task-role",
            "description": "of the app",
            "assumeRolePolicy": document(Principal={"Service": "ecs-tasks.amazonaws.com"}, Action="sts:AssumeRole"),
        },
        {"description": "of the app's tasks", "permissionsBoundary": "POLICY"},
    ),
    ROLE_POLICY: Sample(
        {"name": "grants", "role": Ref(ROLE), "policy": document()}, {"policy": document(Action="s3:PutObject")}
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Sample({"role": Ref(ROLE), "policyArn": "POLICY"}),
    LOAD_BALANCER: Sample(
        {
            "name": "app",
            "loadBalancerType": "application",
            "securityGroups": [Ref(GROUP)],
            "subnets": [Ref(SUBNET), Ref("second subnet")],
            "idleTimeout": 300,
            "dropInvalidHeaderFields": True,
            "enableDeletionProtection": False,
            "accessLogs": {"bucket": Ref(BUCKET, "bucket"), "enabled": True},
            "connectionLogs": {"bucket": Ref(BUCKET, "bucket"), "enabled": True},
        },
        {"idleTimeout": 600, "accessLogs": {"bucket": "none", "enabled": False}},
        after=(GATEWAY, BUCKET_POLICY),
    ),
    TARGET_GROUP: Sample(
        {
            "vpcId": Ref(VPC),
            "targetType": "ip",
            "protocol": "HTTP",
            "port": 8080,
            "deregistrationDelay": 60,
            "loadBalancingAlgorithmType": "least_outstanding_requests",
            "stickiness": {"type": "lb_cookie", "enabled": True, "cookieDuration": 86400},
            "healthCheck": {
                "path": "/health",
                "protocol": "HTTP",
                "matcher": "200",
                "interval": 30,
                "timeout": 5,
                "healthyThreshold": 2,
                "unhealthyThreshold": 3,
            },
        },
        {
            "deregistrationDelay": 30,
            "loadBalancingAlgorithmType": "round_robin",
            "healthCheck": {"path": "/healthz", "matcher": "200-299"},
        },
    ),
    LISTENER: Sample(
        {
            "loadBalancerArn": Ref(LOAD_BALANCER, "arn"),
            "port": 80,
            "protocol": "HTTP",
            "defaultActions": [
                {
                    "type": "fixed-response",
                    "fixedResponse": {"contentType": "text/plain", "messageBody": "no", "statusCode": "404"},
                }
            ],
        },
        {
            "defaultActions": [
                {"type": "redirect", "redirect": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"}}
            ]
        },
    ),
    RULE: Sample(
        {
            "listenerArn": Ref(LISTENER, "arn"),
            "priority": 100,
            "conditions": [{"pathPattern": {"values": ["/*"]}}],
            "actions": [_FORWARD],
        },
        {
            "conditions": [{"pathPattern": {"values": ["/app/*"]}}],
            "priority": 90,
            "actions": [
                {"type": "redirect", "redirect": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"}}
            ],
        },
    ),
    CERTIFICATE: Sample({"domainName": "app.example.com", "validationMethod": "DNS"}),
    "record of the certificate": Sample(
        {
            "zoneId": "ZONE",
            "name": "_d930b28be6c5927595552b219965053e.app.example.com",  # moto's, of every certificate
            "type": "CNAME",
            "records": ["_c9edd76ee4a0e2a74388032f3861cc50.ykybfrwcxw.acm-validations.aws."],
            "ttl": 60,
        }
    ),
    VALIDATION: Sample(
        {
            "certificateArn": Ref(CERTIFICATE, "arn"),
            "validationRecordFqdns": [Ref("record of the certificate", "fqdn")],
        }
    ),
    HEALTH_CHECK: Sample(
        {
            "type": "HTTPS",
            "fqdn": Ref(LOAD_BALANCER, "dnsName"),
            "port": 443,
            "resourcePath": "/health",
            "requestInterval": 30,
            "failureThreshold": 3,
            "measureLatency": True,
            "regions": ["us-west-1", "eu-west-1", "ap-southeast-1"],
            "disabled": False,
            "invertHealthcheck": False,
        },
        {"disabled": True, "invertHealthcheck": True},
    ),
    RECORD: Sample(
        {
            "zoneId": "ZONE",
            "name": "app.example.com",
            "type": "A",
            "aliases": [
                {
                    "name": Ref(LOAD_BALANCER, "dnsName"),
                    "zoneId": Ref(LOAD_BALANCER, "zoneId"),
                    "evaluateTargetHealth": True,
                }
            ],
            "latencyRoutingPolicies": [{"region": REGION}],
            "setIdentifier": "dev",
            "healthCheckId": Ref(HEALTH_CHECK),
        },
        {
            "aliases": [
                {
                    "name": Ref(LOAD_BALANCER, "dnsName"),
                    "zoneId": Ref(LOAD_BALANCER, "zoneId"),
                    "evaluateTargetHealth": False,
                }
            ]
        },
    ),
    "log group of the web ACL": Sample({"name": "aws-waf-logs-app"}),
    LOG_POLICY: Sample(
        {
            "policyName": "aws-waf-logs-app",
            "policyDocument": document(
                Principal={"Service": "delivery.logs.amazonaws.com"},
                Action=["logs:CreateLogStream", "logs:PutLogEvents"],
                Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}},
            ),
        },
        {"policyDocument": document(Principal={"Service": "delivery.logs.amazonaws.com"}, Action="logs:*")},
    ),
    WEB_ACL: Sample(
        {
            "name": "app",
            "scope": "REGIONAL",
            "defaultAction": {"allow": {}},
            "visibilityConfig": _visible("app"),
            "dataProtectionConfig": {
                "dataProtections": [
                    {"action": "SUBSTITUTION", "field": {"fieldType": "SINGLE_HEADER", "fieldKeys": ["cookie"]}}
                ]
            },
            "rules": [
                {
                    "name": "rate",
                    "priority": 0,
                    "action": {"block": {}},
                    "statement": {
                        "rateBasedStatement": {
                            "limit": 2000,
                            "aggregateKeyType": "IP",
                            "evaluationWindowSec": 300,
                            "scopeDownStatement": {
                                "notStatement": {"statement": {"andStatement": {"statements": [_PATH, _QUERY]}}}
                            },
                        }
                    },
                    "visibilityConfig": _visible("rate"),
                },
                {
                    "name": "common",
                    "priority": 1,
                    "overrideAction": {"none": {}},
                    "statement": {
                        "managedRuleGroupStatement": {
                            "vendorName": "AWS",
                            "name": "AWSManagedRulesCommonRuleSet",
                            "ruleActionOverrides": [{"name": "SizeRestrictions_BODY", "actionToUse": {"count": {}}}],
                        }
                    },
                    "visibilityConfig": _visible("common"),
                },
                {
                    "name": "bodies",
                    "priority": 2,
                    "action": {"block": {}},
                    "statement": {
                        "andStatement": {
                            "statements": [
                                {"orStatement": {"statements": [_label("a:b"), _label("a:c")]}},
                                {"notStatement": {"statement": _PATH}},
                            ]
                        }
                    },
                    "visibilityConfig": _visible("bodies"),
                },
            ],
        },
        {"visibilityConfig": _visible("other")},
    ),
    WEB_ACL_LOG: Sample(
        {
            "resourceArn": Ref(WEB_ACL, "arn"),
            "logDestinationConfigs": [Ref("log group of the web ACL", "arn")],
            "loggingFilter": _kept("BLOCK"),
        },
        {"loggingFilter": _kept("COUNT")},
        after=(LOG_POLICY,),
    ),
    "aws:wafv2/webAclAssociation:WebAclAssociation": Sample(
        {"webAclArn": Ref(WEB_ACL, "arn"), "resourceArn": Ref(LOAD_BALANCER, "arn")}
    ),
    CLUSTER: Sample(
        {
            "name": "app-cluster",
            "configuration": {
                "executeCommandConfiguration": {
                    "logging": "OVERRIDE",
                    "logConfiguration": {"cloudWatchLogGroupName": Ref(LOG_GROUP), "cloudWatchEncryptionEnabled": True},
                    "kmsKeyId": Ref(KEY, "arn"),
                }
            },
            "settings": [{"name": "containerInsights", "value": "enhanced"}],
        },
        {"settings": [{"name": "containerInsights", "value": "disabled"}]},
    ),
    CAPACITY: Sample(
        {"clusterName": Ref(CLUSTER, "name"), "capacityProviders": ["FARGATE", "FARGATE_SPOT"]},
        {"capacityProviders": ["FARGATE", "FARGATE_SPOT", "app-instances"]},
    ),
    TASK: Sample(
        {
            "family": "app",
            "cpu": "1024",
            "memory": "2048",
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
            "executionRoleArn": Ref(ROLE, "arn"),
            "taskRoleArn": Ref(ROLE, "arn"),
            "containerDefinitions": CONTAINERS,
            "tags": {"Version": "v1"},
        },
    ),
    SERVICE: Sample(
        {
            "name": "app",
            "cluster": Ref(CLUSTER, "arn"),
            "taskDefinition": Ref(TASK, "arn"),
            "desiredCount": 2,
            "capacityProviderStrategies": [
                {"capacityProvider": "FARGATE", "base": 2, "weight": 1},
                {"capacityProvider": "FARGATE_SPOT", "weight": 100},
            ],
            "forceNewDeployment": True,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "deploymentMinimumHealthyPercent": 100,
            "deploymentMaximumPercent": 200,
            "alarms": {"alarmNames": [Ref(ALARM, "name")], "enable": True, "rollback": True},
            "healthCheckGracePeriodSeconds": 60,
            "availabilityZoneRebalancing": "ENABLED",
            "enableEcsManagedTags": True,
            "propagateTags": "SERVICE",
            "enableExecuteCommand": True,
            "networkConfiguration": {
                "subnets": [Ref(SUBNET), Ref("second subnet")],
                "securityGroups": [Ref(GROUP)],
                "assignPublicIp": False,
            },
            "loadBalancers": [
                {"containerName": "voiceter-backend", "containerPort": 8080, "targetGroupArn": Ref(TARGET_GROUP, "arn")}
            ],
        },
        {
            "desiredCount": 3,
            "deploymentMaximumPercent": 150,
            "enableExecuteCommand": False,
            "alarms": {"alarmNames": [Ref(ALARM, "name")], "enable": True, "rollback": False},
        },
        after=(RULE, CAPACITY),
    ),
    TARGET: Sample(
        {
            "serviceNamespace": "ecs",
            "resourceId": Ref(SERVICE, "path"),
            "scalableDimension": "ecs:service:DesiredCount",
            "minCapacity": 2,
            "maxCapacity": 10,
            "tags": {"Data": "sessions"},
        },
        {"maxCapacity": 12},
    ),
    POLICY: Sample(
        {
            "name": "cpu",
            "policyType": "TargetTrackingScaling",
            "serviceNamespace": Ref(TARGET, "serviceNamespace"),
            "resourceId": Ref(TARGET, "resourceId"),
            "scalableDimension": Ref(TARGET, "scalableDimension"),
            "targetTrackingScalingPolicyConfiguration": _SCALING,
        },
        {"targetTrackingScalingPolicyConfiguration": _CUSTOM_SCALING},
    ),
    SCHEDULED_ACTION: Sample(
        {
            "name": "wake-up",
            "serviceNamespace": Ref(TARGET, "serviceNamespace"),
            "resourceId": Ref(TARGET, "resourceId"),
            "scalableDimension": Ref(TARGET, "scalableDimension"),
            "schedule": "cron(0 6 * * ? *)",
            "scalableTargetAction": {"minCapacity": 4, "maxCapacity": 12},
        },
        {"timezone": "Europe/Helsinki", "scalableTargetAction": {"minCapacity": 6}},
    ),
    SUBNET_GROUP: Sample(
        {"name": "app-cache", "description": "Of the app", "subnetIds": [Ref(SUBNET), Ref("second subnet")]},
        {"description": "Of one app"},  # a cache uses the subnets
    ),
    CACHE: Sample(
        {
            "replicationGroupId": "app-cache",
            "description": "Sessions",
            "engine": "valkey",
            "engineVersion": "7.2",
            "nodeType": "cache.t4g.small",
            "numCacheClusters": 2,
            "automaticFailoverEnabled": True,
            "multiAzEnabled": True,
            "subnetGroupName": Ref(SUBNET_GROUP, "name"),
            "securityGroupIds": [Ref(GROUP)],
            "atRestEncryptionEnabled": True,
            "transitEncryptionEnabled": True,
            "transitEncryptionMode": "required",
            "authToken": CACHE_TOKEN,
            "authTokenUpdateStrategy": "ROTATE",
            "applyImmediately": True,
            "maintenanceWindow": "sun:03:00-sun:04:00",
            "snapshotWindow": "01:00-02:00",
            "snapshotRetentionLimit": 7,
            "finalSnapshotIdentifier": "app-cache-final",
        },
        {
            "description": "All sessions",
            "nodeType": "cache.t4g.medium",
            "numCacheClusters": 3,
            "securityGroupIds": [],
            "authToken": f"{CACHE_TOKEN}-2",
            "maintenanceWindow": "mon:03:00-mon:04:00",
            "snapshotWindow": "02:00-03:00",
            "snapshotRetentionLimit": 0,
        },
    ),
    KEY: Sample(
        {
            "description": "of the alerts",
            "policy": document(
                Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root", "Service": "logs.eu-north-1.amazonaws.com"},
                Action="kms:*",
            ),
            "enableKeyRotation": True,
            "deletionWindowInDays": 7,
        },
        {
            "description": "of all alerts",
            "enableKeyRotation": False,
            "policy": document(Principal={"AWS": ACCOUNT}, Action="kms:*"),
        },
    ),
    "second key": Sample({"deletionWindowInDays": 7}),
    ALIAS: Sample(
        {"name": "alias/app-alerts", "targetKeyId": Ref(KEY, "keyId")}, {"targetKeyId": Ref("second key", "arn")}
    ),
    TOPIC: Sample({"name": "app-alerts", "kmsMasterKeyId": Ref(KEY, "arn")}, {"kmsMasterKeyId": "alias/aws/sns"}),
    TOPIC_POLICY: Sample(
        {
            "arn": Ref(TOPIC, "arn"),
            "policy": document(
                Principal={"Service": "cloudwatch.amazonaws.com"},
                Action="sns:Publish",
                Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}},
            ),
        },
        {"policy": document(Principal={"Service": "budgets.amazonaws.com"}, Action="sns:Publish")},
    ),
    SUBSCRIPTION: Sample({"topic": Ref(TOPIC, "arn"), "protocol": "email", "endpoint": "alerts@example.com"}),
    ALARM: Sample(
        {
            "name": "app-latency",
            "alarmDescription": "Slow",
            "namespace": "AWS/ApplicationELB",
            "metricName": "TargetResponseTime",
            "dimensions": {"LoadBalancer": "app/x/1"},
            "extendedStatistic": "p95",
            "period": 60,
            "evaluationPeriods": 5,
            "comparisonOperator": "GreaterThanThreshold",
            "threshold": 2,
            "treatMissingData": "notBreaching",
            "alarmActions": [Ref(TOPIC, "arn")],
            "okActions": [Ref(TOPIC, "arn")],
            "tags": {"Severity": "high"},
        },
        {"threshold": 2.5, "alarmDescription": "Very slow", "okActions": []},
    ),
    METRIC_FILTER: Sample(
        {
            "name": "errors",
            "logGroupName": Ref(LOG_GROUP),
            "pattern": "%[Ee]rror%",
            "metricTransformation": {"namespace": "App", "name": "Errors", "value": "1", "unit": "Count"},
        },
        {
            "pattern": "%[Ff]ailure%",
            "metricTransformation": {"namespace": "App", "name": "Failures", "value": "1", "unit": "Count"},
        },
    ),
    "aws:cloudwatch/queryDefinition:QueryDefinition": Sample(
        {"name": "app/errors", "queryString": "filter @message like /error/", "logGroupNames": ["/app", "/edge"]},
        {"queryString": "filter @message like /fatal/"},
    ),
    EVENT_RULE: Sample(
        {
            "name": "app-task-stopped",
            "description": "A task stopped",
            "eventPattern": '{"source": ["aws.ecs"], "detail": {"lastStatus": ["STOPPED"]}}',
            "state": "ENABLED",
        },
        {
            "description": "A task did not start",
            "eventPattern": '{"source": ["aws.ecs"], "detail": {"stopCode": ["TaskFailedToStart"]}}',
            "state": "DISABLED",
        },
    ),
    EVENT_TARGET: Sample(
        {
            "rule": Ref(EVENT_RULE, "name"),
            "targetId": "topic",
            "arn": Ref(TOPIC, "arn"),
            "inputTransformer": {
                "inputPaths": {"reason": "$.detail.stoppedReason"},
                "inputTemplate": '"app: <reason>"',
            },
        },
        {
            "inputTransformer": {
                "inputPaths": {"code": "$.detail.stopCode"},
                "inputTemplate": '"app: a task stopped: <code>"',
            }
        },
    ),
    DASHBOARD: Sample(
        {"dashboardName": "app", "dashboardBody": '{"widgets": [{"type": "text", "properties": {"markdown": "a"}}]}'},
        {"dashboardBody": '{"widgets": [{"type": "text", "properties": {"markdown": "b"}}]}'},
    ),
    BUDGET: Sample(
        {
            "name": "app",
            "budgetType": "COST",
            "limitAmount": "100.0",
            "limitUnit": "USD",
            "timeUnit": "MONTHLY",
            "costFilters": [{"name": "TagKeyValue", "values": ["user:Stack$dev"]}],
            "notifications": [_NOTIFICATION, {**_NOTIFICATION, "threshold": 100, "notificationType": "FORECASTED"}],
        },
        {"limitAmount": "200.0", "notifications": [{**_NOTIFICATION, "threshold": 90}]},
    ),
}


# One more sample of a type: its key among the samples, and the type.
SECOND = {
    "second subnet": SUBNET,
    "second group": GROUP,
    "second key": KEY,
    "log group of the web ACL": LOG_GROUP,
    "record of the certificate": RECORD,
}
