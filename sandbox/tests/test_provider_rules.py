"""AWS's rules that its service models lack: each refuses what it should, and says so in one line."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from sandbox.provider.rules import tables
from sandbox.provider.types import TABLE as TYPES
from sandbox.provider.values import UNKNOWN, Values
from sandbox.tests.provider_harness import Engine, reset
from sandbox.tests.provider_samples import (
    ALARM,
    ALIAS,
    BUCKET,
    BUDGET,
    CERTIFICATE,
    CONTAINERS,
    DASHBOARD,
    GROUP,
    KEY,
    LISTENER,
    LOAD_BALANCER,
    LOG_GROUP,
    MATH,
    POLICY,
    RECORD,
    ROLE,
    RULE,
    SAMPLES,
    SCHEDULED_ACTION,
    SECRET,
    SERVICE,
    SUBNET,
    SUBSCRIPTION,
    TABLE,
    TARGET,
    TARGET_GROUP,
    TASK,
    TOPIC,
    TOPIC_POLICY,
    VPC,
    Ref,
    World,
    document,
)

LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
IMAGES = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
ENDPOINT, NAT = "aws:ec2/vpcEndpoint:VpcEndpoint", "aws:ec2/natGateway:NatGateway"
ROUTE = "aws:ec2/route:Route"
REPLICATION_GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
GONE = object()
NO_PORTS: list[Any] = []
LONG = document(Action=[f"s3:Get{'x' * 40}{n}" for n in range(300)])


def task(**changes: Any) -> Values:
    """A change of the sample's one container; GONE takes a member away."""
    (container,) = json.loads(CONTAINERS)
    container |= changes
    return {"containerDefinitions": json.dumps([{k: v for k, v in container.items() if v is not GONE}])}


def tasks(*changes: Values) -> Values:
    """As many containers, each the sample's with a change."""
    containers = [json.loads(task(**change)["containerDefinitions"])[0] for change in changes]
    return {"containerDefinitions": json.dumps(containers)}


def groups(count: int, weight: int = 1) -> list[Values]:
    return [{"arn": f"arn:{n}", "weight": weight} for n in range(count)]


def forward(target_groups: Any, **more: Any) -> Values:
    return {"actions": [{"type": "forward", "forward": {"targetGroups": target_groups}, **more}]}


def images(**changes: Any) -> Values:
    selection = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7}
    selection = {name: value for name, value in (selection | changes).items() if value is not GONE}
    return {
        "policy": json.dumps({"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]})
    }


_QUERIES: list[Any] = MATH["metricQueries"]
_AWSLOGS = {"awslogs-group": "/ecs/x", "awslogs-region": "eu-north-1", "awslogs-stream-prefix": "x"}
_RULES = cast(list[Any], SAMPLES[LIFECYCLE].inputs["rules"])
_NOTIFICATION = {
    "comparisonOperator": "GREATER_THAN",
    "notificationType": "ACTUAL",
    "threshold": 80,
    "thresholdType": "PERCENTAGE",
    "subscriberEmailAddresses": ["a@example.com"],
}
_C = "`containerDefinitions[0]"

# Type, change of its sample (GONE: the property is not given), and what is said: where, and the rule.
BAD: list[tuple[str, Values, str]] = [
    # Task definitions: each of these moto accepts.
    (TASK, {"cpu": "1000"}, '`cpu` is "1000": Fargate sells 256, 512, 1024, 2048, 4096, 8192, 16384'),
    (TASK, {"cpu": "256", "memory": "4096"}, '`memory` is "4096": Fargate sells 512 to 2048 MiB in steps of 512'),
    (TASK, {"cpu": ".5 vCPU", "memory": "1.5GB"}, '`memory` is "1.5GB": Fargate sells 1024 to 4096 MiB'),
    (TASK, {"memory": GONE}, "`memory`: Fargate needs it for the task as a whole"),
    (TASK, {"networkMode": "bridge"}, '`networkMode` is "bridge": Fargate needs awsvpc'),
    (TASK, {"ipcMode": "host"}, "`ipcMode`: Fargate does not take it"),
    (TASK, {"pidMode": "host"}, '`pidMode` is "host": Fargate knows task alone'),
    (TASK, {"volumes": [{"name": "v", "hostPath": "/v"}]}, "`volumes[0].hostPath`: Fargate does not take it"),
    (TASK, {"volumes": [{"name": "a volume"}]}, '`volumes[0].name` is "a volume": must be 1 to 255 letters'),
    (TASK, {"family": "app/1"}, '`family` is "app/1": must be 1 to 255 letters'),
    (TASK, {"ephemeralStorage": {"sizeInGib": 20}}, "`ephemeralStorage.sizeInGib` is 20: must be 21 to 200 GiB"),
    (TASK, {"executionRoleArn": GONE}, "`executionRoleArn`: is needed on Fargate, as awslogs writes with it"),
    (TASK, {"containerDefinitions": "[]"}, "`containerDefinitions`: at least one container is needed"),
    (
        TASK,
        tasks({"name": "a"}, {"name": "a", "portMappings": NO_PORTS}),
        '`containerDefinitions[1].name` is "a": the names',
    ),
    (
        TASK,
        tasks({"name": "a"}, {"name": "b"}),
        '`containerDefinitions[1].portMappings[0].containerPort` is "8080/tcp"',
    ),
    (
        TASK,
        tasks(*({"name": f"c{n}", "portMappings": NO_PORTS} for n in range(11))),
        "at most 10 containers are allowed",
    ),
    (TASK, task(essential=False), "`containerDefinitions`: at least one container must be essential"),
    (TASK, task(name=GONE), f"{_C}.name`: is required"),
    (TASK, task(image=GONE), f"{_C}.image`: is required"),
    (TASK, task(name="a name"), f'{_C}.name` is "a name": must be 1 to 255 letters'),
    (TASK, task(image="an image"), f'{_C}.image` is "an image": must be 1 to 255 characters'),
    (
        TASK,
        task(portMappings=[{"containerPort": 70000}]),
        f"{_C}.portMappings[0].containerPort` is 70000: must be 1 to",
    ),
    (TASK, task(portMappings=[{"hostPort": 80}]), f"{_C}.portMappings[0].containerPort`: is required"),
    (
        TASK,
        task(portMappings=[{"containerPort": 8080, "hostPort": 80}]),
        f"{_C}.portMappings[0].hostPort` is 80: in awsvpc mode it is left out or the same as containerPort, 8080",
    ),
    (
        TASK,
        task(portMappings=[{"containerPort": 1, "hostPort": -1}]),
        f"{_C}.portMappings[0].hostPort` is -1: must be 0",
    ),
    (TASK, task(portMappings=[{"containerPort": 1, "protocol": "sctp"}]), f"{_C}.portMappings[0].protocol` is"),
    (TASK, task(cpu=2000), "the containers' cpu is 2000 in all, and the task's 1024"),
    (TASK, task(memory=4096), "the containers' memory is 4096 in all, and the task's 2048"),
    (TASK, task(memory=4), f"{_C}.memory` is 4: must be at least 6"),
    (TASK, task(memoryReservation=4), f"{_C}.memoryReservation` is 4: must be at least 6"),
    (TASK, task(memory=512, memoryReservation=600), f"{_C}.memoryReservation` is 600: must be at most memory, 512"),
    (TASK, task(stopTimeout=121), f"{_C}.stopTimeout` is 121: must be 0 to 120 seconds"),
    (TASK, task(startTimeout=121), f"{_C}.startTimeout` is 121: must be 2 to 120 seconds"),
    (TASK, task(healthCheck={"command": ["curl"]}), f"{_C}.healthCheck.command`: must begin with CMD or CMD-SHELL"),
    (TASK, task(healthCheck={"command": ["CMD", "x"], "interval": 4}), f"{_C}.healthCheck.interval` is 4: must be 5"),
    (TASK, task(healthCheck={"command": ["CMD", "x"], "timeout": 61}), f"{_C}.healthCheck.timeout` is 61: must be 2"),
    (TASK, task(healthCheck={"command": ["CMD", "x"], "retries": 11}), f"{_C}.healthCheck.retries` is 11: must be 1"),
    (
        TASK,
        task(healthCheck={"command": ["CMD", "x"], "startPeriod": 301}),
        f"{_C}.healthCheck.startPeriod` is 301: must be 0",
    ),
    (
        TASK,
        task(logConfiguration={"logDriver": "cloudwatch"}),
        f'{_C}.logConfiguration.logDriver` is "cloudwatch": must',
    ),
    (TASK, task(logConfiguration={"logDriver": "syslog"}), 'logDriver` is "syslog": Fargate knows awslogs, splunk'),
    (
        TASK,
        task(logConfiguration={"logDriver": "awslogs"}),
        f"{_C}.logConfiguration.options.awslogs-group`: awslogs needs",
    ),
    (
        TASK,
        task(logConfiguration={"logDriver": "awslogs", "options": {**_AWSLOGS, "mode": "lossy"}}),
        f'{_C}.logConfiguration.options.mode` is "lossy": must be one of blocking, non-blocking',
    ),
    (
        TASK,
        task(
            logConfiguration={
                "logDriver": "awslogs",
                "options": {**_AWSLOGS, "mode": "blocking", "max-buffer-size": "1m"},
            }
        ),
        'max-buffer-size` is "1m": goes with mode non-blocking alone',
    ),
    (TASK, task(privileged=True), f"{_C}.privileged`: Fargate does not take it"),
    (TASK, task(linuxParameters={"sharedMemorySize": 64}), f"{_C}.linuxParameters.sharedMemorySize`: Fargate does not"),
    (
        TASK,
        task(linuxParameters={"capabilities": {"add": ["SYS_ADMIN"]}}),
        'capabilities.add[0]` is "SYS_ADMIN": Fargate adds SYS_PTRACE alone',
    ),
    (TASK, task(resourceRequirements=[{"type": "GPU", "value": "1"}]), "Fargate has no GPU"),
    (
        TASK,
        task(dependsOn=[{"containerName": "db", "condition": "START"}]),
        'dependsOn[0].containerName` is "db": must be',
    ),
    (
        TASK,
        task(mountPoints=[{"sourceVolume": "v", "containerPath": "/v"}]),
        'sourceVolume` is "v": must be the name of',
    ),
    (
        TASK,
        task(environment=[{"name": "TOKEN", "value": "x"}]),
        f'{_C}.secrets[0].name` is "TOKEN": the names of secrets and environment variables must be distinct',
    ),
    (TASK, task(environment=[{"name": "A", "value": "x" * 70_000}]), "and a task definition at most 64 KiB"),
    # Services
    (SERVICE, {"name": "an app"}, '`name` is "an app": must be 1 to 255 letters'),
    (SERVICE, {"desiredCount": -1}, "`desiredCount` is -1: must be at least 0"),
    (SERVICE, {"launchType": "FARGATE"}, "only one of `launchType`, `capacityProviderStrategies` may be given"),
    (
        SERVICE,
        {"capacityProviderStrategies": [{"capacityProvider": "FARGATE", "base": 1, "weight": 0}]},
        "`capacityProviderStrategies`: at least one weight must be greater than 0",
    ),
    (
        SERVICE,
        {"capacityProviderStrategies": [{"capacityProvider": p, "base": 1, "weight": 1} for p in ("FARGATE", "SPOT")]},
        "`capacityProviderStrategies`: only one capacity provider may have a base",
    ),
    (
        SERVICE,
        {"capacityProviderStrategies": [{"capacityProvider": "FARGATE", "base": 100_001, "weight": 1}]},
        "`capacityProviderStrategies[0].base` is 100001: must be 0 to 100,000",
    ),
    (
        SERVICE,
        {"capacityProviderStrategies": [{"capacityProvider": "FARGATE", "weight": 1001}]},
        "`capacityProviderStrategies[0].weight` is 1001: must be 0 to 1,000",
    ),
    (SERVICE, {"deploymentMinimumHealthyPercent": 101}, "`deploymentMinimumHealthyPercent` is 101: must be 0 to 100 %"),
    (SERVICE, {"deploymentMaximumPercent": 201}, "`deploymentMaximumPercent` is 201: must be 0 to 200 %"),
    (SERVICE, {"deploymentMaximumPercent": 100}, "must be more than 100 where deploymentMinimumHealthyPercent is 100"),
    (SERVICE, {"loadBalancers": []}, "`healthCheckGracePeriodSeconds`: goes with load balancers alone"),
    (SERVICE, {"healthCheckGracePeriodSeconds": 2**31}, "`healthCheckGracePeriodSeconds` is 2147483648: must be 0 to"),
    (
        SERVICE,
        {"loadBalancers": [{"containerName": "a", "containerPort": 0, "targetGroupArn": "arn"}]},
        "`loadBalancers[0].containerPort` is 0: must be 1 to 65,535",
    ),
    (
        SERVICE,
        {"networkConfiguration": {"subnets": ["a"], "securityGroups": list("abcdef")}},
        "`networkConfiguration.securityGroups` is 6: at most 5 are allowed",
    ),
    # Load balancing
    *((LOAD_BALANCER, {"name": n}, f'`name` is "{n}": must be 1 to 32') for n in ("a" * 33, "-a", "a_b", "internal-a")),
    (LOAD_BALANCER, {"idleTimeout": 4001}, "`idleTimeout` is 4001: must be 1 to 4,000 seconds"),
    (LOAD_BALANCER, {"clientKeepAlive": 59}, "`clientKeepAlive` is 59: must be 60 to 604,800 seconds"),
    (LOAD_BALANCER, {"desyncMitigationMode": "lax"}, '`desyncMitigationMode` is "lax": must be one of monitor'),
    (LOAD_BALANCER, {"xffHeaderProcessingMode": "drop"}, '`xffHeaderProcessingMode` is "drop": must be one of append'),
    (LOAD_BALANCER, {"subnets": ["subnet-1"]}, "`subnets` is 1: subnets in at least two zones are needed"),
    (TARGET_GROUP, {"name": "a" * 33}, "must be 1 to 32 letters, digits and hyphens"),
    (TARGET_GROUP, {"deregistrationDelay": 3601}, "`deregistrationDelay` is 3601: must be 0 to 3,600 seconds"),
    (TARGET_GROUP, {"slowStart": 29}, "`slowStart` is 29: must be 0 (off), or 30 to 900 seconds"),
    (TARGET_GROUP, {"loadBalancingAlgorithmType": "best"}, '`loadBalancingAlgorithmType` is "best": must be one of'),
    (
        TARGET_GROUP,
        {"loadBalancingAlgorithmType": "weighted_random", "slowStart": 30},
        "`slowStart` is 30: goes with round_robin alone",
    ),
    (
        TARGET_GROUP,
        {"loadBalancingAnomalyMitigation": "yes"},
        '`loadBalancingAnomalyMitigation` is "yes": must be one of',
    ),
    (TARGET_GROUP, {"loadBalancingCrossZoneEnabled": "no"}, '`loadBalancingCrossZoneEnabled` is "no": must be one of'),
    (TARGET_GROUP, {"protocolVersion": "HTTP3"}, '`protocolVersion` is "HTTP3": must be one of'),
    (TARGET_GROUP, {"port": GONE}, "`port`: is needed for targets of type ip"),
    (
        TARGET_GROUP,
        {"stickiness": {"type": "cookie", "enabled": True}},
        '`stickiness.type` is "cookie": must be one of',
    ),
    (
        TARGET_GROUP,
        {"stickiness": {"type": "lb_cookie", "cookieDuration": 604_801}},
        "`stickiness.cookieDuration` is 604801: must be 1 to 604,800 seconds",
    ),
    *(
        (TARGET_GROUP, {"healthCheck": check}, f"`healthCheck.{next(iter(check))}` is {said}")
        for check, said in [
            ({"timeout": 30, "interval": 30}, "30: must be less than `healthCheck.interval`, 30"),
            ({"interval": 301}, "301: must be 5 to 300 seconds"),
            ({"timeout": 1}, "1: must be 2 to 120 seconds"),
            ({"healthyThreshold": 1}, "1: must be 2 to 10"),
            ({"unhealthyThreshold": 11}, "11: must be 2 to 10"),
            ({"path": "health"}, '"health": must begin with /'),
            ({"port": "http"}, '"http": must be traffic-port, or 1 to 65535'),
            ({"matcher": "2xx"}, '"2xx": must be codes'),
        ]
    ),
    (LISTENER, {"protocol": "HTTPS"}, "`certificateArn`: a listener of HTTPS needs a certificate"),
    (LISTENER, {"certificateArn": "arn:x"}, "`certificateArn`: a listener of HTTP has none"),
    (LISTENER, {"defaultActions": [{"type": "forward"}]}, "`defaultActions[0].forward`: is required for an action of"),
    (
        LISTENER,
        {"defaultActions": [{"type": "redirect", "redirect": {"statusCode": "HTTP_303", "port": "443"}}]},
        '`defaultActions[0].redirect.statusCode` is "HTTP_303": must be one of HTTP_301, HTTP_302',
    ),
    (
        LISTENER,
        {"defaultActions": [{"type": "redirect", "redirect": {"statusCode": "HTTP_301", "path": "x"}}]},
        '`defaultActions[0].redirect.path` is "x": must begin with /',
    ),
    (
        LISTENER,
        {"defaultActions": [{"type": "redirect", "redirect": {"statusCode": "HTTP_301"}}]},
        "`defaultActions[0].redirect`: must change protocol, port, host or path",
    ),
    *(
        (
            LISTENER,
            {"defaultActions": [{"type": "fixed-response", "fixedResponse": {"statusCode": "404", **response}}]},
            f"`defaultActions[0].fixedResponse.{next(iter(response))}` is",
        )
        for response in ({"contentType": "text/csv"}, {"messageBody": "x" * 1025})
    ),
    (
        LISTENER,
        {"defaultActions": [{"type": "forward", "forward": {"targetGroups": [{"arn": "a", "weight": 1000}]}}]},
        "`defaultActions[0].forward.targetGroups[0].weight` is 1000: must be 0 to 999",
    ),
    (
        LISTENER,
        {
            "defaultActions": [
                {"type": "forward", "forward": {"targetGroups": groups(1), "stickiness": {"duration": 604_801}}}
            ]
        },
        "`defaultActions[0].forward.stickiness.duration` is 604801: must be 1 to",
    ),
    (RULE, {"priority": 50_001}, "`priority` is 50001: must be 1 to 50,000"),
    (RULE, forward([]), "`actions[0].forward.targetGroups` is 0: 1 to 5 target groups are needed"),
    (RULE, forward(groups(6)), "`actions[0].forward.targetGroups` is 6: 1 to 5 target groups are needed"),
    (
        RULE,
        forward(groups(1) * 2),
        '`actions[0].forward.targetGroups[1].arn` is "arn:0": the target groups of a forward',
    ),
    (RULE, forward(groups(1, 1000)), "`actions[0].forward.targetGroups[0].weight` is 1000: must be 0 to 999"),
    (RULE, forward(groups(1), targetGroupArn="arn"), "`actions[0].targetGroupArn`: goes without `forward`"),
    (
        RULE,
        forward(groups(1), redirect={"statusCode": "HTTP_301"}),
        "`actions[0].redirect`: an action of type forward has",
    ),
    (RULE, {"actions": forward(groups(1))["actions"] * 2}, "`actions` is 2: exactly one action of forward, redirect"),
    (
        RULE,
        {"actions": [{"type": "forward", "forward": {"targetGroups": groups(1), "stickiness": {"duration": 0}}}]},
        "`actions[0].forward.stickiness.duration` is 0: must be 1 to",
    ),
    (
        RULE,
        {"actions": [{"type": "redirect", "redirect": {"statusCode": "301", "path": "/x"}}]},
        '`actions[0].redirect.statusCode` is "301": must be one of',
    ),
    (
        RULE,
        {"actions": [{"type": "redirect", "redirect": {"statusCode": "HTTP_301", "path": "x"}}]},
        '`actions[0].redirect.path` is "x": must begin with /',
    ),
    *(
        (
            RULE,
            {"actions": [{"type": "fixed-response", "fixedResponse": {"statusCode": "404", **response}}]},
            f"`actions[0].fixedResponse.{next(iter(response))}` is",
        )
        for response in ({"contentType": "text/csv"}, {"messageBody": "x" * 1025})
    ),
    (RULE, {"conditions": []}, "`conditions`: at least one is needed"),
    (RULE, {"conditions": [{}]}, "`conditions[0]`: exactly one of hostHeader, httpHeader"),
    (RULE, {"conditions": [{"pathPattern": {"values": list("abcdef")}}]}, "`conditions` is 6: at most 5 values"),
    (RULE, {"conditions": [{"pathPattern": {"values": ["/" * 129]}}]}, "must have 1 to 128 characters"),
    (RULE, {"conditions": [{"hostHeader": {"values": ["h" * 129]}}]}, "must have 1 to 128 characters"),
    # Stores and grants
    *(
        (BUCKET, {"bucket": name}, f'`bucket` is "{name}": must be 3 to 63 lower-case letters')
        for name in ("ab", "A-bucket", "a..b", "192.168.5.4", "-abc", "xn--abc", "abc-s3alias", "a_bc", "a" * 64)
    ),
    (LIFECYCLE, {"rules": [{**_RULES[0], "id": ""}]}, '`rules[0].id` is "": must be 1 to 255 characters'),
    (LIFECYCLE, {"rules": _RULES * 2}, '`rules[1].id` is "expire": the ids of rules must be distinct'),
    (LIFECYCLE, {"rules": [{"id": "x", "status": "Enabled"}]}, "`rules[0]`: a rule needs an action"),
    (
        LIFECYCLE,
        {"rules": [{**_RULES[0], "expiration": {"days": 0}}]},
        "`rules[0].expiration.days` is 0: must be at least 1",
    ),
    (
        LIFECYCLE,
        {"rules": [{**_RULES[0], "noncurrentVersionExpiration": {"noncurrentDays": 0}}]},
        "`rules[0].noncurrentVersionExpiration.noncurrentDays` is 0: must be at least 1",
    ),
    (
        LIFECYCLE,
        {"rules": [{**_RULES[0], "abortIncompleteMultipartUpload": {"daysAfterInitiation": 0}}]},
        "`rules[0].abortIncompleteMultipartUpload.daysAfterInitiation` is 0: must be at least 1",
    ),
    (BUCKET_POLICY, {"policy": "{"}, "`policy`: not a JSON document"),
    (BUCKET_POLICY, {"policy": json.dumps({"a": "x" * 20_480})}, "`policy`: has 20,489 characters, and at most 20,480"),
    (SECRET, {"namePrefix": GONE, "name": "a secret"}, '`name` is "a secret": must be 1 to 512 letters'),
    (SECRET, {"recoveryWindowInDays": 6}, "`recoveryWindowInDays` is 6: must be 0 (at once), or 7 to 30 days"),
    (KEY, {"deletionWindowInDays": 6}, "`deletionWindowInDays` is 6: must be 7 to 30 days"),
    (KEY, {"rotationPeriodInDays": 89}, "`rotationPeriodInDays` is 89: must be 90 to 2,560 days"),
    (KEY, {"policy": "no"}, "`policy`: not a JSON document"),
    (ALIAS, {"name": "alias/aws/x"}, '`name` is "alias/aws/x": must be alias/ and a name'),
    (ROLE, {"path": "app"}, '`path` is "app": must begin and end with /'),
    (ROLE, {"assumeRolePolicy": LONG}, "characters without white space, and at most 2,048 are allowed"),
    (ROLE_POLICY, {"policy": LONG}, "characters without white space, and at most 10,240 are allowed"),
    (TABLE, {"hashKey": "id"}, '`hashKey` is "id": is a key, and `attributes` does not define it'),
    (TABLE, {"globalSecondaryIndexes": []}, '`attributes[1].name` is "kind": is no key of the table or of an index'),
    (TABLE, {"billingMode": "PROVISIONED"}, '`billingMode` is "PROVISIONED": needs readCapacity and writeCapacity'),
    (TABLE, {"readCapacity": 5}, "`readCapacity` is 5: goes with PROVISIONED alone"),
    (TABLE, {"ttl": {"enabled": True}}, "`ttl.attributeName`: is needed where TTL is enabled"),
    (TABLE, {"streamViewType": "NEW_IMAGE"}, "`streamViewType`: needs `streamEnabled`"),
    (
        TABLE,
        {"globalSecondaryIndexes": cast(list[Any], SAMPLES[TABLE].inputs["globalSecondaryIndexes"]) * 2},
        '`globalSecondaryIndexes[1].name` is "kind-start-index": index names must be distinct',
    ),
    (IMAGES, {"policy": "{}"}, '`policy`: must be a JSON document with a list "rules"'),
    (IMAGES, images(tagStatus="old"), '`policy.rules[0].selection.tagStatus` is "old": must be one of tagged'),
    (IMAGES, images(tagStatus="tagged"), "needs tagPrefixList or tagPatternList"),
    (IMAGES, images(countType="age"), '`policy.rules[0].selection.countType` is "age": must be one of'),
    (IMAGES, images(countUnit=GONE), "`policy.rules[0].selection.countUnit`: is days with sinceImagePushed"),
    (IMAGES, images(countNumber=0), "`policy.rules[0].selection.countNumber` is 0: must be at least 1"),
    # Watching, scaling, notifying
    (LOG_GROUP, {"retentionInDays": 31}, "`retentionInDays` is 31: must be one of 1, 3, 5, 7, 14, 30"),
    (ALARM, {"treatMissingData": "good"}, '`treatMissingData` is "good": must be one of missing, ignore'),
    (ALARM, {"evaluateLowSampleCountPercentiles": "no"}, '`evaluateLowSampleCountPercentiles` is "no": must be one of'),
    *(
        (ALARM, {"extendedStatistic": name}, f'`extendedStatistic` is "{name}": must be a percentile from p0 to p100')
        for name in ("p200", "p", "P95", "p-1", "tm101", "Average")
    ),
    (ALARM, {"statistic": "Sum"}, "exactly one of `statistic` and `extendedStatistic` is needed"),
    (ALARM, {"period": 45}, "`period` is 45: must be 10, 20, 30 or a multiple of 60 seconds"),
    (ALARM, {"period": "45"}, '`period` is "45": must be 10, 20, 30 or a multiple of 60 seconds'),
    (ALARM, {"period": GONE}, "`period`: is needed with a metric"),
    (ALARM, {"datapointsToAlarm": 6}, "`datapointsToAlarm` is 6: must be at most `evaluationPeriods`, 5"),
    (ALARM, {"evaluationPeriods": 1441}, "`evaluationPeriods` is 1441: times `period` (60 s) must be at most a day"),
    (ALARM, {"metricQueries": _QUERIES}, "exactly one of `metricName`, `metricQueries` is needed"),
    *(
        (
            ALARM,
            dict.fromkeys(("namespace", "metricName", "dimensions", "extendedStatistic", "period"), GONE)
            | {"metricQueries": queries},
            said,
        )
        for queries, said in [
            (_QUERIES[:1], "`metricQueries` is 0: exactly one query must have returnData"),
            ([{"id": "x", "returnData": True}], "`metricQueries[0]`: exactly one of expression and metric is needed"),
            ([*_QUERIES, _QUERIES[0]], '`metricQueries[3].id` is "failed": the ids of queries must be distinct'),
            ([{**_QUERIES[2], "id": "Share"}], '`metricQueries[0].id` is "Share": must be letters'),
        ]
    ),
    (DASHBOARD, {"dashboardName": "a board"}, '`dashboardName` is "a board": must be 1 to 255 letters'),
    (DASHBOARD, {"dashboardBody": "{"}, "`dashboardBody`: not a JSON document"),
    (
        DASHBOARD,
        {"dashboardBody": '{"widgets": [{"type": "text", "x": 20, "width": 6}]}'},
        '`dashboardBody.widgets[0]` is "x 20, width 6": must lie within 24 columns',
    ),
    (
        DASHBOARD,
        {"dashboardBody": '{"widgets": [{"type": "graph"}]}'},
        '`dashboardBody.widgets[0].type` is "graph": must',
    ),
    (
        DASHBOARD,
        {"dashboardBody": json.dumps({"widgets": [{"type": "text"}] * 501})},
        "at most 500 widgets are allowed",
    ),
    (TARGET, {"minCapacity": -1}, "`minCapacity` is -1: must be at least 0"),
    (TARGET, {"minCapacity": -2, "maxCapacity": -1}, "`maxCapacity` is -1: must be at least 0"),
    (TARGET, {"minCapacity": 11}, "`minCapacity` is 11: must be at most `maxCapacity`, 10"),
    (
        POLICY,
        {"policyType": "StepScaling"},
        "`stepScalingPolicyConfiguration`: is needed for a policy of type StepScaling",
    ),
    (
        POLICY,
        {"targetTrackingScalingPolicyConfiguration": {"targetValue": 1}},
        "exactly one of predefinedMetricSpecification and customizedMetricSpecification is needed",
    ),
    (
        POLICY,
        {
            "targetTrackingScalingPolicyConfiguration": {
                "targetValue": 1,
                "predefinedMetricSpecification": {"predefinedMetricType": "ALBRequestCountPerTarget"},
            }
        },
        "resourceLabel`: is needed for ALBRequestCountPerTarget",
    ),
    (SCHEDULED_ACTION, {"schedule": "0 6 * * *"}, '`schedule` is "0 6 * * *": must be at('),
    (
        SCHEDULED_ACTION,
        {"scalableTargetAction": {"minCapacity": 5, "maxCapacity": 4}},
        "`scalableTargetAction.minCapacity` is 5: must be at most `scalableTargetAction.maxCapacity`, 4",
    ),
    (TOPIC, {"name": "my topic"}, '`name` is "my topic": must be 1 to 256 letters'),
    (TOPIC, {"displayName": "x" * 101}, "must be at most 100 characters"),
    (TOPIC_POLICY, {"policy": "{"}, "`policy`: not a JSON document"),
    (SUBSCRIPTION, {"protocol": "pager"}, '`protocol` is "pager": must be one of http'),
    (SUBSCRIPTION, {"endpoint": "nobody"}, '`endpoint` is "nobody": must be an address for the protocol email'),
    (BUDGET, {"name": "a:b"}, '`name` is "a:b": must be 1 to 100 characters'),
    (BUDGET, {"limitAmount": "0"}, '`limitAmount` is "0": must be more than 0'),
    (
        BUDGET,
        {"notifications": [{**_NOTIFICATION, "threshold": 0}]},
        "`notifications[0].threshold` is 0: must be more than",
    ),
    (BUDGET, {"notifications": [_NOTIFICATION] * 11}, "`notifications` is 11: at most 10 are allowed"),
    (
        BUDGET,
        {"notifications": [{k: v for k, v in _NOTIFICATION.items() if k[:3] != "sub"}]},
        "`notifications[0]`: needs a subscriber",
    ),
    # Network and names
    (RECORD, {"setIdentifier": GONE}, "`setIdentifier`: is needed with `latencyRoutingPolicies`"),
    (RECORD, {"setIdentifier": "x" * 129}, "must be 1 to 128 characters"),
    (RECORD, {"latencyRoutingPolicies": GONE}, "`setIdentifier`: goes with a routing policy alone"),
    (RECORD, {"ttl": 60}, "`ttl`: an alias has none"),
    (RECORD, {"aliases": GONE, "records": ["192.0.2.1"]}, "`ttl`: is needed without an alias"),
    (RECORD, {"aliases": GONE, "records": ["192.0.2.1"], "ttl": -1}, "`ttl` is -1: must be 0 to"),
    (
        RECORD,
        {"weightedRoutingPolicies": [{"weight": 256}]},
        "`weightedRoutingPolicies[0].weight` is 256: must be 0 to 255",
    ),
    (CERTIFICATE, {"domainName": f"{'a' * 60}.example.com"}, "must be at most 64 characters"),
    (VPC, {"cidrBlock": "10.0.0.0/8"}, '`cidrBlock` is "10.0.0.0/8": must be an IPv4 block of /16 to /28'),
    (SUBNET, {"cidrBlock": "10.0.0.0/29"}, '`cidrBlock` is "10.0.0.0/29": must be an IPv4 block of /16 to /28'),
    (SUBNET, {"availabilityZoneId": "eun1-az1"}, "only one of `availabilityZone`, `availabilityZoneId` may be given"),
    (GROUP, {"name": "sg-app"}, '`name` is "sg-app": must be 1 to 255 characters, and not begin with sg-'),
    (GROUP, {"description": "naïve"}, '`description` is "naïve": must be at most 255 letters'),
    *(
        case
        for token in (INGRESS, EGRESS)
        for case in [
            (token, {"description": "what?"}, '`description` is "what?": must be at most 255 letters'),
            (token, {"ipProtocol": "tcp", "fromPort": 70_000, "toPort": 70_000}, "`fromPort` is 70000: must be -1 to"),
            (token, {"ipProtocol": "tcp", "fromPort": 1, "toPort": 70_000}, "`toPort` is 70000: must be -1 to"),
            (token, {"ipProtocol": "tcp", "fromPort": 2, "toPort": 1}, "`fromPort` is 2: must be at most `toPort`, 1"),
            (token, {"ipProtocol": "tcp", "fromPort": GONE, "toPort": GONE}, "`fromPort`: is needed for tcp"),
            (token, {"ipProtocol": "-1", "fromPort": 80, "toPort": 80}, "all protocols (-1) go without ports"),
            (
                token,
                {"prefixListId": "pl-1", "cidrIpv4": "10.0.0.0/8", "referencedSecurityGroupId": GONE},
                "exactly one of `cidrIpv4`, `cidrIpv6`, `prefixListId`",
            ),
        ]
    ),
    (ENDPOINT, {"subnetIds": ["subnet-1"]}, "`subnetIds`: a gateway endpoint has none"),
    (ENDPOINT, {"serviceName": "com.amazonaws.eu-north-1.logs"}, "only s3 and dynamodb have gateway endpoints"),
    (ENDPOINT, {"vpcEndpointType": "Interface"}, "`routeTableIds`: an interface endpoint has none"),
    (NAT, {"allocationId": GONE}, "`allocationId`: is needed for a public NAT gateway"),
    (NAT, {"connectivityType": "private"}, "`allocationId`: a private NAT gateway has none"),
    (ROUTE, {"gatewayId": "igw-1", "natGatewayId": "nat-1"}, "exactly one of `gatewayId`, `natGatewayId`"),
    (ROUTE, {"destinationCidrBlock": GONE}, "exactly one of `destinationCidrBlock`, `destinationIpv6CidrBlock`"),
]


CACHE: Values = {
    "replicationGroupId": "app-cache",
    "authToken": "hunter2-hunter2!&#$^<>-",
    "transitEncryptionEnabled": True,
    "automaticFailoverEnabled": True,
    "multiAzEnabled": True,
    "numCacheClusters": 2,
    "maintenanceWindow": "sun:23:30-mon:00:30",
    "snapshotRetentionLimit": 7,
}
BAD_CACHES: list[tuple[Values, str]] = [
    *(
        ({"authToken": token}, "`authToken`: must be 16 to 128 letters, digits and the characters ! & # $ ^ < > -")
        for token in ("hunter2", "hunter2" * 19, "hunter2-hunter2 hunter2", "hunter2-hunter2@", "hunter2-hünter2-x")
    ),
    ({"transitEncryptionEnabled": GONE}, "`authToken`: needs transitEncryptionEnabled"),
    *(
        ({"replicationGroupId": name}, f'`replicationGroupId` is "{name}": must be 1 to 40 letters')
        for name in ("1a", "a--b", "a-", "a" * 41)
    ),
    ({"numCacheClusters": 7}, "`numCacheClusters` is 7: must be 1 to 6"),
    ({"numCacheClusters": 1}, "`automaticFailoverEnabled` is true: needs numCacheClusters of at least 2"),
    ({"automaticFailoverEnabled": False}, "`multiAzEnabled` is true: needs automaticFailoverEnabled"),
    ({"replicasPerNodeGroup": 6}, "`replicasPerNodeGroup` is 6: must be 0 to 5"),
    ({"snapshotRetentionLimit": 36}, "`snapshotRetentionLimit` is 36: must be 0 to 35 days"),
    *(
        ({"maintenanceWindow": window}, f'`maintenanceWindow` is "{window}": must be ddd:hh:mm-ddd:hh:mm')
        for window in ("sun:23:30-mon:00:29", "sunday", "sun:25:00-mon:02:00", "sun:x:00-mon:02:00")
    ),
]


@pytest.fixture(scope="module")
def engine(endpoint: str) -> Engine:
    return Engine(endpoint)


def _unresolved(value: Any) -> Any:
    """A sample's inputs as a preview has them: what another resource will give is not known."""
    if isinstance(value, Ref):
        return UNKNOWN
    if value in ("ZONE", "POLICY"):  # what no sample makes
        return UNKNOWN
    if isinstance(value, dict):
        return {name: _unresolved(item) for name, item in cast(Values, value).items()}
    return [_unresolved(item) for item in cast(list[Any], value)] if isinstance(value, list) else value


def _changed(token: str, change: Values) -> Values:
    inputs = _unresolved(SAMPLES[token].inputs) | change
    return {name: value for name, value in inputs.items() if value is not GONE}


@pytest.mark.parametrize(("token", "change", "said"), BAD)
def test_a_broken_rule_is_refused_at_preview(engine: Engine, token: str, change: Values, said: str) -> None:
    _, failures = engine.check(token, "object", _changed(token, change))
    assert [one for one in failures if said in one], failures


def _of_cache(change: Values) -> list[str]:
    inputs = {name: value for name, value in (CACHE | change).items() if value is not GONE}
    found = tables()[REPLICATION_GROUP](inputs, cast(Any, None))
    return [fault.text(secret=fault.name == "authToken") for fault in found]


@pytest.mark.parametrize(("change", "said"), BAD_CACHES)
def test_a_broken_rule_of_a_cache_is_found(change: Values, said: str) -> None:
    assert _of_cache({}) == []
    assert [one for one in _of_cache(change) if said in one]
    assert "hunter2" not in str(_of_cache(change))


@pytest.mark.parametrize("token", sorted(SAMPLES.keys() - {"second subnet"}))
def test_what_aws_takes_is_taken(engine: Engine, token: str) -> None:
    changes: list[Values] = [{}, _unresolved(SAMPLES[token].change)]
    for change in changes:
        assert engine.check(token, "object", _changed(token, change))[1] == []


@pytest.mark.parametrize(
    ("token", "change"),
    [
        (TASK, {"cpu": "1 vCPU", "memory": "2 GB"}),
        (TASK, {"cpu": "16384", "memory": "122880"}),
        (TASK, task(portMappings=[{"containerPort": 8080, "hostPort": 8080}])),
        (TASK, tasks({"name": "a"}, {"name": "b", "essential": False, "portMappings": NO_PORTS})),
        (ALARM, {"extendedStatistic": "p99.9"}),
        (ALARM, {"extendedStatistic": "TM(10%:90%)"}),
        (LOG_GROUP, {"retentionInDays": 0}),
        (LOG_GROUP, {"retentionInDays": 3653}),
        (TARGET_GROUP, {"slowStart": 30}),
        (RULE, forward(groups(5, 999))),
        (BUCKET, {"bucket": "a.b-1"}),
        (DASHBOARD, {"dashboardBody": '{"widgets": []}'}),
        (SCHEDULED_ACTION, {"schedule": "at(2027-01-01T00:00:00)"}),
        (SCHEDULED_ACTION, {"schedule": "rate(1 hour)"}),
        (SUBSCRIPTION, {"protocol": "sms", "endpoint": "+358401234567"}),
    ],
)
def test_the_edges_of_a_rule_are_allowed(engine: Engine, token: str, change: Values) -> None:
    assert engine.check(token, "object", _changed(token, change))[1] == []


def test_every_rule_has_a_case(engine: Engine) -> None:
    failures: dict[str, str] = {}
    for token, change, _said in BAD:
        failures[token] = failures.get(token, "") + "\n".join(engine.check(token, "o", _changed(token, change))[1])
    failures[REPLICATION_GROUP] = "\n".join(said for change, _ in BAD_CACHES for said in _of_cache(change))
    for token, rules in tables().items():
        assert rules.source
        for row in rules.rows:
            for path, rule in () if callable(row) else row.items():
                assert rule.says in failures.get(token, ""), f"{token} {path}"
    assert tables().keys() <= failures.keys()
    assert tables().keys() <= TYPES.keys()


def test_a_secret_value_is_not_shown(engine: Engine) -> None:
    _, failures = engine.check(LOG_GROUP, "l", {"retentionInDays": 31}, secret=("retentionInDays",))
    (said,) = failures
    assert said.startswith("`retentionInDays`: must be one of 1, 3")
    token = task(name="hunter2 hunter2")
    _, failures = engine.check(TASK, "t", _changed(TASK, token), secret=("containerDefinitions",))
    assert failures
    assert "hunter2" not in str(failures)


def test_subnets_of_one_zone_are_refused_once_they_are_known(endpoint: str, engine: Engine) -> None:
    reset(endpoint)
    world = World(engine, endpoint)
    vpc = world.make(VPC)
    both = [
        engine.create(
            SUBNET, f"s{n}", {"vpcId": vpc.id, "cidrBlock": f"10.0.{n}.0/24", "availabilityZone": "eu-north-1a"}
        )
        for n in (1, 2)
    ]
    _, failures = engine.check(LOAD_BALANCER, "lb", {"subnets": [one.id for one in both]})
    assert failures == ["`subnets`: one subnet in each of at least two zones is needed, not eu-north-1a, eu-north-1a"]


def test_the_inline_policies_of_a_role_count_together(endpoint: str, engine: Engine) -> None:
    reset(endpoint)
    world = World(engine, endpoint)
    role = world.make(ROLE)
    half = document(Action=[f"s3:Get{'x' * 40}{n}" for n in range(110)])
    engine.create(ROLE_POLICY, "one", {"name": "one", "role": role.id, "policy": half})
    assert engine.check(ROLE_POLICY, "one", {"name": "one", "role": role.id, "policy": half})[1] == []
    _, failures = engine.check(ROLE_POLICY, "two", {"name": "two", "role": role.id, "policy": half})
    (said,) = failures
    assert "characters in all, and at most 10,240 are allowed" in said
