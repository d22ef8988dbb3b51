"""Pulumi's wire format, as plain values."""

from typing import Any, cast

from recording.deployment import values

# Pulumi's wire format marks special objects with this key, whose value says what they are.
SIGNATURE = "4dabf18193072939515e22adb298388d"
IS_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
_IS_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a marker


def struct(message: Any) -> dict[str, Any]:
    """Returns a protobuf struct with Pulumi's markers in it."""
    return {key: _wire_value(value) for key, value in message.fields.items()}


def _wire_value(value: Any) -> Any:
    match value.WhichOneof("kind"):
        case "struct_value":
            return struct(value.struct_value)
        case "list_value":
            return [_wire_value(item) for item in value.list_value.values]
        case "number_value":
            return int(value.number_value) if value.number_value.is_integer() else value.number_value
        case "null_value":
            return None
        case kind:
            return getattr(value, kind)


def plain(value: Any) -> Any:
    """Returns the value with its secrets unwrapped."""
    if isinstance(value, dict):
        members = cast(dict[str, Any], value)
        if members.get(SIGNATURE) == _IS_SECRET:
            return plain(members["value"])
        return {key: plain(member) for key, member in members.items()}
    if isinstance(value, list):
        return [plain(item) for item in cast(list[Any], value)]
    return value


def holds_secret(value: Any) -> bool:
    return _IS_SECRET in values(value)
