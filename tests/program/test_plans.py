"""The reviewed plans in tests/plans: up to date, readable, the same every time, and without a secret."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import pytest
import yaml

from recording.deployment import Deployment
from tests.support import plans
from tests.support.program import run

HIDDEN = "eu-north-1_CorrectHorse"


class Loader(yaml.SafeLoader):
    """Reads a plan and parses the JSON documents in it."""


def _construct(loader: Loader, node: yaml.Node) -> Any:
    untyped: Any = loader
    if isinstance(node, yaml.SequenceNode):
        return untyped.construct_sequence(node, deep=True)
    return untyped.construct_mapping(node, deep=True)


Loader.add_constructor("!json", _construct)


def read(text: str) -> dict[str, Any]:
    return cast(dict[str, Any], yaml.load(text, Loader=Loader))  # noqa: S506 - a SafeLoader with one more tag


@pytest.mark.parametrize("stack", plans.STACKS)
def test_committed_plan_is_up_to_date(stack: str) -> None:
    changes = plans.stale(stack)
    assert not changes, f"\n{stack}.yaml is stale. Run `{plans.COMMAND}` and review what changed:\n\n{changes}"


def test_every_stack_file_has_a_plan() -> None:
    assert set(plans.STACKS) == {path.stem for path in plans.FOLDER.iterdir()}


@pytest.mark.parametrize(
    ("stack", "base"),
    [("dev", None), ("prod", None), ("staging", "prod"), ("prod-eu-north-1", "prod"), ("test-eu-north-1", None)],
)
def test_plan_of_a_region_is_the_difference_from_its_environment(stack: str, base: str | None) -> None:
    assert plans.compared_with(stack) == base


def test_plan_does_not_depend_on_the_order_of_registration() -> None:
    deployment = run("dev")
    text = plans.text_of("dev", deployment)
    mixed = list(reversed(deployment.registered))
    exports = dict(reversed(deployment.exports.items()))
    assert plans.text_of("dev", replace(deployment, registered=mixed, exports=exports)) == text


def test_plan_masks_secrets_and_uses_image_and_domain_of_the_stack_file() -> None:
    digest = "sha256:" + "a" * 64
    config = {
        "imageTag": digest,
        "domainName": "b.example.org",
        "hostedZoneId": "Z0123456789ABCDEFGHIJ",
        "secrets": {"COGNITO_USER_POOL_ID": HIDDEN, "OTHER": {"secure": "v1:AAAA:BBBB"}},  # encrypted by another's key
    }
    text = plans.plan("prod", {f"voiceter-backend:{key}": value for key, value in config.items()})
    assert HIDDEN not in text and "AAAA" not in text
    plan = read(text)
    versions = [r for r in plan["resources"] if r["type"].endswith(":SecretVersion")]
    assert [version["inputs"]["secretString"] for version in versions] == [plans.MASK] * 2
    assert plan["outputs"]["url"] == "https://b.example.org"
    [task] = [r for r in plan["resources"] if r["type"].endswith(":TaskDefinition")]
    [container] = task["inputs"]["containerDefinitions"]  # a JSON document, parsed
    assert container["image"].endswith(f"@{digest}")


def test_plan_masks_a_secret_output() -> None:
    deployment = Deployment(exports={"open": "seen", "hidden": HIDDEN}, secret_exports={"hidden"})
    assert read(plans.text_of("prod", deployment))["outputs"] == {"hidden": plans.MASK, "open": "seen"}


def test_difference_shows_resources_of_one_stack_and_changes_inside_documents() -> None:
    base = run("prod")
    table, policy = base.one(":Table", "waitlist"), base.one(":RolePolicy", "task-DynamoDbItems")
    document = policy.json("policy")
    document["Statement"][0]["Effect"] = "Deny"
    changed = replace(policy, inputs={**policy.inputs, "policy": json.dumps(document)})
    added = replace(table, name="another")
    other = replace(base, registered=[r for r in base.registered if r not in (table, policy)] + [changed, added])
    found = yaml.safe_load(plans.difference_text("staging", other, "prod", base))
    assert found["onlyInProd"] == ["aws:dynamodb/table:Table waitlist"]
    assert found["onlyInStaging"]["aws:dynamodb/table:Table another"]["billingMode"] == "PAY_PER_REQUEST"
    assert found["changed"] == {
        "aws:iam/rolePolicy:RolePolicy task-DynamoDbItems": {
            "policy.Statement[0].Effect": {"prod": "Allow", "staging": "Deny"}
        }
    }


def test_difference_lists_where_the_name_of_the_stack_stands() -> None:
    base = run("prod")
    table = base.one(":Table", "waitlist")
    renamed = replace(table, inputs={**table.inputs, "name": "demo-staging-waitlist"})
    other = replace(base, registered=[renamed if r is table else r for r in base.registered])
    found = yaml.safe_load(plans.difference_text("staging", other, "prod", base))
    assert found == {"namedAfterTheStack": {"aws:dynamodb/table:Table waitlist": ["name"]}}


def test_make_plans_writes_the_files_and_reports_each(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(plans, "FOLDER", tmp_path / "plans")
    monkeypatch.setattr(plans, "ROOT", tmp_path)
    monkeypatch.setattr(plans, "STACKS", ("dev",))
    assert plans.main() == 0
    assert plans.main() == 0
    assert capsys.readouterr().out.splitlines() == ["plans/dev.yaml: renewed", "plans/dev.yaml: unchanged"]
    assert (tmp_path / "plans" / "dev.yaml").read_text() == plans.plan("dev")
