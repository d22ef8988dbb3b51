"""What single types do beyond the common: deleting by force, defaults of the account, values with calls apart."""

import json
from typing import Any

import pytest

from sandbox import stand_in
from sandbox.cli import fixtures
from sandbox.provider.values import Values
from sandbox.tests.provider.harness import ACCOUNT, Made, Refused, client
from sandbox.tests.provider.samples import (
    ALARM,
    BUCKET,
    BUDGET,
    CACHE,
    CACHE_TOKEN,
    CERTIFICATE,
    CONTAINERS,
    KEY,
    LOAD_BALANCER,
    LOG_GROUP,
    MATH,
    NAT_GATEWAY,
    RECORD,
    REPOSITORY,
    ROUTE,
    SAMPLES,
    SECRET,
    SUBSCRIPTION,
    TABLE,
    TASK,
    TOPIC,
    TOPIC_POLICY,
    VALIDATION,
)
from sandbox.tests.provider.world import World

# Deleting


def test_a_bucket_with_versions_is_deleted_by_force_only(world: World, endpoint: str) -> None:
    bucket = world.make(BUCKET)
    world.make("aws:s3/bucketVersioning:BucketVersioning")
    s3 = client(endpoint, "s3")
    for body in (b"1", b"2"):
        s3.put_object(Bucket=bucket.id, Key="recordings/a", Body=body)
    s3.delete_object(Bucket=bucket.id, Key="recordings/a")
    kept = Made(BUCKET, "b", bucket.id, bucket.inputs, bucket.outputs | {"forceDestroy": False})
    with pytest.raises(Refused, match="BucketNotEmpty"):
        world.engine.delete(kept)
    world.engine.delete(bucket)
    assert s3.list_buckets()["Buckets"] == []


def test_a_repository_with_images_is_deleted_by_force_only(world: World, endpoint: str) -> None:
    repository = world.make(REPOSITORY)
    fixtures.put_image(client(endpoint, "ecr"), repository.id, "v1", stand_in.image("app:v1"))
    with pytest.raises(Refused, match="RepositoryNotEmptyException"):
        world.engine.delete(repository)
    repository.outputs["forceDelete"] = True
    world.engine.delete(repository)
    assert world.engine.read(repository) is None


@pytest.mark.parametrize(
    ("token", "protection", "refusal"),
    [
        (LOAD_BALANCER, "enableDeletionProtection", "cannot be deleted because deletion protection is enabled"),
        (LOG_GROUP, "deletionProtectionEnabled", "Cannot delete log group with deletion protection enabled"),
        (TABLE, "deletionProtectionEnabled", "can't be deleted while DeletionProtectionEnabled is set to True"),
    ],
)
def test_what_aws_protects_is_not_deleted(world: World, token: str, protection: str, refusal: str) -> None:
    made = world.make(token)
    kept = world.engine.update(made, made.inputs | {protection: True})
    with pytest.raises(Refused, match=refusal):
        world.engine.delete(kept)
    assert world.engine.read(kept) is not None
    world.engine.update(kept, made.inputs | {protection: False})


def test_a_secret_without_recovery_window_frees_its_name_at_once(world: World, endpoint: str) -> None:
    manager = client(endpoint, "secretsmanager")
    made = world.engine.create(SECRET, "s", {"name": "app/KEY", "recoveryWindowInDays": 7})
    world.engine.delete(made)
    assert world.engine.read(made) is None
    assert "DeletedDate" in manager.describe_secret(SecretId="app/KEY")
    other = world.engine.create(SECRET, "s", {"name": "app/OTHER", "recoveryWindowInDays": 0})
    world.engine.delete(other)
    with pytest.raises(manager.exceptions.ResourceNotFoundException):
        manager.describe_secret(SecretId="app/OTHER")


def test_a_task_definition_that_skips_destroy_stays_registered(world: World, endpoint: str) -> None:
    made = world.make(TASK)
    made.outputs["skipDestroy"] = True
    world.engine.delete(made)
    described = client(endpoint, "ecs").describe_task_definition(taskDefinition=made.outputs["arn"])
    assert described["taskDefinition"]["status"] == "ACTIVE"


def test_members_that_ecs_adds_are_no_difference(world: World) -> None:
    (container,) = json.loads(CONTAINERS)
    bare = {name: value for name, value in container.items() if name != "essential"}
    bare["portMappings"] = [{"containerPort": 8080}]
    inputs = world.resolve(SAMPLES[TASK].inputs) | {"containerDefinitions": json.dumps([bare])}
    made = world.engine.create(TASK, "bare", inputs)
    assert world.engine.seen(made).inputs == made.inputs


# Further


def test_wait_for_a_certificate_without_its_record_is_refused(world: World) -> None:
    """terraform-provider-aws, internal/service/acm/certificate_validation.go."""
    certificate = world.make(CERTIFICATE)
    (option,) = certificate.outputs["domainValidationOptions"]
    given: Values = {"certificateArn": certificate.id, "validationRecordFqdns": ["other.example.com"]}
    with pytest.raises(Refused, match=f"missing {option['domainName']} DNS validation record: ") as refused:
        world.engine.create(VALIDATION, "wait", given)
    assert refused.value.init_failed() is None


def test_wait_for_a_certificate_may_name_no_record_or_end_its_name_with_a_dot(world: World) -> None:
    """terraform-provider-aws, internal/service/acm/certificate_validation.go."""
    world.make(VALIDATION)  # with its record, so that the certificate is issued
    certificate = world.made[CERTIFICATE]
    (option,) = certificate.outputs["domainValidationOptions"]
    record = option["resourceRecordName"].rstrip(".")
    for named in ({}, {"validationRecordFqdns": [record]}, {"validationRecordFqdns": [f"{record}."]}):
        made = world.engine.create(VALIDATION, "wait", {"certificateArn": certificate.id, **named})
        assert world.engine.seen(made).inputs == made.inputs


def test_route_through_another_gateway_is_drift(world: World, endpoint: str) -> None:
    engine, made, gateway = world.engine, world.make(ROUTE), world.make(NAT_GATEWAY)
    where = {"RouteTableId": made.inputs["routeTableId"], "DestinationCidrBlock": made.inputs["destinationCidrBlock"]}
    client(endpoint, "ec2").replace_route(**where, NatGatewayId=gateway.id)
    seen = engine.seen(made)
    assert list(engine.diff(seen, made.inputs).diffs) == ["gatewayId"]
    engine.update(seen, made.inputs)
    assert engine.seen(made).outputs == made.outputs


def test_a_new_security_group_has_no_egress_rule(world: World, endpoint: str) -> None:
    made = world.make("aws:ec2/securityGroup:SecurityGroup")
    rules = client(endpoint, "ec2").describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [made.id]}])
    assert rules["SecurityGroupRules"] == []


def test_an_existing_record_is_overwritten_only_if_allowed(world: World) -> None:
    record: Values = {
        "zoneId": world.given["ZONE"],
        "name": "x.example.com",
        "type": "CNAME",
        "records": ["a.example.com"],
        "ttl": 60,
    }
    first = world.engine.create(RECORD, "first", record)
    with pytest.raises(Refused, match=r"InvalidChangeBatch: .* already exists"):
        world.engine.create(RECORD, "second", record | {"records": ["c.example.com"]})
    second = world.engine.create(RECORD, "second", record | {"records": ["c.example.com"], "allowOverwrite": True})
    assert first.id == second.id
    assert world.engine.seen(first).inputs["records"] == ["c.example.com"]


def test_new_token_of_a_cache_stays_secret_and_a_removed_one_is_drift(world: World, endpoint: str) -> None:
    made, caches = world.make(CACHE), client(endpoint, "elasticache")
    assert made.secret == {"authToken"}

    def last_change() -> Any:
        (group,) = caches.describe_replication_groups(ReplicationGroupId="app-cache")["ReplicationGroups"]
        assert CACHE_TOKEN not in str(group)
        return group["AuthTokenLastModifiedDate"]

    before = last_change()
    changed = world.engine.update(made, made.inputs | {"authToken": f"{CACHE_TOKEN}-2"})
    assert (changed.outputs["authToken"], changed.secret) == (f"{CACHE_TOKEN}-2", {"authToken"})
    assert last_change() > before
    caches.modify_replication_group(ReplicationGroupId="app-cache", AuthTokenUpdateStrategy="DELETE")
    seen = world.engine.seen(changed)
    assert "authToken" not in seen.outputs
    assert list(world.engine.diff(seen, changed.inputs).diffs) == ["authToken"]


def test_snapshots_of_a_cache_are_turned_on_with_its_first_node_alone(world: World) -> None:
    made = world.make(CACHE)
    plain = {name: value for name, value in made.inputs.items() if name != "snapshotWindow"}
    made = world.engine.update(made, plain | {"snapshotRetentionLimit": 0})
    made = world.engine.update(made, plain)
    made = world.engine.update(made, plain | {"snapshotRetentionLimit": 0, "numCacheClusters": 3})
    made = world.engine.update(made, plain | {"snapshotRetentionLimit": 0})
    assert made.outputs["memberClusters"] == ["app-cache-002", "app-cache-003"]
    with pytest.raises(Refused, match="CacheClusterNotFound"):
        world.engine.update(made, plain)


# Alarms, topics, keys, budgets


def test_an_alarm_on_metric_math(world: World) -> None:
    engine = world.engine
    made = engine.create(ALARM, "failures", MATH)
    assert made.outputs["metricQueries"] == MATH["metricQueries"]
    assert engine.seen(made).outputs == made.outputs
    imported = engine.import_(ALARM, made.id)
    assert imported is not None
    assert engine.diff(imported, made.inputs).diffs == []
    queries = [*MATH["metricQueries"][:2], {**MATH["metricQueries"][2], "expression": "failed / all"}]
    updated = engine.update(made, made.inputs | {"metricQueries": queries})
    assert engine.seen(updated).outputs["metricQueries"] == queries


def test_a_deleted_key_is_pending_and_a_deleted_topic_policy_becomes_the_default(world: World, endpoint: str) -> None:
    key, policy = world.make(KEY), world.make(TOPIC_POLICY)
    world.engine.delete(policy)
    shown = client(endpoint, "sns").get_topic_attributes(TopicArn=policy.id)["Attributes"]["Policy"]
    assert json.loads(shown)["Id"] == "__default_policy_ID"
    assert json.loads(shown)["Statement"][0]["Resource"] == policy.id
    world.engine.delete(key)
    assert client(endpoint, "kms").describe_key(KeyId=key.id)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_subscription_by_email_is_left_pending_and_ends_with_its_topic(world: World, endpoint: str) -> None:
    """terraform-provider-aws, internal/service/sns/topic_subscription.go."""
    topic, sns = world.make(TOPIC), client(endpoint, "sns")

    def subscribe(protocol: str, address: str) -> Made:
        inputs = {"topic": topic.id, "protocol": protocol, "endpoint": address}
        return world.engine.create(SUBSCRIPTION, protocol, inputs)

    for made in (subscribe("email", "a@example.com"), subscribe("sms", "+358401234567")):
        world.engine.delete(made)
    (left,) = sns.list_subscriptions_by_topic(TopicArn=topic.id)["Subscriptions"]
    assert (left["Endpoint"], left["SubscriptionArn"]) == ("a@example.com", "PendingConfirmation")
    world.engine.delete(topic)
    assert sns.list_subscriptions()["Subscriptions"] == []


def test_a_changed_budget_keeps_what_the_program_leaves_out(world: World) -> None:
    made = world.make(BUDGET)
    inputs = {name: value for name, value in made.inputs.items() if name != "costFilters"}
    updated = world.engine.update(made, inputs | {"limitAmount": "7.0"})
    seen = world.engine.seen(updated).outputs
    assert seen["limitAmount"] == "7.0"
    for name in ("costFilters", "notifications"):
        assert seen[name] == made.outputs[name]


def test_subscribers_of_a_budget_are_read_and_changed(world: World, endpoint: str) -> None:
    made = world.make(BUDGET)
    budgets, which = client(endpoint, "budgets"), {"AccountId": ACCOUNT, "BudgetName": "app"}

    def notices() -> list[Values]:
        return budgets.describe_notifications_for_budget(**which)["Notifications"]

    (first, _), (topic,) = notices(), made.outputs["notifications"][0]["subscriberSnsTopicArns"]
    other = {"SubscriptionType": "SNS", "Address": f"{topic}-2"}
    budgets.delete_notification(**which, Notification=first)
    budgets.create_notification(**which, Notification=first, Subscribers=[other])
    sns = {"SubscriptionType": "SNS", "Address": topic}
    seen = world.engine.seen(made)
    assert world.engine.diff(seen, made.inputs).diffs == ["notifications"]
    corrected = world.engine.update(seen, made.inputs)
    assert corrected.outputs == made.outputs
    assert budgets.describe_subscribers_for_notification(**which, Notification=first)["Subscribers"] == [sns]
    world.engine.update(corrected, {name: value for name, value in made.inputs.items() if name != "notifications"})
    assert notices() == []
