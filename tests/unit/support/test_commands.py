"""The commands that are read from documents."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest

from tests.support.commands import ROOT, Block, blocks, blocks_in, filled

# The live tests that run the blocks below a heading.
HEADINGS = {
    ("README.md", "Voiceter backend infrastructure"): "test_interruption.py",
    ("README.md", "Deploy to AWS"): "test_releases.py",
    ("README.md", "Run it on this machine"): "test_drift.py",
    ("README.md", "Release, verify, roll back"): "test_documents_of_all_stacks.py",
    ("docs/configuration.md", "Configuration"): "test_documents.py",
    ("docs/configuration.md", "Secrets"): "test_optional_features.py",
    ("docs/configuration.md", "Scheduled scaling"): "test_optional_features.py",
}
# The live tests that run every block of a document, and assert it. Several follow the transcripts of transcripts.py.
WHOLE = {
    "docs/alarms.md": "test_documents.py",
    "docs/ci.md": "test_documents_of_all_stacks.py",
    "docs/firewall.md": "test_documents_of_all_stacks.py",
    "docs/recovery.md": "test_recovery.py",
    "docs/regions.md": "test_regions.py",
    "docs/releases.md": "transcripts.py",
    "docs/traffic-logs.md": "test_documents_of_all_stacks.py",
    "docs/troubleshooting.md": "test_troubleshooting.py",
}
DOCUMENTS = [
    str(path.relative_to(ROOT))
    for path in [ROOT / "README.md", ROOT / "sandbox" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
]

TEXT = """\
# Title

```sh
make up
```

## Section

<!-- not run: needs an account -->
```sh
aws login
```

- An item:

  ```sh
  one
    two
  ```

```console
$ make verify
OK
$ make up
```

```
$ no commands: the fence names no language
```

```sh
last
```
"""


def test_blocks_have_their_heading_and_the_reason_why_no_test_runs_them() -> None:
    assert blocks_in("a.md", TEXT) == [
        Block("a.md", "Title", "make up\n"),
        Block("a.md", "Section", "aws login\n", "needs an account"),
        Block("a.md", "Section", "one\n  two\n"),
        Block("a.md", "Section", "make verify\nmake up\n", shown=("OK\n", "")),
        Block("a.md", "Section", "last\n"),
    ]


def test_values_replace_those_of_the_document() -> None:
    code = "STACK=prod\nKEY='a b'; aws x --tag Key=Stack STACK=\"$STACK\" TAG=1.4.2\n"
    expected = "STACK=dev\nKEY=k; aws x --tag Key=Stack STACK=dev TAG=stand-in\n"
    assert filled(code, STACK="dev", KEY="k", TAG="stand-in") == expected
    with pytest.raises(ValueError, match="no MISSING=… in"):
        filled(code, MISSING="x")


def test_tests_that_a_document_names_exist() -> None:
    """`make test` runs them, so no live test does."""
    code = "".join(block.code for document in DOCUMENTS for block in blocks(document))
    arguments = [word for line in re.findall(r"^\.venv/bin/pytest (.+)$", code, re.MULTILINE) for word in line.split()]
    paths = [word for word in arguments if not word.startswith("-")]
    assert len(paths) > 5
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_commands_that_cut_a_list_read_one_page_of_it() -> None:
    """In text, the CLI runs the query on each page (AWS CLI User Guide, "Filtering AWS CLI output")."""
    code = "".join(block.code for document in DOCUMENTS for block in blocks(document)).replace("\\\n", " ")
    loaders: Any = importlib.import_module("botocore.loaders")
    cut: list[str] = []
    for service, operation, options in re.findall(r"aws ([a-z0-9-]+) ([a-z-]+)([^\n]*--output text[^\n]*)", code):
        pages = loaders.Loader().load_service_model(service.replace("s3api", "s3"), "paginators-1")["pagination"]
        key = pages.get(operation.title().replace("-", ""), {}).get("result_key")
        if re.search(rf"--query ['\"]{key}\[-?[0-9:]", options):
            cut.append(f"{operation}{options}")
    assert len(cut) > 2
    assert [command for command in cut if "--no-paginate" not in command] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_have_no_comment_and_no_modifier_of_zsh(document: str) -> None:
    """So they work when pasted into zsh, the shell of macOS.

    There `#` is a word of the command (zshoptions(1), INTERACTIVE_COMMENTS), and `$ACCOUNT:role` loses what it takes
    for the extension of a file name (zshexpn(1), "Modifiers").
    """
    code = "".join(block.code for block in blocks(document)) + "".join(_commands_in_tables(document))
    assert re.findall(r"^.*(?:^|\s)#.*$", code, re.MULTILINE) == []
    assert re.findall(r"\$[A-Za-z_]+:[A-Za-z&].*", code) == []


def _commands_in_tables(document: str) -> list[str]:
    """Returns the code of a document's tables, a line each."""
    rows = re.findall(r"^\|.*$", (ROOT / document).read_text(), re.MULTILINE)
    return [f"{code}\n" for row in rows for code in re.findall(r"`([^`]+)`", row)]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_stand_in_a_fence_that_names_its_language(document: str) -> None:
    assert not re.search(r"^ *```\n *\$ ", (ROOT / document).read_text(), re.MULTILINE)


def test_a_live_test_runs_every_block_that_gives_no_reason() -> None:
    """A test fails here if a heading gets its first block, and a live test if it gets one more."""
    found = [block for document in DOCUMENTS for block in blocks(document) if not block.reason]
    assert {block.document for block in found} >= set(WHOLE)
    assert {(block.document, block.heading) for block in found if block.document not in WHOLE} == set(HEADINGS)
    for name in (*WHOLE.values(), *HEADINGS.values()):
        assert (ROOT / "tests" / "live" / name).is_file()
