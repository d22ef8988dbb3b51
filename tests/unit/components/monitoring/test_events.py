"""The rules for events of ECS: what each is bound to, and the line that it sends."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from components.monitoring.events import RULES
from recording.deployment import Registration
from recording.fake_aws import ACCOUNT
from tests.support.program import run

DOCS = Path(__file__).parents[4] / "docs"
STACKS = ["dev", "staging", "prod"]
NAMES = [rule.name for rule in RULES]


def anchors(document: str) -> set[str]:
    """Returns the anchors of the headings of a document, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", (DOCS / document).read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def target(stack: str, rule: str) -> Registration:
    return run(stack).one(":EventTarget", rule)


@pytest.mark.parametrize("stack", STACKS)
def test_rules_are_bound_to_the_service_of_the_stack(stack: str) -> None:
    deployment = run(stack)
    suffix = "" if stack == "prod" else f"-{stack}"
    ecs = f"arn:aws:ecs:us-east-1:{ACCOUNT}"
    of_a_task = {
        "clusterArn": [f"{ecs}:cluster/voiceter-cluster{suffix}"],
        "group": [f"service:voiceter-backend{suffix}"],
        "lastStatus": ["STOPPED"],
    }
    assert {rule.name for rule in deployment.all(":EventRule")} == set(NAMES)
    for rule in deployment.all(":EventRule"):
        pattern = rule.json("eventPattern")
        assert rule.inputs["name"] == f"voiceter-backend-{rule.name}{suffix}"
        assert rule.inputs["state"] == "ENABLED"
        assert pattern["source"] == ["aws.ecs"]
        if pattern["detail-type"] == ["ECS Task State Change"]:
            assert of_a_task.items() <= pattern["detail"].items()
        else:
            assert pattern["resources"] == [f"{ecs}:service/voiceter-cluster{suffix}/voiceter-backend{suffix}"]


@pytest.mark.parametrize("rule", NAMES)
def test_line_names_the_service_the_reason_and_an_existing_guide(rule: str) -> None:
    inputs = target("staging", rule).inputs
    template = json.loads(inputs["inputTransformer"]["inputTemplate"])
    assert template.startswith("voiceter-backend-staging: ")
    assert "<reason>" in template and "\n" not in template
    assert set(re.findall(r"<(\w+)>", template)) == set(inputs["inputTransformer"]["inputPaths"])
    document, _, anchor = template.rpartition("(see ")[2].removesuffix(")").partition("#")
    assert document == "docs/troubleshooting.md"
    assert anchor in anchors("troubleshooting.md")


@pytest.mark.parametrize("rule", NAMES)
def test_target_is_the_topic_of_the_stack(rule: str) -> None:
    inputs = target("dev", rule).inputs
    assert inputs["arn"] == f"arn:aws:sns:us-east-1:{ACCOUNT}:voiceter-backend-alarms-dev"
    assert inputs["rule"] == f"voiceter-backend-{rule}-dev"
    assert "roleArn" not in inputs  # with a role, EventBridge may not deliver to an encrypted topic


@pytest.mark.parametrize("stack", STACKS)
def test_stack_without_a_service_has_no_rules(stack: str) -> None:
    assert run(stack, image=False).all(":EventRule") == []


@pytest.mark.parametrize("rule", NAMES)
def test_rule_is_created_after_the_service(rule: str) -> None:
    """A first deployment that fails notifies nobody: whoever runs it is watching."""
    deployment = run("prod")
    assert deployment.one("ecs/service:Service").urn in deployment.one(":EventRule", rule).depends_on


def test_alarms_document_lists_every_rule_with_its_guide() -> None:
    rows = re.findall(
        r"^\| `([a-z-]+)` \|.*\]\(troubleshooting\.md#([a-z-]+)\) \|$", (DOCS / "alarms.md").read_text(), re.M
    )
    assert dict(rows) == {rule.name: rule.guide for rule in RULES}
