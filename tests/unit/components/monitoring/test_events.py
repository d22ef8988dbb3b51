"""The rules for events of ECS: when they exist, and the line that each sends."""

from __future__ import annotations

import json
import re
from pathlib import Path

from components.monitoring.events import RULES
from tests.support.documents import anchors
from tests.support.program import run

DOCS = Path(__file__).parents[4] / "docs"


def test_every_rule_exists_after_the_service_and_delivers_without_a_role() -> None:
    """tests/live/test_events.py has the events that each rule matches."""
    deployment = run("staging")
    assert {rule.name for rule in deployment.all(":EventRule")} == {rule.name for rule in RULES}
    for rule in deployment.all(":EventRule"):
        # A first deployment that fails notifies nobody: whoever runs it is watching.
        assert deployment.one("ecs/service:Service").urn in rule.depends_on
        # With a role, EventBridge may not deliver to an encrypted topic.
        assert "roleArn" not in deployment.one(":EventTarget", rule.name).inputs


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
