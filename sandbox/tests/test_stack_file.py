"""Stack files: what they hold is kept as it is spelt, and what changes in the committed one is taken over."""

import pytest
import yaml

from sandbox.layout import SandboxError
from sandbox.stack_file import StackFile, path_text

COMMITTED = """
# a comment
config:
  aws:region: us-east-1
  voiceter-backend:cpu: 512
  voiceter-backend:natGateways: none
"""


def _config(file: StackFile) -> dict[str, object]:
    loaded: dict[str, dict[str, object]] = yaml.safe_load(file.text())
    return loaded["config"]


def test_a_value_keeps_its_spelling() -> None:
    file = StackFile("config:\n  voiceter-backend:imageTag: 1.10\n  voiceter-backend:logLevel: NO\n")
    assert file.get("imageTag") == "1.10"
    assert StackFile(file.text()).get("imageTag") == "1.10"
    assert "imageTag: 1.10\n" in file.text()
    assert StackFile(file.text()).get("logLevel") == "NO"


def test_a_tag_that_reads_as_a_number_stays_text_when_it_is_set() -> None:
    file = StackFile(COMMITTED)
    file.set("imageTag", "1.10")
    assert _config(file)["voiceter-backend:imageTag"] == "1.10"


@pytest.mark.parametrize("text", ["", "config:\n", "# nothing\n", "encryptionsalt: v1:x\n"])
def test_a_file_without_config_is_empty(text: str) -> None:
    assert StackFile(text).config == {}


@pytest.mark.parametrize("text", ["config: [1, 2]", "- a", "config: {a: ", "just text"])
def test_what_is_no_stack_file_is_refused_by_name(text: str) -> None:
    with pytest.raises(SandboxError, match=r"Pulumi\.x\.yaml"):
        StackFile(text, "Pulumi.x.yaml")


def test_taking_over_changes_keeps_what_was_set_here() -> None:
    own = StackFile(COMMITTED + "  voiceter-backend:imageTag: stand-in\nencryptionsalt: v1:salt\n")
    own.set("logLevel", "DEBUG")
    now = StackFile("config:\n  aws:region: us-east-1\n  voiceter-backend:cpu: 1024\n  voiceter-backend:maxCount: 4\n")
    assert own.take_over(StackFile(COMMITTED), now, StackFile()) == []
    assert _config(own) == {
        "aws:region": "us-east-1",
        "voiceter-backend:cpu": 1024,
        "voiceter-backend:imageTag": "stand-in",
        "voiceter-backend:logLevel": "DEBUG",
        "voiceter-backend:maxCount": 4,
    }
    assert "encryptionsalt: v1:salt" in own.text()


def test_a_key_changed_on_both_sides_stays_and_is_named() -> None:
    own = StackFile(COMMITTED)
    own.set("cpu", "2048")
    conflicts = own.take_over(StackFile(COMMITTED), StackFile(COMMITTED.replace("512", "1024")), StackFile())
    assert conflicts == ["voiceter-backend:cpu"]
    assert own.get("cpu") == "2048"


def test_what_the_sandbox_supplied_gives_way_to_the_committed_file() -> None:
    own = StackFile(COMMITTED)
    own.set("cpu", "2048")
    own.set("imageTag", "stand-in")
    supplied = own.changed_since(StackFile(COMMITTED))
    assert supplied.config.keys() == {"voiceter-backend:cpu", "voiceter-backend:imageTag"}
    own.set("imageTag", "1.0.0")
    now = StackFile("config:\n  aws:region: us-east-1\n  voiceter-backend:imageTag: 2.0.0\n")
    assert own.take_over(StackFile(COMMITTED), now, supplied) == ["voiceter-backend:imageTag"]
    assert _config(own) == {"aws:region": "us-east-1", "voiceter-backend:imageTag": "1.0.0"}


def test_the_same_change_on_both_sides_is_no_conflict() -> None:
    own = StackFile(COMMITTED)
    own.set("cpu", "1024")
    assert own.take_over(StackFile(COMMITTED), StackFile(COMMITTED.replace("512", "1024")), StackFile()) == []


def test_a_number_that_the_engine_wrote_as_text_is_not_a_change() -> None:
    own = StackFile(COMMITTED.replace("512", '"512"'))
    assert own.take_over(StackFile(COMMITTED), StackFile(COMMITTED.replace("512", "1024")), StackFile()) == []
    assert own.get("cpu") == "1024"


def test_a_removed_key_that_the_committed_file_still_has_stays_removed() -> None:
    own = StackFile(COMMITTED)
    own.remove("natGateways")
    assert own.take_over(StackFile(COMMITTED), StackFile(COMMITTED.replace("512", "1024")), StackFile()) == []
    assert own.get("natGateways") is None
    assert own.get("cpu") == "1024"


ENCRYPTED = """
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
"""


def test_encrypted_values_and_their_provider_are_left_out() -> None:
    file = StackFile(ENCRYPTED)
    paths = file.secure_paths()
    assert [path_text(path) for path in paths] == [
        "voiceter-backend:redisAuthToken",
        "voiceter-backend:secrets.COGNITO_USER_POOL_ID",
        'voiceter-backend:secrets["odd-name"]',
    ]
    text = file.without_encryption().text()
    assert "secure" not in text
    assert "awskms" not in text
    assert "encryptedkey" not in text
    assert _config(StackFile(text)) == {"voiceter-backend:environment": {"PLAIN": "value"}}


def test_a_plain_entry_beside_an_encrypted_one_stays() -> None:
    text = "config:\n  voiceter-backend:secrets:\n    A:\n      secure: v1:x\n    B: plain\n"
    assert StackFile(text).without_encryption().entries("secrets") == {"B": "plain"}


def test_one_entry_of_an_object_is_set() -> None:
    file = StackFile("config:\n  voiceter-backend:secretArns:\n    A: one\n    B: two\n")
    file.set_entry("secretArns", "A", "three")
    assert file.entries("secretArns") == {"A": "three", "B": "two"}
