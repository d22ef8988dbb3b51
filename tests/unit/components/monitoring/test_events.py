"""The rules for events of ECS: what each is bound to, and the line that it sends."""

from __future__ import annotations

import json
import re
from pathlib import Path

from components.monitoring.events import RULES
from recording.fake_aws import ACCOUNT
from tests.support.documents import anchors
from tests.support.program import run

DOCS = Path(__file__).parents[4] / "docs"


def test_rules_are_bound_to_the_service_and_the_topic_of_the_stack() -> None:
    deployment = run("staging")
    ecs = f"arn:aws:ecs:us-east-1:{ACCOUNT}"
    of_a_task = {
        "clusterArn": [f"{ecs}:cluster/voiceter-cluster-staging"],
        "group": ["service:voiceter-backend-staging"],
        "lastStatus": ["STOPPED"],
    }
    assert {rule.name for rule in deployment.all(":EventRule")} == {rule.name for rule in RULES}
    for rule in deployment.all(":EventRule"):
        pattern = rule.json("eventPattern")
        assert rule.inputs["name"] == f"voiceter-backend-{rule.name}-staging"
        assert rule.inputs["state"] == "ENABLED"
        assert pattern["source"] == ["aws.ecs"]
        if pattern["detail-type"] == ["ECS Task State Change"]:
            assert of_a_task.items() <= pattern["detail"].items()
        else:
            assert pattern["resources"] == [f"{ecs}:service/voiceter-cluster-staging/voiceter-backend-staging"]
        # A first deployment that fails notifies nobody: whoever runs it is watching.
        assert deployment.one("ecs/service:Service").urn in rule.depends_on
        target = deployment.one(":EventTarget", rule.name).inputs
        assert target["arn"] == f"arn:aws:sns:us-east-1:{ACCOUNT}:voiceter-backend-alarms-staging"
        assert target["rule"] == rule.inputs["name"]
        assert "roleArn" not in target  # with a role, EventBridge may not deliver to an encrypted topic


def test_line_names_the_service_the_reason_and_an_existing_guide() -> None:
    for target in run("staging").all(":EventTarget"):
        transformer = target.inputs["inputTransformer"]
        template = json.loads(transformer["inputTemplate"])
        assert template.startswith("voiceter-backend-staging: ")
        assert "<reason>" in template and "\n" not in template
        assert set(re.findall(r"<(\w+)>", template)) == set(transformer["inputPaths"])
        document, _, anchor = template.rpartition("(see ")[2].removesuffix(")").partition("#")
        assert document == "docs/troubleshooting.md"
        assert anchor in anchors((DOCS / "troubleshooting.md").read_text())


def test_alarms_document_lists_every_rule_with_its_guide() -> None:
    rows = re.findall(
        r"^\| `([a-z-]+)` \|.*\]\(troubleshooting\.md#([a-z-]+)\) \|$", (DOCS / "alarms.md").read_text(), re.M
    )
    assert dict(rows) == {rule.name: rule.guide for rule in RULES}
