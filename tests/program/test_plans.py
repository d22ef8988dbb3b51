"""The reviewed plans in tests/plans: up to date, readable, the same every time, and without a secret."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any, cast

import pytest
import yaml

from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT
from tests.support import plans
from tests.support.program import run

HIDDEN = "eu-north-1_CorrectHorse"
SECRETS = "voiceter-backend:secrets"


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


def one(text: str, type_: str, name: str) -> dict[str, Any]:
    [found] = [r for r in read(text)["resources"] if r["type"].endswith(type_) and r["name"] == name]
    return found


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


def test_stale_plan_is_shown_as_a_diff(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    text = plans.plan("dev")
    stale = text.replace("stopTimeout: 30", "stopTimeout: 31")
    assert stale != text
    (tmp_path / "dev.yaml").write_text(stale)
    monkeypatch.setattr(plans, "FOLDER", tmp_path)
    monkeypatch.setattr(plans, "ROOT", tmp_path.parent)
    lines = plans.stale("dev").splitlines()
    assert [line for line in lines if line.startswith(("-", "+"))][2:] == [
        "-      stopTimeout: 31",
        "+      stopTimeout: 30",
    ]


def test_plan_lists_each_registered_resource_once() -> None:
    deployment = run("prod")
    resources = read(plans.text_of("prod", deployment))["resources"]
    assert [(r["type"], r["name"]) for r in resources] == sorted((r.type, r.name) for r in deployment.registered)
    assert read(plans.text_of("prod", deployment))["outputs"] == deployment.exports
    table = one(plans.plan("prod"), ":Table", "sessions")
    assert (table["protect"], table["parent"]) == (True, "data-stores")
    assert table["inputs"]["name"] == "demo-sessions"
    assert one(plans.plan("prod"), "ecs/service:Service", "service")["ignoreChanges"] == ["desiredCount"]


def test_plan_shows_json_documents_parsed() -> None:
    text = plans.plan("prod")
    policy = one(text, ":RolePolicy", "task-DynamoDbItems")["inputs"]["policy"]
    assert policy["Version"] == "2012-10-17"
    [container] = one(text, ":TaskDefinition", "task")["inputs"]["containerDefinitions"]
    assert container["readonlyRootFilesystem"] is True
    assert '{"' not in text
    assert f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/demo-sessions" in text


def test_plan_does_not_depend_on_the_order_of_registration() -> None:
    deployment = run("dev", https=False)
    text = plans.text_of("dev", deployment)
    for seed in range(3):
        mixed = list(deployment.registered)
        random.Random(seed).shuffle(mixed)  # noqa: S311 - an order, no secret
        exports = dict(reversed(deployment.exports.items()))
        assert plans.text_of("dev", replace(deployment, registered=mixed, exports=exports)) == text


def test_plan_masks_a_secret_input() -> None:
    text = plans.plan("prod", {SECRETS: {"COGNITO_USER_POOL_ID": HIDDEN}, "voiceter-backend:enableAuth": "true"})
    assert HIDDEN not in text
    [version] = [r for r in read(text)["resources"] if r["type"].endswith(":SecretVersion")]
    assert version["inputs"]["secretString"] == plans.MASK


def test_plan_masks_a_secret_output() -> None:
    deployment = Deployment(exports={"open": "seen", "hidden": HIDDEN}, secret_exports={"hidden"})
    assert read(plans.text_of("prod", deployment))["outputs"] == {"hidden": plans.MASK, "open": "seen"}


def test_plan_needs_no_key_for_an_encrypted_value_of_the_stack_file() -> None:
    encrypted = {"COGNITO_USER_POOL_ID": {"secure": "v1:AAAA:BBBB"}}
    text = plans.plan("prod", {SECRETS: encrypted, "voiceter-backend:enableAuth": True})
    assert "AAAA" not in text
    assert plans.MASK in text


def test_plan_uses_image_and_domain_of_the_stack_file() -> None:
    domain = {
        "voiceter-backend:domainName": "voice.example.com",
        "voiceter-backend:hostedZoneId": "Z0123456789ABCDEFGHIJ",
    }
    text = plans.plan("prod", {"voiceter-backend:imageTag": "2.0.1", **domain})
    assert read(text)["outputs"]["url"] == "https://voice.example.com"
    assert one(text, ":TaskDefinition", "task")["inputs"]["tags"] == {"Version": "2.0.1"}
    digest = "sha256:" + "a" * 64
    [container] = one(plans.plan("dev", {"voiceter-backend:imageTag": digest}), ":TaskDefinition", "task")["inputs"][
        "containerDefinitions"
    ]
    assert container["image"].endswith(f"@{digest}")


def test_staging_file_holds_only_the_difference_from_prod() -> None:
    found = yaml.safe_load((plans.FOLDER / "staging.yaml").read_text())
    changed = found["changed"]
    assert changed["aws:appautoscaling/target:Target tasks"] == {"maxCapacity": {"prod": 10, "staging": 4}}
    assert changed["aws:dynamodb/table:Table sessions"]["protect"] == {"prod": True}
    assert changed["awsx:ec2:Vpc voiceter-backend"]["numberOfAvailabilityZones"] == {"prod": 3, "staging": 2}
    assert found["namedAfterTheStack"]["aws:dynamodb/table:Table sessions"] == ["name"]


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
