"""The rules of AWS: each accepts what AWS accepts, and names the property, the value and the rule otherwise."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from sandbox.provider.resource import no_rules
from sandbox.provider.types import TYPES
from sandbox.provider.values import UNKNOWN, Values, is_list, is_object
from sandbox.tests.provider import samples
from sandbox.tests.provider.samples import SAMPLES, SECOND, Ref

# Other forms of a type than that of its sample: the type, and its inputs.
VARIANTS: dict[str, tuple[str, Values]] = {
    "the policy of a named bucket": (
        samples.BUCKET_POLICY,
        SAMPLES[samples.BUCKET_POLICY].inputs | {"bucket": "voiceter-recordings"},
    ),
    "an HTTPS listener": (
        samples.LISTENER,
        {
            "protocol": "HTTPS",
            "certificateArn": UNKNOWN,
            "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
            "defaultActions": [],
        },
    ),
    "an alarm on queries": (samples.ALARM, samples.MATH),
    "a record with values": (samples.RECORD, {"records": [UNKNOWN], "ttl": 60}),
}
# Properties that hold a JSON document: the paths below lead into it.
_DOCUMENTS = ("containerDefinitions", "dashboardBody", "eventPattern", "policy", "policyDocument", "assumeRolePolicy")
GONE: Any = object()  # a change to it removes the property
TEN_METRICS: list[Values] = [
    *({"id": f"m{number}", "metric": {"metricName": "Errors", "stat": "Sum", "period": 60}} for number in range(10)),
    {"id": "every", "expression": "SUM(METRICS())", "returnData": True},
]
LONG = {"Statement": [{"Action": f"s3:Get{'x' * 40}{number}"} for number in range(800)]}


def _known(value: Any) -> Any:
    """Returns a value of a sample, with an unknown value for each reference."""
    if is_object(value):
        return {name: _known(item) for name, item in value.items()}
    if is_list(value):
        return [_known(item) for item in value]
    return UNKNOWN if isinstance(value, Ref) else value


def _good(case: str) -> Values:
    inputs = _known(VARIANTS[case][1] if case in VARIANTS else SAMPLES[case].inputs)
    return {name: json.loads(value) if name in _DOCUMENTS else value for name, value in inputs.items()}


def _token(case: str) -> str:
    return VARIANTS[case][0] if case in VARIANTS else SECOND.get(case, case)


GOOD = {case: _good(case) for case in (*SAMPLES, *VARIANTS) if TYPES[_token(case)].rules is not no_rules}

_C, _H = "containerDefinitions.0.", "containerDefinitions.0.healthCheck."
_LOGS = "containerDefinitions.0.logConfiguration."
_SELECTION = "policy.rules.0.selection."
_FORWARD = "actions.0.forward."
_LIMITED = "rules.0.statement.rateBasedStatement.scopeDownStatement"


def _of_a_resource(document: str) -> list[tuple[str, Any, str]]:
    """What is wrong with a policy of a resource, in the property of that name."""
    return [
        (f"{document}.Statement.0.Principal", GONE, f"`{document}.Statement[0].Principal`: must be given"),
        (f"{document}.Statement.0.Effect", "Permit", '.Effect` is "Permit": must be one of Allow, Deny'),
        (f"{document}.Statement.0.Effect", GONE, f"`{document}.Statement[0].Effect`: must be given"),
    ]


def _blocks(name: str) -> list[tuple[str, Any, str]]:
    """What is wrong with an address block in the property of that name."""
    return [
        (name, block, f'`{name}` is "{block}": must be an IPv4 block that starts at its network address')
        for block in ("10.0.0.1/16", "10.0.128.0/16", "10.0.0/16")
    ]


# Property (`a.0.b` for the first item of a list), its new value, and the fault.
BAD: dict[str, list[tuple[str, Any, str]]] = {
    samples.TASK: [
        ("family", "app/1", '`family` is "app/1": must be 1 to 255 letters'),
        ("networkMode", "bridge", '`networkMode` is "bridge": must be awsvpc on Fargate'),
        ("memory", GONE, "`memory`: must be given on Fargate"),
        ("cpu", "1000", '`cpu` is "1000": must be one of 256, 512, 1024, 2048, 4096, 8192, 16384, 32768 on Fargate'),
        ("memory", "1536", '`memory` is "1536": must be one of 2048, 3072'),
        ("executionRoleArn", GONE, "`executionRoleArn`: must be given, as containerDefinitions[0] has secrets"),
        (f"{_C}environment.0.value", "x" * 70_000, "must have at most 65,536 bytes"),
        (f"{_C}essential", False, "`containerDefinitions`: must have an essential container"),
        (f"{_C}name", GONE, "`containerDefinitions[0].name`: must be given"),
        (f"{_C}name", "an app", '`containerDefinitions[0].name` is "an app": must be 1 to 255 letters'),
        (f"{_C}image", GONE, "`containerDefinitions[0].image`: must be given"),
        (f"{_C}image", "an image", '`containerDefinitions[0].image` is "an image": must be 1 to 255 characters'),
        (f"{_C}portMappings.0.containerPort", 70_000, "portMappings[0].containerPort` is 70000: must be 1 to 65,535"),
        (f"{_C}portMappings.0.hostPort", 80, "portMappings[0].hostPort`: must be the same as containerPort"),
        (f"{_C}secrets.0.name", "PORT", '`containerDefinitions[0].secrets[0].name` is "PORT": must not be the name'),
        (f"{_C}stopTimeout", 121, "`containerDefinitions[0].stopTimeout` is 121: must be 0 to 120 seconds"),
        (f"{_H}command", ["curl"], "healthCheck.command`: must start with CMD or CMD-SHELL"),
        (f"{_H}interval", 4, "healthCheck.interval` is 4: must be 5 to 300 seconds"),
        (f"{_H}timeout", 61, "healthCheck.timeout` is 61: must be 2 to 60 seconds"),
        (f"{_H}startPeriod", 301, "healthCheck.startPeriod` is 301: must be 0 to 300 seconds"),
        (f"{_H}retries", 11, "healthCheck.retries` is 11: must be 1 to 10"),
        (f"{_LOGS}logDriver", "syslog", 'logDriver` is "syslog": must be one of awslogs, splunk, awsfirelens'),
        (f"{_LOGS}options.mode", "lossy", 'options.mode` is "lossy": must be one of blocking, non-blocking'),
        (f"{_LOGS}options.mode", "blocking", "options.max-buffer-size`: needs the mode non-blocking"),
        (
            f"{_LOGS}options.awslogs-endpoint",
            "x",
            "logConfiguration.options.awslogs-endpoint`: is no option of awslogs",
        ),
        (f"{_LOGS}options.awslogs-group", GONE, "options.awslogs-group`: must be given for awslogs"),
        (f"{_C}linuxParameters.sharedMemorySize", 64, "sharedMemorySize`: must not be given on Fargate"),
    ],
    samples.CLUSTER: [("settings.0.value", "on", '`settings[0].value` is "on": must be one of enhanced, enabled')],
    samples.SERVICE: [
        *(
            ("deploymentConfiguration", {shift: {name: value}}, f"`deploymentConfiguration.{shift}.{name}` is {value}:")
            for shift, name, value in (
                ("canaryConfiguration", "canaryPercent", 0),
                ("canaryConfiguration", "canaryBakeTimeInMinutes", 1441),
                ("linearConfiguration", "stepPercent", 2),
                ("linearConfiguration", "stepBakeTimeInMinutes", 1441),
            )
        ),
        ("deploymentConfiguration", {"bakeTimeInMinutes": "1441"}, '"1441": must be 0 to 1,440 minutes'),
        ("name", "an app", '`name` is "an app": must be 1 to 255 letters'),
        ("desiredCount", -1, "`desiredCount` is -1: must be at least 0"),
        ("deploymentMinimumHealthyPercent", 101, "`deploymentMinimumHealthyPercent` is 101: must be 0 to 100 %"),
        ("deploymentMaximumPercent", 201, "`deploymentMaximumPercent` is 201: must be 0 to 200 %"),
        ("deploymentMaximumPercent", 100, "must be more than 100 with a deploymentMinimumHealthyPercent of 100"),
        ("deploymentMaximumPercent", 100, "`availabilityZoneRebalancing` is"),
        (
            "capacityProviderStrategies",
            [{"capacityProvider": "FARGATE_SPOT", "weight": 0}],
            "`capacityProviderStrategies`: must have a weight of more than 0",
        ),
        ("capacityProviderStrategies.0.weight", 0, "must be more than 0 with a base"),
        ("capacityProviderStrategies.1.base", 1, "must have a base for one capacity provider only"),
        ("networkConfiguration", GONE, "`networkConfiguration`: must be given on Fargate"),
    ],
    samples.LOAD_BALANCER: [
        *(("name", n, f'`name` is "{n}": must be 1 to 32') for n in ("a" * 33, "-a", "a_b", "internal-a")),
        ("idleTimeout", 4001, "`idleTimeout` is 4001: must be 1 to 4,000 seconds"),
    ],
    samples.TARGET_GROUP: [
        ("name", "a" * 33, "must be 1 to 32 letters, digits and hyphens"),
        ("port", GONE, "`port`: must be given"),
        ("deregistrationDelay", 3601, "`deregistrationDelay` is 3601: must be 0 to 3,600 seconds"),
        ("healthCheck.timeout", 30, "`healthCheck.timeout` is 30: must be less than"),
        ("healthCheck.path", "health", '`healthCheck.path` is "health": must start with /'),
        ("healthCheck.matcher", "2xx", '`healthCheck.matcher` is "2xx": must be codes'),
        ("stickiness.cookieDuration", 604_801, "`stickiness.cookieDuration` is 604801: must be 1 to"),
        ("healthCheck.matcher", "200-599", '`healthCheck.matcher` is "200-599": must be codes from 200 to 499'),
        ("stickiness.type", "app_cookie", '`stickiness.type` is "app_cookie": must be one of lb_cookie'),
    ],
    samples.LISTENER: [
        ("protocol", "HTTPS", "`certificateArn`: must be given for HTTPS"),
        ("sslPolicy", "ELBSecurityPolicy", "`sslPolicy`: must not be given for HTTP"),
        ("defaultActions.0.type", "forward", "`defaultActions[0].forward`: must be given for an action of type"),
        ("defaultActions.0.redirect", {"statusCode": "HTTP_301"}, "redirect`: must change protocol, port, host"),
        ("defaultActions.0.fixedResponse.contentType", "text/csv", 'contentType` is "text/csv": must be one of'),
    ],
    "an HTTPS listener": [
        *(
            ("sslPolicy", policy, f'`sslPolicy` is "{policy}": must be a security policy of load balancers')
            for policy in ("ELBSecurityPolicy-TLS13-1-2-2021-07", "elbsecuritypolicy-2016-08", "TLS-1-2")
        )
    ],
    samples.RULE: [
        ("conditions", [], "`conditions`: must hold at least one condition"),
        ("conditions.0.pathPattern.values", ["/" * 129], "must be 1 to 128 characters"),
        ("conditions.0.pathPattern.values", [*"abcd"], "`conditions[0]` is 4: must have at most three values"),
        ("conditions", [{"pathPattern": {"values": [*"abc"]}}] * 2, "`conditions` is 6: must have at most five"),
        (f"{_FORWARD}targetGroups.0.weight", 1000, "weight` is 1000: must be 0 to 999"),
        (f"{_FORWARD}stickiness.duration", 0, "duration` is 0: must be 1 to 604,800 seconds"),
    ],
    samples.BUCKET: [
        *(
            ("bucket", name, f'`bucket` is "{name}": must be 3 to 63 lower-case letters')
            for name in ("ab", "A-bucket", "a..b", "192.168.5.4", "-abc", "xn--abc", "abc-s3alias", "a_bc", "a" * 64)
        )
    ],
    samples.BUCKET_POLICY: [
        *_of_a_resource("policy"),
        ("policy", "{", "`policy`: must be a JSON document"),
        ("policy", LONG, "at most 20,480 are allowed"),
        ("policy.Statement.0.Action", "s3:ListBucket", '.Action` is "s3:ListBucket": must apply to a resource'),
        (
            "policy.Statement.0",
            {"Action": ["s3:*", "s3:PutObject"], "Resource": "arn:aws:s3:::app"},
            '`policy.Statement[0].Action[1]` is "s3:PutObject": must apply to a resource of its statement',
        ),
    ],
    "the policy of a named bucket": [
        *(
            ("policy.Statement.0.Resource", resource, "must be the bucket voiceter-recordings or objects of it")
            for resource in ("arn:aws:s3:::app", ["arn:aws:s3:::voiceter-recordings-2/*"], "*", "arn:aws:s3:::*")
        )
    ],
    samples.BUCKET_ENCRYPTION: [
        (
            "rules.0.applyServerSideEncryptionByDefault",
            {"sseAlgorithm": "AES256", "kmsMasterKeyId": "alias/app"},
            "applyServerSideEncryptionByDefault.kmsMasterKeyId`: must not be given for AES256",
        )
    ],
    samples.ROLE_POLICY: [
        ("policy.Statement.0.Effect", "allow", '`policy.Statement[0].Effect` is "allow": must be one of Allow'),
        ("policy.Statement.0.Principal", "*", "`policy.Statement[0].Principal`: must not be given in a policy"),
        ("policy", LONG, "characters without white space: at most 10,240 are allowed"),
    ],
    samples.BUCKET_LIFECYCLE: [
        ("rules.0", {"id": "x"}, "`rules[0]`: must have an action"),
        ("rules", [{"id": "x"}] * 2, '`rules[1].id` is "x": must not be the id of another rule'),
        ("rules.0.expiration.days", 0, "`rules[0].expiration.days` is 0: must be at least 1"),
        ("rules.0.noncurrentVersionExpiration.noncurrentDays", 0, "noncurrentDays` is 0: must be at"),
        ("rules.0.abortIncompleteMultipartUpload.daysAfterInitiation", 0, "daysAfterInitiation` is 0:"),
    ],
    samples.IMAGE_LIFECYCLE: [
        ("policy", "{", "`policy`: must be a JSON document"),
        ("policy.rules", GONE, '`policy`: must be a JSON document with a list "rules"'),
        ("policy.rules.0.rulePriority", GONE, "`policy.rules[0].rulePriority`: must be given"),
        ("policy.rules.0.action", GONE, "`policy.rules[0].action.type`: must be given"),
        ("policy.rules.0.action.type", "archive", '"archive": must be one of expire'),
        (
            "policy.rules",
            [{"rulePriority": 1}] * 2,
            "`policy.rules[1].rulePriority` is 1: must differ from rule to rule",
        ),
        (
            "policy.rules",
            [{"rulePriority": 1, "selection": {"tagStatus": "any"}}, {"rulePriority": 2}],
            "`policy.rules[0].rulePriority` is 1: must be the highest, as the rule is for any tag",
        ),
        (f"{_SELECTION}tagStatus", "old", 'tagStatus` is "old": must be one of tagged, untagged, any'),
        (f"{_SELECTION}tagStatus", "tagged", "must have tagPrefixList or tagPatternList"),
        (f"{_SELECTION}countType", "age", 'countType` is "age": must be one of'),
        (f"{_SELECTION}countUnit", GONE, "countUnit`: must be days with sinceImagePushed"),
        (f"{_SELECTION}countNumber", 0, "countNumber` is 0: must be at least 1"),
    ],
    samples.SECRET: [
        ("name", "a secret", '`name` is "a secret": must be 1 to 512 letters'),
        ("recoveryWindowInDays", 6, "`recoveryWindowInDays` is 6: must be 7 to 30 days, or 0"),
    ],
    samples.TABLE: [
        ("hashKey", "name", '`hashKey` is "name": must be defined in `attributes`'),
        ("globalSecondaryIndexes", [], '`attributes[1].name` is "kind": must be a key of the table'),
        ("globalSecondaryIndexes", [{"name": "x"}, {"name": "x"}], "must not be the name of another index"),
    ],
    samples.CACHE: [
        *(
            ("authToken", token, "`authToken`: must be 16 to 128 letters, digits and the characters ! & # $ ^ < > -")
            for token in ("hunter2", "hunter2" * 19, "hunter2-hunter2 hunter2", "hunter2-hunter2@", "hunter2-hünter2-x")
        ),
        ("authTokenUpdateStrategy", "RESET", '"RESET": must be one of SET, ROTATE, DELETE'),
        ("transitEncryptionEnabled", GONE, "`authToken`: needs transitEncryptionEnabled"),
        *(
            ("replicationGroupId", name, f'`replicationGroupId` is "{name}": must be 1 to 40 letters')
            for name in ("1a", "a--b", "a-", "a" * 41)
        ),
        ("numCacheClusters", 7, "`numCacheClusters` is 7: must be 1 to 6"),
        ("numCacheClusters", 1, "`automaticFailoverEnabled` is true: needs numCacheClusters of at least 2"),
        ("automaticFailoverEnabled", False, "`multiAzEnabled` is true: needs automaticFailoverEnabled"),
        ("snapshotRetentionLimit", 36, "`snapshotRetentionLimit` is 36: must be 0 to 35 days"),
        *(
            ("maintenanceWindow", window, f'`maintenanceWindow` is "{window}": must be ddd:hh:mm-ddd:hh:mm')
            for window in ("sunday", "sun:25:00-mon:02:00", "sun:x:00-mon:02:00")
        ),
        ("snapshotWindow", "1:00-2:00", '`snapshotWindow` is "1:00-2:00": must be hh:mm-hh:mm'),
        ("engineVersion", "7.2.6", '`engineVersion` is "7.2.6": must be major.minor, such as 7.2'),
    ],
    samples.KEY: [
        *_of_a_resource("policy"),
        ("deletionWindowInDays", 6, "`deletionWindowInDays` is 6: must be 7 to 30 days"),
        ("policy", "no", "`policy`: must be a JSON document"),
        *(
            (f"policy.Statement.0.{name}", value, "`policy`: must allow the account kms:PutKeyPolicy")
            for name, value in (
                ("Action", "kms:Decrypt"),
                ("Effect", "Deny"),
                ("Principal", {"Service": "logs.eu-north-1.amazonaws.com"}),
            )
        ),
    ],
    samples.ALIAS: [("name", "alias/aws/x", '`name` is "alias/aws/x": must be alias/ and 1 to 250')],
    samples.ROLE: [
        *_of_a_resource("assumeRolePolicy"),
        ("assumeRolePolicy", LONG, "characters without white space: at most 2,048 are allowed"),
    ],
    samples.LOG_GROUP: [("retentionInDays", 31, "`retentionInDays` is 31: must be one of 1, 3, 5, 7, 14, 30")],
    samples.METRIC_FILTER: [
        ("pattern", "{ $.a = %a% || $.b = %b% || $.c = %c% }", "must have at most two regular expressions"),
        *(("pattern", f"%{one}%", "alone in a regular expression") for one in ("(a|b)", "a!", "a b", "naïve")),
    ],
    samples.LOG_POLICY: [
        *_of_a_resource("policyDocument"),
        ("policyDocument", LONG, "characters: at most 5,120 are allowed"),
    ],
    samples.WEB_ACL: [
        ("rules.1.priority", 0, "`rules[1].priority` is 0: must differ from rule to rule"),
        ("rules.1.name", "rate", '`rules[1].name` is "rate": must differ from rule to rule'),
        ("rules.0.action", GONE, "`rules[0].action`: must be given"),
        ("rules.0.overrideAction", {"none": {}}, "`rules[0].overrideAction`: must not be given without a rule group"),
        ("rules.1.overrideAction", GONE, "`rules[1].overrideAction`: must be given for a rule group"),
        ("rules.1.action", {"block": {}}, "`rules[1].action`: must not be given for a rule group"),
        ("rules.0.statement.labelMatchStatement", {}, "`rules[0].statement` is"),
        (
            f"{_LIMITED}.notStatement.statement.andStatement.statements",
            [{"regexMatchStatement": {}}],
            "notStatement.statement.andStatement`: must combine at least two statements",
        ),
        (
            "rules.2.statement.andStatement.statements.0.orStatement.statements.0",
            {},
            "`rules[2].statement.andStatement.statements[0].orStatement.statements[0]` is []: must hold one statement",
        ),
        ("rules.0.statement.rateBasedStatement.evaluationWindowSec", 30, "is 30: must be one of 60, 120, 300, 600"),
        ("rules.1.statement.managedRuleGroupStatement.name", "Common", '.name` is "Common": must be one of AWSM'),
        *(
            (path, name, f'`{shown}` is "{name}": must be 1 to 128 letters')
            for path, shown in (
                ("visibilityConfig.metricName", "visibilityConfig.metricName"),
                ("rules.1.visibilityConfig.metricName", "rules[1].visibilityConfig.metricName"),
            )
            for name in ("All", "Default_Action", "a.b")
        ),
    ],
    samples.WEB_ACL_LOG: [
        *(
            ("logDestinationConfigs", [f"arn:aws:logs:eu-north-1:1:{name}"], "name starts with aws-waf-logs-")
            for name in ("log-group:app", "log-group:aws-waf-logs-", "aws-waf-logs-app")
        ),
        ("logDestinationConfigs", 2 * ["a:log-group:aws-waf-logs-a"], "must be one destination"),
    ],
    samples.ALARM: [
        ("treatMissingData", "good", '`treatMissingData` is "good": must be one of missing, ignore'),
        *(
            ("extendedStatistic", name, f'`extendedStatistic` is "{name}": must be a percentile from p0 to p100')
            for name in ("p200", "p", "P95", "p-1", "tm101", "p99.999", "Average")
        ),
        ("statistic", "Sum", "`statistic`: exactly one of statistic, extendedStatistic must be given"),
        ("period", "45", '`period` is "45": must be 10, 20, 30 or a multiple of 60 seconds'),
        ("period", GONE, "`period`: must be given with a metric"),
        ("evaluationPeriods", 1441, "`evaluationPeriods` is 1441: must be at most 1440, as the period is 60 seconds"),
        ("metricQueries", [{"id": "x"}], "exactly one of metricName, metricQueries must be given"),
    ],
    "an alarm on queries": [
        *(
            (name, value, f"`{name}`: must not be given with metricQueries")
            for name, value in (("namespace", "App"), ("period", 60), ("statistic", "Sum"), ("dimensions", {"A": "b"}))
        ),
        (
            "metricQueries",
            [{"id": f"m{number}", "metric": {"metricName": "Errors"}} for number in range(11)],
            "`metricQueries` is 11: must have at most ten metrics",
        ),
        ("evaluationPeriods", 1441, "`evaluationPeriods` is 1441: must be at most 1440, as the period is 60 seconds"),
        ("metricQueries.2.returnData", False, "must have exactly one query with returnData"),
        ("metricQueries.1.expression", GONE, "exactly one of expression, metric must be given"),
        ("metricQueries.1.id", "failed", '`metricQueries[1].id` is "failed": must not be the id of another'),
        ("metricQueries.1.id", "Share", '`metricQueries[1].id` is "Share": must be letters'),
        ("metricQueries.0.metric.stat", "p101", 'stat` is "p101": must be a statistic'),
        ("metricQueries.0.metric.period", 61, "period` is 61: must be 10, 20, 30 or a multiple of 60"),
    ],
    samples.DASHBOARD: [
        ("dashboardName", "a board", '`dashboardName` is "a board": must be 1 to 255 letters'),
        ("dashboardBody", "{", "`dashboardBody`: must be a JSON document"),
        ("dashboardBody.widgets.0.x", 20, '`dashboardBody.widgets[0]` is "x 20, width 6": must be within 24'),
        ("dashboardBody.widgets.0.type", "graph", '`dashboardBody.widgets[0].type` is "graph": must be one of'),
        *(
            (
                "dashboardBody.widgets",
                [{"type": kind, "properties": {}}],
                f"`dashboardBody.widgets[0].properties.{name}`",
            )
            for kind, name in (("metric", "region"), ("text", "markdown"), ("log", "query"), ("alarm", "alarms"))
        ),
        ("dashboardBody.widgets", [{"type": "text"}] * 501, "must have at most 500 widgets"),
    ],
    samples.TARGET: [
        ("minCapacity", -1, "`minCapacity` is -1: must be at least 0"),
        ("maxCapacity", -1, "`maxCapacity` is -1: must be at least 0"),
        ("minCapacity", 11, "`minCapacity` is 11: must be at most `maxCapacity`, 10"),
    ],
    samples.POLICY: [
        ("targetTrackingScalingPolicyConfiguration", {"targetValue": 1}, "exactly one of predefinedMetric")
    ],
    samples.SCHEDULED_ACTION: [
        *(
            ("schedule", schedule, f'`schedule` is "{schedule}": must be at(')
            for schedule in ("0 6 * * *", "cron(0 6 * * * *)", "cron(0 6 ? * ? *)", "cron(0 6 ? * MON-FRI)")
        ),
        ("scalableTargetAction.minCapacity", 13, "must be at most `scalableTargetAction.maxCapacity`, 12"),
    ],
    samples.EVENT_RULE: [
        ("eventPattern", "{", "`eventPattern`: must be a JSON document"),
        (
            "eventPattern.source",
            "aws.ecs",
            '`eventPattern.source` is "aws.ecs": must be a list of values, or an object',
        ),
        ("eventPattern.detail.stopCode", [], "`eventPattern.detail.stopCode` is []: must be a list of values"),
    ],
    samples.EVENT_TARGET: [
        ("inputTransformer.inputTemplate", "app: <reason>", "must be a text in quotes"),
        ("inputTransformer.inputTemplate", '"app: <cause>"', '"cause": must use variables of `inputPaths` only'),
    ],
    samples.TOPIC: [("name", "my topic", '`name` is "my topic": must be 1 to 256 letters')],
    samples.TOPIC_POLICY: [
        *_of_a_resource("policy"),
        ("policy", "{", "`policy`: must be a JSON document"),
        ("policy.Statement.0.Action", ["SNS:Publish", "SNS:*"], '.Action[1]` is "SNS:*": must be one of the actions'),
    ],
    samples.ENDPOINT_POLICY: [*_of_a_resource("policy"), ("policy", LONG, "at most 20,480 are allowed")],
    samples.SUBSCRIPTION: [
        ("protocol", "pager", '`protocol` is "pager": must be one of email, sms'),
        ("endpoint", "nobody", '`endpoint` is "nobody": must be an e-mail address'),
        ("protocol", "sms", "must be a number in E.164"),
    ],
    samples.BUDGET: [
        ("name", "a:b", '`name` is "a:b": must be 1 to 100 characters'),
        ("limitAmount", "0", '`limitAmount` is "0": must be more than 0'),
        ("notifications.0.threshold", 0, "`notifications[0].threshold` is 0: must be more than 0"),
    ],
    "a record with values": [
        ("ttl", GONE, "`ttl`: must be given unless the record is an alias"),
        ("setIdentifier", "prod", "`setIdentifier`: must not be given without a routing policy"),
    ],
    samples.RECORD: [
        ("setIdentifier", GONE, "`setIdentifier`: must be given with a routing policy"),
        ("ttl", 60, "`ttl`: must not be given for an alias"),
    ],
    samples.HEALTH_CHECK: [
        ("requestInterval", 20, "`requestInterval` is 20: must be one of 10, 30"),
        ("fqdn", GONE, "`fqdn`: must be given"),
    ],
    samples.CERTIFICATE: [("domainName", f"{'a' * 60}.example.com", "must be 1 to 64 characters")],
    samples.VPC: [
        *_blocks("cidrBlock"),
        ("cidrBlock", "10.0.0.0/8", '`cidrBlock` is "10.0.0.0/8": must be an IPv4 block of /16 to /28'),
    ],
    samples.SUBNET: [
        *_blocks("cidrBlock"),
        ("cidrBlock", "10.0.0.0/29", '`cidrBlock` is "10.0.0.0/29": must be an IPv4 block of /16 to /28'),
    ],
    samples.GROUP: [("description", "naïve", '`description` is "naïve": must be at most 255 letters')],
    samples.INGRESS: [
        *_blocks("cidrIpv4"),
        ("description", "what?", '`description` is "what?": must be at most 255 letters'),
        ("toPort", 70_000, "`toPort` is 70000: must be 0 to 65,535"),
        ("fromPort", 8081, "`fromPort` is 8081: must be at most `toPort`, 8080"),
        ("fromPort", GONE, "`fromPort`: must be given for tcp and udp"),
        ("referencedSecurityGroupId", "sg-1", "exactly one of cidrIpv4, referencedSecurityGroupId must be given"),
        ("cidrIpv4", "10.0.0.1/8", "must be an IPv4 block that starts at its network address"),
    ],
    samples.EGRESS: [("fromPort", -1, "`fromPort` is -1: must be 0 to 65,535")],
}


def _faults(case: str, path: str = "", value: Any = GONE) -> list[str]:
    """Returns the faults of the good inputs of a case with one change."""
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
    return [fault.text(secret=fault.name == "authToken") for fault in TYPES[_token(case)].rules(inputs)]


@pytest.mark.parametrize(
    ("case", "path", "value", "fault"), [(case, *row) for case, rows in BAD.items() for row in rows]
)
def test_broken_rule_is_named(case: str, path: str, value: Any, fault: str) -> None:
    faults = _faults(case, path, value)
    assert [one for one in faults if fault in one], faults
    assert "hunter2" not in str(faults)


@pytest.mark.parametrize("case", GOOD)
def test_valid_and_unknown_inputs_break_no_rule(case: str) -> None:
    assert _faults(case) == []
    assert list(TYPES[_token(case)].rules(dict.fromkeys(GOOD[case], UNKNOWN))) == []


@pytest.mark.parametrize(
    ("case", "path", "value"),
    [
        (samples.TASK, "cpu", "512"),
        (samples.ALARM, "extendedStatistic", "TM(10%:90%)"),
        ("an alarm on queries", "metricQueries", TEN_METRICS),
        (samples.CACHE, "engineVersion", "6.x"),
        (samples.LOG_GROUP, "retentionInDays", 0),
        (samples.SECRET, "recoveryWindowInDays", 30),
        (samples.SCHEDULED_ACTION, "schedule", "at(2027-01-01T00:00:00)"),
        (samples.SCHEDULED_ACTION, "schedule", "rate(1 hour)"),
        (samples.SCHEDULED_ACTION, "schedule", "cron(0 6 1,15 * ? *)"),
        (samples.SCHEDULED_ACTION, "schedule", "cron(0 6 ? * MON-FRI *)"),
        (samples.TARGET_GROUP, "healthCheck.matcher", "200,202"),
    ],
)
def test_limits_of_a_rule_are_valid(case: str, path: str, value: Any) -> None:
    assert _faults(case, path, value) == []


def test_every_type_with_rules_has_a_bad_case() -> None:
    assert {_token(case) for case in BAD} == {_token(case) for case in GOOD}
