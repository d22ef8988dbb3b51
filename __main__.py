"""The Voiceter backend on AWS, from the stack's configuration to its outputs. Everything flows downwards."""

import atexit
import functools
import gc

import pulumi
import pulumi_aws as aws

from components import outputs
from components.access import app_grants
from components.access.identity import Identity, IdentityArgs
from components.access.infrastructure_role import InfrastructureRole, InfrastructureRoleArgs
from components.data.app_secrets import AppSecrets, AppSecretsArgs
from components.data.data_stores import DataStores, DataStoresArgs
from components.data.logs import Logs, LogsArgs
from components.data.registry import Registry, RegistryArgs, find_image
from components.data.session_cache import SessionCache, SessionCacheArgs
from components.edge.load_balancer import LoadBalancer, LoadBalancerArgs
from components.lib.account import Account
from components.lib.names import APPLICATION, Names
from components.monitoring.alarms import Alarms, AlarmsArgs
from components.monitoring.budget import Budget, BudgetArgs
from components.monitoring.dashboard import Dashboard, DashboardArgs
from components.monitoring.metrics import Metrics
from components.monitoring.notifications import Notifications, NotificationsArgs
from components.monitoring.profiles import profile_of
from components.monitoring.saved_queries import SavedQueries, SavedQueriesArgs
from components.network import Network, NetworkArgs, find_network
from components.service.cluster import Cluster, ClusterArgs
from components.service.container import HEALTH_PATH, PORT, Container
from components.service.scaling import Scaling, ScalingArgs
from components.service.service import Service, ServiceArgs
from components.service.timeline import Timeline
from config.app_environment import REDIS_URL, AppResources, app_environment
from config.load import load
from config.stack_name import environment_of

# The program ends within minutes, and nearly all that it makes stays until then: above all the classes of the AWS
# provider's modules, which load as they are first used. Looking through them for garbage, again and again and once more
# at the end, would take a sixth of a preview's time. Its memory is the same without: 130 MB.
gc.disable()
atexit.register(gc.freeze)

stack = pulumi.get_stack()
names = Names(stack)


@functools.cache
def provider_in(region: str) -> aws.Provider:
    """The provider of everything here. Made when it is first asked for: the configuration's check looks things up."""
    environment = environment_of(stack)
    tags = {"Application": APPLICATION, "Environment": environment, "ManagedBy": "pulumi", "Stack": stack}
    return aws.Provider("aws", region=region, default_tags={"tags": tags})


config = load(
    lambda region, tag: find_image(provider_in(region), names.repository, tag),
    lambda region: find_network(provider_in(region), names.service, stack),
)
region, protect = config.region, config.protect_data
provider = provider_in(region)
account = Account.of(provider, region)
on_aws = pulumi.ResourceOptions(providers=[provider])

network = Network(
    "network",
    NetworkArgs(
        name=names.service,
        region=region,
        cidr=config.vpc_cidr,
        availability_zones=config.availability_zones,
        nat_gateways=config.nat_gateways,
        app_port=PORT,
        https=config.https,
    ),
    on_aws,
)
registry = Registry("registry", RegistryArgs(names.repository, force_delete=not protect), on_aws)
stores = DataStores(
    "data-stores", DataStoresArgs(config.table_prefix, names.recordings_bucket(account.id), protect), on_aws
)
cache = None
if config.redis:
    cache = SessionCache(
        "session-cache",
        SessionCacheArgs(
            name=names.cache,
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            tasks_security_group_id=network.tasks_security_group_id,
            node_type=config.redis.node_type,
            replicas=config.redis.replicas,
            auth_token=config.redis.auth_token,
            protect=protect,
        ),
        on_aws,
    )
app_secrets = AppSecrets(
    "app-secrets",
    AppSecretsArgs(
        account=account,
        folder=names.service,
        values={**config.secret_values, **({REDIS_URL: cache.url} if cache else {})},
        arns=config.secret_arns,
        protect=protect,
    ),
    on_aws,
)
logs = Logs("logs", LogsArgs(names.log_group, config.log_retention_days, protect), on_aws)
identity = Identity(
    "identity",
    IdentityArgs(
        account=account,
        execution_role_name=names.execution_role,
        execution_grants=[*registry.pull(), *logs.write(), *app_secrets.read()],
        task_role_name=names.task_role,
        task_grants=[
            *stores.read_write(),
            *app_grants.models(account, config.bedrock_model_id, config.extra_model_ids),
            *app_grants.guardrails(config.guardrail_arns),
            *app_grants.prompts(config.prompt_arns),
            *app_grants.metrics(),
            *app_grants.mail(config.ses_identity_arns),
            *app_grants.tracing(config.enable_xray_tracing),
            *app_grants.scale_in_protection(account, names.cluster),
            *app_grants.shell(config.enable_exec),
        ],
    ),
    on_aws,
)
load_balancer = LoadBalancer(
    "load-balancer",
    LoadBalancerArgs(
        name=names.load_balancer,
        vpc_id=network.vpc_id,
        subnet_ids=network.public_subnet_ids,
        security_group_id=network.load_balancer_security_group_id,
        certificate_arn=config.certificate_arn,
        domain=config.domain,
        app_port=PORT,
        health_path=HEALTH_PATH,
        deregistration_delay_seconds=config.deregistration_delay_seconds,
        idle_timeout_seconds=config.idle_timeout_seconds,
        shifts_traffic=config.strategy.shifts_traffic,
    ),
    on_aws,
)
infrastructure_role_arn = None
if config.strategy.shifts_traffic:
    infrastructure_role_arn = InfrastructureRole(
        "infrastructure-role", InfrastructureRoleArgs(account, names.infrastructure_role), on_aws
    ).arn
cluster = Cluster("cluster", ClusterArgs(names.cluster), on_aws)
profile = profile_of(
    Metrics(
        cluster_name=cluster.name,
        service_name=names.service,
        load_balancer=load_balancer.arn_suffix,
        target_groups=load_balancer.target_group_arn_suffixes,
        tables=stores.table_names,
        from_app=config.enable_metrics,
        cache_nodes=cache.node_ids if cache else (),
    )
)
notifications = Notifications(
    "notifications", NotificationsArgs(account, names.topic, config.alarm_emails, config.alarm_phones), on_aws
)
dashboard = Dashboard("dashboard", DashboardArgs(account, names, profile), on_aws)
SavedQueries("saved-queries", SavedQueriesArgs(names.queries, logs.group_name), on_aws)
if config.monthly_budget_usd is not None:
    Budget("budget", BudgetArgs(names.budget, stack, config.monthly_budget_usd, notifications.topic_arn), on_aws)

service = None
if config.image:
    alarms = Alarms("alarms", AlarmsArgs(names, profile.alarms, notifications.topic_arn), on_aws)
    service = Service(
        "service",
        ServiceArgs(
            name=names.service,
            container=Container(
                image=registry.image(config.image.tag),
                environment=app_environment(
                    config, AppResources(stores.table_names, stores.bucket_name, load_balancer.url)
                ),
                secrets=app_secrets.value_from,
                log_group=logs.group_name,
                region=region,
                stop_timeout_seconds=config.stop_timeout_seconds,
                writable_root=config.enable_exec,
            ),
            version=config.image.version,
            cpu=config.cpu,
            memory=config.memory,
            cpu_architecture=config.cpu_architecture,
            execution_role_arn=identity.execution_role_arn,
            task_role_arn=identity.task_role_arn,
            cluster_arn=cluster.arn,
            target_group_arn=load_balancer.target_group_arn,
            traffic_shift=load_balancer.traffic_shift,
            infrastructure_role_arn=infrastructure_role_arn,
            strategy=config.strategy,
            timeline=Timeline(
                config.deregistration_delay_seconds, config.stop_timeout_seconds, config.strategy.shift_minutes
            ),
            subnet_ids=network.task_subnet_ids,
            security_group_id=network.tasks_security_group_id,
            public_ips=network.tasks_have_public_ips,
            desired_count=config.desired_count,
            on_demand_base=config.on_demand_base,
            spot_percent=config.spot_percent,
            enable_exec=config.enable_exec,
            rollback_alarms=alarms.rollback_names,
            protect=protect,
            after=[network, identity, load_balancer, cluster, *([cache] if cache else [])],
        ),
        on_aws,
    )
    Scaling(
        "scaling",
        ScalingArgs(
            cluster_name=cluster.name,
            service_name=service.name,
            min_count=config.min_count,
            max_count=config.max_count,
            cpu_target_percent=config.cpu_target_percent,
            memory_target_percent=config.memory_target_percent,
            sessions_per_task_target=config.sessions_per_task_target if config.enable_metrics else None,
            schedules=config.schedules,
        ),
        on_aws,
    )
else:
    registry.warn_of_no_image(region, config.cpu_architecture, stack)

outputs.export(
    outputs.Stack(
        region=region,
        network=network,
        registry=registry,
        stores=stores,
        cache=cache,
        logs=logs,
        identity=identity,
        load_balancer=load_balancer,
        cluster=cluster,
        notifications=notifications,
        dashboard=dashboard,
        service=service,
    )
)
