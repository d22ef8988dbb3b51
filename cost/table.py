"""Shows an estimate as a table that can be checked by hand, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cost.estimate import LEAST_USD, Estimate, Row
from cost.quantities import When
from cost.savings import Saving

_HEAD = ("item", "how much", "quantity", "unit", "USD a unit", "USD a month")
_NOTES = {
    "†": "the price is uncertain: prices.csv says why (Spot: its greatest discount)",
    "~": "the quantity depends on an assumption of cost/load.py",
}


def text(current: Estimate, savings: Sequence[Saving], other: Estimate | None, against: str) -> str:
    """Returns the tables. The first line has the sums.

    Args:
        current: the estimate of the stack.
        savings: what would make it cheaper.
        other: what to show the difference from; None: nothing.
        against: the name of `other`.
    """
    parts = [_headline(current, other, against)]
    for when, title in (
        (When.AT_REST, "At rest"),
        (When.UNDER_LOAD, "Under load, besides"),
        (When.BEDROCK, "Bedrock"),
    ):
        if items := current.of(when):
            unknown = "? + " if any(row.price is None for row in items) else ""
            total = ("sum", "", "", "", "", f"{unknown}{current.sum(when):,.2f}")
            parts.append(f"{title}\n{aligned([_HEAD, *map(_cells, items), total], right=(2, 4, 5))}")
    parts.append("\n".join(_notes(current)))
    if other:
        parts.append(f"Difference from {against}, USD a month\n{_difference(current, other)}")
    if savings:
        rows = [("change of a config key", "saves", "what it costs"), *map(_saving, savings)]
        parts.append(f"Cheaper, USD a month; each change by itself\n{aligned(rows, right=(1,))}")
    return "\n\n".join(parts)


def as_json(current: Estimate, savings: Sequence[Saving], other: Estimate | None, against: str) -> str:
    """Returns the same as one JSON object. Amounts are not rounded."""
    answer: dict[str, Any] = {
        **_sums(current),
        "missingPrices": current.missing,
        "notes": list(current.notes),
        "items": [_item(row) for row in current.rows],
        "savings": [{"change": saving.keys, "usdPerMonth": saving.usd, "cost": saving.drawback} for saving in savings],
    }
    if other:
        answer["against"] = {"name": against, **_sums(other), "items": [_item(row) for row in other.rows]}
    return json.dumps(answer, indent=2)


def _sums(one: Estimate) -> dict[str, Any]:
    return {
        "stack": one.stack,
        "region": one.region,
        "sessions": one.load.sessions if one.load else 0,
        "minutes": one.load.minutes if one.load else None,
        "usdPerMonth": {
            "atRest": one.sum(When.AT_REST),
            "underLoad": one.sum(When.AT_REST, When.UNDER_LOAD),
            "bedrock": one.sum(When.BEDROCK),
            "total": one.sum(),
        },
    }


def _item(row: Row) -> dict[str, Any]:
    quantity = row.quantity
    return {
        "item": quantity.item,
        "when": quantity.when.value,
        "how": quantity.how,
        "quantity": quantity.amount,
        "assumed": quantity.assumed,
        "price": quantity.price,
        "unit": row.price.unit if row.price else None,
        "usdPerUnit": row.unit_usd,
        "uncertain": row.uncertain,
        "source": row.price.source if row.price else None,
        "read": row.price.read if row.price else None,
        "usdPerMonth": row.usd,
    }


def _headline(current: Estimate, other: Estimate | None, against: str) -> str:
    said = f"{current.stack} in {current.region}: {dollars(current, When.AT_REST)} USD a month at rest"
    if load := current.load:
        said += (
            f", {dollars(current, When.AT_REST, When.UNDER_LOAD)} with {load.sessions:g} sessions of {load.minutes:g}"
        )
        said += f" minutes at a time, and {dollars(current, When.BEDROCK)} for Bedrock"
    if other:
        change = current.sum() - other.sum()
        said += f"; {change:+,.2f} against {against}" if abs(change) >= LEAST_USD else f"; the same as {against}"
    return said


def dollars(current: Estimate, *when: When) -> str:
    """Returns a sum in whole dollars, with how many items it lacks."""
    usd = f"{current.sum(*when):,.0f}"
    missing = sum(row.price is None for row in current.of(*when))
    if missing == 1:
        return f"{usd} (without 1 item that lacks a price)"
    return f"{usd} (without {missing} items that lack a price)" if missing else usd


def _cells(row: Row) -> tuple[str, ...]:
    quantity, marks = row.quantity, ("†" if row.uncertain else "") + ("~" if row.quantity.assumed else "")
    if row.price is None:
        return (quantity.item, quantity.how, f"{quantity.amount:,.4g}", "", "no price", "?")
    assert row.usd is not None and row.unit_usd is not None  # noqa: S101 - with a price
    return (
        quantity.item,
        quantity.how,
        _number(quantity.amount),
        row.price.unit,
        f"{row.unit_usd:.6f}".rstrip("0").rstrip("."),
        f"{marks} {row.usd:,.2f}".strip(),
    )


def _number(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 100 or amount == int(amount) else f"{amount:.4g}"


def _notes(current: Estimate) -> list[str]:
    shown = {"†": any(row.uncertain for row in current.rows), "~": any(row.quantity.assumed for row in current.rows)}
    lines = [f"{mark} {_NOTES[mark]}" for mark in _NOTES if shown[mark]]
    lines += [f"? no price for {name} in {current.region}: it is not in the sums" for name in current.missing]
    lines += current.notes
    dates = sorted({row.price.read for row in current.rows if row.price})
    read = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    lines.append(f"List prices, read {read}, before tax, free tiers and volume discounts.")
    return lines


def _difference(current: Estimate, other: Estimate) -> str:
    ours = {row.quantity.item: row for row in current.rows}
    theirs = {row.quantity.item: row for row in other.rows}
    rows: list[tuple[str, ...]] = []
    for item in dict.fromkeys([*ours, *theirs]):
        old, new = _usd(theirs.get(item)), _usd(ours.get(item))
        if old is None or new is None:
            rows.append((item, _or_unknown(old), _or_unknown(new), "?"))
        elif abs(new - old) >= LEAST_USD:
            rows.append((item, f"{old:,.2f}", f"{new:,.2f}", f"{new - old:+,.2f}"))
    return aligned([("item", "there", "here", "difference"), *rows], right=(1, 2, 3)) if rows else "none"


def _usd(row: Row | None) -> float | None:
    """Returns what a row costs: nothing if there is no such row, None if it has no price."""
    return row.usd if row else 0.0


def _or_unknown(usd: float | None) -> str:
    return "no price" if usd is None else f"{usd:,.2f}"


def _saving(saving: Saving) -> tuple[str, str, str]:
    return saving.keys, "no price" if saving.usd is None else f"{saving.usd:,.2f}", saving.drawback


def aligned(rows: Sequence[Sequence[str]], right: Sequence[int]) -> str:
    """Returns rows in columns, those of `right` aligned right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join(f"  {line}".rstrip() for line in lines)
