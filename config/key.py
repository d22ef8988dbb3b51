"""Config keys as the model declares them: name, type, default, rule, help."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from config.rules import Rule, listed


def _always(_value: object) -> bool:
    return True


@dataclass(frozen=True)
class Key:
    """Facts about a config key that its field does not hold as name, type, default or rule."""

    help: str  # one line for the table of keys
    unit: str = ""
    env: str = ""  # the environment variable of the app that the key becomes
    default: str = ""  # describes a default that is computed
    secret: bool = False  # the value is encrypted in the stack file and never shown
    may_show: Callable[[object], bool] = _always  # whether an error message may show this wrong value
    main: bool = False  # whether the README names the key
    regional: bool = False  # whether the value belongs to the region: the stacks of an environment may differ in it

    def shows(self, value: object) -> bool:
        """Returns whether an error message may show this wrong value."""
        return not self.secret and self.may_show(value)


@dataclass(frozen=True)
class Declaration:
    """One config key, read from its field in the model."""

    name: str  # as in the stack file
    attribute: str  # as in the model
    key: Key
    field: FieldInfo

    @property
    def required(self) -> bool:
        """Whether every stack file has to set the key."""
        return self.field.is_required()

    @property
    def type(self) -> str:
        """The type as an operator names it: `string`, `int`, `list` and so on."""
        type_ = _type_name(self.field.annotation)
        if self.key.secret:
            return "secret" if type_ == "string" else f"{type_} of secrets"
        return type_

    @property
    def rule(self) -> str:
        """What is allowed; completes "must be …"."""
        return rule_of(self._annotation)

    @property
    def item_rule(self) -> str:
        """What each item of a list or each value of an object must be; empty for any other type."""
        members = {"list": 0, "object": ""}
        type_ = _type_name(self.field.annotation)
        return self.rule_at((members[type_],)) if type_ in members else ""

    @property
    def limits(self) -> tuple[int | None, int | None]:
        """The least and the greatest whole number that the rule allows; None where there is no limit."""
        return _limits(_unwrapped(self._annotation)[1])

    @property
    def choices(self) -> tuple[str, ...]:
        """The strings that a `Literal` allows; empty for any other type."""
        base, _ = _unwrapped(self._annotation)
        return get_args(base) if get_origin(base) is Literal else ()

    @property
    def default(self) -> str:
        """The default as a stack file would write it."""
        if self.required:
            return "required"
        if self.key.default:
            return self.key.default
        value = cast(object, self.field.default)
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, tuple):
            return f"[{', '.join(cast(tuple[str, ...], value))}]"
        if value is None:
            return "unset"
        return f"{value:g}" if isinstance(value, float) else str(value)

    @property
    def is_text(self) -> bool:
        """Whether the value is the text that the engine passes, and not JSON."""
        return _type_name(self.field.annotation) == "string"

    def rule_at(self, location: tuple[int | str, ...]) -> str:
        """Returns what is allowed at `location` in the value: a path of list indexes and names in objects."""
        return rule_of(self._annotation_at(location))

    def names_at(self, location: tuple[int | str, ...]) -> list[str]:
        """Returns the names that the object at `location` in the value may have."""
        return _names(_unwrapped(self._annotation_at(location))[0])

    def _annotation_at(self, location: tuple[int | str, ...]) -> Any:
        annotation = self._annotation
        for step in location:
            annotation = _member(annotation, step)
        return annotation

    @property
    def _annotation(self) -> Any:
        return _annotated(self.field)


def declarations(model: type[BaseModel]) -> Iterator[Declaration]:
    """Yields the keys that `model` declares, in its order. A field without a `Key` is not a config key."""
    for attribute, field in model.model_fields.items():
        for key in field.metadata:
            if isinstance(key, Key):
                yield Declaration(field.alias or attribute, attribute, key, field)


def rule_of(annotation: Any) -> str:
    """Returns what a value with this annotation must be; completes "must be …"."""
    base, metadata = _unwrapped(annotation)
    for rule in metadata:
        if isinstance(rule, Rule):
            return rule.allowed
    if base is bool:
        return "true or false"
    if base in (int, float):
        return _number("a whole number" if base is int else "a number", *_limits(metadata))
    if get_origin(base) is Literal:
        return listed(get_args(base))
    if get_origin(base) is tuple:
        return "a list"
    if isinstance(base, type) and issubclass(base, BaseModel):
        return f"an object with {listed(_names(base))}"
    return "a string" if base in (str, SecretStr) else "an object of names and values"


def _limits(metadata: tuple[Any, ...]) -> tuple[Any, Any]:
    low = next((limit.ge for limit in metadata if isinstance(limit, Ge)), None)
    high = next((limit.le for limit in metadata if isinstance(limit, Le)), None)
    return low, high


def _number(kind: str, low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"{kind} from {low} to {high}"
    if low is not None:
        return f"{kind} of {low} or more"
    return kind if high is None else f"{kind} of {high} or less"


def _member(annotation: Any, step: int | str) -> Any:
    """Returns the annotation of a list's items, of an object's values, or of a model's field."""
    base, _ = _unwrapped(annotation)
    if isinstance(base, type) and issubclass(base, BaseModel):
        return next(_annotated(field) for name, field in base.model_fields.items() if step == (field.alias or name))
    arguments = get_args(base)
    return arguments[0] if isinstance(step, int) else arguments[1]


def _names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _annotated(field: FieldInfo) -> Any:
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _unwrapped(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """Returns the type inside `Annotated` and `… | None`, with everything that annotates it."""
    metadata: tuple[Any, ...] = ()
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *more = get_args(annotation)
            metadata += tuple(more)
        elif get_origin(annotation) in (Union, type(int | None)):
            annotation = next(part for part in get_args(annotation) if part is not type(None))
        else:
            return annotation, metadata


def _type_name(annotation: Any) -> str:
    base, _ = _unwrapped(annotation)
    if get_origin(base) is tuple:
        return "list"
    if base is bool:
        return "bool"
    if base is int:
        return "int"
    if base is float:
        return "number"
    if base in (str, SecretStr) or get_origin(base) is Literal:
        return "string"
    return "object"
