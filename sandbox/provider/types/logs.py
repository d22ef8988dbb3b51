"""CloudWatch Logs: log groups, their metric filters, who else may write to them, and saved queries."""

import re
from collections.abc import Iterator

from ..resource import Call, Name, Read, Resource, Tags
from ..rules import Fault, document, found, one_of, resource_statements
from ..values import Values

# Days.
# fmt: off
RETENTION = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)
# fmt: on
_REGULAR_EXPRESSION = r"[A-Za-z0-9:_#=@/;,\-^$?\[\]{}|\\*+.]+"


def _log_group_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon CloudWatch Logs API Reference, PutRetentionPolicy. Pulumi writes 0 for logs that never expire."""
    yield from one_of(inputs, "retentionInDays", *RETENTION, 0)


def _metric_filter_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon CloudWatch Logs User Guide, "Supported regular expressions (regex) syntax"."""
    for place, pattern in found(inputs, "pattern"):
        expressions = re.findall("%([^%]*)%", pattern)
        if len(expressions) > 2:
            yield Fault(place, "must have at most two regular expressions", pattern)
        if not all(re.fullmatch(_REGULAR_EXPRESSION, one) for one in expressions):
            rule = "must have letters, digits, :_#=@/;,- and ^$?[]{}|\\*+. alone in a regular expression"
            yield Fault(place, rule, pattern)


def _resource_policy_rules(inputs: Values) -> Iterator[Fault]:
    """Amazon CloudWatch Logs API Reference, PutResourcePolicy."""
    yield from document(inputs, "policyDocument", 5120)
    yield from resource_statements(inputs, "policyDocument")


LOG_GROUP = Resource(
    "aws:cloudwatch/logGroup:LogGroup",
    service="logs",
    create=Call("CreateLogGroup", ("name", "deletionProtectionEnabled", "kmsKeyId")),
    id="name",
    identity=lambda it: {"logGroupName": it.id},
    read=(Read("DescribeLogGroups", at="logGroups", params=lambda it: {"logGroupNamePrefix": it.id}),),
    update=(
        Call(
            "PutLogGroupDeletionProtection",
            ("deletionProtectionEnabled",),
            params=lambda it: {"logGroupIdentifier": it.id},
        ),
        Call("AssociateKmsKey", ("kmsKeyId",), if_unset=Call("DisassociateKmsKey")),
    ),
    after_create=(Call("PutRetentionPolicy", ("retentionInDays",), if_unset=Call("DeleteRetentionPolicy")),),
    delete=(Call("DeleteLogGroup"),),
    rename={"name": "logGroupName"},
    shown_as={"arn": "logGroupArn"},
    outputs=("arn", "deletionProtectionEnabled"),
    defaults={"retentionInDays": 0},
    name=Name("name"),
    tags=Tags(),
    rules=_log_group_rules,
)

_QUERY = ("name", "queryString", "logGroupNames")

QUERY_DEFINITION = Resource(
    "aws:cloudwatch/queryDefinition:QueryDefinition",
    service="logs",
    create=Call("PutQueryDefinition", _QUERY),
    id=lambda answer, _: answer["queryDefinitionId"],
    identity=lambda it: {"queryDefinitionId": it.id},
    read=(Read("DescribeQueryDefinitions", at="queryDefinitions"),),
    update=(Call("PutQueryDefinition", _QUERY, send_all=True),),
    delete=(Call("DeleteQueryDefinition"),),
    name=Name("name"),
    ordered=("logGroupNames",),
)

_FILTER = ("pattern", "metricTransformation")


def _parse_filter(id: str) -> Values:
    """The id of an import names the log group, a colon and the filter; the id in the state only the filter."""
    group, _, name = id.rpartition(":")
    return {"name": name, **({"logGroupName": group} if group else {})}


METRIC_FILTER = Resource(
    "aws:cloudwatch/logMetricFilter:LogMetricFilter",
    service="logs",
    create=Call("PutMetricFilter", ("name", "logGroupName", *_FILTER)),
    id=lambda _, it: it["name"],
    parse_id=_parse_filter,
    canonical_id=lambda outputs: outputs["name"],
    identity=lambda it: {"filterName": it["name"], "logGroupName": it["logGroupName"]},
    read=(
        Read(
            "DescribeMetricFilters",
            at="metricFilters",
            params=lambda it: {"filterNamePrefix": it["name"], "logGroupName": it["logGroupName"]},
        ),
    ),
    update=(Call("PutMetricFilter", _FILTER, send_all=True),),
    delete=(Call("DeleteMetricFilter"),),
    rename={
        "name": "filterName",
        "pattern": "filterPattern",
        # One item of a list, which the AWS provider shows as an object.
        "metricTransformation": ".",
        "metricTransformation.name": "metricTransformations.metricName",
        "metricTransformation.namespace": "metricTransformations.metricNamespace",
        "metricTransformation.unit": "metricTransformations.unit",
        "metricTransformation.value": "metricTransformations.metricValue",
    },
    members={"metricTransformation": ("name", "namespace", "unit", "value")},
    name=Name("name"),
    rules=_metric_filter_rules,
)

RESOURCE_POLICY = Resource(
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
    service="logs",
    create=Call("PutResourcePolicy", ("policyName", "policyDocument")),
    id="policyName",
    identity=lambda it: {"policyName": it.id},
    read=(Read("DescribeResourcePolicies", at="resourcePolicies"),),
    update=(Call("PutResourcePolicy", ("policyDocument",)),),
    delete=(Call("DeleteResourcePolicy"),),
    rules=_resource_policy_rules,
)

RESOURCES = (LOG_GROUP, METRIC_FILTER, RESOURCE_POLICY, QUERY_DEFINITION)
