"""The sandbox's project folder has copies of the stack files, and leaves the clone as it is."""

import shutil
from pathlib import Path

import pytest
import yaml

from sandbox.cli import project
from sandbox.cli.stack_file import StackFile
from sandbox.layout import PACKAGE_ROOT, Layout, SandboxError


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    root = tmp_path / "clone"
    root.mkdir()
    shutil.copyfile(PACKAGE_ROOT / "Pulumi.yaml", root / "Pulumi.yaml")
    (root / "Pulumi.dev.yaml").write_text("config:\n  aws:region: us-east-1\n  voiceter-backend:cpu: 512\n")
    return Layout(root, root / ".sandbox")


def test_project_file_names_the_clone_and_the_plugins(layout: Layout) -> None:
    project.write_project(layout)
    written = yaml.safe_load((layout.project / "Pulumi.yaml").read_text())
    committed = yaml.safe_load((layout.root / "Pulumi.yaml").read_text())
    assert written["name"] == committed["name"]
    assert (layout.project / written["main"]).resolve() == layout.root.resolve()
    assert written["runtime"]["options"]["virtualenv"] == str(layout.root / ".venv")
    plugins = {plugin["name"]: plugin["path"] for plugin in written["plugins"]["providers"]}
    assert plugins == {"aws": str(layout.plugins), "awsx": str(layout.plugins)}


def test_copy_is_the_committed_file_and_what_is_supplied(layout: Layout) -> None:
    before = {path.name: path.read_bytes() for path in layout.root.iterdir()}
    stack = project.read_stack(layout, "dev")
    stack.file.set("imageTag", "stand-in")
    project.write_copy(layout, "dev", stack.file)
    copy = StackFile(layout.stack_file("dev").read_text())
    assert copy.config == {
        "aws:region": "us-east-1",
        "voiceter-backend:cpu": 512,
        "voiceter-backend:imageTag": "stand-in",
    }
    after = {path.name: path.read_bytes() for path in layout.root.iterdir() if path.is_file()}
    assert after == before


def test_write_copy_prints_the_keys_that_it_changes(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    project.write_copy(layout, "dev", project.read_stack(layout, "dev").file)
    copy = layout.stack_file("dev")
    copy.write_text(copy.read_text().replace("512", '"512"') + "  voiceter-backend:logLevel: DEBUG\n")
    project.write_copy(layout, "dev", project.read_stack(layout, "dev").file)
    expected = "Config: changed in the sandbox's copy of Pulumi.dev.yaml: voiceter-backend:logLevel\n"
    assert capsys.readouterr().out == expected


def test_copy_written_anew_drops_other_values_and_keeps_the_salt(layout: Layout) -> None:
    committed = layout.root / "Pulumi.dev.yaml"
    project.write_copy(layout, "dev", project.read_stack(layout, "dev").file)
    project.set_in_copy(layout, "dev", "logLevel", "DEBUG")
    layout.stack_file("dev").write_text(layout.stack_file("dev").read_text() + "encryptionsalt: v1:salt\n")
    committed.write_text("config:\n  aws:region: eu-north-1\n")
    stack = project.read_stack(layout, "dev")
    project.write_copy(layout, "dev", stack.file)
    assert stack.region == "eu-north-1"
    copy = StackFile(layout.stack_file("dev").read_text())
    assert copy.config == {"aws:region": "eu-north-1"}
    assert copy.top["encryptionsalt"] == "v1:salt"


def test_encrypted_values_of_the_committed_file_are_listed_and_not_copied(layout: Layout) -> None:
    (layout.root / "Pulumi.dev.yaml").write_text(
        "secretsprovider: awskms://alias/x\nconfig:\n  voiceter-backend:secrets:\n    A:\n      secure: v1:abc\n"
    )
    stack = project.read_stack(layout, "dev")
    assert stack.secrets == (("voiceter-backend:secrets", "A"),)
    assert stack.file.text() == "config: {}\n"


def test_stack_made_in_the_sandbox_keeps_its_file(layout: Layout) -> None:
    layout.project.mkdir(parents=True)
    text = "config:\n  aws:region: eu-north-1\n  voiceter-backend:secrets:\n    A:\n      secure: v1:abc\n"
    layout.stack_file("prod-eu-north-1").write_text(text + "encryptionsalt: v1:salt\n")
    stack = project.read_stack(layout, "prod-eu-north-1")
    assert (stack.committed, stack.region, stack.secrets) == (False, "eu-north-1", ())
    project.write_copy(layout, "prod-eu-north-1", stack.file)
    assert layout.stack_file("prod-eu-north-1").read_text() == text + "encryptionsalt: v1:salt\n"


def test_unknown_stack_is_refused_with_the_known_ones(layout: Layout) -> None:
    with pytest.raises(SandboxError, match=r"no stack qa\. Committed are: dev\."):
        project.read_stack(layout, "qa")


@pytest.mark.parametrize("name", ["", "Dev", "1a", "a_b", "../dev", "a b"])
def test_invalid_stack_name_is_refused(layout: Layout, name: str) -> None:
    with pytest.raises(SandboxError, match="a stack's name"):
        project.read_stack(layout, name)
