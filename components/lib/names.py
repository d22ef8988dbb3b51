"""The names of a stack's AWS resources.

The stack `prod` has the plain names. Every other stack adds `-<stack>`, so stacks of one account never collide: not on
regional names, and not on names that are global in the account (roles) or in all of AWS (buckets). A name that its
service would refuse is cut and ends in a hash of the whole name.
"""

import hashlib
import re

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


class Names:
    """The names of one stack."""

    def __init__(self, stack: str) -> None:
        self.stack = stack
        # The ECR repository.
        self.repository = self._name(APPLICATION, 256, _REPOSITORY)
        # The ECS cluster; the ECS service, and the family of its task definitions.
        self.cluster = self._name("voiceter-cluster", 255)
        self.service = self._name(APPLICATION, 255)
        # The role with which ECS starts the tasks, the role of the app, and the role with which ECS shifts traffic.
        self.execution_role = self._name(f"{APPLICATION}-execution-role", 64)
        self.task_role = self._name(f"{APPLICATION}-task-role", 64)
        self.infrastructure_role = self._name(f"{APPLICATION}-infrastructure-role", 64)
        # The Application Load Balancer, and its web ACL.
        self.load_balancer = self._name(APPLICATION, 32, _LOAD_BALANCER)
        self.web_acl = self._name(APPLICATION, 128)
        # The CloudWatch log group of the containers.
        self.log_group = self._name(f"/ecs/{APPLICATION}", 512)
        # The CloudWatch log group of the web ACL, and the policy that lets AWS write to it.
        self.web_acl_log = self._name(f"aws-waf-logs-{APPLICATION}", 512)
        # The alias of the KMS key of the data.
        self.data_key = f"alias/{self._name(f'{APPLICATION}-data', 250)}"
        # The ElastiCache replication group, and its subnet group.
        self.cache = self._name("voiceter-sessions", 40, _CACHE)
        # The SNS topic of the alarms, and the alias of its key.
        self.topic = self._name(f"{APPLICATION}-alarms", 250)
        # The CloudWatch dashboard, and the namespace of the metrics that are extracted from the log.
        self.dashboard = self._name(APPLICATION, 255)
        self.log_metrics = self._name(f"Voiceter/Logs/{APPLICATION}", 255)
        # The folder of the saved queries. It leaves room for the names of the queries.
        self.queries = self._name(APPLICATION, 200)
        # The cost budget.
        self.budget = self._name(APPLICATION, 100)

    def alarm(self, kind: str) -> str:
        """Returns the name of a CloudWatch alarm."""
        return self._name(f"{APPLICATION}-{kind}", 255)

    def event_rule(self, kind: str) -> str:
        """Returns the name of an EventBridge rule."""
        return self._name(f"{APPLICATION}-{kind}", 64)

    def recordings_bucket(self, account_id: str) -> str:
        """Returns the name of the S3 bucket of the recordings, with the account, as all of AWS shares these names."""
        return _fit_name(f"voiceter-recordings-{account_id}-{self.stack}", 63, _BUCKET)

    def logs_bucket(self, account_id: str) -> str:
        """Returns the name of the S3 bucket of the load balancer's logs and the flow log."""
        return _fit_name(f"voiceter-logs-{account_id}-{self.stack}", 63, _BUCKET)

    def _name(self, base: str, limit: int, legal: re.Pattern[str] = _ANY) -> str:
        return _fit_name(base if self.stack == _PLAIN_STACK else f"{base}-{self.stack}", limit, legal)


def _fit_name(name: str, limit: int, legal: re.Pattern[str]) -> str:
    """Returns `name` if it has at most `limit` characters and matches `legal`, else a shortened name with a hash."""
    if len(name) <= limit and legal.fullmatch(name):
        return name
    start = re.sub("-+", "-", name)[: limit - _HASH_DIGITS - 1].rstrip("-")
    return f"{start}-{hashlib.sha256(name.encode()).hexdigest()[:_HASH_DIGITS]}"
