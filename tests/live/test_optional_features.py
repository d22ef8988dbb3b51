"""Features, secrets and rights, turned on, changed and turned off on a stack that is up: nobody is cut off.

What can cut somebody off is a right, a secret, a cache, a listener or a table that comes or goes. Here all of them come
with a release, go with one that ECS rolls back, and go with one that succeeds. test_traffic.py does the same while the
traffic shifts between two target groups.

The good image is slow: old tasks run beside the new ones, as on AWS. The tests are one story and run in this order.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest

from recording.bedrock import models_of
from tests.live.account import holdings
from tests.live.harness import ACCOUNT_ID, changes_in, succeeded
from tests.live.rights import OTHER_MODEL, SPEECH_MODEL, granted, models, policies, secrets
from tests.live.stack import Stack
from tests.live.traffic import rules
from tests.live.transcripts import REDIS, changes_shown, follow, without_update
from tests.live.watch import Watch
from tests.support.commands import below
from tests.support.contract import TABLES

pytestmark = pytest.mark.live

TOKEN = "Correct!Horse#Battery&Staple^<1>-$igns"  # noqa: S105 - made up
POOL, OTHER_POOL = "us-east-1_EXAMPLE", "us-east-1_An0therS3cret"  # the first one is the document's
CACHE = "voiceter-sessions-dev"
LOGS_BUCKET = f"voiceter-logs-{ACCOUNT_ID}-dev"
PROFILE = "us.amazon.nova-2-lite-v1:0"  # an inference profile
GUARDRAIL = f"arn:aws:bedrock:us-east-1:{ACCOUNT_ID}:guardrail/abcdef123456"
PROMPT = f"arn:aws:bedrock:us-east-1:{ACCOUNT_ID}:prompt/0123456789"
# What the release needs. Each model, guardrail, prompt and identity has the variable that makes the app use it.
NEEDS = {
    "domainName": "voice.sandbox.test",
    "enableXrayTracing": "true",
    "enableExec": "true",
    "tablePrefix": "needed-",
    "bedrockModelId": OTHER_MODEL,
    "extraModelIds[0]": PROFILE,
    "environment.NLP_MODEL_ID": PROFILE,
    "guardrailArns[0]": GUARDRAIL,
    "environment.BEDROCK_GUARDRAIL_ID": "abcdef123456",
    "promptArns[0]": PROMPT,
    "environment.NLP_PROMPT_ARN": PROMPT,
    "sesIdentityArns[0]": f"arn:aws:ses:us-east-1:{ACCOUNT_ID}:identity/example.com",
    "environment.SES_SENDER_EMAIL": "survey@example.com",
}
# What a release without all of that removes from the config, besides one of the secrets.
NEEDED = {path.partition("[")[0].partition(".")[0] for path in NEEDS} | {
    *("hostedZoneId", "secretArns", "redisEnabled", "redisAuthToken")
}
SHOWN: list[str] = []  # what the commands of this file have printed
HIDDEN = [TOKEN, POOL, OTHER_POOL]  # the secrets, which nothing may show


def shell(dev: Stack, script: str) -> str:
    output = dev.sandbox.succeeds(script)
    SHOWN.append(output)
    return output


def lent_secret(dev: Stack) -> str:
    """The ARN of a secret of somebody else, with a key of its own."""
    key = dev.client("kms").create_key()["KeyMetadata"]["KeyId"]
    return dev.client("secretsmanager").create_secret(Name="lent", SecretString="value", KmsKeyId=key)["ARN"]


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


def redis_token(dev: Stack) -> str:
    """The token in the URL of the cache that ECS would inject."""
    endpoint = dev.sandbox.outputs("dev")["redisEndpoint"]
    found = re.fullmatch(rf"rediss://:([^@]+)@{re.escape(endpoint)}", value(dev, "REDIS_URL"))
    assert found
    assert quote(unquote(found[1]), safe="") == found[1]
    return unquote(found[1])


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


def test_everything_is_turned_on_in_one_release(dev: Stack, tmp_path: Path) -> None:
    """Also with the commands of docs/configuration.md and the transcript of docs/releases.md."""
    before = dev.revisions()
    dev.sandbox.image("dev", "1.0.0", "slow")
    dev.sandbox.set("dev", accessLogs=True, flowLogs=True, waf=True, wafRateLimit=500, imageTag="1.0.0")
    supplied = {"hostedZoneId": dev.new_hosted_zone("sandbox.test"), "secretArns.LENT": lent_secret(dev)}
    dev.sandbox.configure("dev", plain=NEEDS | supplied, secret={"secrets.FIRST": "one", "secrets.SECOND": "two"})
    sections = ("Secrets", "Scheduled scaling")
    commands = [without_update(block) for section in sections for block in below("docs/configuration.md", section)]
    succeeded(dev.sandbox.types("".join(["pulumi stack select dev\n", *commands]), tmp_path))
    with Watch(dev):
        output = follow(dev.sandbox, tmp_path, REDIS)
    SHOWN.append(output)
    assert {name: sign for name, sign in changes_shown(output).items() if sign != "+"} == {
        "ecs:TaskDefinition task": "++",
        "ecs:Service service": "~",
        "cloudwatch:Dashboard dashboard": "~",
        "lb:LoadBalancer load-balancer": "~",
        # HTTPS
        "lb:ListenerRule everything-http": "-",
        "lb:ListenerRule to-https": "~",
        # another prefix
        **{f"dynamodb:Table {table}": "++" for table in TABLES},
        "iam:RolePolicy task-DynamoDbItems": "++",
        "iam:RolePolicy task-DynamoDbIndexes": "++",
        # other models
        "iam:RolePolicy task-BedrockSpeech": "++",
        "iam:RolePolicy task-BedrockConverse": "++",
        "cloudwatch:MetricAlarm bedrock-server-errors-amazon.nova-lite-v1-0-warning": "-",
        "cloudwatch:MetricAlarm bedrock-throttles-amazon.nova-lite-v1-0-warning": "-",
    }
    assert set(before) < set(dev.revisions())
    assert len(dev.revisions()) == len(before) + 1


def test_rights_and_listener_of_the_release(dev: Stack) -> None:
    # The profile grants its model in each destination region.
    assert granted(dev, "task", "task-BedrockConverse") == {
        f"arn:aws:bedrock:us-east-1:{ACCOUNT_ID}:inference-profile/{PROFILE}"
    }
    assert granted(dev, "task", "task-BedrockProfiles") == set(models_of("us-east-1", PROFILE) or ())
    assert {port for port, _ in rules(dev)} == {443}


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
        "cron(45 6 ? * MON-FRI *)",
        "Europe/Helsinki",
    )
    assert action["ScalableTargetAction"] == {"MinCapacity": 4, "MaxCapacity": 12}
    assert action["ResourceId"] == "service/voiceter-cluster-dev/voiceter-backend-dev"
    assert bounds(dev) == (1, 2)


def test_secrets_are_injected_by_version(dev: Stack) -> None:
    assert injected(dev).keys() == {"COGNITO_USER_POOL_ID", "REDIS_URL", "FIRST", "SECOND", "LENT"}
    assert value(dev, "COGNITO_USER_POOL_ID") == POOL
    token = redis_token(dev)
    assert re.fullmatch(r"[0-9a-f]{64}", token), "as openssl has printed it"
    HIDDEN.append(token)
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
    # As docs/releases.md says: through standard input, which no shell history keeps.
    shell(
        dev,
        f"""
        printf '%s' '{TOKEN}' | pulumi config set --secret redisAuthToken -s dev
        printf '%s' '{OTHER_POOL}' | pulumi config set --secret --path secrets.COGNITO_USER_POOL_ID -s dev
        """,
    )
    dev.sandbox.set("dev", redisReplicas="0")
    output = dev.sandbox.updated("dev", "--json", "--refresh")
    SHOWN.append(output)
    made = changes_in(output)
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
    changed = {name for name, version in injected(dev).items() if version != versions[name]}
    assert changed == {"COGNITO_USER_POOL_ID", "REDIS_URL"}
    assert value(dev, "COGNITO_USER_POOL_ID") == OTHER_POOL
    assert redis_token(dev) == TOKEN
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


def test_bad_release_that_needs_less_takes_no_right_away(dev: Stack) -> None:
    """The roles keep the rights of both revisions until a release without them has succeeded."""
    dev.sandbox.image("dev", "1.1.0", "unhealthy")
    dev.sandbox.remove("dev", "secrets.FIRST", *sorted(NEEDED))
    dev.sandbox.configure("dev", plain={"imageTag": "1.1.0"}, secret={"secrets.SECOND": "changed"})
    with Watch(dev):
        run = dev.sandbox.update("dev")
    assert run.status != 0
    assert "the deployment failed" in run.output, run.output
    assert {"FIRST", "SECOND", "REDIS_URL"} < secrets(dev)
    assert models(dev) == {SPEECH_MODEL, OTHER_MODEL}
    assert {"task-XRay", "task-EcsExec", "task-BedrockPrompts"} < policies(dev, "task").keys()
    names = [one["Name"].rpartition("/")[2] for one in dev.client("secretsmanager").list_secrets()["SecretList"]]
    assert {"FIRST", "SECOND", "REDIS_URL", "lent"} <= {name.partition("-")[0] for name in names}
    assert group(dev)


def test_bad_release_is_not_tried_again_without_a_refresh(dev: Stack) -> None:
    events = dev.service()["events"]
    refusal = dev.sandbox.fails("pulumi up --yes --skip-preview -s dev --non-interactive")
    assert "ECS rolled the last deployment back" in refusal
    assert "pulumi up --refresh" in refusal
    assert dev.service()["events"] == events


def test_everything_is_turned_off_by_a_good_release_after_it(dev: Stack) -> None:
    """Without a schedule, the configured limits return."""
    with Watch(dev):
        dev.restore()  # the committed config, which has none of it, with a refresh
    assert secrets(dev) == set()
    assert models(dev) == {SPEECH_MODEL}
    rights = policies(dev, "task")
    assert not {"task-XRay", "task-EcsExec", "task-BedrockPrompts", "task-BedrockProfiles"} & rights.keys()
    assert all(len(arns) == 1 for arns in rights.values())
    assert {port for port, _ in rules(dev)} == {80}
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
    for secret in HIDDEN:
        for spelt in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], secret.replace("&", "\\u0026")):
            assert spelt not in everything
            assert not any(spelt.encode() in content for content in contents)
