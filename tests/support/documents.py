"""`make docs`: renews the parts of the documents that are generated from the code.

A generated part stands between `<!-- generated: NAME -->` and `<!-- end: NAME -->`. A test fails while one is stale.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from components.outputs import OUTPUTS
from operations.accepted import ACCEPTED, Accepted
from policy.rules import RULES, STACK_RULES
from tests.support import alarm_sections, config_table, scale_table

ROOT: Final = Path(__file__).parents[2]
COMMAND: Final = "make docs"


def _outputs() -> str:
    rows = [f"| `{output.name}` | {output.help} |" for output in OUTPUTS]
    return "\n".join(["| output | what it is |", "|---|---|", *rows])


def _rules() -> str:
    rows = [f"| `{rule.name}` | {rule.promise} |" for rule in (*RULES, *STACK_RULES)]
    return "\n".join(["| rule | promise |", "|---|---|", *rows])


def _accepted() -> str:
    checks: dict[tuple[str, str], list[str]] = {}
    for one in ACCEPTED:
        checks.setdefault((_covered(one), one.reason), []).append(f"`{one.check}`")
    rows = [f"| {', '.join(names)} | {resources} | {reason} |" for (resources, reason), names in checks.items()]
    return "\n".join(["| checks | of which resources | reason |", "|---|---|---|", *rows])


def _covered(entry: Accepted) -> str:
    """Returns the resources that an entry of the list is about, and its condition."""
    resources = f"`{entry.only}`" if entry.only else "all"
    condition = entry.when if entry.when.isupper() else f"`{entry.when}`"
    return f"{resources}, with {condition}" if entry.when else resources


# Each generated part: its document, then the part's name and the function that returns its text.
PARTS: Final[Mapping[str, Mapping[str, Callable[[], str]]]] = {
    "docs/alarms.md": {"alarms": alarm_sections.sections},
    "docs/configuration.md": {"keys": config_table.all_keys},
    "docs/hardening.md": {"accepted": _accepted},
    "docs/releases.md": {"regional keys": config_table.regional_keys},
    "docs/policy.md": {"rules": _rules},
    "docs/scale.md": {
        "limits": scale_table.limits_of_prod,
        "steps": scale_table.steps,
        "deployments": scale_table.deployments,
        "costs": scale_table.costs,
        "keys of a cell": scale_table.keys_of_a_cell,
    },
    "README.md": {"keys": config_table.main_keys, "outputs": _outputs},
}


def renewed(text: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """Returns a document's text with its generated parts made anew.

    Raises:
        ValueError: the document lacks the comments of a part.
    """
    for name, generate in parts.items():
        begin, end = f"<!-- generated: {name} -->", f"<!-- end: {name} -->"
        pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        part = f"{begin}\n\n{generate().strip()}\n\n{end}"
        text, count = pattern.subn(lambda _, part=part: part, text)
        if count != 1:
            raise ValueError(f"{begin} … {end} stands {count} times in the document; it must stand once.")
    return text


def anchors(text: str) -> set[str]:
    """Returns the anchors of a document: those that GitHub makes of its headings, and its own."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    made = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return made | set(re.findall(r'<a id="([^"]+)"', text))


def main() -> int:
    for document, parts in PARTS.items():
        path = ROOT / document
        before = path.read_text()
        after = renewed(before, parts)
        if after != before:
            path.write_text(after)
            sys.stdout.write(f"Renewed: {document}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
