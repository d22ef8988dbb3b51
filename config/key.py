"""What the declarations of the config keys say: for the parser, its error messages and the tables in the documents."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel

from config.rule import RULE, listed


@dataclass(frozen=True)
class Key:
    """Facts about a config key that its field does not hold as name, type, default or rule."""

    help: str  # one line for the table of keys
    unit: str = ""
    env: str = ""  # the environment variable of the app that the key becomes
    default: str = ""  # describes a default that is computed
    secret: bool = False  # the value is encrypted in the stack file and never shown
    shown_prefix: str = ""  # an error message shows a wrong value only if it starts with this
    main: bool = False  # whether the README names the key
    regional: bool = False  # whether the value belongs to the region: the stacks of an environment may differ in it

    def shows(self, value: object) -> bool:
        """Returns whether an error message may show this wrong value."""
        return not self.secret and str(value).startswith(self.shown_prefix)


@dataclass(frozen=True)
class Declaration:
    """One config key, read from its field in the model."""

    name: str  # as in the stack file
    attribute: str  # as in the model
    key: Key
    schema: Mapping[str, Any]  # JSON Schema of the value, with `RULE` where an annotation holds a `Rule`

    @property
    def is_text(self) -> bool:
        """Whether the value is the text that the engine passes, and not JSON."""
        return self.schema["type"] == "string"

    @property
    def rule(self) -> str:
        """What is allowed; completes "must be …"."""
        return self.rule_at(())

    def rule_at(self, location: tuple[int | str, ...]) -> str:
        """Returns what is allowed at `location` in the value: a path of list indexes and names in objects."""
        schema = self._schema_at(location)
        if RULE in schema:
            return schema[RULE]
        match schema["type"]:
            case "boolean":
                return "true or false"
            case "integer" | "number":
                return _number(schema)
            case "string":
                return listed(schema["enum"]) if "enum" in schema else "a string"
            case "array":
                return "a list"
            case _:
                names = self.names_at(location)
                return f"an object with {listed(names)}" if names else "an object of names and values"

    def names_at(self, location: tuple[int | str, ...]) -> list[str]:
        """Returns the names that the object at `location` in the value may have; none if it may have any."""
        return list(self._schema_at(location).get("properties", {}))

    def _schema_at(self, location: tuple[int | str, ...]) -> Mapping[str, Any]:
        schema = self.schema
        for step in location:
            if isinstance(step, int):
                schema = schema["items"]
            else:
                schema = schema["properties"][step] if "properties" in schema else schema["additionalProperties"]
        return schema


@functools.cache  # the schema takes pydantic 12 ms
def declarations(model: type[BaseModel]) -> Sequence[Declaration]:
    """Returns the keys that `model` declares, in its order. A field without a `Key` is not a config key."""
    whole = model.model_json_schema()
    found: list[Declaration] = []
    for attribute, field in model.model_fields.items():
        name = field.alias or attribute
        schema = _plain(whole["properties"][name], whole["$defs"])
        found += [Declaration(name, attribute, key, schema) for key in field.metadata if isinstance(key, Key)]
    return found


def _plain(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """Returns a schema without references. That of a value or null becomes that of the value."""
    match schema:
        case {"$ref": str(reference)}:
            return _plain(definitions[reference.rpartition("/")[2]], definitions)
        case {"anyOf": [value, {"type": "null"}], **others}:
            return _plain({**value, **others}, definitions)
        case dict():
            members = cast(dict[str, Any], schema)
            return {name: _plain(member, definitions) for name, member in members.items()}
        case _:
            return schema


def _number(schema: Mapping[str, Any]) -> str:
    kind = "a whole number" if schema["type"] == "integer" else "a number"
    match schema.get("minimum"), schema.get("maximum"):
        case None, None:
            return kind
        case low, None:
            return f"{kind} of {low} or more"
        case None, high:
            return f"{kind} of {high} or less"
        case low, high:
            return f"{kind} from {low} to {high}"
