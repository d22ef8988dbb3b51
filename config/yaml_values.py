"""Texts that YAML reads as numbers, booleans or dates.

The engine passes what YAML read, not what the stack file says: `1.10` arrives as 1.1, `007` as 7, `1e5` as 100000 and
`2026-01-01` as "2026-01-01 00:00:00 +0000 UTC". So the program cannot know what an operator wrote without quotes.
Seen with Pulumi 3.274, which reads stack files with go-yaml v3.
"""

import re
from typing import Final

# How the engine writes a number, a boolean and a date. No number ends in a zero after its point, or starts with two.
_WRITTEN_BY_ENGINE: Final = re.compile(
    r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?(?:e[+-][0-9]+)?"
    r"|true|false"
    r"|(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)? [+-][0-9]{4} .+)"
)
# What go-yaml v3 reads as a number, a boolean, nothing or a date if it has no quotes.
_READ_BY_YAML: Final = re.compile(
    r"[-+]?(?:\.[0-9][0-9_]*|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?0[xob][0-9a-fA-F_]+"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
    r"|true|True|TRUE|false|False|FALSE|null|Null|NULL|~|"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt].*)?"
)

# JSON and YAML readers round whole numbers beyond this one: RFC 8259, section 6.
LARGEST_WHOLE_NUMBER: Final = 2**53


def may_be_changed(text: str) -> bool:
    """Returns whether YAML may have read `text`, as the engine passes it, from another text without quotes."""
    return _WRITTEN_BY_ENGINE.fullmatch(text) is not None


def is_date(text: str) -> bool:
    """Returns whether `text` is a date as the engine writes it."""
    match = _WRITTEN_BY_ENGINE.fullmatch(text)
    return match is not None and match["date"] is not None


def needs_quotes(text: str) -> bool:
    """Returns whether YAML reads `text` without quotes as something else than a string."""
    return _READ_BY_YAML.fullmatch(text) is not None
