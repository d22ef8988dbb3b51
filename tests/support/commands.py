"""The shell commands of the documents, which the live tests run as they stand there.

A fence `sh` has commands, and a fence `console` commands with their output, after `$ `.

A block of commands that no test runs has a comment in front, which GitHub does not show and which gives the reason:

    <!-- not run: needs a real account -->
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_PARTS: Final = re.compile(
    r"^(?P<level>#+) (?P<heading>[^\n]+)$"
    r"|^(?:[ ]*<!-- not run: (?P<reason>[^\n]+?) -->\n)?"
    r"(?P<indent>[ ]*)```(?P<language>sh|console)\n(?P<code>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One block of commands."""

    document: str
    heading: str  # the nearest one above
    code: str
    reason: str | None = None  # why no test runs it
    shown: tuple[str, ...] = ()  # the output of each line of `code`, if the document shows it


def blocks(document: str) -> list[Block]:
    """Returns the blocks of a document, in order."""
    return blocks_in(document, (ROOT / document).read_text())


def blocks_in(document: str, text: str) -> list[Block]:
    """Returns the blocks of a document with this text, in order."""
    found: list[Block] = []
    heading = ""
    for part in _PARTS.finditer(text):
        if part["heading"]:
            heading = part["heading"]
        else:
            code, shown = textwrap.dedent(part["code"]), ()
            if part["language"] == "console":
                code, shown = _transcript(code)
            found.append(Block(document, heading, code, part["reason"], shown))
    return found


def _transcript(text: str) -> tuple[str, tuple[str, ...]]:
    """Returns the commands of a transcript, and the output of each."""
    commands = re.findall(r"^\$ ([^\n]+)\n((?:(?!\$ )[^\n]*\n)*)", text, re.MULTILINE)
    return "".join(f"{command}\n" for command, _ in commands), tuple(output for _, output in commands)


def below(document: str, heading: str) -> list[str]:
    """Returns the commands below a heading of a document, and not those below the next heading."""
    return [block.code for block in blocks(document) if block.heading == heading]


def filled(code: str, **values: str) -> str:
    """Returns commands with other values for the variables that the reader is to set.

    Raises:
        ValueError: the commands do not set one of them.
    """
    for name, value in values.items():
        code, count = re.subn(
            rf"\b{name}=('[^']*'|\"[^\"]*\"|[^\s;]+)", lambda _, to=value, of=name: f"{of}={to}", code
        )
        if not count:
            raise ValueError(f"no {name}=… in:\n{code}")
    return code
