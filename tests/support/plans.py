"""`make plans`: what each committed stack registers, in files whose changes a pull request shows.

The program runs under the mocks of `recording`, so a plan takes a second and needs neither an engine nor an
account. Ids, ARNs and host names are made up and the same in every run, as are the values that a committed stack file
lacks: an image tag, and a domain name with a certificate for a stack with HTTPS.

dev and prod have their whole plan. staging has prod's shape, so its file holds only the difference from prod. That of a
further region of an environment holds the difference from the environment's stack without a region in its name.
"""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

import yaml

from config.stack_files import committed_stacks
from config.stack_name import environment_of
from recording.deployment import Deployment, Registration
from recording.program import ROOT, record_as_committed

STACKS: Final = committed_stacks()
_COMPARED_WITH: Final = {"staging": "prod"}
FOLDER: Final = ROOT / "tests" / "plans"
COMMAND: Final = "make plans"
MASK: Final = "[secret]"
_ABSENT: Final = object()
_HEAD: Final = f"""\
# What the stack {{stack}} registers. Made by `{COMMAND}`; reviewed, never edited.
# Ids, ARNs and the account are made up. !json is a JSON document inside a string, unfolded to be read.
"""
_DIFFERENCE_HEAD: Final = f"""\
# What the stack {{stack}} registers otherwise than {{base}}. Made by `{COMMAND}`; reviewed, never edited.
# Everything that is not listed here is as in {{base}}.yaml. A value of one stack alone is absent in the other.
"""

Leaves = dict[str, Any]  # the path of a value in a resource -> the value


class Json:
    """A JSON document that an input holds as text."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Pair(dict[str, Any]):
    """The values of two stacks, by stack."""


class _Dumper(yaml.SafeDumper):
    """Writes no aliases, and text of several lines as a block."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _json_node(dumper: _Dumper, data: Json) -> yaml.Node:
    untyped: Any = dumper  # PyYAML has no types
    node: yaml.Node = untyped.represent_data(data.value)
    node.tag = "!json"
    return node


def _pair_node(dumper: _Dumper, data: Pair) -> yaml.Node:
    """Two values on one line."""
    return dumper.represent_mapping("tag:yaml.org,2002:map", data, flow_style=True)


def _list_node(dumper: _Dumper, data: list[Any]) -> yaml.Node:
    """A list of plain values on one line, where it fits."""
    flat = not any(isinstance(item, Mapping | list | Json) or "\n" in str(item) for item in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=flat)


def _text_node(dumper: _Dumper, data: str) -> yaml.Node:
    untyped: Any = dumper
    node: yaml.Node = untyped.represent_scalar("tag:yaml.org,2002:str", data, style="|" if "\n" in data else None)
    return node


_Dumper.add_representer(Json, _json_node)
_Dumper.add_representer(Pair, _pair_node)
_Dumper.add_representer(list, _list_node)
_Dumper.add_representer(str, _text_node)


def file_text(stack: str) -> str:
    """The text of the file of a stack in `tests/plans`."""
    if base := compared_with(stack):
        return difference_text(stack, planned(stack), base, planned(base))
    return plan(stack)


def compared_with(stack: str) -> str | None:
    """The stack from which a file holds the difference; None if it holds the whole plan."""
    environment = environment_of(stack)
    return environment if environment != stack and environment in STACKS else _COMPARED_WITH.get(stack)


def plan(stack: str, also: Mapping[str, Any] | None = None) -> str:
    """The whole plan of a stack with its committed config and the keys in `also`, which are named with a namespace."""
    return text_of(stack, planned(stack, also))


_PLANNED: Final[dict[str, Deployment]] = {}


def planned(stack: str, also: Mapping[str, Any] | None = None) -> Deployment:
    """What a stack registers with its committed config and the keys in `also`: one run for the same arguments."""
    key = repr((stack, sorted((also or {}).items())))
    if key not in _PLANNED:
        _PLANNED[key] = record_as_committed(stack, also)
    return _PLANNED[key]


def text_of(stack: str, deployment: Deployment) -> str:
    """The whole plan of what was registered, sorted by type and name."""
    return _HEAD.format(stack=stack) + _yaml({"resources": _resources(deployment), "outputs": _outputs(deployment)})


def difference_text(stack: str, deployment: Deployment, base: str, compared_with: Deployment) -> str:
    """What `deployment` registers otherwise than `compared_with`.

    A name that differs only by the name of the stack is not shown with its value: `namedAfterTheStack` lists which
    inputs hold one.
    """
    ours, theirs = leaves_by_resource(deployment, stack), leaves_by_resource(compared_with, base)
    named: dict[str, list[str]] = {}
    changed: dict[str, dict[str, Any]] = {}
    for resource in sorted(ours.keys() & theirs.keys()):
        paths = ours[resource].keys() | theirs[resource].keys()
        pairs = {path: (theirs[resource].get(path, _ABSENT), ours[resource].get(path, _ABSENT)) for path in paths}
        differing = {path: pair for path, pair in sorted(pairs.items()) if pair[0] != pair[1]}
        same_name = {path for path, (old, new) in differing.items() if _unnamed(new, stack) == _unnamed(old, base)}
        if same_name:
            named[resource] = sorted({path.partition(".")[0].partition("[")[0] for path in same_name})
        if len(same_name) < len(differing):
            changed[resource] = {
                path: Pair((of, value) for of, value in ((base, old), (stack, new)) if value is not _ABSENT)
                for path, (old, new) in differing.items()
                if path not in same_name
            }
    body = {
        f"onlyIn{base.capitalize()}": sorted(theirs.keys() - ours.keys()),
        f"onlyIn{stack.capitalize()}": {name: ours[name] for name in sorted(ours.keys() - theirs.keys())},
        "changed": changed,
        "namedAfterTheStack": named,
    }
    head = _DIFFERENCE_HEAD.format(stack=stack, base=base)
    return head + _yaml({key: value for key, value in body.items() if value})


def _yaml(body: Mapping[str, Any]) -> str:
    return "".join(yaml.dump({key: value}, Dumper=_Dumper, sort_keys=False, width=120) for key, value in body.items())


def _resources(deployment: Deployment) -> list[dict[str, Any]]:
    names = {registration.urn: registration.name for registration in deployment.registered}
    ordered = sorted(deployment.registered, key=lambda r: (r.type, r.name, r.parent))
    return [_resource(registration, names) for registration in ordered]


def _outputs(deployment: Deployment) -> dict[str, Any]:
    return {
        key: MASK if key in deployment.secret_exports else deployment.exports[key] for key in sorted(deployment.exports)
    }


def _resource(registration: Registration, names: Mapping[str, str]) -> dict[str, Any]:
    """The options and inputs that the program sets."""
    inputs = {
        key: MASK if key in registration.secret_inputs else _unfolded(value)
        for key, value in sorted(registration.inputs.items())
    }
    rest = {
        "parent": names.get(registration.parent),
        "protect": registration.protect,
        "retainOnDelete": registration.retain_on_delete,
        "ignoreChanges": sorted(registration.ignore_changes),
        "replaceOnChanges": sorted(registration.replace_on_changes),
        "inputs": inputs,
    }
    return {
        "type": registration.type,
        "name": registration.name,
        **{key: value for key, value in rest.items() if value},
    }


def leaves_by_resource(deployment: Deployment, stack: str) -> dict[str, Leaves]:
    """The values of every resource by type and name, and those of the outputs by "outputs"."""
    found = {
        f"{resource['type']} {_unnamed(resource['name'], stack)}": dict(
            _leaves("", {**resource, **resource.get("inputs", {})})
        )
        for resource in _resources(deployment)
    }
    return found | {"outputs": dict(_leaves("", _outputs(deployment)))}


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """(path, value) of everything in a value that holds nothing else; a list of plain values counts as one value."""
    if isinstance(value, Json):
        yield from _leaves(path, value.value)
    elif isinstance(value, Mapping):
        for key, member in cast(Mapping[str, Any], value).items():
            if path or key not in ("type", "inputs"):
                yield from _leaves(f"{path}.{key}" if path else key, member)
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in cast(list[Any], value)):
        for number, item in enumerate(cast(list[Any], value)):
            name = cast(Mapping[str, Any], item).get("name") if isinstance(item, Mapping) else None
            yield from _leaves(f"{path}[{name if isinstance(name, str) else number}]", item)
    else:
        yield path, value


def _unnamed(value: Any, stack: str) -> Any:
    """The value without the name of the stack in names, and thus the same in two stacks that differ only by name."""
    if isinstance(value, list):
        return [_unnamed(item, stack) for item in cast(list[Any], value)]
    if isinstance(value, str) and value != stack:
        return value.replace(f"demo-{stack}-", "demo-").replace(f"-{stack}", "")
    return value


def _unfolded(value: Any) -> Any:
    """The value with its objects sorted by key, and with each JSON document in it parsed.

    Lists keep their order, which may matter.
    """
    if isinstance(value, Mapping):
        return {key: _unfolded(member) for key, member in sorted(cast(Mapping[str, Any], value).items())}
    if isinstance(value, list):
        return [_unfolded(item) for item in cast(list[Any], value)]
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return Json(_unfolded(json.loads(value)))
        except ValueError:
            return value
    return value


def stale(stack: str) -> str:
    """How the file of a stack differs from what the program registers, as a unified diff; empty if it is up to date."""
    path = FOLDER / f"{stack}.yaml"
    old = path.read_text() if path.exists() else ""
    names = (f"{path.relative_to(ROOT)} (committed)", f"{path.relative_to(ROOT)} (what the program registers)")
    return "".join(difflib.unified_diff(old.splitlines(True), file_text(stack).splitlines(True), *names))


def main() -> int:
    FOLDER.mkdir(exist_ok=True)
    for stack in STACKS:
        path = FOLDER / f"{stack}.yaml"
        text = file_text(stack)
        changed = not path.exists() or path.read_text() != text
        path.write_text(text)
        sys.stdout.write(f"{path.relative_to(ROOT)}: {'renewed' if changed else 'unchanged'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
