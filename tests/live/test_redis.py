"""Redis turned on and off on the sandbox, and a schedule: what comes, what stays, and where the token never is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.live.test_operations import FAMILY, revisions, running
from tests.support.live import LiveSandbox, Run, live_sandbox

TOKEN = "Correct!Horse#Battery&Staple^<1>"  # noqa: S105 - of the tests alone
OTHER_TOKEN = "An0ther-T0ken!With$Signs"  # noqa: S105 - of the tests alone
CACHE = "voiceter-sessions-dev"


class Story:
    """The sandbox, and everything that was said on the way."""

    def __init__(self, sandbox: LiveSandbox) -> None:
        self.sandbox = sandbox
        self.said = ""

    def shell(self, script: str) -> str:
        run: Run = self.sandbox.shell(script)
        self.said += run.output
        return self.sandbox.succeeded(run)

    def set_token(self, token: str) -> None:
        """As the README says: over standard input, so that no history keeps it."""
        self.shell(f"printf '%s' '{token}' | pulumi config set --secret redisAuthToken -s dev")

    def up(self) -> str:
        return self.shell("pulumi up -s dev --yes --diff --non-interactive")

    def group(self) -> dict[str, Any]:
        caches = self.sandbox.client("elasticache")
        (group,) = caches.describe_replication_groups(ReplicationGroupId=CACHE)["ReplicationGroups"]
        return group

    def url(self) -> str:
        """The value that ECS would inject as REDIS_URL."""
        (injected,) = running(self.sandbox)["secrets"]
        assert injected["name"] == "REDIS_URL"
        arn, version = injected["valueFrom"].rsplit(":::", 1)
        secrets = self.sandbox.client("secretsmanager")
        return secrets.get_secret_value(SecretId=arn, VersionId=version)["SecretString"]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with live_sandbox(tmp_path_factory.mktemp("redis")) as sandbox:
        sandbox.up("dev")
        yield Story(sandbox)


def changed(story: Story) -> set[tuple[str, str]]:
    """(operation, type and name) of what an `up` would do beside nothing."""
    plan = json.loads(story.shell("pulumi preview -s dev --json --non-interactive"))
    steps = [step for step in plan["steps"] if step["op"] not in ("same", "read")]
    return {(step["op"], step["urn"].rpartition("$")[2].rpartition("aws:")[2]) for step in steps}


def test_turning_redis_on_is_a_cache_and_one_revision(story: Story) -> None:
    before = revisions(story.sandbox)
    story.set_token(TOKEN)
    story.shell("pulumi config set redisEnabled true -s dev")
    planned = changed(story)
    assert {name for operation, name in planned if operation != "create"} == {
        "ecs/taskDefinition:TaskDefinition::task",
        "ecs/service:Service::service",
        "iam/rolePolicy:RolePolicy::execution",
        "cloudwatch/dashboard:Dashboard::dashboard",
    }
    story.up()
    assert len(revisions(story.sandbox)) == len(before) + 1
    assert set(before) < set(revisions(story.sandbox))
    story.shell("pulumi up -s dev --yes --non-interactive --expect-no-changes")
    story.shell("pulumi refresh -s dev --yes --non-interactive --expect-no-changes")


def test_the_cache_as_the_account_shows_it(story: Story) -> None:
    group = story.group()
    assert (group["Engine"], group["CacheNodeType"]) == ("valkey", "cache.t4g.small")
    assert group["MemberClusters"] == [f"{CACHE}-001", f"{CACHE}-002"]
    assert (group["MultiAZ"], group["AutomaticFailover"]) == ("enabled", "enabled")
    assert group["TransitEncryptionEnabled"] is group["AtRestEncryptionEnabled"] is group["AuthTokenEnabled"] is True
    assert group["TransitEncryptionMode"] == "required"
    assert group["SnapshotRetentionLimit"] == 0
    host = group["NodeGroups"][0]["PrimaryEndpoint"]["Address"]
    assert story.sandbox.outputs("dev")["redisEndpoint"] == f"{host}:6379"


def test_the_tasks_alone_reach_it_in_private_subnets(story: Story) -> None:
    ec2, caches = story.sandbox.client("ec2"), story.sandbox.client("elasticache")
    (node,) = caches.describe_cache_clusters(CacheClusterId=f"{CACHE}-001")["CacheClusters"]
    (group,) = [one["SecurityGroupId"] for one in node["SecurityGroups"]]
    (service,) = story.sandbox.client("ecs").describe_services(cluster="voiceter-cluster-dev", services=[FAMILY])[
        "services"
    ]
    network = service["networkConfiguration"]["awsvpcConfiguration"]
    (tasks,) = network["securityGroups"]

    def rules(of: str, egress: bool) -> list[tuple[int, int, str | None]]:
        found = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [of]}])["SecurityGroupRules"]
        return [
            (rule["FromPort"], rule["ToPort"], rule.get("ReferencedGroupInfo", {}).get("GroupId"))
            for rule in found
            if rule["IsEgress"] is egress
        ]

    assert rules(group, egress=False) == [(6379, 6379, tasks)]
    assert rules(group, egress=True) == []
    assert (6379, 6379, group) in rules(tasks, egress=True)
    (subnets,) = caches.describe_cache_subnet_groups(CacheSubnetGroupName=CACHE)["CacheSubnetGroups"]
    assert subnets["VpcId"] == story.sandbox.outputs("dev")["vpcId"]
    ids = {subnet["SubnetIdentifier"] for subnet in subnets["Subnets"]}
    # The tasks of dev are in the public subnets.
    assert len(ids) == 2 and not ids & set(network["subnets"])


def test_the_app_gets_the_url_as_a_secret(story: Story) -> None:
    endpoint = story.sandbox.outputs("dev")["redisEndpoint"]
    assert story.url() == f"rediss://:{quote(TOKEN, safe='')}@{endpoint}"
    variables = {one["name"]: one["value"] for one in running(story.sandbox)["environment"]}
    assert variables["REDIS_SESSION_TTL"] == "1800"
    assert "REDIS_URL" not in variables


def test_a_changed_token_is_a_new_revision(story: Story) -> None:
    before, version = revisions(story.sandbox), running(story.sandbox)["secrets"]
    modified = story.group()["AuthTokenLastModifiedDate"]
    story.set_token(OTHER_TOKEN)
    assert changed(story) == {
        ("update", "elasticache/replicationGroup:ReplicationGroup::cache"),
        ("replace", "secretsmanager/secretVersion:SecretVersion::REDIS_URL"),
        ("replace", "ecs/taskDefinition:TaskDefinition::task"),
        ("update", "ecs/service:Service::service"),
    }
    story.up()
    assert len(revisions(story.sandbox)) == len(before) + 1
    assert running(story.sandbox)["secrets"] != version
    assert quote(OTHER_TOKEN, safe="") in story.url()
    assert story.group()["AuthTokenLastModifiedDate"] > modified
    story.shell("pulumi up -s dev --yes --non-interactive --expect-no-changes")


def test_fewer_nodes_do_without_failover(story: Story) -> None:
    story.shell("pulumi config set redisReplicas 0 -s dev")
    story.up()
    assert story.group()["MemberClusters"] == [f"{CACHE}-001"]
    assert (story.group()["MultiAZ"], story.group()["AutomaticFailover"]) == ("disabled", "disabled")
    story.shell("pulumi config rm redisReplicas -s dev")
    story.up()
    assert len(story.group()["MemberClusters"]) == 2
    story.shell("pulumi up -s dev --yes --non-interactive --expect-no-changes")


def test_a_wrong_token_is_named_and_not_shown(story: Story) -> None:
    story.set_token("short")
    run = story.sandbox.shell("pulumi preview -s dev --non-interactive")
    assert run.status != 0
    assert "redisAuthToken: must be 16 to 128 letters, digits and ! & # $ ^ < > -" in run.output
    assert "Traceback" not in run.output
    story.set_token(OTHER_TOKEN)


def test_turning_it_off_takes_it_away(story: Story) -> None:
    story.shell("pulumi config set redisEnabled false -s dev")
    story.up()
    held = story.sandbox.holdings()
    assert not {"caches", "subnet groups of caches", "secrets"} & held.keys()
    assert "secrets" not in running(story.sandbox)
    assert "redisEndpoint" not in story.sandbox.outputs("dev")
    story.shell("pulumi up -s dev --yes --non-interactive --expect-no-changes")


def test_no_token_is_anywhere_in_the_clear(story: Story) -> None:
    """After all of the above: in what was said, in the outputs, and in every file that the sandbox keeps."""
    everything = story.said + story.sandbox.state("dev")
    everything += story.shell("pulumi stack output --json --show-secrets -s dev")
    files = [path for path in story.sandbox.home.rglob("*") if path.is_file()]
    assert any(path.suffix == ".json" for path in files) and any(path.suffix == ".yaml" for path in files)
    held = [path.read_bytes() for path in files]
    for token in (TOKEN, OTHER_TOKEN):
        for spelt in (token, quote(token, safe=""), json.dumps(token)[1:-1], token.replace("&", "\\u0026")):
            assert spelt not in everything
            assert not any(spelt.encode() in content for content in held)


# The schedule


def bounds(story: Story) -> tuple[int, int]:
    scaling = story.sandbox.client("application-autoscaling")
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    return target["MinCapacity"], target["MaxCapacity"]


def test_a_schedule_is_set_as_the_command_line_sets_it(story: Story) -> None:
    story.shell(
        """
        pulumi config set --path 'scalingSchedule.weekday-morning.cron' '0 7 ? * MON-FRI *' -s dev
        pulumi config set --path 'scalingSchedule.weekday-morning.timeZone' Europe/Helsinki -s dev
        pulumi config set --path 'scalingSchedule.weekday-morning.min' 2 -s dev
        pulumi config set --path 'scalingSchedule.weekday-morning.max' 5 -s dev
        """
    )
    assert changed(story) == {
        ("create", "appautoscaling/scheduledAction:ScheduledAction::weekday-morning"),
    }
    story.up()
    scaling = story.sandbox.client("application-autoscaling")
    (action,) = scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"]
    assert (action["ScheduledActionName"], action["Schedule"], action["Timezone"]) == (
        "weekday-morning",
        "cron(0 7 ? * MON-FRI *)",
        "Europe/Helsinki",
    )
    assert action["ScalableTargetAction"] == {"MinCapacity": 2, "MaxCapacity": 5}
    assert action["ResourceId"] == f"service/voiceter-cluster-dev/{FAMILY}"
    assert bounds(story) == (1, 2)
    story.shell("pulumi up -s dev --yes --non-interactive --expect-no-changes")


def test_what_a_schedule_has_set_is_no_drift(story: Story) -> None:
    scaling = story.sandbox.client("application-autoscaling")
    scaling.register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=f"service/voiceter-cluster-dev/{FAMILY}",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=2,
        MaxCapacity=5,
    )
    story.shell("pulumi up -s dev --yes --non-interactive --expect-no-changes")
    story.shell("pulumi refresh -s dev --yes --non-interactive")
    story.shell("pulumi up -s dev --yes --non-interactive --expect-no-changes")
    assert bounds(story) == (2, 5)


def test_without_the_last_schedule_the_counts_hold_again(story: Story) -> None:
    story.shell("pulumi config rm scalingSchedule -s dev; pulumi up -s dev --refresh --yes --non-interactive")
    scaling = story.sandbox.client("application-autoscaling")
    assert scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"] == []
    assert bounds(story) == (1, 2)
    story.shell("pulumi up -s dev --yes --non-interactive --expect-no-changes")


def test_a_wrong_schedule_is_named_with_its_path(story: Story) -> None:
    story.shell("pulumi config set --path 'scalingSchedule.night.cron' 'cron(0 0 * * ? *)' -s dev")
    run = story.sandbox.shell("pulumi preview -s dev --non-interactive")
    story.shell("pulumi config rm scalingSchedule -s dev")
    assert run.status != 0
    assert "Traceback" not in run.output
    assert "scalingSchedule.night.cron = 'cron(0 0 * * ? *)': must be a cron expression of six fields" in run.output
    assert "scalingSchedule.night.min: is not set" in run.output


def test_down_takes_a_cache_away_too(story: Story) -> None:
    """Last in this module."""
    story.shell("pulumi config set redisEnabled true -s dev")
    story.up()
    story.sandbox.succeeded(story.sandbox.command("down", "dev"))
    assert story.sandbox.holdings() == {}
