"""What the app needs of its container, its service and its stores, as prod registers them."""

from __future__ import annotations

from typing import Any

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


def test_failed_deployment_rolls_back_and_capacity_never_falls() -> None:
    service = run("prod").one("ecs/service:Service")
    assert service.inputs["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert service.inputs["alarms"].items() >= {"enable": True, "rollback": True}.items()
    assert service.inputs["deploymentMinimumHealthyPercent"] == 100
    assert service.inputs["deploymentConfiguration"] == {"strategy": "ROLLING", "bakeTimeInMinutes": "0"}
    assert service.ignore_changes == ("desiredCount",)  # the autoscaler owns it
    assert run("prod").one(":TaskDefinition").inputs["skipDestroy"] is True


def test_service_scales_on_cpu_memory_and_the_sessions_of_the_busiest_task() -> None:
    target = run("prod").one(":Target").inputs
    assert (target["minCapacity"], target["maxCapacity"]) == (2, 10)
    policies = {
        policy.name: policy.inputs["targetTrackingScalingPolicyConfiguration"]
        for policy in run("prod").all("appautoscaling/policy:Policy")
    }
    assert {name: one["targetValue"] for name, one in policies.items()} == {"cpu": 70, "memory": 80, "sessions": 30}
    for name in ("cpu", "memory"):
        assert (policies[name]["scaleInCooldown"], policies[name]["scaleOutCooldown"]) == (300, 60)
    # The app sends this metric without dimensions, and only while somebody talks.
    assert policies["sessions"]["disableScaleIn"] is True
    assert policies["sessions"]["customizedMetricSpecification"] == {
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


def test_data_is_backed_up_encrypted_and_protected() -> None:
    tables = run("prod").all(":Table")
    assert len(tables) == len(TABLES)
    for table in tables:
        assert table.inputs["billingMode"] == "PAY_PER_REQUEST"
        assert table.inputs["pointInTimeRecovery"] == {"enabled": True}
        assert table.inputs["serverSideEncryption"]["enabled"]
        assert table.inputs["deletionProtectionEnabled"] and table.protect
    assert run("prod").one(":BucketVersioning").inputs["versioningConfiguration"] == {"status": "Enabled"}
    recordings, uploads = run("prod").one(":BucketLifecycleConfiguration", "recordings").inputs["rules"]
    assert recordings["filter"] == {"prefix": "recordings/"}
    assert (recordings["expiration"], recordings["noncurrentVersionExpiration"]) == (
        {"days": 90},
        {"noncurrentDays": 90},
    )
    assert uploads["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
