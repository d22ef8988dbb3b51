"""The tables of config keys in README.md and docs/configuration.md, from the declarations."""

from __future__ import annotations

from config.key import Declaration, declarations
from config.settings import Settings


def all_keys() -> str:
    """Returns the table of all keys with their rules."""
    head = "| key | type | default | must be | what it sets | variable of the app |\n|---|---|---|---|---|---|"
    return "\n".join([head, *(_row(declared) for declared in declarations(Settings))])


def main_keys() -> str:
    """Returns the table of the keys that most stacks set."""
    head = "| key | default | what it sets |\n|---|---|---|"
    rows = [
        f"| `{declared.name}` | {_cell(declared.default)} | {declared.key.help} |"
        for declared in declarations(Settings)
        if declared.key.main
    ]
    return "\n".join([head, *rows])


def regional_keys() -> str:
    """Returns the names of the keys in which the stacks of an environment may differ."""
    return ", ".join(f"`{declared.name}`" for declared in declarations(Settings) if declared.key.regional)


def _row(declared: Declaration) -> str:
    key = declared.key
    type_ = f"{declared.type}, {key.unit}" if key.unit else declared.type
    rule = f"{declared.rule}; each {declared.item_rule}" if declared.item_rule else declared.rule
    variable = f"`{key.env}`" if key.env else ""
    return f"| `{declared.name}` | {type_} | {_cell(declared.default)} | {_cell(rule)} | {key.help} | {variable} |"


def _cell(text: str) -> str:
    """Returns the text for a table of Markdown, where `<` would begin an HTML tag and `*` emphasis."""
    return text if "`" in text else text.replace("<", "\\<").replace("|", "\\|").replace("*", "\\*")
