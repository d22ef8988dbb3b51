"""Every change of a release leaves clients with healthy tasks, and running revisions with what they need."""

from __future__ import annotations

import pytest

from tests.live.harness import Stack
from tests.live.watch import CutOffError, Watch

pytestmark = pytest.mark.live


def rules(dev: Stack) -> list[str]:
    """The ARNs of the rules of all listeners, without the default ones."""
    elb = dev.client("elbv2")
    (balancer,) = elb.describe_load_balancers(Names=[dev.named("voiceter-backend")])["LoadBalancers"]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    found = [rule for one in listeners for rule in elb.describe_rules(ListenerArn=one["ListenerArn"])["Rules"]]
    return [rule["RuleArn"] for rule in found if not rule["IsDefault"]]


def test_watch_reports_what_is_deleted_by_hand_and_what_an_update_restores(dev: Stack) -> None:
    iam, role = dev.client("iam"), dev.named("voiceter-backend-task-role")
    with pytest.raises(CutOffError) as cut_off, Watch(dev) as watch:
        watch.wait_for_readings()
        assert not watch.breaches
        for rule in rules(dev):
            dev.client("elbv2").delete_rule(RuleArn=rule)
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            iam.delete_role_policy(RoleName=role, PolicyName=policy)
        watch.wait_for_readings()
        dev.sandbox.updated("dev", "--refresh")
    text = str(cut_off.value)
    assert "HTTP on port 80: clients get a fixed-response" in text
    assert f"{role} may not dynamodb:GetItem" in text
    with Watch(dev) as watch:
        watch.wait_for_readings()
