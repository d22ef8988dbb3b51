"""The first commands of alarms, for a shell in which the stack is selected. docs/alarms.md shows them."""

from typing import Final

# Bedrock's quotas of the model family.
BEDROCK_QUOTAS: Final = (
    "aws service-quotas list-service-quotas --service-code bedrock --region $(pulumi stack output region) "
    "--query \"Quotas[?contains(QuotaName, 'Nova')].[QuotaName,Value]\""
)
# The options of `aws ecs describe-services`.
SERVICE: Final = "--cluster $(pulumi stack output clusterName) --services $(pulumi stack output serviceName)"
# The number of tasks that run, and the number that the autoscaler asks for.
RUNNING_TASKS: Final = f"aws ecs describe-services {SERVICE} --query 'services[0].[runningCount,desiredCount]'"


def for_each(variable: str, values: str, command: str) -> str:
    """Returns the command that runs another for each value of a variable. `values` are words, or print words."""
    return f"for {variable} in {values}; do {command}; done"


def lines_of_log(pattern: str) -> str:
    """Returns the command that reads the lines of the last quarter of an hour that match a regular expression.

    Amazon CloudWatch Logs User Guide, "Supported regular expressions (regex) syntax": between percent signs, it finds
    parts of words. The guide does not say whether a plain term does.
    """
    return (
        "aws logs filter-log-events --log-group-name $(pulumi stack output logGroupName) "
        f"--start-time $((($(date +%s) - 900) * 1000)) --filter-pattern '{pattern}' --query 'events[].message'"
    )


def last_hour(*options: str) -> str:
    """Returns the command that reads a metric of the last hour. It works in sh, bash and zsh, and with every `date`."""
    times = "--start-time $(($(date +%s) - 3600)) --end-time $(date +%s)"
    return " ".join(["aws cloudwatch get-metric-statistics", *options, "--period 300", times])
