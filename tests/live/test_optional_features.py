"""Redis, secrets, a scaling schedule and traffic logs, turned on, changed and turned off on a stack that is up.

The tests are one story and run in this order.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import pytest

from tests.live.account import holdings
from tests.live.harness import ACCOUNT_ID, changes_in
from tests.live.stack import Stack
from tests.support.commands import below

pytestmark = pytest.mark.live

TOKEN = "Correct!Horse#Battery&Staple^<1>"  # noqa: S105 - made up
OTHER_TOKEN = "An0ther-T0ken!With$Signs"  # noqa: S105 - made up
POOL, OTHER_POOL = "us-east-1_Sup3rS3cret", "us-east-1_An0therS3cret"
CACHE = "voiceter-sessions-dev"
LOGS_BUCKET = f"voiceter-logs-{ACCOUNT_ID}-dev"
SHOWN: list[str] = []  # what the commands of this file have printed


def shell(dev: Stack, script: str) -> str:
    output = dev.sandbox.succeeds(script)
    SHOWN.append(output)
    return output


def set_secrets(dev: Stack, token: str, pool: str) -> None:
    """As docs/releases.md says: through standard input, which no shell history keeps."""
    shell(
        dev,
        f"""
        printf '%s' '{token}' | pulumi config set --secret redisAuthToken -s dev
        printf '%s' '{pool}' | pulumi config set --secret --path secrets.COGNITO_USER_POOL_ID -s dev
        """,
    )


def up(dev: Stack, *options: str) -> dict[str, str]:
    """`pulumi up` with all details; what it changed."""
    output = dev.sandbox.updated("dev", "--json", *options)
    SHOWN.append(output)
    return changes_in(output)


def group(dev: Stack) -> dict[str, Any]:
    """The cache as the account describes it."""
    groups = dev.client("elasticache").describe_replication_groups(ReplicationGroupId=CACHE)["ReplicationGroups"]
    return groups[0]


def watched_nodes(dev: Stack) -> set[str]:
    """The nodes of the cache that alarms watch."""
    alarms = dev.client("cloudwatch").describe_alarms(AlarmNamePrefix="voiceter-backend-cache")["MetricAlarms"]
    metrics = [query["MetricStat"]["Metric"] for alarm in alarms for query in alarm["Metrics"] if "MetricStat" in query]
    return {one["Value"] for metric in metrics for one in metric["Dimensions"]}


def drawn_nodes(dev: Stack) -> set[str]:
    """The nodes of the cache in the dashboard."""
    name = dev.sandbox.outputs("dev")["dashboardName"]
    body = dev.client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"]
    return set(re.findall(rf"{CACHE}-\d+", body))


def injected(dev: Stack) -> dict[str, str]:
    """Where ECS takes each secret of the container from: its ARN and version."""
    return {one["name"]: one["valueFrom"] for one in dev.container().get("secrets", [])}


def value(dev: Stack, name: str) -> str:
    """The value that ECS would inject."""
    arn, version = injected(dev)[name].rsplit(":::", 1)
    return dev.client("secretsmanager").get_secret_value(SecretId=arn, VersionId=version)["SecretString"]


def bounds(dev: Stack) -> tuple[int, int]:
    """The autoscaler's limits of the number of tasks."""
    resource = "service/voiceter-cluster-dev/voiceter-backend-dev"
    scaling = dev.client("application-autoscaling")
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[resource])["ScalableTargets"]
    return target["MinCapacity"], target["MaxCapacity"]


def scheduled_actions(dev: Stack) -> list[dict[str, Any]]:
    scaling = dev.client("application-autoscaling")
    return scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"]


def log_attributes(dev: Stack) -> dict[str, str]:
    """The attributes of the load balancer about its logs."""
    return {key: value for key, value in dev.load_balancer_attributes().items() if "_logs.s3." in key}


def flow_logs(dev: Stack) -> list[str]:
    """The ids of the flow logs of the VPC."""
    of_vpc = [{"Name": "resource-id", "Values": [dev.sandbox.outputs("dev")["vpcId"]]}]
    return [one["FlowLogId"] for one in dev.client("ec2").describe_flow_logs(Filters=of_vpc)["FlowLogs"]]


def policy_of_logs_bucket(dev: Stack) -> dict[str, Any]:
    return json.loads(dev.client("s3").get_bucket_policy(Bucket=LOGS_BUCKET)["Policy"])


def web_acl(dev: Stack) -> dict[str, Any] | None:
    """The web ACL of the load balancer."""
    balancer = dev.load_balancer()["LoadBalancerArn"]
    return dev.client("wafv2").get_web_acl_for_resource(ResourceArn=balancer).get("WebACL")


def test_everything_is_turned_on(dev: Stack) -> None:
    before = dev.revisions()
    set_secrets(dev, TOKEN, POOL)
    morning = {"cron": "0 7 ? * MON-FRI *", "timeZone": "Europe/Helsinki", "min": 2, "max": 5}
    dev.sandbox.set(
        "dev",
        redisEnabled=True,
        enableAuth=True,
        accessLogs=True,
        flowLogs=True,
        waf=True,
        wafRateLimit=500,
        scalingSchedule={"weekday-morning": morning},
    )
    changed = up(dev)
    assert {name: operation for name, operation in changed.items() if operation != "create"} == {
        "ecs/taskDefinition:TaskDefinition task": "replace",
        "ecs/service:Service service": "update",
        "cloudwatch/dashboard:Dashboard dashboard": "update",
        "lb/loadBalancer:LoadBalancer load-balancer": "update",
    }
    assert set(before) < set(dev.revisions())
    assert len(dev.revisions()) == len(before) + 1


def test_cache_is_encrypted_and_replicated(dev: Stack) -> None:
    cache = group(dev)
    assert (cache["Engine"], cache["CacheNodeType"]) == ("valkey", "cache.t4g.small")
    assert cache["MemberClusters"] == [f"{CACHE}-001", f"{CACHE}-002"] == sorted(watched_nodes(dev))
    assert drawn_nodes(dev) == watched_nodes(dev)
    assert (cache["MultiAZ"], cache["AutomaticFailover"]) == ("enabled", "enabled")
    assert cache["TransitEncryptionEnabled"] is cache["AtRestEncryptionEnabled"] is cache["AuthTokenEnabled"] is True
    assert cache["TransitEncryptionMode"] == "required"
    assert cache["SnapshotRetentionLimit"] == 0
    host = cache["NodeGroups"][0]["PrimaryEndpoint"]["Address"]
    assert dev.sandbox.outputs("dev")["redisEndpoint"] == f"{host}:6379"


def test_only_the_tasks_reach_the_cache_in_private_subnets(dev: Stack) -> None:
    ec2, caches = dev.client("ec2"), dev.client("elasticache")
    (node,) = caches.describe_cache_clusters(CacheClusterId=f"{CACHE}-001")["CacheClusters"]
    (of_cache,) = [one["SecurityGroupId"] for one in node["SecurityGroups"]]
    network = dev.service()["networkConfiguration"]["awsvpcConfiguration"]
    (of_tasks,) = network["securityGroups"]

    def rules(of: str, *, egress: bool) -> list[tuple[int, int, str | None]]:
        found = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [of]}])["SecurityGroupRules"]
        return [
            (rule["FromPort"], rule["ToPort"], rule.get("ReferencedGroupInfo", {}).get("GroupId"))
            for rule in found
            if rule["IsEgress"] is egress
        ]

    assert rules(of_cache, egress=False) == [(6379, 6379, of_tasks)]
    assert rules(of_cache, egress=True) == []
    assert (6379, 6379, of_cache) in rules(of_tasks, egress=True)
    (subnets,) = caches.describe_cache_subnet_groups(CacheSubnetGroupName=CACHE)["CacheSubnetGroups"]
    assert subnets["VpcId"] == dev.outputs["vpcId"]
    ids = {subnet["SubnetIdentifier"] for subnet in subnets["Subnets"]}
    assert len(ids) == 2
    assert not ids & set(network["subnets"]), "the tasks of dev are in the public subnets"


def test_schedule_owns_the_limits(dev: Stack) -> None:
    (action,) = scheduled_actions(dev)
    assert (action["ScheduledActionName"], action["Schedule"], action["Timezone"]) == (
        "weekday-morning",
        "cron(0 7 ? * MON-FRI *)",
        "Europe/Helsinki",
    )
    assert action["ScalableTargetAction"] == {"MinCapacity": 2, "MaxCapacity": 5}
    assert action["ResourceId"] == "service/voiceter-cluster-dev/voiceter-backend-dev"
    assert bounds(dev) == (1, 2)


def test_secrets_are_injected_by_version(dev: Stack) -> None:
    assert injected(dev).keys() == {"COGNITO_USER_POOL_ID", "REDIS_URL"}
    assert value(dev, "COGNITO_USER_POOL_ID") == POOL
    endpoint = dev.sandbox.outputs("dev")["redisEndpoint"]
    assert value(dev, "REDIS_URL") == f"rediss://:{quote(TOKEN, safe='')}@{endpoint}"
    variables = {one["name"]: one["value"] for one in dev.container()["environment"]}
    assert variables["REDIS_SESSION_TTL"] == "1800"
    assert not injected(dev).keys() & variables.keys()


def test_logs_of_the_load_balancer_and_the_network_go_to_the_bucket(dev: Stack) -> None:
    assert dev.sandbox.outputs("dev")["logsBucketName"] == LOGS_BUCKET
    attributes = log_attributes(dev)
    assert attributes["access_logs.s3.enabled"] == attributes["connection_logs.s3.enabled"] == "true"
    assert attributes["access_logs.s3.bucket"] == attributes["connection_logs.s3.bucket"] == LOGS_BUCKET
    assert len(flow_logs(dev)) == 1
    assert "LoadBalancerLogs" in {one["Sid"] for one in policy_of_logs_bucket(dev)["Statement"]}
    delivery, _ = below("docs/traffic-logs.md", "Check the delivery")
    assert shell(dev, f"pulumi stack select dev\n{delivery}").split() == ["ACTIVE", "SUCCESS", "None"]


def test_web_acl_has_its_limit_and_its_log(dev: Stack) -> None:
    found = web_acl(dev)
    assert found is not None
    rules = {rule["Name"]: rule["Statement"] for rule in found["Rules"]}
    assert rules["connects"]["RateBasedStatement"]["Limit"] == 500
    log = dev.client("wafv2").get_logging_configuration(ResourceArn=found["ARN"])["LoggingConfiguration"]
    assert log["LogDestinationConfigs"] == [
        f"arn:aws:logs:us-east-1:{ACCOUNT_ID}:log-group:aws-waf-logs-voiceter-backend-dev"
    ]


def test_changed_secrets_are_a_new_revision_and_limits_that_a_schedule_has_set_are_no_drift(dev: Stack) -> None:
    """In the same update, the cache loses its replica, and a deleted flow log comes back."""
    (deleted,) = flow_logs(dev)
    dev.client("ec2").delete_flow_logs(FlowLogIds=[deleted])
    dev.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId="service/voiceter-cluster-dev/voiceter-backend-dev",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=2,
        MaxCapacity=5,
    )
    before, versions, modified = dev.revisions(), injected(dev), group(dev)["AuthTokenLastModifiedDate"]
    set_secrets(dev, OTHER_TOKEN, OTHER_POOL)
    dev.sandbox.set("dev", redisReplicas="0")
    made = up(dev, "--refresh")
    assert {name: operation for name, operation in made.items() if operation != "create"} == {
        "elasticache/replicationGroup:ReplicationGroup cache": "update",
        "secretsmanager/secretVersion:SecretVersion REDIS_URL": "replace",
        "secretsmanager/secretVersion:SecretVersion COGNITO_USER_POOL_ID": "replace",
        "ecs/taskDefinition:TaskDefinition task": "replace",
        "ecs/service:Service service": "update",
        "cloudwatch/dashboard:Dashboard dashboard": "update",
        "cloudwatch/metricAlarm:MetricAlarm cache-evictions-critical": "update",
        "cloudwatch/metricAlarm:MetricAlarm cache-memory-high-warning": "update",
        "cloudwatch/metricAlarm:MetricAlarm cache-replication-lag-warning": "delete",
        "s3/bucketPolicy:BucketPolicy logs": "update",
    }
    assert len(dev.revisions()) == len(before) + 1
    assert all(injected(dev)[name] != version for name, version in versions.items())
    assert value(dev, "COGNITO_USER_POOL_ID") == OTHER_POOL
    assert quote(OTHER_TOKEN, safe="") in value(dev, "REDIS_URL")
    assert group(dev)["AuthTokenLastModifiedDate"] > modified
    assert bounds(dev) == (2, 5)


def test_alarms_follow_the_node_that_is_left(dev: Stack) -> None:
    """ElastiCache chooses which node it removes. The alarms and the dashboard name the remaining one."""
    assert group(dev)["MemberClusters"] == [f"{CACHE}-002"] == sorted(watched_nodes(dev)) == sorted(drawn_nodes(dev))
    assert (group(dev)["MultiAZ"], group(dev)["AutomaticFailover"]) == ("disabled", "disabled")
    dev.sandbox.unchanged("dev")


def test_policy_of_the_bucket_outlasts_a_new_flow_log(dev: Stack) -> None:
    """The update before has created the flow log again, and the account has written its policy over the program's."""
    (created,) = flow_logs(dev)
    policy = policy_of_logs_bucket(dev)
    assert policy["Id"] == created
    assert {"LoadBalancerLogs", "TlsOnly"} < {one["Sid"] for one in policy["Statement"]}


def test_redis_secrets_logs_and_the_schedule_are_turned_off(dev: Stack) -> None:
    """Without a schedule, the configured limits return."""
    dev.restore()  # the committed config, which has none of them
    assert scheduled_actions(dev) == []
    assert bounds(dev) == (1, 2)
    left = holdings(dev.sandbox)
    assert not {"caches", "subnet groups of caches"} & left.keys()
    assert not [one["Name"] for one in left.get("secrets", []) if one["Name"].startswith("voiceter-backend-dev/")]
    assert not injected(dev)
    assert not {"redisEndpoint", "logsBucketName"} & dev.sandbox.outputs("dev").keys()
    attributes = log_attributes(dev)
    assert attributes["access_logs.s3.enabled"] == attributes["connection_logs.s3.enabled"] == "false"
    assert flow_logs(dev) == []
    assert web_acl(dev) is None
    acls = [one["Name"] for one in dev.client("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"]]
    assert "voiceter-backend-dev" not in acls  # the account may have other stacks
    assert LOGS_BUCKET not in {one["Name"] for one in dev.client("s3").list_buckets()["Buckets"]}


def test_no_secret_is_anywhere_in_the_clear(dev: Stack) -> None:
    """Not in what the commands printed, in the outputs, or in a file of the sandbox."""
    everything = "".join(SHOWN) + dev.sandbox.state("dev")
    everything += dev.sandbox.succeeds("pulumi stack output --json --show-secrets -s dev")
    files = [path for path in dev.sandbox.home.rglob("*") if path.is_file()]
    assert any(path.suffix == ".json" for path in files)
    assert any(path.suffix == ".yaml" for path in files)
    contents = [path.read_bytes() for path in files]
    for secret in (TOKEN, OTHER_TOKEN, POOL, OTHER_POOL):
        for spelt in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], secret.replace("&", "\\u0026")):
            assert spelt not in everything
            assert not any(spelt.encode() in content for content in contents)
