"""What a program wants from outside, as its sandbox.yaml declares: the sandbox itself knows no program."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

import yaml

from sandbox.layout import PROGRAM_ROOT, SandboxError

FILE = "sandbox.yaml"
_SHAPE: dict[str, set[str]] = {
    "image": {"key", "repository"},
    "certificate": {"key", "environments"},
    "domain": {"key", "zoneKey", "name", "environments"},
}
_PLAIN = {"openEdgeKey", "secretArnsKey", "secretForms", "stackTag"}


@dataclass(frozen=True)
class Wants:
    """Keys are of the project's config; an empty one stands for nothing wanted.

    image_key             the tag of an image; repositories names its repository by stack, else by `default`
    certificate_key       the ARN of a certificate, for stacks of certificate_for, by environment
    domain_key, zone_key  a domain and its hosted zone, for stacks of domain_for
    open_edge_key         set to true, neither of the two is wanted
    secret_arns_key       an object of ARNs of secrets that someone else owns
    secret_forms          made-up values of secrets, by a part of their names; `{region}` stands for the stack's
    stack_tag             the tag that names the stack
    """

    image_key: str = ""
    repositories: Mapping[str, str] = field(default_factory=dict[str, str])
    certificate_key: str = ""
    certificate_for: tuple[str, ...] = ()
    domain_key: str = ""
    zone_key: str = ""
    domain: str = ""
    domain_for: tuple[str, ...] = ()
    open_edge_key: str = ""
    secret_arns_key: str = ""
    secret_forms: Mapping[str, str] = field(default_factory=dict[str, str])
    stack_tag: str = ""

    def repository(self, stack: str) -> str:
        """The name of a stack's image repository."""
        return self.repositories.get(stack, self.repositories.get("default", "")).format(stack=stack)


@lru_cache(maxsize=1)
def wants() -> Wants:
    """What the program wants.

    Raises:
        SandboxError: its file says something that is not understood.
    """
    path = PROGRAM_ROOT / FILE
    return read(path.read_text()) if path.exists() else Wants()


def read(text: str) -> Wants:
    """The declaration in a file's text. Raises SandboxError."""
    try:
        found: Any = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise SandboxError(f"{FILE}: {error}") from None
    if not isinstance(found, dict):
        raise SandboxError(f"{FILE}: not a mapping.")
    declared = cast(dict[str, Any], found)
    parts: dict[str, dict[str, Any]] = {}
    strangers = sorted(declared.keys() - _SHAPE.keys() - _PLAIN)
    for name, keys in _SHAPE.items():
        part: Any = declared.get(name) or {}
        parts[name] = cast(dict[str, Any], part) if isinstance(part, dict) else {"": part}
        strangers += [f"{name}.{key}" for key in sorted(parts[name].keys() - keys)]
    if strangers:
        known = [*(f"{name}.{key}" for name, keys in _SHAPE.items() for key in sorted(keys)), *sorted(_PLAIN)]
        raise SandboxError(f"{FILE}: {', '.join(strangers)} is not known. Known are: {', '.join(known)}.")
    image, certificate, domain = (parts[name] for name in _SHAPE)
    return Wants(
        image_key=image.get("key", ""),
        repositories=image.get("repository", {}),
        certificate_key=certificate.get("key", ""),
        certificate_for=tuple(certificate.get("environments", ())),
        domain_key=domain.get("key", ""),
        zone_key=domain.get("zoneKey", ""),
        domain=domain.get("name", ""),
        domain_for=tuple(domain.get("environments", ())),
        open_edge_key=declared.get("openEdgeKey", ""),
        secret_arns_key=declared.get("secretArnsKey", ""),
        secret_forms=declared.get("secretForms", {}),
        stack_tag=declared.get("stackTag", ""),
    )
