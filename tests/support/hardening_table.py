"""The tables of docs/hardening.md: what the scan accepts, and the controls of AWS."""

from __future__ import annotations

from operations.accepted import ACCEPTED
from tests.support import fsbp
from tests.support.fsbp import CONTROLS, Control, Met, MetBy, Unmet

_REASONS = {entry.check: entry.reason for entry in ACCEPTED}


def accepted() -> str:
    """Returns a row for each entry of the list that `make scan` leaves out."""
    rows = [f"| `{one.check}` | {_about(one.only, one.when)} | {one.reason} |" for one in ACCEPTED]
    return "\n".join(["| check | of which resources | reason |", "|---|---|---|", *rows])


def _about(only: str, when: str) -> str:
    return ", ".join(
        [f"`{only}`" if only else "all", *([f"with {when}" if when.isupper() else f"with `{when}`"] if when else [])]
    )


def controls() -> str:
    """Returns a row for each control that is about a resource of the stack, and what the other controls are about."""
    rows = [f"| {one.id} | {one.title} | {_answer(one)} |" for one in CONTROLS]
    absent = [f"- **{what}**: {', '.join(ids.split())}" for what, ids in fsbp.ABSENT.items()]
    owner = [f"- **{what}**: {', '.join(ids.split())}" for what, ids in fsbp.OWNER.items()]
    return "\n".join(
        [
            "| control | what it asks for | prod |",
            "|---|---|---|",
            *rows,
            "",
            "A stack has nothing that these controls are about:",
            "",
            *absent,
            "",
            "The account owner decides:",
            "",
            *owner,
        ]
    )


def _answer(control: Control) -> str:
    match control.answer:
        case Met() as met:
            only = f" `{met.only}`" if met.only else ""
            return f"met: `{met.type_}`{only}, {_property(met)}"
        case MetBy(text):
            return f"met: {text}"
        case Unmet(reason):
            return f"not met: {reason}"
        case fsbp.Accepted(check):
            return f"not met: `{check}`, {_REASONS[check]}"


def _property(met: Met) -> str:
    shown = " or ".join("not set" if one is None else f"`{_plain(one)}`" for one in met.values)
    return f"`{met.path}` is {shown}"


def _plain(value: str | bool | int) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
