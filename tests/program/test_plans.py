"""The reviewed plans: up to date, readable, the same every time, and without a secret."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any, cast

import pytest
import yaml

from tests.support import plans
from tests.support.mocks import ACCOUNT, Deployment
from tests.support.program import run

HIDDEN = "eu-north-1_CorrectHorse"
SECRETS = "voiceter-backend:secrets"


class Loader(yaml.SafeLoader):
    """Reads a plan back, its JSON documents as what they say."""


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
def test_the_committed_plan_is_up_to_date(stack: str) -> None:
    changes = plans.difference(stack)
    assert not changes, f"\nplans/{stack}.yaml is stale. `{plans.COMMAND}` renews it; review what changed:\n\n{changes}"


def test_every_stack_file_has_a_plan() -> None:
    stacks = {path.name.split(".")[1] for path in plans.ROOT.glob("Pulumi.*.yaml")}
    assert stacks == set(plans.STACKS) == {path.stem for path in plans.FOLDER.iterdir()}


def test_a_stale_plan_is_told_by_a_diff(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    text = plans.plan("dev")
    stale = text.replace("stopTimeout: 30", "stopTimeout: 31")
    assert stale != text
    (tmp_path / "dev.yaml").write_text(stale)
    monkeypatch.setattr(plans, "FOLDER", tmp_path)
    monkeypatch.setattr(plans, "ROOT", tmp_path.parent)
    # Where the program is run from does not change with it: only the names in the diff do.
    lines = plans.difference("dev").splitlines()
    assert [line for line in lines if line.startswith(("-", "+"))][2:] == [
        "-      stopTimeout: 31",
        "+      stopTimeout: 30",
    ]


def test_a_plan_names_each_resource_once_with_what_was_registered() -> None:
    deployment = run("prod")
    resources = read(plans.text_of("prod", deployment))["resources"]
    assert [(r["type"], r["name"]) for r in resources] == sorted((r.type, r.name) for r in deployment.registered)
    assert read(plans.text_of("prod", deployment))["outputs"] == deployment.exports
    table = one(plans.plan("prod"), ":Table", "sessions")
    assert (table["protect"], table["parent"]) == (True, "data-stores")
    assert table["inputs"]["name"] == "demo-sessions"
    assert one(plans.plan("prod"), "ecs/service:Service", "service")["ignoreChanges"] == ["desiredCount"]


def test_json_documents_are_unfolded() -> None:
    text = plans.plan("prod")
    policy = one(text, ":RolePolicy", "task")["inputs"]["policy"]
    assert policy["Version"] == "2012-10-17"
    [container] = one(text, ":TaskDefinition", "task")["inputs"]["containerDefinitions"]
    assert container["readonlyRootFilesystem"] is True
    assert '{"' not in text
    assert f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/demo-sessions" in text


def test_the_order_of_registration_does_not_matter() -> None:
    deployment = run("dev", https=False)
    text = plans.text_of("dev", deployment)
    for seed in range(3):
        mixed = list(deployment.registered)
        random.Random(seed).shuffle(mixed)  # noqa: S311 - an order, no secret
        exports = dict(reversed(deployment.exports.items()))
        assert plans.text_of("dev", replace(deployment, registered=mixed, exports=exports)) == text


def test_a_secret_is_masked() -> None:
    text = plans.plan("prod", {SECRETS: {"COGNITO_USER_POOL_ID": HIDDEN}, "voiceter-backend:enableAuth": "true"})
    assert HIDDEN not in text
    [version] = [r for r in read(text)["resources"] if r["type"].endswith(":SecretVersion")]
    assert version["inputs"]["secretString"] == plans.MASK


def test_a_secret_output_is_masked() -> None:
    deployment = Deployment(exports={"open": "seen", "hidden": HIDDEN}, secret_exports={"hidden"})
    assert read(plans.text_of("prod", deployment))["outputs"] == {"hidden": plans.MASK, "open": "seen"}


def test_an_encrypted_value_of_the_stack_file_needs_no_key() -> None:
    encrypted = {"COGNITO_USER_POOL_ID": {"secure": "v1:AAAA:BBBB"}}
    text = plans.plan("prod", {SECRETS: encrypted, "voiceter-backend:enableAuth": True})
    assert "AAAA" not in text
    assert plans.MASK in text


def test_what_the_stack_file_says_of_image_and_domain_is_used() -> None:
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


def test_the_command_renews_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(plans, "FOLDER", tmp_path / "plans")
    monkeypatch.setattr(plans, "ROOT", tmp_path)
    monkeypatch.setattr(plans, "STACKS", ("dev",))
    assert plans.main() == 0
    assert plans.main() == 0
    assert capsys.readouterr().out.splitlines() == ["plans/dev.yaml: renewed", "plans/dev.yaml: unchanged"]
    assert (tmp_path / "plans" / "dev.yaml").read_text() == plans.plan("dev")
