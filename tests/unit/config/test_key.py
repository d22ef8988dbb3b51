"""Good and bad values of every key whose declaration holds its limits, and what the declarations say."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from pydantic import Strict

from config.key import Declaration, declarations
from config.load import parse
from config.model import Keys
from config.settings import Settings
from config.source import Source

KEYS = list(declarations(Settings))


def parsed(key: str, text: str) -> tuple[Settings, list[str]]:
    """Returns the settings with one key beside the region, and the mistakes in that key alone."""
    settings, mistakes = parse(Source("test", {"aws:region": "us-east-1", key: text}, frozenset()))
    return settings, mistakes.lines


def limits(declared: Declaration) -> tuple[int | None, int | None]:
    return declared.schema.get("minimum"), declared.schema.get("maximum")


def choices(declared: Declaration) -> list[str]:
    return declared.schema.get("enum", [])


def good_values(declared: Declaration) -> Iterator[tuple[str, object]]:
    """Yields the texts at the edges of the rule, each with its value."""
    if declared.schema["type"] == "boolean":
        yield from [("true", True), ("false", False)]
    for edge in limits(declared):
        if edge is not None:
            yield str(edge), edge
    for choice in choices(declared):
        yield choice, choice


def bad_values(declared: Declaration) -> Iterator[str]:
    """Yields texts just beyond the edges of the rule, and in other spellings."""
    if declared.schema["type"] == "boolean":
        yield from ["yes", "1", "True", "TRUE", "", "null", "[true]"]
    low, high = limits(declared)
    if low is not None:
        yield from [
            str(low - 1),
            f"{low + 1}.0",
            f"+{low + 1}",
            f"0{low + 1}",
            f"{low + 1} ",
            "1_000",
            "1e3",
            "",
            "two",
        ]
        yield from ["true", "null", f"[{low + 1}]", "\u0662"]
    if high is not None:
        yield str(high + 1)
    for choice in choices(declared):
        yield choice.swapcase()
    if choices(declared):
        yield ""


@pytest.mark.parametrize("declared", KEYS, ids=lambda declared: declared.name)
def test_values_at_the_edges_of_its_rule_are_accepted(declared: Declaration) -> None:
    good = dict(good_values(declared))
    read = {text: parsed(declared.name, text) for text in good}
    assert {text: mistakes for text, (_, mistakes) in read.items()} == {text: [] for text in good}
    assert {text: getattr(settings, declared.attribute) for text, (settings, _) in read.items()} == good


@pytest.mark.parametrize("declared", KEYS, ids=lambda declared: declared.name)
def test_values_beyond_its_rule_are_refused_with_the_rule(declared: Declaration) -> None:
    name, defaults = declared.name, parsed("cpu", "1024")[0]
    read = {text: parsed(name, text) for text in bad_values(declared)}
    refused = {text: [f"{name} = {text!r}: must be {declared.rule}"] for text in read}
    assert {text: mistakes for text, (_, mistakes) in read.items()} == refused
    assert {text for text, (settings, _) in read.items() if settings != defaults} == set()


@pytest.mark.parametrize("declared", KEYS, ids=lambda declared: declared.name)
def test_declaration_is_complete(declared: Declaration) -> None:
    assert declared.key.help
    assert declared.rule
    assert re.fullmatch("[A-Z][A-Z0-9_]*", declared.key.env or "X"), "an environment variable is named LIKE_THIS"
    unit = {"percent": "%", "seconds": "seconds", "minutes": "minutes", "days": "days", "usd": "USD", "mb": "MB"}
    last_word = declared.attribute.rpartition("_")[2]
    assert unit.get(last_word, declared.key.unit) == declared.key.unit


@pytest.mark.parametrize("declared", KEYS, ids=lambda declared: declared.name)
def test_secret_is_declared_as_one_and_becomes_no_plain_variable(declared: Declaration) -> None:
    hidden = "writeOnly" in str(declared.schema)  # pydantic says so of SecretStr
    assert hidden == declared.key.secret, "SecretStr and Key(…, secret=True) belong together"
    assert not (hidden and declared.key.env), "the app gets a secret through the key `secrets`, not through `env`"


def test_every_field_is_a_key() -> None:
    missing = Keys.model_fields.keys() - {declared.attribute for declared in KEYS} - {"stack"}
    assert not missing, "these fields of `Keys` lack a `Key(…)` in their annotation: the program would ignore the keys"


def test_every_key_but_the_region_has_a_default() -> None:
    required = [name for name, field in Keys.model_fields.items() if field.is_required()]
    assert required == ["stack", "region"], "give these fields a default, as no stack that is up sets the new key"


def test_defaults_obey_their_rules() -> None:
    for stack in ("dev", "staging", "prod"):
        defaults, _ = parse(Source(stack, {"aws:region": "us-east-1"}, frozenset()))
        Keys.model_validate(defaults.model_dump(by_alias=True, include=set(Keys.model_fields), exclude_none=True))


def test_numbers_and_booleans_are_strict() -> None:
    strict: set[object] = {int, float, bool}
    loose = [
        name
        for name, field in Keys.model_fields.items()
        if field.annotation in strict and not any(isinstance(each, Strict) for each in field.metadata)
    ]
    assert not loose, (
        "declare these fields as StrictInt, StrictFloat or Flag: int takes '2.0' and true, bool takes 'yes'"
    )


def test_rules_read_as_the_end_of_must_be() -> None:
    rules = {declared.name: declared.rule for declared in KEYS}
    assert rules["enableExec"] == "true or false"
    assert rules["natGateways"] == "one-per-az, single or none"
    assert rules["spotPercent"] == "a whole number from 0 to 100"
    assert rules["minCount"] == "a whole number of 0 or more"
    assert rules["alarmEmails"] == "a list"
    assert rules["secrets"] == "an object of names and values"
