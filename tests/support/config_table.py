"""The tables of config keys in README.md and docs/configuration.md, from the declarations."""

from __future__ import annotations

from typing import cast

from config.key import Declaration, declarations
from config.settings import Settings


def all_keys() -> str:
    """Returns the table of all keys with their rules."""
    head = "| key | must be | default | what it sets (the app's variable) |\n|---|---|---|---|"
    return "\n".join([head, *(_row(declared) for declared in declarations(Settings))])


def main_keys() -> str:
    """Returns the table of the keys that most stacks set."""
    head = "| key | default | what it sets |\n|---|---|---|"
    rows = [
        f"| `{declared.name}` | {_cell(_default(declared))} | {declared.key.help} |"
        for declared in declarations(Settings)
        if declared.key.main
    ]
    return "\n".join([head, *rows])


def regional_keys() -> str:
    """Returns the names of the keys in which the stacks of an environment may differ."""
    return ", ".join(f"`{declared.name}`" for declared in declarations(Settings) if declared.key.regional)


def _row(declared: Declaration) -> str:
    key = declared.key
    item = {"array": (0,), "object": ("",)}.get(declared.schema["type"])
    rule = f"{declared.rule}; each {declared.rule_at(item)}" if item else declared.rule
    unit = f" ({key.unit})" if key.unit else ""
    encrypted = "; encrypted" if key.secret else ""
    variable = f" (`{key.env}`)" if key.env else ""
    default = _cell(_default(declared))
    return f"| `{declared.name}` | {_cell(rule)}{unit}{encrypted} | {default} | {key.help}{variable} |"


def _default(declared: Declaration) -> str:
    """Returns the default as a stack file would write it."""
    if declared.key.default:
        return declared.key.default
    value: object = declared.schema.get("default", "required")
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(cast(list[str], value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _cell(text: str) -> str:
    """Returns the text for a table of Markdown, where `<` would begin an HTML tag and `*` emphasis."""
    return text if "`" in text else text.replace("<", "\\<").replace("|", "\\|").replace("*", "\\*")
