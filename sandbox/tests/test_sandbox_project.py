"""The sandbox's project folder: its own copies, and a clone that stays as it is."""

import shutil
from pathlib import Path

import pytest
import yaml

from sandbox import project
from sandbox.layout import PACKAGE_ROOT, Layout, SandboxError


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    root = tmp_path / "clone"
    root.mkdir()
    shutil.copyfile(PACKAGE_ROOT / "Pulumi.yaml", root / "Pulumi.yaml")
    (root / "Pulumi.dev.yaml").write_text("config:\n  aws:region: us-east-1\n  voiceter-backend:cpu: 512\n")
    return Layout(root, root / ".sandbox")


def test_the_project_leads_to_the_clone_and_to_the_sandbox_plugins(layout: Layout) -> None:
    project.write_project(layout)
    written = yaml.safe_load((layout.project / "Pulumi.yaml").read_text())
    committed = yaml.safe_load((layout.root / "Pulumi.yaml").read_text())
    assert written["name"] == committed["name"]
    assert (layout.project / written["main"]).resolve() == layout.root.resolve()
    assert written["runtime"]["options"]["virtualenv"] == str(layout.root / ".venv")
    plugins = {plugin["name"]: plugin["path"] for plugin in written["plugins"]["providers"]}
    assert plugins == {"aws": str(layout.plugins), "awsx": str(layout.plugins)}


def test_the_copy_starts_as_the_committed_file_and_follows_it(layout: Layout) -> None:
    project.sync(layout, "dev")
    copy = project.read(layout, "dev")
    assert copy.get("cpu") == "512"
    copy.set("imageTag", "stand-in")
    project.save(layout, "dev", copy)
    layout.committed_stack_file("dev").write_text("config:\n  aws:region: eu-north-1\n  voiceter-backend:cpu: 512\n")
    project.sync(layout, "dev")
    assert project.region(layout, "dev") == "eu-north-1"
    assert project.read(layout, "dev").get("imageTag") == "stand-in"


def test_what_is_set_in_the_sandbox_survives_and_is_told(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    project.sync(layout, "dev")
    copy = project.read(layout, "dev")
    copy.set("cpu", "2048")
    project.save(layout, "dev", copy)
    committed = layout.committed_stack_file("dev")
    committed.write_text(committed.read_text().replace("512", "1024"))
    project.sync(layout, "dev")
    assert project.read(layout, "dev").get("cpu") == "2048"
    assert "voiceter-backend:cpu changed in Pulumi.dev.yaml" in capsys.readouterr().out
    project.sync(layout, "dev")
    assert capsys.readouterr().out == ""


def test_what_the_sandbox_supplied_is_no_change_of_anybodys(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    project.sync(layout, "dev")
    copy = project.read(layout, "dev")
    copy.set("cpu", "2048")
    project.save_supplied(layout, "dev", copy)
    committed = layout.committed_stack_file("dev")
    committed.write_text(committed.read_text() + "  voiceter-backend:maxCount: 3\n")
    project.sync(layout, "dev")
    assert project.read(layout, "dev").get("cpu") == "2048", "still supplied, as the committed key is as it was"
    committed.write_text("config:\n  aws:region: us-east-1\n")
    project.sync(layout, "dev")
    assert project.read(layout, "dev").get("cpu") is None
    assert capsys.readouterr().out == ""


def test_the_clone_is_only_read(layout: Layout) -> None:
    before = {path.name: path.read_bytes() for path in layout.root.iterdir()}
    project.write_project(layout)
    project.sync(layout, "dev")
    after = {path.name: path.read_bytes() for path in layout.root.iterdir() if path.is_file()}
    assert after == before


def test_encrypted_values_of_the_committed_file_are_named_and_not_copied(layout: Layout) -> None:
    layout.committed_stack_file("dev").write_text(
        "secretsprovider: awskms://alias/x\nconfig:\n  voiceter-backend:secrets:\n    A:\n      secure: v1:abc\n"
    )
    stack = project.sync(layout, "dev")
    assert stack.secrets == (("voiceter-backend:secrets", "A"),)
    assert "secure" not in layout.stack_file("dev").read_text()
    assert "awskms" not in layout.stack_file("dev").read_text()


def test_a_stack_made_in_the_sandbox_needs_no_committed_file(layout: Layout) -> None:
    layout.project.mkdir(parents=True)
    layout.stack_file("prod-eu-north-1").write_text("config:\n  aws:region: eu-north-1\n")
    assert project.sync(layout, "prod-eu-north-1").committed.config == {}
    assert project.region(layout, "prod-eu-north-1") == "eu-north-1"


def test_an_unknown_stack_is_refused_with_those_that_there_are(layout: Layout) -> None:
    with pytest.raises(SandboxError, match=r"no stack qa\. Committed are: dev\."):
        project.sync(layout, "qa")


@pytest.mark.parametrize("name", ["", "Dev", "1a", "a_b", "../dev", "a b"])
def test_what_is_no_stack_name_is_refused(layout: Layout, name: str) -> None:
    with pytest.raises(SandboxError, match="a stack's name"):
        project.sync(layout, name)
