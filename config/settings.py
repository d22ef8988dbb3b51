"""The checked configuration of one stack, as the program reads it."""

from collections.abc import Mapping

import pulumi

from components.access.app_grants import AppAccess
from components.access.data_key import ExistingKey
from components.access.models import InferenceProfile
from components.data.app_secrets import SharedSecret
from components.data.registry import Image
from components.data.session_cache import Redis
from components.edge.domain import Domain
from components.edge.web_acl import RateLimits
from components.lib.provider import ProviderArgs
from components.lib.timeline import Timeline
from components.service.capacity import Capacity
from components.service.running import NOT_RUNNING, RunningService
from components.service.scaling import ScalingRules, Schedule
from components.service.strategy import Strategy
from config.model import Keys
from config.stack_name import environment_of


class Settings(Keys):
    """The config keys of one stack. Keys that belong together are one value, or None."""

    image: Image | None = None  # looked up; None before the first image
    inference_profiles: Mapping[str, InferenceProfile] = {}  # looked up, by the ids of extraModelIds
    shared_secrets: Mapping[str, SharedSecret] = {}  # looked up, by the variables of secretArns
    existing_key: ExistingKey | None = None  # looked up; None before customerKey is on for the first time
    running: RunningService = NOT_RUNNING  # looked up

    @property
    def environment_name(self) -> str:
        """The environment of the stack, see `environment_of`."""
        return environment_of(self.stack)

    @property
    def provider(self) -> ProviderArgs:
        """Where the AWS provider works, and what it adds to every resource."""
        return ProviderArgs(self.region, self.stack, self.environment_name, self.extra_tags, self.allowed_account_ids)

    @property
    def capacity(self) -> Capacity:
        """The number of tasks at creation, and where they run."""
        return Capacity(self.desired_count, self.on_demand_base, self.spot_percent)

    @property
    def scaling(self) -> ScalingRules:
        """The limits and targets of the autoscaler."""
        return ScalingRules(
            min_count=self.min_count,
            max_count=self.max_count,
            cpu_target_percent=self.cpu_target_percent,
            memory_target_percent=self.memory_target_percent,
            sessions_per_task_target=self.sessions_per_task_target if self.enable_metrics else None,
            schedules=self.schedules,
        )

    @property
    def least_tasks(self) -> int:
        """The fewest tasks that the service has while it runs; 0 if neither the counts nor a schedule start any."""
        counts = [self.min_count, *(schedule.min_count for schedule in self.schedules.values())]
        return min((count for count in counts if count), default=0)

    @property
    def timeline(self) -> Timeline:
        """The end of a task, and how long a deployment may take."""
        return Timeline(self.deregistration_delay_seconds, self.stop_timeout_seconds, self.strategy.shift_minutes)

    @property
    def app_access(self) -> AppAccess:
        """What the app uses beside the stack's stores."""
        return AppAccess(
            speech_model_id=self.bedrock_model_id,
            other_model_ids=[one for one in self.extra_model_ids if one not in self.inference_profiles],
            profiles=list(self.inference_profiles.values()),
            guardrail_arns=self.guardrail_arns,
            prompt_arns=self.prompt_arns,
            ses_identity_arns=self.ses_identity_arns,
            tracing=self.enable_xray_tracing,
            enable_exec=self.enable_exec,
        )

    @property
    def has_data_key(self) -> bool:
        """Whether the stack has a key. It stays after customerKey is turned off, as older data needs it."""
        return self.customer_key or bool(self.existing_key and self.existing_key.stays)

    @property
    def domain(self) -> Domain | None:
        """The name that clients use; None without domainName."""
        if not self.domain_name:
            return None
        return Domain(
            self.domain_name, self.region, self.stack, self.hosted_zone_id, self.certificate_arn, self.evacuated
        )

    @property
    def https(self) -> bool:
        """Whether clients reach the load balancer by HTTPS."""
        return self.domain is not None

    @property
    def rate_limits(self) -> RateLimits | None:
        """The limits of the web ACL; None without waf."""
        return RateLimits(self.waf_rate_limit, self.max_messages_per_second) if self.waf else None

    @property
    def redis(self) -> Redis | None:
        """The Redis of the sessions; None without redisEnabled."""
        if not self.redis_enabled or self.redis_auth_token is None:
            return None
        token = pulumi.Output.secret(self.redis_auth_token.get_secret_value())
        return Redis(self.redis_node_type, self.redis_replicas, token)

    @property
    def strategy(self) -> Strategy:
        """How a new version replaces the old one."""
        return Strategy(self.deployment_strategy, self.bake_time_minutes, self.canary_percent, self.linear_step_percent)

    @property
    def schedules(self) -> Mapping[str, Schedule]:
        """The schedules of scalingSchedule by name."""
        return {name: schedule.value for name, schedule in self.scaling_schedule.items()}

    @property
    def secret_values(self) -> Mapping[str, pulumi.Output[str]]:
        """The values of the key secrets, by environment variable."""
        return {name: pulumi.Output.secret(value.get_secret_value()) for name, value in self.secrets.items()}
