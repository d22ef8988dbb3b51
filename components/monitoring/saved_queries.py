"""The saved queries in CloudWatch Logs Insights."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

# The queries search the text of a line, not fields, so they work on JSON and on plain text.
_QUERIES = {
    "errors-by-code": r"""filter @message like /(?i)error/
| parse @message /(?i)"?(?:error_?)?code"?\s*[:=]\s*"?(?<code>[A-Za-z0-9_.-]+)/
| stats count(*) as errors, latest(@message) as example by coalesce(code, "none") as error_code
| sort errors desc""",
    "slow-operations": r"""parse @message /(?i)"?(?:duration|latency|elapsed)(?:_?ms)?"?\s*[:=]\s*(?<ms>[0-9.]+)/
| filter ms > 200
| fields @timestamp, ms, @message
| sort ms desc
| limit 100""",
    "one-session": r"""filter @message like /PUT-THE-SESSION-ID-HERE/
| fields @timestamp, @message, @logStream
| sort @timestamp asc
| limit 10000""",
}


@dataclass(frozen=True)
class SavedQueriesArgs:
    """The inputs of `SavedQueries`."""

    folder: str
    log_group: pulumi.Input[str]


class SavedQueries(pulumi.ComponentResource):
    """Errors by code, slow operations, and all lines of one session."""

    def __init__(self, name: str, args: SavedQueriesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:saved_queries:SavedQueries", name, {}, opts)
        for query, text in _QUERIES.items():
            aws.cloudwatch.QueryDefinition(
                query,
                name=f"{args.folder}/{query}",
                query_string=text,
                log_group_names=[args.log_group],
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
