"""The generated parts of the documents."""

from __future__ import annotations

import pytest

from tests.support.documents import COMMAND, PARTS, ROOT, renewed


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
