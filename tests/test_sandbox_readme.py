"""What sandbox/README.md says the account does not keep is exactly what the provider's tables say."""

from __future__ import annotations

import re
from pathlib import Path

from provider_harness import GAPS

README = Path(__file__).parent.parent / "sandbox" / "README.md"


def test_the_gaps_in_the_readme_are_those_of_the_tables() -> None:
    rows = re.findall(r"^\| `(aws:\S+)` \| `([\w.]+)` \| (.+) \|$", README.read_text(), re.MULTILINE)
    told = {(token, name): reason for token, name, reason in rows}
    assert told == {(token, name): reason for token, gaps in GAPS.items() for name, reason in gaps.items()}
