"""Stack files keep their comments and the spelling of their values."""

import pytest

from sandbox.cli.stack_file import StackFile, path_text
from sandbox.layout import SandboxError

COMMITTED = """\
# What the stack is for
config:
  aws:region: us-east-1
  # A small task
  voiceter-backend:cpu: 512
  voiceter-backend:imageTag: 1.10
  voiceter-backend:logLevel: NO
  voiceter-backend:build: 007
  voiceter-backend:ratio: 1e5
  voiceter-backend:since: 2024-01-01
  voiceter-backend:quoted: '1.10'
  voiceter-backend:models: [a.b, c.d]
"""
ENCRYPTED = """\
secretsprovider: awskms://alias/key
encryptedkey: AAAA
config:
  voiceter-backend:redisAuthToken:
    secure: v1:xxx
  voiceter-backend:secrets:
    COGNITO_USER_POOL_ID:
      secure: v1:yyy
    odd-name:
      secure: v1:zzz
  voiceter-backend:environment:
    PLAIN: value
    HIDDEN:
      secure: v1:aaa
"""


def test_text_keeps_comments_and_spelling() -> None:
    assert StackFile(COMMITTED).text() == COMMITTED


def test_set_quotes_a_text_that_yaml_reads_as_a_number() -> None:
    file = StackFile(COMMITTED)
    file.set("imageTag", "1.20")
    file.remove("logLevel")
    expected = COMMITTED.replace("imageTag: 1.10", "imageTag: '1.20'").replace("  voiceter-backend:logLevel: NO\n", "")
    assert file.text() == expected
    assert StackFile(file.text()).get("imageTag") == "1.20"


@pytest.mark.parametrize("text", ["", "config:\n", "# nothing\n", "encryptionsalt: v1:x\n"])
def test_file_without_config_is_empty(text: str) -> None:
    assert StackFile(text).config == {}


@pytest.mark.parametrize("text", ["config: [1, 2]", "- a", "config: {a: ", "just text"])
def test_invalid_stack_file_is_refused_by_name(text: str) -> None:
    with pytest.raises(SandboxError, match=r"Pulumi\.x\.yaml"):
        StackFile(text, "Pulumi.x.yaml")


def test_without_encryption_removes_encrypted_values_and_their_provider() -> None:
    file = StackFile(ENCRYPTED)
    assert [path_text(path) for path in file.secure_paths()] == [
        "voiceter-backend:redisAuthToken",
        "voiceter-backend:secrets.COGNITO_USER_POOL_ID",
        'voiceter-backend:secrets["odd-name"]',
        "voiceter-backend:environment.HIDDEN",
    ]
    text = file.without_encryption().text()
    assert text == "config:\n  voiceter-backend:environment:\n    PLAIN: value\n"
