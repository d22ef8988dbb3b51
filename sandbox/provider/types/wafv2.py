"""AWS WAF: web ACLs, what they protect, and their logs."""

from collections.abc import Iterator
from typing import Any

from ..resource import Call, Context, Name, Read, Resource, Tags, parts_of_id
from ..rules import Fault, distinct, forbidden, found, get, given, matches, objects, one_of, required
from ..values import Values, is_list, is_object

# AWS WAF Developer Guide, "Baseline rule groups", "Use-case specific rule groups", "IP reputation rule groups". The
# rule groups that cost more are left out.
MANAGED_GROUPS = (
    "AWSManagedRulesAdminProtectionRuleSet",
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesAnonymousIpList",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesLinuxRuleSet",
    "AWSManagedRulesPHPRuleSet",
    "AWSManagedRulesSQLiRuleSet",
    "AWSManagedRulesUnixRuleSet",
    "AWSManagedRulesWindowsRuleSet",
    "AWSManagedRulesWordPressRuleSet",
)


def _web_acl_rules(inputs: Values) -> Iterator[Fault]:
    """AWS WAF API Reference: Rule, RateBasedStatement, ManagedRuleGroupStatement, VisibilityConfig."""
    yield from one_of(inputs, "rules.statement.rateBasedStatement.evaluationWindowSec", 60, 120, 300, 600)
    yield from one_of(inputs, "rules.statement.managedRuleGroupStatement.name", *MANAGED_GROUPS)
    for path in ("rules.priority", "rules.name"):
        yield from distinct(found(inputs, path), "must differ from rule to rule")
    for path in ("rules.visibilityConfig.metricName", "visibilityConfig.metricName"):
        rule = "must be 1 to 128 letters, digits, - and _, and no name that AWS WAF reserves"
        yield from matches(inputs, path, r"(?!(All|ALL|Default_Action)$)[\w-]{1,128}", rule)
    for place, rule in objects(inputs, "rules"):
        yield from (fault.within(place) for fault in _action(rule))
        yield from _statement(f"{place}.statement", rule.get("statement"))


def _action(rule: Values) -> Iterator[Fault]:
    """A rule has an action, or, if it refers to a rule group, an override action."""
    if given(rule, "statement.managedRuleGroupStatement"):
        yield from required(rule, "must be given for a rule group", "overrideAction")
        yield from forbidden(rule, "must not be given for a rule group", "action")
    else:
        yield from required(rule, "must be given", "action")
        yield from forbidden(rule, "must not be given without a rule group", "overrideAction")


def _statement(place: str, statement: Any) -> Iterator[Fault]:
    """A statement is of one kind, and one that combines statements has at least two.

    Source: hashicorp/terraform-provider-aws, issue 34320, which has the errors of AWS WAF.
    """
    if not is_object(statement):
        return
    if len(statement) != 1:
        yield Fault(place, "must hold one statement", sorted(statement))
    for kind, content in statement.items():
        nested = get(statement, f"{kind}.statements")
        if is_list(nested) and len(nested) < 2:
            yield Fault(f"{place}.{kind}", "must combine at least two statements")
        for path in ("statements", "statement", "scopeDownStatement"):
            for where, one in objects(content, path):
                yield from _statement(f"{place}.{kind}.{where}", one)


def _logging_configuration_rules(inputs: Values) -> Iterator[Fault]:
    """AWS WAF API Reference, LoggingConfiguration: one destination with a certain name."""
    rule = "must be a log group whose name starts with aws-waf-logs-"
    yield from matches(inputs, "logDestinationConfigs", r".*:log-group:aws-waf-logs-.+", rule)
    if len(list(found(inputs, "logDestinationConfigs"))) > 1:
        yield Fault("logDestinationConfigs", "must be one destination")


_SERVICE = "wafv2"


def _acl(it: Context) -> Values:
    return {"Id": it.id.partition("/")[0], "Name": it["name"], "Scope": it["scope"]}


def _lock(it: Context) -> Values:
    """A change names the version that it changes."""
    return {**_acl(it), "LockToken": it.call("GetWebACL", **_acl(it))["LockToken"]}


def _import_id(id: str) -> Values:
    """An import names id, name and scope."""
    _, name, scope = id.split("/") if id.count("/") == 2 else ("", "", "")
    return {"name": name, "scope": scope} if name else {}


def _scope(found: Any, _: Context) -> Values:
    return {"scope": "REGIONAL" if ":regional/" in found["ARN"] else "CLOUDFRONT"}


_VISIBILITY = ("cloudwatchMetricsEnabled", "metricName", "sampledRequestsEnabled")
_CHANGED = ("defaultAction", "visibilityConfig", "rules", "dataProtectionConfig")
_PROTECTIONS = "dataProtectionConfig.dataProtections"
_STATEMENT = "rules.statement"
_RATE = f"{_STATEMENT}.rateBasedStatement"
_GROUP = f"{_STATEMENT}.managedRuleGroupStatement"
_COUNTED = f"{_GROUP}.ruleActionOverrides"
_NOT_A_POLL = f"{_RATE}.scopeDownStatement"
_POLL = f"{_NOT_A_POLL}.notStatement.statement"
_PARTS = f"{_STATEMENT}.andStatement.statements"
_REGEX = "regexMatchStatement"
_REGEX_MEMBERS = ("fieldToMatch", "regexString", "textTransformations")

WEB_ACL = Resource(
    "aws:wafv2/webAcl:WebAcl",
    service=_SERVICE,
    create=Call("CreateWebACL", ("name", "scope", *_CHANGED)),
    id=lambda answer, _: answer["Summary"]["Id"],
    parse_id=_import_id,
    canonical_id=lambda made: made["arn"].rpartition("/")[2],
    identity=_acl,
    read=(Read("GetWebACL", at="WebACL", show=_scope),),
    update=(Call("UpdateWebACL", _CHANGED, params=_lock, send_all=True),),
    delete=(Call("DeleteWebACL", params=_lock),),
    rename={
        "visibilityConfig.cloudwatchMetricsEnabled": "CloudWatchMetricsEnabled",
        "rules.visibilityConfig.cloudwatchMetricsEnabled": "CloudWatchMetricsEnabled",
    },
    outputs=("arn",),
    members={
        "defaultAction": ("allow",),
        "visibilityConfig": _VISIBILITY,
        "dataProtectionConfig": ("dataProtections",),
        _PROTECTIONS: ("action", "field"),
        f"{_PROTECTIONS}.field": ("fieldKeys", "fieldType"),
        "rules": ("action", "name", "overrideAction", "priority", "statement", "visibilityConfig"),
        "rules.action": ("block",),
        "rules.overrideAction": ("none",),
        "rules.visibilityConfig": _VISIBILITY,
        _STATEMENT: ("andStatement", "managedRuleGroupStatement", "rateBasedStatement"),
        _RATE: ("aggregateKeyType", "evaluationWindowSec", "limit", "scopeDownStatement"),
        _NOT_A_POLL: ("notStatement",),
        f"{_NOT_A_POLL}.notStatement": ("statement",),
        _POLL: ("andStatement",),
        f"{_POLL}.andStatement": ("statements",),
        f"{_POLL}.andStatement.statements": (_REGEX,),
        f"{_POLL}.andStatement.statements.{_REGEX}": _REGEX_MEMBERS,
        f"{_POLL}.andStatement.statements.{_REGEX}.fieldToMatch": ("queryString", "uriPath"),
        f"{_POLL}.andStatement.statements.{_REGEX}.textTransformations": ("priority", "type"),
        _GROUP: ("name", "ruleActionOverrides", "vendorName"),
        _COUNTED: ("actionToUse", "name"),
        f"{_COUNTED}.actionToUse": ("count",),
        f"{_STATEMENT}.andStatement": ("statements",),
        _PARTS: ("notStatement", "orStatement"),
        f"{_PARTS}.orStatement": ("statements",),
        f"{_PARTS}.orStatement.statements": ("labelMatchStatement",),
        f"{_PARTS}.orStatement.statements.labelMatchStatement": ("key", "scope"),
        f"{_PARTS}.notStatement": ("statement",),
        f"{_PARTS}.notStatement.statement": (_REGEX,),
        f"{_PARTS}.notStatement.statement.{_REGEX}": _REGEX_MEMBERS,
        f"{_PARTS}.notStatement.statement.{_REGEX}.fieldToMatch": ("uriPath",),
        f"{_PARTS}.notStatement.statement.{_REGEX}.textTransformations": ("priority", "type"),
    },
    name=Name("name"),
    tags=Tags(listed_at="TagInfoForResource.TagList"),
    hook_operations=("GetWebACL",),
    rules=_web_acl_rules,
)


ASSOCIATION = Resource(
    "aws:wafv2/webAclAssociation:WebAclAssociation",
    service=_SERVICE,
    create=Call("AssociateWebACL", ("webAclArn", "resourceArn")),
    id=lambda _, it: f"{it['webAclArn']},{it['resourceArn']}",
    parse_id=parts_of_id(",", "webAclArn", "resourceArn"),
    identity=lambda it: {"ResourceArn": it["resourceArn"]},
    read=(Read("GetWebACLForResource", at="WebACL"),),
    delete=(Call("DisassociateWebACL"),),
    shown_as={"webAclArn": "ARN"},
)

_FILTERS = "loggingFilter.filters"
_LOG = ("resourceArn", "logDestinationConfigs", "loggingFilter")

LOGGING_CONFIGURATION = Resource(
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    service=_SERVICE,
    create=Call("PutLoggingConfiguration", _LOG),
    id="resourceArn",
    identity=lambda it: {"ResourceArn": it.id},
    read=(Read("GetLoggingConfiguration", at="LoggingConfiguration"),),
    update=(
        Call(
            "PutLoggingConfiguration",
            ("loggingFilter",),
            params=lambda it: {
                "LoggingConfiguration": {
                    "ResourceArn": it.id,
                    "LogDestinationConfigs": it["logDestinationConfigs"],
                }
            },
        ),
    ),
    delete=(Call("DeleteLoggingConfiguration"),),
    rename={name: f"LoggingConfiguration.{name[0].upper()}{name[1:]}" for name in _LOG},
    members={
        "loggingFilter": ("defaultBehavior", "filters"),
        _FILTERS: ("behavior", "conditions", "requirement"),
        f"{_FILTERS}.conditions": ("actionCondition",),
        f"{_FILTERS}.conditions.actionCondition": ("action",),
    },
    rules=_logging_configuration_rules,
)

RESOURCES = (WEB_ACL, ASSOCIATION, LOGGING_CONFIGURATION)
