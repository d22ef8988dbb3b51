"""The Voiceter backend on AWS: settings in, components wired, outputs exported. Everything flows downwards."""

import pulumi

from components import outputs
from components.access.app_grants import app_grants
from components.access.data_key import DataKey, DataKeyArgs
from components.access.endpoint_policies import EndpointPolicies, EndpointPoliciesArgs
from components.access.identity import Identity, IdentityArgs
from components.access.infrastructure_role import InfrastructureRole, InfrastructureRoleArgs
from components.data.app_secrets import AppSecrets, AppSecretsArgs
from components.data.data_stores import DataStores, DataStoresArgs
from components.data.logs import Logs, LogsArgs
from components.data.logs_bucket import LogsBucket, LogsBucketArgs
from components.data.registry import Registry, RegistryArgs
from components.data.session_cache import SessionCache, SessionCacheArgs
from components.data.web_acl_log import WebAclLog, WebAclLogArgs
from components.edge.load_balancer import LoadBalancer, LoadBalancerArgs
from components.edge.web_acl import WebAcl, WebAclArgs
from components.lib.names import Names
from components.lib.startup import disable_garbage_collection, end_quietly_if_interrupted
from components.monitoring.metrics import Metrics
from components.monitoring.monitoring import Monitoring, MonitoringArgs
from components.network import Network, NetworkArgs
from components.service.cluster import Cluster, ClusterArgs
from components.service.container import Container
from components.service.scaling import Scaling, ScalingArgs
from components.service.service import Service, ServiceArgs
from config.app_environment import REDIS_URL, app_environment
from config.load import load

disable_garbage_collection()
end_quietly_if_interrupted()

settings, lookups = load()
names = Names(settings.stack)
account, region, protect = lookups.account, settings.region, settings.protect_data
on_aws = pulumi.ResourceOptions(providers=[lookups.provider])

network = Network(
    "network",
    NetworkArgs(
        name=names.service,
        region=region,
        cidr=settings.vpc_cidr,
        availability_zones=settings.availability_zones,
        nat_gateways=settings.nat_gateways,
        https=settings.https,
        zones_with_tasks=settings.running.zones,
    ),
    on_aws,
)
registry = Registry("registry", RegistryArgs(names.repository, force_delete=not protect), on_aws)
identity = Identity("identity", IdentityArgs(account, names, settings.permissions_boundary_arn), on_aws)
data_key = None
if settings.has_data_key:
    data_key = DataKey("data-key", DataKeyArgs(account, names, identity, settings.enable_exec, protect), on_aws)
key_arn = data_key.arn if data_key else None  # stays after customerKey is turned off
encryption_key = key_arn if settings.customer_key else None
stores = DataStores(
    "data-stores",
    DataStoresArgs(settings.table_prefix, names.recordings_bucket(account.id), protect, encryption_key),
    on_aws,
)
cache = settings.redis and SessionCache(
    "session-cache",
    SessionCacheArgs(names.cache, network.private_subnet_ids, network.tasks, settings.redis, protect),
    on_aws,
)
app_secrets = AppSecrets(
    "app-secrets",
    AppSecretsArgs(
        account=account,
        folder=names.service,
        values={**settings.secret_values, **({REDIS_URL: cache.url} if cache else {})},
        shared=settings.shared_secrets,
        protect=protect,
        # Secrets keep the key after customerKey is turned off: the AWS provider does not remove the key of a secret
        # (terraform-provider-aws, internal/service/secretsmanager/secret.go, resourceSecretUpdate).
        encryption_key=key_arn,
    ),
    on_aws,
)
logs_bucket_name = names.logs_bucket(account.id)
logs_bucket = None
web_acl_log = None
if settings.access_logs or settings.flow_logs:
    flow_log_of = network.vpc_id if settings.flow_logs else None
    logs_bucket = LogsBucket("logs-bucket", LogsBucketArgs(account, logs_bucket_name, flow_log_of, protect), on_aws)
    web_acl_log = WebAclLog("web-acl-log", WebAclLogArgs(account, names.web_acl_log, protect, encryption_key), on_aws)
logs = Logs("logs", LogsArgs(names.log_group, settings.log_retention_days, protect, encryption_key), on_aws)
identity.grant(
    execution=[*registry.pull(), *logs.write(), *app_secrets.read()],
    task=[
        *stores.read_write(),
        *app_grants(settings.app_access, account, names.cluster),
        *(logs.write_sessions() if settings.enable_exec else []),
    ],
)
EndpointPolicies(
    "endpoint-policies",
    EndpointPoliciesArgs(account, network.endpoint_ids, stores.bucket_arn, identity.roles.task_arn),
    on_aws,
)
infrastructure_role = InfrastructureRole(
    "infrastructure-role",
    InfrastructureRoleArgs(account, names.infrastructure_role, settings.permissions_boundary_arn),
    on_aws,
)
load_balancer = LoadBalancer(
    "load-balancer",
    LoadBalancerArgs(
        name=names.load_balancer,
        placement=network.load_balancer,
        domain=settings.domain,
        deregistration_delay_seconds=settings.deregistration_delay_seconds,
        idle_timeout_seconds=settings.idle_timeout_seconds,
        logs_bucket=logs_bucket.bucket_name if logs_bucket else logs_bucket_name,
        access_logs=settings.access_logs,
        shifts_traffic=settings.strategy.shifts_traffic,
        protect=protect,
        active_group=settings.running.active_group,
    ),
    on_aws,
)
if settings.rate_limits:
    waf_log = web_acl_log.group_arn if web_acl_log and settings.access_logs else None
    WebAcl("web-acl", WebAclArgs(names.web_acl, load_balancer.arn, settings.rate_limits, waf_log), on_aws)
cluster = Cluster(
    "cluster",
    ClusterArgs(
        names.cluster,
        settings.container_insights,
        log_group=logs.group_name,
        log_group_has_key=settings.customer_key,
        session_key=key_arn,
    ),
    on_aws,
)
monitoring = Monitoring(
    MonitoringArgs(
        account=account,
        names=names,
        metrics=Metrics(
            names=names,
            load_balancer=load_balancer.arn_suffix,
            target_groups=load_balancer.target_group_arn_suffixes,
            tables=stores.table_names,
            from_app=settings.enable_metrics,
            region=region,
            least_tasks=settings.least_tasks,
            models=settings.extra_model_ids,
            cache_nodes=cache.node_ids if cache else (),
            web_acl=settings.waf,
            health_check=load_balancer.watched_health_check,
        ),
        log_group=logs.group_name,
        emails=settings.alarm_emails,
        phones=settings.alarm_phones,
        monthly_budget_usd=settings.monthly_budget_usd,
    ),
    on_aws,
)

service = None
if settings.image:
    service = Service(
        "service",
        ServiceArgs(
            name=names.service,
            cluster_arn=cluster.arn,
            container=Container(
                image=registry.image(settings.image.digest),
                environment=app_environment(settings, stores.table_names, stores.bucket_name, load_balancer.url),
                secrets=app_secrets.value_from,
                log_group=logs.group_name,
                region=region,
            ),
            version=settings.image.version,
            cpu=settings.cpu,
            memory=settings.memory,
            cpu_architecture=settings.cpu_architecture,
            capacity=settings.capacity,
            running=settings.running.settings,
            placement=network.tasks,
            roles=identity.roles,
            target=load_balancer.target,
            strategy=settings.strategy,
            infrastructure_role_arn=infrastructure_role.arn,
            timeline=settings.timeline,
            enable_exec=settings.enable_exec,
            rollback_alarms=monitoring.rollback_alarms(),
            protect=protect,
            after=[network, identity, load_balancer, cluster, *(one for one in (cache, data_key) if one)],
        ),
        on_aws,
    )
    monitoring.watch(service, cluster.arn)
    Scaling("scaling", ScalingArgs(cluster.name, service.name, settings.scaling), on_aws)
else:
    registry.warn_of_no_image(region, settings.cpu_architecture, names.stack)

outputs.Stack(
    region=region,
    network=network,
    registry=registry,
    stores=stores,
    cache=cache,
    logs=logs,
    logs_bucket=logs_bucket,
    identity=identity,
    load_balancer=load_balancer,
    cluster=cluster,
    monitoring=monitoring,
    service=service,
).export()
