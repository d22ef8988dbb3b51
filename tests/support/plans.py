"""`make plans`: what each committed stack registers, as a file that a pull request shows the changes of.

The program runs under the mocks of `tests.support.mocks`: a plan takes a second and needs no engine and no account:
what AWS would answer (ids, ARNs, names of hosts) is made up, and the same every time. What the operator adds to a stack
file, and the committed one lacks, is made up as well: an image's tag, and a certificate where the stack is to have one.
"""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Mapping
from typing import Any, Final, cast

import yaml

from sandbox.supplies import stand_in_value
from tests.support.mocks import Deployment, FakeAws, Registration
from tests.support.program import DIGEST, ROOT, TAG, committed, run

STACKS: Final = ("dev", "staging", "prod")
FOLDER: Final = ROOT / "tests" / "plans"
COMMAND: Final = "make plans"
MASK: Final = "[secret]"
_OVER_HTTP: Final = frozenset({"dev"})
_DOMAIN: Final = frozenset({"voiceter-backend:domainName", "voiceter-backend:certificateArn"})
_HEAD: Final = f"""\
# What the stack {{stack}} registers. Made by `{COMMAND}`; reviewed, never edited.
# Ids, ARNs and the account are made up. !json is a JSON document inside a string, unfolded to be read.
"""


class Json:
    """A JSON document that an input holds as text."""

    def __init__(self, value: Any) -> None:
        self.value = value


class _Dumper(yaml.SafeDumper):
    """Sorted, without aliases, several lines of text as a block."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _json_node(dumper: _Dumper, data: Json) -> yaml.Node:
    untyped: Any = dumper  # whose methods have no types
    node: yaml.Node = untyped.represent_data(data.value)
    node.tag = "!json"
    return node


def _list_node(dumper: _Dumper, data: list[Any]) -> yaml.Node:
    """A list of plain values on one line, where it fits."""
    flat = not any(isinstance(item, Mapping | list | Json) or "\n" in str(item) for item in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=flat)


def _text_node(dumper: _Dumper, data: str) -> yaml.Node:
    untyped: Any = dumper
    node: yaml.Node = untyped.represent_scalar("tag:yaml.org,2002:str", data, style="|" if "\n" in data else None)
    return node


_Dumper.add_representer(Json, _json_node)
_Dumper.add_representer(list, _list_node)
_Dumper.add_representer(str, _text_node)


def plan(stack: str, also: Mapping[str, Any] | None = None) -> str:
    """The text of a stack's plan: of its committed config, and of keys (with their namespace) that it might hold."""
    config = committed(stack) | dict(also or {})
    stand_ins = {key: _readable(key, value, str(config["aws:region"])) for key, value in config.items()}
    encrypted = [key for key in config if stand_ins[key] != config[key]]
    tag = str(config.get("voiceter-backend:imageTag", TAG))
    digest = tag if tag.startswith("sha256:") else DIGEST
    return text_of(
        stack,
        run(
            stack,
            region=config["aws:region"],
            image="voiceter-backend:imageTag" not in config,
            https=stack not in _OVER_HTTP and not _DOMAIN & set(config),
            encrypted={"secrets", *encrypted},
            answers=FakeAws(region=config["aws:region"], images={digest: [TAG if digest == tag else tag]}),
            **{key: value for key, value in stand_ins.items() if key != "aws:region"},
        ),
    )


def text_of(stack: str, deployment: Deployment) -> str:
    """A plan of what was registered, sorted by type and name."""
    names = {registration.urn: registration.name for registration in deployment.registered}
    ordered = sorted(deployment.registered, key=lambda r: (r.type, r.name, r.parent))
    body = {
        "resources": [_resource(registration, names) for registration in ordered],
        "outputs": {
            key: MASK if key in deployment.secret_exports else deployment.exports[key]
            for key in sorted(deployment.exports)
        },
    }
    parts = [yaml.dump({key: value}, Dumper=_Dumper, sort_keys=False, width=120) for key, value in body.items()]
    return _HEAD.format(stack=stack) + "".join(parts)


def _resource(registration: Registration, names: Mapping[str, str]) -> dict[str, Any]:
    """What is worth a reviewer's eye: the options and inputs that are set."""
    inputs = {
        key: MASK if key in registration.secret_inputs else _unfolded(value)
        for key, value in registration.inputs.items()
    }
    rest = {
        "parent": names.get(registration.parent),
        "protect": registration.protect,
        "retainOnDelete": registration.retain_on_delete,
        "ignoreChanges": sorted(registration.ignore_changes),
        "inputs": _sorted(inputs),
    }
    return {
        "type": registration.type,
        "name": registration.name,
        **{key: value for key, value in rest.items() if value},
    }


def _unfolded(value: Any) -> Any:
    """The value, with the JSON documents in it as what they say."""
    if isinstance(value, Mapping):
        return {key: _unfolded(member) for key, member in cast(Mapping[str, Any], value).items()}
    if isinstance(value, list):
        return [_unfolded(item) for item in cast(list[Any], value)]
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return Json(_sorted(_unfolded(json.loads(value))))
        except ValueError:
            return value
    return value


def _sorted(value: Any) -> Any:
    """Objects by key; lists keep their order, which may matter."""
    if isinstance(value, Mapping):
        members = cast(Mapping[str, Any], value)
        return {key: _sorted(members[key]) for key in sorted(members)}
    if isinstance(value, list):
        return [_sorted(item) for item in cast(list[Any], value)]
    return value


def _readable(key: str, value: Any, region: str) -> Any:
    """The config value with made-up text where the committed file holds one that only its secrets provider can read."""
    if isinstance(value, Mapping):
        members = cast(Mapping[str, Any], value)
        if set(members) == {"secure"}:
            return stand_in_value(key.rpartition(":")[2], region)
        return {name: _readable(name, member, region) for name, member in members.items()}
    return value


def difference(stack: str) -> str:
    """What the plan would say otherwise than its file does, as a unified diff; empty when the file is up to date."""
    path = FOLDER / f"{stack}.yaml"
    old = path.read_text() if path.exists() else ""
    names = (f"{path.relative_to(ROOT)} (committed)", f"{path.relative_to(ROOT)} (what the program registers)")
    return "".join(difflib.unified_diff(old.splitlines(True), plan(stack).splitlines(True), *names))


def main() -> int:
    FOLDER.mkdir(exist_ok=True)
    for stack in STACKS:
        path = FOLDER / f"{stack}.yaml"
        text = plan(stack)
        changed = not path.exists() or path.read_text() != text
        path.write_text(text)
        sys.stdout.write(f"{path.relative_to(ROOT)}: {'renewed' if changed else 'unchanged'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
