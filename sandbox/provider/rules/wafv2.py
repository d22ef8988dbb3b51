"""AWS WAF."""

from collections.abc import Iterator

from ..faults import Fault
from ..values import Values
from .checks import distinct, found, matches, one_of

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


def web_acl(inputs: Values) -> Iterator[Fault]:
    """AWS WAF API Reference: Rule, RateBasedStatement, ManagedRuleGroupStatement, VisibilityConfig."""
    yield from one_of(inputs, "rules.statement.rateBasedStatement.evaluationWindowSec", 60, 120, 300, 600)
    yield from one_of(inputs, "rules.statement.managedRuleGroupStatement.name", *MANAGED_GROUPS)
    for path in ("rules.priority", "rules.name"):
        yield from distinct(found(inputs, path), "must differ from rule to rule")
    for path in ("rules.visibilityConfig.metricName", "visibilityConfig.metricName"):
        rule = "must be 1 to 128 letters, digits, - and _, and no name that AWS WAF reserves"
        yield from matches(inputs, path, r"(?!(All|ALL|Default_Action)$)[\w-]{1,128}", rule)


def logging_configuration(inputs: Values) -> Iterator[Fault]:
    """AWS WAF API Reference, LoggingConfiguration: one destination with a certain name."""
    rule = "must be a log group whose name starts with aws-waf-logs-"
    yield from matches(inputs, "logDestinationConfigs", r".*:log-group:aws-waf-logs-.+", rule)
    if len(list(found(inputs, "logDestinationConfigs"))) > 1:
        yield Fault("logDestinationConfigs", "must be one destination")
