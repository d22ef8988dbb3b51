"""The rules of AWS: each accepts what AWS accepts, and names the property, the value and the rule otherwise."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from sandbox.provider.resource import no_rules
from sandbox.provider.types import TYPES
from sandbox.provider.values import UNKNOWN, Values

TASK, SERVICE = "aws:ecs/taskDefinition:TaskDefinition", "aws:ecs/service:Service"
LOAD_BALANCER, TARGET_GROUP = "aws:lb/loadBalancer:LoadBalancer", "aws:lb/targetGroup:TargetGroup"
LISTENER, LISTENER_RULE = "aws:lb/listener:Listener", "aws:lb/listenerRule:ListenerRule"
HTTPS_LISTENER = f"{LISTENER} for HTTPS"
BUCKET, BUCKET_POLICY = "aws:s3/bucket:Bucket", "aws:s3/bucketPolicy:BucketPolicy"
BUCKET_LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
IMAGE_LIFECYCLE = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
SECRET, TABLE = "aws:secretsmanager/secret:Secret", "aws:dynamodb/table:Table"
CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"
KEY, ALIAS = "aws:kms/key:Key", "aws:kms/alias:Alias"
ROLE, ROLE_POLICY = "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"
METRIC_FILTER = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
LOG_GROUP, ALARM = "aws:cloudwatch/logGroup:LogGroup", "aws:cloudwatch/metricAlarm:MetricAlarm"
LOG_POLICY, WEB_ACL = "aws:cloudwatch/logResourcePolicy:LogResourcePolicy", "aws:wafv2/webAcl:WebAcl"
WEB_ACL_LOG = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"
QUERIES_ALARM, DASHBOARD = f"{ALARM} with queries", "aws:cloudwatch/dashboard:Dashboard"
EVENT_RULE, EVENT_TARGET = "aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget"
TARGET, POLICY = "aws:appautoscaling/target:Target", "aws:appautoscaling/policy:Policy"
SCHEDULED_ACTION = "aws:appautoscaling/scheduledAction:ScheduledAction"
ENDPOINT_POLICY = "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy"
TOPIC, TOPIC_POLICY = "aws:sns/topic:Topic", "aws:sns/topicPolicy:TopicPolicy"
SUBSCRIPTION, BUDGET = "aws:sns/topicSubscription:TopicSubscription", "aws:budgets/budget:Budget"
HEALTH_CHECK = "aws:route53/healthCheck:HealthCheck"
RECORD, ALIAS_RECORD = "aws:route53/record:Record", "aws:route53/record:Record of an alias"
CERTIFICATE = "aws:acm/certificate:Certificate"
VPC, SUBNET = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"
GROUP, ENDPOINT = "aws:ec2/securityGroup:SecurityGroup", "aws:ec2/vpcEndpoint:VpcEndpoint"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"

GONE: Any = object()  # a change to it removes the property
LONG = {"Statement": [{"Action": f"s3:Get{'x' * 40}{number}"} for number in range(800)]}
_STATEMENT: Values = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "*", "Resource": "*"}

GOOD: dict[str, Values] = {
    TASK: {
        "family": "app",
        "networkMode": "awsvpc",
        "cpu": "1024",
        "memory": "2048",
        "executionRoleArn": UNKNOWN,
        "containerDefinitions": [
            {
                "name": "app",
                "image": "registry/app:1",
                "essential": True,
                "portMappings": [{"containerPort": 8080, "hostPort": 8080}],
                "environment": [{"name": "PORT", "value": "8080"}],
                "secrets": [{"name": "TOKEN", "valueFrom": "arn"}],
                "stopTimeout": 30,
                "healthCheck": {
                    "command": ["CMD", "node"],
                    "interval": 30,
                    "timeout": 5,
                    "startPeriod": 60,
                    "retries": 3,
                },
                "linuxParameters": {"initProcessEnabled": True},
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {
                        "awslogs-group": "/ecs/app",
                        "awslogs-region": "eu-north-1",
                        "awslogs-stream-prefix": "app",
                        "mode": "non-blocking",
                        "max-buffer-size": "25m",
                    },
                },
            }
        ],
    },
    SERVICE: {
        "name": "app",
        "networkConfiguration": {"subnets": [UNKNOWN]},
        "desiredCount": 2,
        "deploymentMinimumHealthyPercent": 100,
        "deploymentMaximumPercent": 200,
        "availabilityZoneRebalancing": "ENABLED",
        "capacityProviderStrategies": [
            {"capacityProvider": "FARGATE", "base": 2, "weight": 0},
            {"capacityProvider": "FARGATE_SPOT", "weight": 100},
        ],
    },
    LOAD_BALANCER: {"name": "app", "idleTimeout": 300},
    TARGET_GROUP: {
        "name": "app-1a2b3c4",
        "port": 8080,
        "protocol": "HTTP",
        "vpcId": UNKNOWN,
        "deregistrationDelay": 30,
        "healthCheck": {
            "path": "/health",
            "matcher": "200-299",
            "interval": 30,
            "timeout": 5,
            "healthyThreshold": 2,
            "unhealthyThreshold": 3,
        },
        "stickiness": {"type": "lb_cookie", "cookieDuration": 86_400},
    },
    LISTENER: {
        "protocol": "HTTP",
        "defaultActions": [
            {
                "type": "fixed-response",
                "fixedResponse": {"statusCode": "404", "contentType": "text/plain", "messageBody": "Not found"},
            }
        ],
    },
    HTTPS_LISTENER: {
        "protocol": "HTTPS",
        "certificateArn": UNKNOWN,
        "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
        "defaultActions": [],
    },
    LISTENER_RULE: {
        "priority": 100,
        "conditions": [{"pathPattern": {"values": ["/*"]}}],
        "actions": [
            {
                "type": "forward",
                "forward": {"targetGroups": [{"arn": UNKNOWN, "weight": 100}], "stickiness": {"duration": 86_400}},
            }
        ],
    },
    BUCKET: {"bucket": "recordings.app-1"},
    BUCKET_POLICY: {
        "bucket": "app-1",
        "policy": {
            "Statement": [{**_STATEMENT, "Resource": ["arn:aws:s3:::app-1", "arn:aws:s3:::app-1/*"]}],
        },
    },
    BUCKET_LIFECYCLE: {
        "rules": [
            {
                "expiration": {"days": 90},
                "noncurrentVersionExpiration": {"noncurrentDays": 90},
                "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
            }
        ]
    },
    IMAGE_LIFECYCLE: {
        "policy": {
            "rules": [
                {
                    "rulePriority": 1,
                    "selection": {
                        "tagStatus": "untagged",
                        "countType": "sinceImagePushed",
                        "countUnit": "days",
                        "countNumber": 14,
                    },
                }
            ]
        }
    },
    SECRET: {"name": "app/TOKEN", "recoveryWindowInDays": 0},
    TABLE: {
        "hashKey": "id",
        "attributes": [{"name": "id", "type": "S"}, {"name": "kind", "type": "S"}],
        "globalSecondaryIndexes": [{"name": "by-kind", "keySchemas": [{"attributeName": "kind", "keyType": "HASH"}]}],
    },
    CACHE: {
        "replicationGroupId": "app-cache",
        "authToken": "hunter2-hunter2!&#$^<>-",
        "transitEncryptionEnabled": True,
        "automaticFailoverEnabled": True,
        "multiAzEnabled": True,
        "numCacheClusters": 2,
        "maintenanceWindow": "sun:23:30-mon:00:30",
        "snapshotRetentionLimit": 7,
    },
    KEY: {"deletionWindowInDays": 7, "policy": {"Statement": [_STATEMENT]}},
    ALIAS: {"name": "alias/app"},
    ROLE: {"assumeRolePolicy": {"Statement": [_STATEMENT]}},
    ROLE_POLICY: {"policy": {"Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}},
    LOG_GROUP: {"retentionInDays": 3653},
    METRIC_FILTER: {"metricTransformation": {"namespace": "App", "name": "Errors", "value": "1"}},
    LOG_POLICY: {"policyDocument": {"Statement": [_STATEMENT]}},
    WEB_ACL: {
        "rules": [
            {
                "name": "rate",
                "priority": 0,
                "statement": {"rateBasedStatement": {"limit": 10, "evaluationWindowSec": 300}},
                "visibilityConfig": {"metricName": "rate"},
            },
            {
                "name": "common",
                "priority": 1,
                "statement": {"managedRuleGroupStatement": {"name": "AWSManagedRulesCommonRuleSet"}},
                "visibilityConfig": {"metricName": "common"},
            },
        ],
        "visibilityConfig": {"metricName": "app"},
    },
    WEB_ACL_LOG: {"logDestinationConfigs": ["arn:aws:logs:eu-north-1:1:log-group:aws-waf-logs-app"]},
    ALARM: {
        "metricName": "Latency",
        "namespace": "App",
        "extendedStatistic": "p99.9",
        "period": 60,
        "evaluationPeriods": 1440,
        "datapointsToAlarm": 3,
        "treatMissingData": "notBreaching",
    },
    QUERIES_ALARM: {
        "evaluationPeriods": 1,
        "metricQueries": [
            {"id": "failed", "metric": {"metricName": "Failed", "period": 300, "stat": "Sum"}},
            {"id": "share", "expression": "failed / 2", "period": 300, "returnData": True},
        ],
    },
    DASHBOARD: {
        "dashboardName": "app",
        "dashboardBody": {"widgets": [{"type": "text", "x": 12, "width": 12}, {"type": "metric", "x": 0}]},
    },
    TARGET: {"minCapacity": 0, "maxCapacity": 0},
    POLICY: {
        "targetTrackingScalingPolicyConfiguration": {"predefinedMetricSpecification": {"predefinedMetricType": "x"}}
    },
    SCHEDULED_ACTION: {"schedule": "cron(0 6 * * ? *)", "scalableTargetAction": {"minCapacity": 2, "maxCapacity": 4}},
    EVENT_RULE: {"eventPattern": {"source": ["aws.ecs"], "detail": {"stopCode": ["TaskFailedToStart"]}}},
    EVENT_TARGET: {
        "inputTransformer": {"inputPaths": {"reason": "$.detail.reason"}, "inputTemplate": '"app: <reason>"'},
    },
    TOPIC: {"name": "app-alarms"},
    TOPIC_POLICY: {"policy": {"Statement": [_STATEMENT]}},
    ENDPOINT_POLICY: {"policy": {"Statement": [_STATEMENT]}},
    SUBSCRIPTION: {"protocol": "email", "endpoint": "oncall@example.com"},
    BUDGET: {"name": "app", "limitAmount": "99.5", "notifications": [{"threshold": 100}]},
    RECORD: {"records": [UNKNOWN], "ttl": 60},
    ALIAS_RECORD: {"aliases": [{}], "latencyRoutingPolicies": [{"region": "eu-north-1"}], "setIdentifier": "prod"},
    HEALTH_CHECK: {"fqdn": UNKNOWN, "requestInterval": 30},
    CERTIFICATE: {"domainName": "app.example.com"},
    VPC: {"cidrBlock": "10.0.0.0/16"},
    SUBNET: {"cidrBlock": "10.0.0.0/28"},
    GROUP: {"description": "The tasks: reached by the load balancer only"},
    ENDPOINT: {"vpcEndpointType": "Gateway", "serviceName": "com.amazonaws.eu-north-1.s3"},
    INGRESS: {"ipProtocol": "tcp", "fromPort": 80, "toPort": 80, "cidrIpv4": "0.0.0.0/0", "description": "Clients"},
    EGRESS: {"ipProtocol": "-1", "referencedSecurityGroupId": UNKNOWN},
}

_OF_A_RESOURCE = {
    **dict.fromkeys((BUCKET_POLICY, TOPIC_POLICY, ENDPOINT_POLICY, KEY), "policy"),
    LOG_POLICY: "policyDocument",
    ROLE: "assumeRolePolicy",
}
_C, _H = "containerDefinitions.0.", "containerDefinitions.0.healthCheck."
_LOGS = "containerDefinitions.0.logConfiguration."
_SELECTION = "policy.rules.0.selection."
_ACTION = "actions.0."

# Type, property (`a.0.b` for the first item of a list), its new value, and the fault.
BAD: list[tuple[str, str, Any, str]] = [
    (TASK, "family", "app/1", '`family` is "app/1": must be 1 to 255 letters'),
    (TASK, "networkMode", "bridge", '`networkMode` is "bridge": must be awsvpc on Fargate'),
    (TASK, "memory", GONE, "`memory`: must be given on Fargate"),
    (TASK, "cpu", "1000", '`cpu` is "1000": must be one of 256, 512, 1024, 2048, 4096, 8192, 16384 on Fargate'),
    (TASK, "memory", "1536", '`memory` is "1536": must be one of 2048, 3072'),
    (TASK, "executionRoleArn", GONE, "`executionRoleArn`: must be given, as containerDefinitions[0] has secrets"),
    (TASK, f"{_C}environment.0.value", "x" * 70_000, "must have at most 65,536 bytes"),
    (TASK, f"{_C}essential", False, "`containerDefinitions`: must have an essential container"),
    (TASK, f"{_C}name", GONE, "`containerDefinitions[0].name`: must be given"),
    (TASK, f"{_C}name", "an app", '`containerDefinitions[0].name` is "an app": must be 1 to 255 letters'),
    (TASK, f"{_C}image", GONE, "`containerDefinitions[0].image`: must be given"),
    (TASK, f"{_C}image", "an image", '`containerDefinitions[0].image` is "an image": must be 1 to 255 characters'),
    (TASK, f"{_C}portMappings.0.containerPort", 70_000, "portMappings[0].containerPort` is 70000: must be 1 to 65,535"),
    (TASK, f"{_C}portMappings.0.hostPort", 80, "portMappings[0].hostPort`: must be the same as containerPort"),
    (TASK, f"{_C}secrets.0.name", "PORT", '`containerDefinitions[0].secrets[0].name` is "PORT": must not be the name'),
    (TASK, f"{_C}stopTimeout", 121, "`containerDefinitions[0].stopTimeout` is 121: must be 0 to 120 seconds"),
    (TASK, f"{_H}command", ["curl"], "healthCheck.command`: must start with CMD or CMD-SHELL"),
    (TASK, f"{_H}interval", 4, "healthCheck.interval` is 4: must be 5 to 300 seconds"),
    (TASK, f"{_H}timeout", 61, "healthCheck.timeout` is 61: must be 2 to 60 seconds"),
    (TASK, f"{_H}startPeriod", 301, "healthCheck.startPeriod` is 301: must be 0 to 300 seconds"),
    (TASK, f"{_H}retries", 11, "healthCheck.retries` is 11: must be 1 to 10"),
    (TASK, f"{_LOGS}logDriver", "syslog", 'logDriver` is "syslog": must be one of awslogs, splunk, awsfirelens'),
    (TASK, f"{_LOGS}options.mode", "lossy", 'options.mode` is "lossy": must be one of blocking, non-blocking'),
    (TASK, f"{_LOGS}options.mode", "blocking", "options.max-buffer-size`: needs the mode non-blocking"),
    (TASK, f"{_LOGS}options.awslogs-group", GONE, "options.awslogs-group`: must be given for awslogs"),
    (TASK, f"{_C}linuxParameters.sharedMemorySize", 64, "sharedMemorySize`: must not be given on Fargate"),
    (SERVICE, "name", "an app", '`name` is "an app": must be 1 to 255 letters'),
    (SERVICE, "desiredCount", -1, "`desiredCount` is -1: must be at least 0"),
    (SERVICE, "deploymentMinimumHealthyPercent", 101, "`deploymentMinimumHealthyPercent` is 101: must be 0 to 100 %"),
    (SERVICE, "deploymentMaximumPercent", 201, "`deploymentMaximumPercent` is 201: must be 0 to 200 %"),
    (SERVICE, "deploymentMaximumPercent", 100, "must be more than 100 with a deploymentMinimumHealthyPercent of 100"),
    (SERVICE, "deploymentMaximumPercent", 100, "`availabilityZoneRebalancing` is"),
    (SERVICE, "capacityProviderStrategies.1.weight", 0, "`capacityProviderStrategies`: must have a weight of more"),
    (SERVICE, "capacityProviderStrategies.1.base", 1, "must have a base for one capacity provider only"),
    *((LOAD_BALANCER, "name", n, f'`name` is "{n}": must be 1 to 32') for n in ("a" * 33, "-a", "a_b", "internal-a")),
    (LOAD_BALANCER, "idleTimeout", 4001, "`idleTimeout` is 4001: must be 1 to 4,000 seconds"),
    (TARGET_GROUP, "name", "a" * 33, "must be 1 to 32 letters, digits and hyphens"),
    (TARGET_GROUP, "port", GONE, "`port`: must be given"),
    (TARGET_GROUP, "deregistrationDelay", 3601, "`deregistrationDelay` is 3601: must be 0 to 3,600 seconds"),
    (TARGET_GROUP, "healthCheck.timeout", 30, "`healthCheck.timeout` is 30: must be less than"),
    (TARGET_GROUP, "healthCheck.path", "health", '`healthCheck.path` is "health": must start with /'),
    (TARGET_GROUP, "healthCheck.matcher", "2xx", '`healthCheck.matcher` is "2xx": must be codes'),
    (TARGET_GROUP, "stickiness.cookieDuration", 604_801, "`stickiness.cookieDuration` is 604801: must be 1 to"),
    (TARGET_GROUP, "stickiness.type", "cookie", '`stickiness.type` is "cookie": must be one of lb_cookie, app_cookie'),
    (LISTENER, "protocol", "HTTPS", "`certificateArn`: must be given for HTTPS"),
    (LISTENER, "sslPolicy", "ELBSecurityPolicy", "`sslPolicy`: must not be given for HTTP"),
    *(
        (HTTPS_LISTENER, "sslPolicy", policy, f'`sslPolicy` is "{policy}": must be a security policy of load balancers')
        for policy in ("ELBSecurityPolicy-TLS13-1-2-2021-07", "elbsecuritypolicy-2016-08", "TLS-1-2")
    ),
    (LISTENER, "defaultActions.0.type", "forward", "`defaultActions[0].forward`: must be given for an action of type"),
    (LISTENER, "defaultActions.0.redirect", {"statusCode": "HTTP_301"}, "redirect`: must change protocol, port, host"),
    (LISTENER, "defaultActions.0.fixedResponse.contentType", "text/csv", 'contentType` is "text/csv": must be one of'),
    (LISTENER_RULE, "conditions", [], "`conditions`: must hold at least one condition"),
    (LISTENER_RULE, "conditions.0.pathPattern.values", ["/" * 129], "must be 1 to 128 characters"),
    (LISTENER_RULE, f"{_ACTION}forward.targetGroups.0.weight", 1000, "weight` is 1000: must be 0 to 999"),
    (LISTENER_RULE, f"{_ACTION}forward.stickiness.duration", 0, "duration` is 0: must be 1 to 604,800 seconds"),
    *(
        (BUCKET, "bucket", name, f'`bucket` is "{name}": must be 3 to 63 lower-case letters')
        for name in ("ab", "A-bucket", "a..b", "192.168.5.4", "-abc", "xn--abc", "abc-s3alias", "a_bc", "a" * 64)
    ),
    (BUCKET_POLICY, "policy", "{", "`policy`: must be a JSON document"),
    (BUCKET_POLICY, "policy", LONG, "at most 20,480 are allowed"),
    *(
        (BUCKET_POLICY, "policy.Statement.0.Resource", [resource], "must be the bucket app-1 or objects of it")
        for resource in ("arn:aws:s3:::app-2", "arn:aws:s3:::app-10/*", "*", "arn:aws:s3:::*")
    ),
    (BUCKET_POLICY, "policy.Statement.0.Resource", "arn:aws:s3:::app-2/*", "Resource` is "),
    *(
        case
        for token, document in _OF_A_RESOURCE.items()
        for case in (
            (token, f"{document}.Statement.0.Principal", GONE, f"`{document}.Statement[0].Principal`: must be given"),
            (token, f"{document}.Statement.0.Effect", "Permit", '.Effect` is "Permit": must be one of Allow, Deny'),
            (token, f"{document}.Statement.0.Effect", GONE, f"`{document}.Statement[0].Effect`: must be given"),
        )
    ),
    (ROLE_POLICY, "policy.Statement.Effect", "allow", '`policy.Statement.Effect` is "allow": must be one of Allow'),
    (
        ROLE_POLICY,
        "policy.Statement.Principal",
        "*",
        "`policy.Statement.Principal`: must not be given in a policy",
    ),
    (BUCKET_LIFECYCLE, "rules.0", {"id": "x"}, "`rules[0]`: must have an action"),
    (BUCKET_LIFECYCLE, "rules.0.expiration.days", 0, "`rules[0].expiration.days` is 0: must be at least 1"),
    (BUCKET_LIFECYCLE, "rules.0.noncurrentVersionExpiration.noncurrentDays", 0, "noncurrentDays` is 0: must be at"),
    (BUCKET_LIFECYCLE, "rules.0.abortIncompleteMultipartUpload.daysAfterInitiation", 0, "daysAfterInitiation` is 0:"),
    (IMAGE_LIFECYCLE, "policy", "{", "`policy`: must be a JSON document"),
    (IMAGE_LIFECYCLE, "policy.rules", GONE, '`policy`: must be a JSON document with a list "rules"'),
    (IMAGE_LIFECYCLE, f"{_SELECTION}tagStatus", "old", 'tagStatus` is "old": must be one of tagged, untagged, any'),
    (IMAGE_LIFECYCLE, f"{_SELECTION}tagStatus", "tagged", "must have tagPrefixList or tagPatternList"),
    (IMAGE_LIFECYCLE, f"{_SELECTION}countType", "age", 'countType` is "age": must be one of'),
    (IMAGE_LIFECYCLE, f"{_SELECTION}countUnit", GONE, "countUnit`: must be days with sinceImagePushed"),
    (IMAGE_LIFECYCLE, f"{_SELECTION}countNumber", 0, "countNumber` is 0: must be at least 1"),
    (SECRET, "name", "a secret", '`name` is "a secret": must be 1 to 512 letters'),
    (SECRET, "recoveryWindowInDays", 6, "`recoveryWindowInDays` is 6: must be 7 to 30 days, or 0"),
    (TABLE, "hashKey", "name", '`hashKey` is "name": must be defined in `attributes`'),
    (TABLE, "globalSecondaryIndexes", [], '`attributes[1].name` is "kind": must be a key of the table'),
    (TABLE, "globalSecondaryIndexes", [{"name": "x"}, {"name": "x"}], "must not be the name of another index"),
    *(
        (CACHE, "authToken", token, "`authToken`: must be 16 to 128 letters, digits and the characters ! & # $ ^ < > -")
        for token in ("hunter2", "hunter2" * 19, "hunter2-hunter2 hunter2", "hunter2-hunter2@", "hunter2-hünter2-x")
    ),
    (CACHE, "transitEncryptionEnabled", GONE, "`authToken`: needs transitEncryptionEnabled"),
    *(
        (CACHE, "replicationGroupId", name, f'`replicationGroupId` is "{name}": must be 1 to 40 letters')
        for name in ("1a", "a--b", "a-", "a" * 41)
    ),
    (CACHE, "numCacheClusters", 7, "`numCacheClusters` is 7: must be 1 to 6"),
    (CACHE, "numCacheClusters", 1, "`automaticFailoverEnabled` is true: needs numCacheClusters of at least 2"),
    (CACHE, "automaticFailoverEnabled", False, "`multiAzEnabled` is true: needs automaticFailoverEnabled"),
    (CACHE, "snapshotRetentionLimit", 36, "`snapshotRetentionLimit` is 36: must be 0 to 35 days"),
    *(
        (CACHE, "maintenanceWindow", window, f'`maintenanceWindow` is "{window}": must be ddd:hh:mm-ddd:hh:mm')
        for window in ("sun:23:30-mon:00:29", "sunday", "sun:25:00-mon:02:00", "sun:x:00-mon:02:00")
    ),
    (KEY, "deletionWindowInDays", 6, "`deletionWindowInDays` is 6: must be 7 to 30 days"),
    (KEY, "policy", "no", "`policy`: must be a JSON document"),
    (ALIAS, "name", "alias/aws/x", '`name` is "alias/aws/x": must be alias/ and 1 to 250'),
    (ROLE, "assumeRolePolicy", LONG, "characters without white space: at most 2,048 are allowed"),
    (ROLE_POLICY, "policy", LONG, "characters without white space: at most 10,240 are allowed"),
    (LOG_GROUP, "retentionInDays", 31, "`retentionInDays` is 31: must be one of 1, 3, 5, 7, 14, 30"),
    (METRIC_FILTER, "metricTransformation", GONE, "`metricTransformation`: must be given"),
    (LOG_POLICY, "policyDocument", LONG, "characters: at most 5,120 are allowed"),
    (WEB_ACL, "rules.1.priority", 0, "`rules[1].priority` is 0: must differ from rule to rule"),
    (WEB_ACL, "rules.1.name", "rate", '`rules[1].name` is "rate": must differ from rule to rule'),
    (
        WEB_ACL,
        "rules.0.statement.rateBasedStatement.evaluationWindowSec",
        30,
        "is 30: must be one of 60, 120, 300, 600",
    ),
    (WEB_ACL, "rules.1.statement.managedRuleGroupStatement.name", "Common", '.name` is "Common": must be one of AWSM'),
    *(
        (WEB_ACL, path, name, f'`{shown}` is "{name}": must be 1 to 128 letters')
        for path, shown in (
            ("visibilityConfig.metricName", "visibilityConfig.metricName"),
            ("rules.1.visibilityConfig.metricName", "rules[1].visibilityConfig.metricName"),
        )
        for name in ("All", "Default_Action", "a b", "a.b", "")
    ),
    *(
        (WEB_ACL_LOG, "logDestinationConfigs", [f"arn:aws:logs:eu-north-1:1:{name}"], "name starts with aws-waf-logs-")
        for name in ("log-group:app", "log-group:aws-waf-logs-", "aws-waf-logs-app")
    ),
    (WEB_ACL_LOG, "logDestinationConfigs", 2 * ["a:log-group:aws-waf-logs-a"], "must be one destination"),
    (ALARM, "treatMissingData", "good", '`treatMissingData` is "good": must be one of missing, ignore'),
    *(
        (ALARM, "extendedStatistic", name, f'`extendedStatistic` is "{name}": must be a percentile from p0 to p100')
        for name in ("p200", "p", "P95", "p-1", "tm101", "Average")
    ),
    (ALARM, "statistic", "Sum", "`statistic`: exactly one of statistic, extendedStatistic must be given"),
    (ALARM, "period", "45", '`period` is "45": must be 10, 20, 30 or a multiple of 60 seconds'),
    (ALARM, "period", GONE, "`period`: must be given with a metric"),
    (ALARM, "datapointsToAlarm", 1441, "`datapointsToAlarm` is 1441: must be at most `evaluationPeriods`, 1440"),
    (ALARM, "evaluationPeriods", 1441, "`evaluationPeriods` is 1441: must be at most 1440, as `period` is 60 seconds"),
    (ALARM, "metricQueries", [{"id": "x"}], "exactly one of metricName, metricQueries must be given"),
    (QUERIES_ALARM, "metricQueries.1.returnData", False, "must have exactly one query with returnData"),
    (QUERIES_ALARM, "metricQueries.1.expression", GONE, "exactly one of expression, metric must be given"),
    (QUERIES_ALARM, "metricQueries.1.id", "failed", '`metricQueries[1].id` is "failed": must not be the id of another'),
    (QUERIES_ALARM, "metricQueries.1.id", "Share", '`metricQueries[1].id` is "Share": must be letters'),
    (QUERIES_ALARM, "metricQueries.0.metric.stat", "p101", 'stat` is "p101": must be a statistic'),
    (QUERIES_ALARM, "metricQueries.0.metric.period", 61, "period` is 61: must be 10, 20, 30 or a multiple of 60"),
    (DASHBOARD, "dashboardName", "a board", '`dashboardName` is "a board": must be 1 to 255 letters'),
    (DASHBOARD, "dashboardBody", "{", "`dashboardBody`: must be a JSON document"),
    (DASHBOARD, "dashboardBody.widgets.0.x", 20, '`dashboardBody.widgets[0]` is "x 20, width 12": must be within 24'),
    (DASHBOARD, "dashboardBody.widgets.0.type", "graph", '`dashboardBody.widgets[0].type` is "graph": must be one of'),
    (DASHBOARD, "dashboardBody.widgets", [{"type": "text"}] * 501, "must have at most 500 widgets"),
    (TARGET, "minCapacity", -1, "`minCapacity` is -1: must be at least 0"),
    (TARGET, "maxCapacity", -1, "`maxCapacity` is -1: must be at least 0"),
    (TARGET, "minCapacity", 1, "`minCapacity` is 1: must be at most `maxCapacity`, 0"),
    (POLICY, "targetTrackingScalingPolicyConfiguration", {"targetValue": 1}, "exactly one of predefinedMetric"),
    (SCHEDULED_ACTION, "schedule", "0 6 * * *", '`schedule` is "0 6 * * *": must be at('),
    (SCHEDULED_ACTION, "scalableTargetAction.minCapacity", 5, "must be at most `scalableTargetAction.maxCapacity`, 4"),
    (EVENT_RULE, "eventPattern", "{", "`eventPattern`: must be a JSON document"),
    (
        EVENT_RULE,
        "eventPattern.source",
        "aws.ecs",
        '`eventPattern.source` is "aws.ecs": must be a list of values, or an object',
    ),
    (EVENT_RULE, "eventPattern.detail.stopCode", [], "`eventPattern.detail.stopCode` is []: must be a list of values"),
    (EVENT_TARGET, "inputTransformer.inputTemplate", "app: <reason>", "must be a text in quotes"),
    (
        EVENT_TARGET,
        "inputTransformer.inputTemplate",
        '"app: <cause>"',
        '"cause": must use variables of `inputPaths` only',
    ),
    (TOPIC, "name", "my topic", '`name` is "my topic": must be 1 to 256 letters'),
    (TOPIC_POLICY, "policy", "{", "`policy`: must be a JSON document"),
    (ENDPOINT_POLICY, "policy", LONG, "at most 20,480 are allowed"),
    (SUBSCRIPTION, "protocol", "pager", '`protocol` is "pager": must be one of email, sms'),
    (SUBSCRIPTION, "endpoint", "nobody", '`endpoint` is "nobody": must be an e-mail address'),
    (SUBSCRIPTION, "protocol", "sms", "must be a number in E.164"),
    (BUDGET, "name", "a:b", '`name` is "a:b": must be 1 to 100 characters'),
    (BUDGET, "limitAmount", "0", '`limitAmount` is "0": must be more than 0'),
    (BUDGET, "notifications.0.threshold", 0, "`notifications[0].threshold` is 0: must be more than 0"),
    (RECORD, "ttl", GONE, "`ttl`: must be given unless the record is an alias"),
    (RECORD, "setIdentifier", "prod", "`setIdentifier`: must not be given without a routing policy"),
    (ALIAS_RECORD, "setIdentifier", GONE, "`setIdentifier`: must be given with a routing policy"),
    (ALIAS_RECORD, "setIdentifier", "x" * 129, "must be 1 to 128 characters"),
    (ALIAS_RECORD, "ttl", 60, "`ttl`: must not be given for an alias"),
    (HEALTH_CHECK, "requestInterval", 20, "`requestInterval` is 20: must be one of 10, 30"),
    (HEALTH_CHECK, "fqdn", GONE, "`fqdn`: must be given"),
    (CERTIFICATE, "domainName", f"{'a' * 60}.example.com", "must be 1 to 64 characters"),
    (VPC, "cidrBlock", "10.0.0.0/8", '`cidrBlock` is "10.0.0.0/8": must be an IPv4 block of /16 to /28'),
    (SUBNET, "cidrBlock", "10.0.0.0/29", '`cidrBlock` is "10.0.0.0/29": must be an IPv4 block of /16 to /28'),
    (GROUP, "description", "naïve", '`description` is "naïve": must be at most 255 letters'),
    (ENDPOINT, "serviceName", "com.amazonaws.eu-north-1.logs", "must be s3 or dynamodb for a gateway endpoint"),
    (INGRESS, "description", "what?", '`description` is "what?": must be at most 255 letters'),
    (INGRESS, "toPort", 70_000, "`toPort` is 70000: must be 0 to 65,535"),
    (INGRESS, "fromPort", 81, "`fromPort` is 81: must be at most `toPort`, 80"),
    (INGRESS, "fromPort", GONE, "`fromPort`: must be given for tcp and udp"),
    (INGRESS, "referencedSecurityGroupId", "sg-1", "exactly one of cidrIpv4, referencedSecurityGroupId must be given"),
    (SERVICE, "networkConfiguration", GONE, "`networkConfiguration`: must be given on Fargate"),
    *(
        (token, name, block, f'`{name}` is "{block}": must be an IPv4 block that starts at its network address')
        for token, name in ((VPC, "cidrBlock"), (SUBNET, "cidrBlock"), (INGRESS, "cidrIpv4"))
        for block in ("10.0.0.1/16", "10.0.128.0/16", "10.0.0/16")
    ),
    (INGRESS, "cidrIpv4", "10.0.0.1/8", "must be an IPv4 block that starts at its network address"),
    (EGRESS, "fromPort", -1, "`fromPort` is -1: must be 0 to 65,535"),
]

# Properties that hold a JSON document: the tables above show it unfolded.
_DOCUMENTS = ("containerDefinitions", "dashboardBody", "eventPattern", "policy", "policyDocument", "assumeRolePolicy")


def _inputs(case: str, path: str = "", value: Any = GONE) -> Values:
    """Returns the good inputs of a case with one change."""
    inputs: Any = copy.deepcopy(GOOD[case])
    if path:
        *parents, last = [int(name) if name.isdigit() else name for name in path.split(".")]
        holder = inputs
        for name in parents:
            holder = holder[name]
        if value is GONE:
            del holder[last]
        else:
            holder[last] = value
    for name in _DOCUMENTS:
        if isinstance(inputs.get(name), dict | list):
            inputs[name] = json.dumps(inputs[name])
    return inputs


def _faults(case: str, path: str = "", value: Any = GONE) -> list[str]:
    inputs = _inputs(case, path, value)
    return [fault.text(secret=fault.name == "authToken") for fault in TYPES[case.partition(" ")[0]].rules(inputs)]


@pytest.mark.parametrize(("case", "path", "value", "fault"), BAD)
def test_broken_rule_is_named(case: str, path: str, value: Any, fault: str) -> None:
    faults = _faults(case, path, value)
    assert [one for one in faults if fault in one], faults
    assert "hunter2" not in str(faults)


@pytest.mark.parametrize("case", GOOD)
def test_valid_inputs_break_no_rule(case: str) -> None:
    assert _faults(case) == []


@pytest.mark.parametrize("case", GOOD)
def test_unknown_values_break_no_rule(case: str) -> None:
    assert list(TYPES[case.partition(" ")[0]].rules(dict.fromkeys(GOOD[case], UNKNOWN))) == []


@pytest.mark.parametrize(
    ("case", "path", "value"),
    [
        (TASK, "cpu", "512"),
        (ALARM, "extendedStatistic", "TM(10%:90%)"),
        (LOG_GROUP, "retentionInDays", 0),
        (SECRET, "recoveryWindowInDays", 30),
        (SCHEDULED_ACTION, "schedule", "at(2027-01-01T00:00:00)"),
        (SCHEDULED_ACTION, "schedule", "rate(1 hour)"),
        (TARGET_GROUP, "healthCheck.matcher", "200,202"),
    ],
)
def test_limits_of_a_rule_are_valid(case: str, path: str, value: Any) -> None:
    assert _faults(case, path, value) == []


def test_fargate_sells_three_sizes_with_a_quarter_of_a_cpu() -> None:
    def sells(memory: str) -> bool:
        return not list(TYPES[TASK].rules(_inputs(TASK) | {"cpu": "256", "memory": memory}))

    assert [memory for memory in ("256", "512", "1024", "1536", "2048", "3072") if sells(memory)] == [
        "512",
        "1024",
        "2048",
    ]


def test_every_type_with_rules_has_a_good_and_a_bad_case() -> None:
    with_rules = {token for token, resource in TYPES.items() if resource.rules is not no_rules}
    assert {case.partition(" ")[0] for case in GOOD} == with_rules
    assert {case.partition(" ")[0] for case, *_ in BAD} == with_rules
