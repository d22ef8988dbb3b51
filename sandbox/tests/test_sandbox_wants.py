"""What a program declares in sandbox.yaml."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sandbox.layout import PACKAGE_ROOT, SandboxError
from sandbox.wants import FILE, Wants, read, wants


def test_a_program_that_declares_nothing_wants_nothing() -> None:
    assert read("") == Wants()
    assert Wants().repository("dev") == ""


def test_this_program_declares_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    declared = wants()
    assert declared.image_key == "imageTag"
    assert (declared.repository("prod"), declared.repository("dev")) == ("voiceter-backend", "voiceter-backend-dev")
    assert declared.certificate_for == ("staging",)
    assert (declared.domain_for, declared.domain) == (("prod",), "voiceter.sandbox.test")
    assert declared.stack_tag == "Stack"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("imagekey: x", "imagekey is not known"),
        ("image: {tag: x}", "image.tag is not known"),
        ("- a", "not a mapping"),
        ("a: [", "while parsing"),
    ],
)
def test_what_is_not_understood_is_named(text: str, said: str) -> None:
    with pytest.raises(SandboxError, match=re.escape(FILE) + f"(.|\n)*{said}"):
        read(text)


def test_the_sandbox_knows_no_program() -> None:
    """No module of it imports the program's, or names what is the program's alone."""
    own = {path.stem for path in PACKAGE_ROOT.glob("*.py")} | {"components", "operations"}
    names = re.compile(rf"^\s*(from|import) ({'|'.join(sorted(own))})\b", re.MULTILINE)
    words = re.compile(r"imageTag\b.*copy|certificateArn.*copy|voiceter-backend|demo-dev|voiceter\.sandbox|USER_POOL")
    for path in sorted(Path(PACKAGE_ROOT / "sandbox").glob("[!t]*/**/*.py")):
        text = path.read_text()
        assert not names.search(text), path
        assert not words.search(text), path
