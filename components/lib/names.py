"""The names of a stack's AWS resources.

The stack `prod` has the plain names. Every other stack adds `-<stack>`, so stacks of one account never collide: not on
regional names, and not on names that are global in the account (roles) or in all of AWS (buckets). A name that its
service would refuse is cut and ends in a hash of the whole name.
"""

import hashlib
import re
from dataclasses import dataclass

APPLICATION = "voiceter-backend"
CONTAINER = APPLICATION

_PLAIN_STACK = "prod"
_HASH_DIGITS = 8
_ANY = re.compile(r".*")
# Amazon ECR, CreateRepository: single separators, between letters or digits.
_REPOSITORY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
# Elastic Load Balancing, CreateLoadBalancer: no hyphen at either end.
_LOAD_BALANCER = re.compile(r"[a-z0-9-]*[a-z0-9]")
# Amazon ElastiCache, CreateReplicationGroup: a letter first, single hyphens, no hyphen at the end. Nodes add `-001`. A
# cache subnet group has the same rule.
_CACHE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
# Amazon S3, general purpose bucket naming rules: no hyphen at the end, and no suffix that S3 reserves.
_BUCKET = re.compile(r"[a-z0-9-]*[a-z0-9](?<!-s3alias)(?<!--ol-s3)(?<!--x-s3)(?<!--table-s3)(?<!-an)")


@dataclass(frozen=True)
class Names:
    """The names of one stack."""

    stack: str

    @property
    def repository(self) -> str:
        """The ECR repository."""
        return _fit_name(self._with_stack(APPLICATION), 256, _REPOSITORY)

    @property
    def cluster(self) -> str:
        """The ECS cluster."""
        return _fit_name(self._with_stack("voiceter-cluster"), 255)

    @property
    def service(self) -> str:
        """The ECS service, and the family of its task definitions."""
        return _fit_name(self._with_stack(APPLICATION), 255)

    @property
    def log_group(self) -> str:
        """The CloudWatch log group of the containers."""
        return _fit_name(self._with_stack(f"/ecs/{APPLICATION}"), 512)

    @property
    def execution_role(self) -> str:
        """The role with which ECS starts the tasks."""
        return _fit_name(self._with_stack(f"{APPLICATION}-execution-role"), 64)

    @property
    def task_role(self) -> str:
        """The role of the app."""
        return _fit_name(self._with_stack(f"{APPLICATION}-task-role"), 64)

    @property
    def infrastructure_role(self) -> str:
        """The role with which ECS shifts traffic between target groups."""
        return _fit_name(self._with_stack(f"{APPLICATION}-infrastructure-role"), 64)

    @property
    def load_balancer(self) -> str:
        """The Application Load Balancer."""
        return _fit_name(self._with_stack(APPLICATION), 32, _LOAD_BALANCER)

    @property
    def web_acl(self) -> str:
        """The web ACL of the load balancer."""
        return _fit_name(self._with_stack(APPLICATION), 128)

    @property
    def web_acl_log(self) -> str:
        """The CloudWatch log group of the web ACL, and the policy that lets AWS write to it."""
        return _fit_name(self._with_stack(f"aws-waf-logs-{APPLICATION}"), 512)

    @property
    def topic(self) -> str:
        """The SNS topic of the alarms, and the alias of its key."""
        return _fit_name(self._with_stack(f"{APPLICATION}-alarms"), 250)

    @property
    def data_key(self) -> str:
        """The alias of the KMS key of the data."""
        return f"alias/{_fit_name(self._with_stack(f'{APPLICATION}-data'), 250)}"

    @property
    def dashboard(self) -> str:
        """The CloudWatch dashboard."""
        return _fit_name(self._with_stack(APPLICATION), 255)

    @property
    def log_metrics(self) -> str:
        """The CloudWatch namespace of the metrics that are extracted from the log."""
        return _fit_name(self._with_stack(f"Voiceter/Logs/{APPLICATION}"), 255)

    @property
    def queries(self) -> str:
        """The folder of the saved queries. It leaves room for the names of the queries."""
        return _fit_name(self._with_stack(APPLICATION), 200)

    @property
    def budget(self) -> str:
        """The cost budget."""
        return _fit_name(self._with_stack(APPLICATION), 100)

    @property
    def cache(self) -> str:
        """The ElastiCache replication group, and its subnet group."""
        return _fit_name(self._with_stack("voiceter-sessions"), 40, _CACHE)

    def alarm(self, kind: str) -> str:
        """A CloudWatch alarm."""
        return _fit_name(self._with_stack(f"{APPLICATION}-{kind}"), 255)

    def event_rule(self, kind: str) -> str:
        """An EventBridge rule."""
        return _fit_name(self._with_stack(f"{APPLICATION}-{kind}"), 64)

    def recordings_bucket(self, account_id: str) -> str:
        """The S3 bucket of the recordings. Its name contains the account, as all of AWS shares the names of buckets."""
        return _fit_name(f"voiceter-recordings-{account_id}-{self.stack}", 63, _BUCKET)

    def logs_bucket(self, account_id: str) -> str:
        """The S3 bucket of the load balancer's logs and the flow log."""
        return _fit_name(f"voiceter-logs-{account_id}-{self.stack}", 63, _BUCKET)

    def _with_stack(self, base: str) -> str:
        return base if self.stack == _PLAIN_STACK else f"{base}-{self.stack}"


def _fit_name(name: str, limit: int, legal: re.Pattern[str] = _ANY) -> str:
    """Returns `name` if it has at most `limit` characters and matches `legal`, else a shortened name with a hash."""
    if len(name) <= limit and legal.fullmatch(name):
        return name
    start = re.sub("-+", "-", name)[: limit - _HASH_DIGITS - 1].rstrip("-")
    return f"{start}-{hashlib.sha256(name.encode()).hexdigest()[:_HASH_DIGITS]}"
