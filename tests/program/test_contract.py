"""What the app needs of its container, its service and its stores, as prod registers them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.contract import TABLES
from tests.support.program import everything, run


def container() -> Any:
    [found] = run("prod").containers()
    return found


def test_health_check_runs_node_which_the_image_has() -> None:
    check = container()["healthCheck"]
    assert [check[key] for key in ("interval", "timeout", "retries", "startPeriod")] == [30, 5, 3, 60]
    assert check["command"][:3] == ["CMD", "node", "-e"]
    assert "http://127.0.0.1:8080/health" in check["command"][3]
    group = run("prod").one(":TargetGroup").inputs
    assert (group["targetType"], group["port"], group["healthCheck"]["path"]) == ("ip", 8080, "/health")


def test_app_runs_as_1001_and_writes_to_tmp_and_logs_alone() -> None:
    definition = container()
    assert (definition["user"], definition["readonlyRootFilesystem"]) == ("1001:1001", True)
    mounts = {mount["containerPath"]: mount["mountOptions"] for mount in definition["linuxParameters"]["tmpfs"]}
    assert set(mounts) == {"/tmp", "/app/logs"}  # noqa: S108 - in the container
    assert all({"rw", "uid=1001", "gid=1001"} <= set(options) for options in mounts.values())
    assert definition["ulimits"] == [{"name": "nofile", "softLimit": 65536, "hardLimit": 65536}]
    # The program creates the log group, and the agent has no right to.
    assert definition["logConfiguration"]["options"]["awslogs-group"] == "/ecs/voiceter-backend"
    assert "awslogs-create-group" not in definition["logConfiguration"]["options"]


def test_ecs_exec_makes_the_root_writable_and_says_so() -> None:
    service = everything().one("ecs/service:Service").inputs
    assert service["enableExecuteCommand"] is True
    assert everything().containers()[0]["readonlyRootFilesystem"] is False
    assert any("enableExec" in warning and "writable" in warning for warning in everything().warnings)


def test_service_scales_on_the_sessions_of_the_busiest_task() -> None:
    policy = (
        run("prod").one("appautoscaling/policy:Policy", "sessions").inputs["targetTrackingScalingPolicyConfiguration"]
    )
    # The app sends this metric without dimensions, and only while somebody talks.
    assert policy["disableScaleIn"] is True
    assert policy["customizedMetricSpecification"] == {
        "namespace": "Voiceter/Backend",
        "metricName": "ConcurrentSessions",
        "statistic": "Maximum",
    }


def test_polling_clients_stay_on_their_task_for_a_session() -> None:
    stickiness = run("prod").one(":TargetGroup").inputs["stickiness"]
    assert (stickiness["type"], stickiness["enabled"]) == ("lb_cookie", True)
    assert stickiness["cookieDuration"] > 30 * 60
    balancer = run("prod").one("lb/loadBalancer:LoadBalancer").inputs
    assert balancer["idleTimeout"] == 300


def test_every_table_of_the_contract_is_registered() -> None:
    tables = [table.name for table in run("prod").all(":Table")]
    assert tables == sorted(TABLES), "state every table in TABLES of tests/support/contract.py"


@pytest.mark.parametrize("name", TABLES)
def test_table_has_the_keys_of_the_contract(name: str) -> None:
    expected, table = TABLES[name], run("prod").one(":Table", name).inputs
    types = {attribute["name"]: attribute["type"] for attribute in table["attributes"]}
    keys = [(table["hashKey"], types[table["hashKey"]], "HASH")]
    if "rangeKey" in table:
        keys.append((table["rangeKey"], types[table["rangeKey"]], "RANGE"))
    assert keys == expected.keys
    indexes: dict[str, Any] = {}
    for index in table.get("globalSecondaryIndexes", []):
        schema = [(key["attributeName"], key["keyType"]) for key in index["keySchemas"]]
        indexes[index["name"]] = [(attribute, types[attribute], use) for attribute, use in schema]
        assert index["projectionType"] == "ALL"
    assert indexes == expected.indexes
    # DynamoDB refuses attributes that no key uses.
    assert set(types) == {name for key in (expected.keys, *expected.indexes.values()) for name, _, _ in key}
    assert table["name"] == f"demo-{name}"
    assert table.get("ttl") == ({"attributeName": expected.ttl, "enabled": True} if expected.ttl else None)


def test_store_of_a_changed_name_is_created_before_the_old_one_is_deleted() -> None:
    deployment = run("prod")
    # The provider asks for the opposite where the program sets the name.
    for store in (*deployment.all(":Table"), *deployment.all("s3/bucket:Bucket")):
        assert store.delete_before_replace is False, store.name


def test_settings_of_a_bucket_are_made_in_the_order_that_s3_needs() -> None:
    for name in ("logs", "recordings"):
        settings = {kind: run("prod").one(f":Bucket{kind}", name) for kind in ("PublicAccessBlock", "Policy")}
        assert settings["PublicAccessBlock"].urn in settings["Policy"].depends_on
    block, flow_log = run("prod").one(":BucketPublicAccessBlock", "logs"), run("prod").one(":FlowLog")
    assert block.urn in flow_log.depends_on, "AWS writes the bucket's policy when it creates a flow log"
    lifecycle = run("prod").one(":BucketLifecycleConfiguration", "recordings")
    assert run("prod").one(":BucketVersioning").urn in lifecycle.depends_on


def test_policy_of_the_logs_is_written_after_the_flow_log_and_anew_for_each() -> None:
    """AWS writes the bucket's policy when it creates a flow log."""
    written = run("prod").one(":BucketPolicy", "logs")
    assert run("prod").one(":FlowLog").urn in written.depends_on
    assert written.json("policy")["Id"].startswith("FlowLog-")
    assert "Id" not in run("prod", flowLogs=False).one(":BucketPolicy", "logs").json("policy")
