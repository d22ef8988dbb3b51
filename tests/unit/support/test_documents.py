"""The documents: their generated parts, and the files that they name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from tests.support.documents import COMMAND, PARTS, ROOT, anchors, renewed

# The decision records name files of their time.
DOCUMENTS: Final = sorted(
    str(path.relative_to(ROOT))
    for pattern in ("*.md", "docs/*.md", "docs/decisions/README.md", "sandbox/README.md")
    for path in ROOT.glob(pattern)
)
FOLDERS: Final = "account|awsx|ci|cli|components|config|docs|engine|operations|provider|sandbox|tests"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_that_a_document_names_exist(document: str) -> None:
    text, folder = (ROOT / document).read_text(), (ROOT / document).parent
    links = [folder / link for link in re.findall(r"\]\(([^)#\s:]+)(?:#[^)]*)?\)", text)]
    names = [Path(name) for name in re.findall(rf"`((?:{FOLDERS})/[\w./-]+)`", text)]
    missing = [str(link) for link in links if not link.exists()]
    missing += [str(name) for name in names if not ((ROOT / name).exists() or (folder / name).exists())]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_headings_that_a_document_links_to_exist(document: str) -> None:
    path = ROOT / document
    links = re.findall(r"\]\(([^)#\s:]*\.md|)#([^)\s]+)\)", path.read_text())
    assert [
        link for link in links if link[1] not in anchors((path.parent / link[0] if link[0] else path).read_text())
    ] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_promises_no_exit_status_but_that_of_make(document: str) -> None:
    """GNU make ends with 2 if a command fails, whatever the command's own exit status (GNU make manual, "Running")."""
    text = " ".join((ROOT / document).read_text().split())
    assert re.findall(r"exit status is (?:the command's|[13-9])", text) == []


@pytest.mark.parametrize("document", PARTS)
def test_generated_parts_are_current(document: str) -> None:
    text = (ROOT / document).read_text()
    assert renewed(text, PARTS[document]) == text, f"{document} is stale: `{COMMAND}` renews it"


def test_renewed_replaces_the_part_and_nothing_else() -> None:
    text = "# Title\n\n<!-- generated: keys -->\n\nold\n\n<!-- end: keys -->\n\nAfter.\n"
    assert renewed(text, {"keys": lambda: "| new \\1 |\n"}) == text.replace("old", "| new \\1 |")


def test_renewed_refuses_a_document_without_the_comments() -> None:
    with pytest.raises(ValueError, match="stands 0 times"):
        renewed("# Title\n", {"keys": lambda: "new"})
