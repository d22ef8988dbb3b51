"""What a rule for a single value is. It stands in the annotation of a field, where pydantic runs it on the value.

Its message says what is allowed and never repeats the value: an error message adds the value only where it may be
shown.
"""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, SecretStr, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from config.yaml_values import may_be_changed

RULE: Final = "rule"  # the keyword in the JSON Schema of a value that holds what its `Rule` allows


@dataclass(frozen=True)
class Rule:
    """What a value must be, beyond its type."""

    allowed: str  # completes "must be …", in the error message and in the table of keys
    holds: Callable[[Any], bool]

    def check(self, value: Any, info: ValidationInfo) -> Any:
        """Returns the value; raises `ValueError` if it breaks the rule."""
        if not self.holds(value.get_secret_value() if isinstance(value, SecretStr) else value):
            raise ValueError(f"must be {self.allowed}")
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), RULE: self.allowed}


@dataclass(frozen=True)
class TextRule(Rule):
    """A text of a stack file that may look like a number. Refuses what YAML may have changed, see `may_be_changed`."""

    remedy: str  # what to do if the text really is that number

    def check(self, value: Any, info: ValidationInfo) -> Any:
        if may_be_changed(value):
            raise ValueError(
                "may not be what the stack file says, as YAML reads a value without quotes as a number, a boolean or a "
                f"date (1.10 as 1.1, 007 as 7): put it in quotes there. {self.remedy}"
            )
        return super().check(value, info)


@dataclass(frozen=True)
class ArnRule(Rule):
    """An ARN of the stack's region, which the validation context holds (None where the region is wrong).

    AWS General Reference, "Amazon Resource Names"; every region of the app is in the partition `aws`.
    """

    remedy: str  # what to do about an ARN of another region; may name `{region}`

    def check(self, value: Any, info: ValidationInfo) -> Any:
        region: str | None = info.context["region"] if info.context else None
        if not self.holds(value):
            raise ValueError(f"must be {self.allowed.replace('<region>', region or '<region>')}")
        found = str(value).split(":")[3]
        if region is not None and found != region:
            raise ValueError(f"belongs to {found}, and the stack is in {region}: {self.remedy.format(region=region)}")
        return value


def listed(values: Iterable[object]) -> str:
    """Returns `a, b or c`; `a to z in steps of b` for a range."""
    if isinstance(values, range):
        return f"{values[0]} to {values[-1]} in steps of {values.step}"
    *first, last = map(str, values)
    return f"{', '.join(first)} or {last}" if first else last


def one_of(values: Collection[object]) -> Rule:
    """Returns the rule that accepts exactly `values`."""
    return Rule(listed(values), lambda value: value in values)


def matching(pattern: str, allowed: str) -> Rule:
    """Returns the rule that accepts a string if `pattern` matches the whole of it."""
    return Rule(allowed, lambda text: re.fullmatch(pattern, text) is not None)


def text_matching(pattern: str, allowed: str, remedy: str) -> TextRule:
    """Returns the rule of `matching` for a text that may look like a number. `remedy` is a sentence, see `TextRule`."""
    return TextRule(allowed, lambda text: re.fullmatch(pattern, text) is not None, remedy)


def decimal(low: float, high: float) -> Rule:
    """Returns the rule that accepts a number from `low` to `high` with at most one decimal."""
    return Rule(
        f"a number from {low:g} to {high:g}, with at most one decimal",
        lambda number: low <= number <= high and round(number, 1) == number,
    )


def arn_of(service: str, resource: str, example: str, remedy: str) -> ArnRule:
    """Returns the rule for ARNs of `service` whose resource part matches `resource`. `example` shows that part."""
    pattern = re.compile(rf"arn:aws:{service}:[a-z0-9-]+:[0-9]{{12}}:(?:{resource})")
    return ArnRule(
        f"an ARN like arn:aws:{service}:<region>:<account>:{example}",
        lambda text: pattern.fullmatch(text) is not None,
        remedy,
    )
