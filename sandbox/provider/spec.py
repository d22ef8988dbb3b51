"""What the sandbox knows of a resource type: which calls make, change, show and end an object of it.

One `Resource` entry in a table (see `resources`) is all that a type needs. Properties meet the calls' parameters by
name (see `convert`); what names cannot say, an entry says in `names`, in `reads` and, at the last, in a hook on one of
its calls.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .account import Account
from .values import Values

_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Context:
    """What a hook may ask for: the account, the object's id and everything known of it.

    `known` holds the inputs over the recorded outputs, and `id`, `region`, `account`, `partition`; `olds` the recorded
    outputs of an object that is being changed. `offline` is set while inputs are only checked: nothing may be called.
    `began` is when the work on the object began, in seconds since 1970.
    """

    account: Account
    service: str
    region: str
    known: Mapping[str, Any]
    olds: Mapping[str, Any] = field(default_factory=dict[str, Any])
    offline: bool = False
    began: float = field(default_factory=time.time)

    def call(self, operation: str, /, **params: Any) -> Any:
        """Call an operation of the resource's service. Raises AccountError."""
        return self.account.call(self.service, operation, params, self.region)

    def __getitem__(self, name: str) -> Any:
        return self.known.get(name)


@dataclass(frozen=True)
class Call:
    """One operation of the service.

    operation   its name, `CreateTable`
    props       the properties that it carries, separated by spaces
    fixed       further parameters. `{name}` stands for something known of the object; a parameter that is nothing but
                a `{name}` that is not known is left out
    at          in a read: where in the answer the object is, as a dotted path
    only        in a read: of the items there, those with these values, where the account does not choose by itself
    whole       in an update: send all of `props`, not the changed ones alone
    absent      in an update: the call made instead once none of `props` is given any more
    build       regroups the given properties of `props` before they meet the parameters by name
    take        in a read: makes properties out of the answer, for what names cannot say; None: the object is gone
    """

    operation: str
    props: str = ""
    fixed: Mapping[str, Any] = field(default_factory=dict[str, Any])
    at: str = ""
    only: Mapping[str, Any] = field(default_factory=dict[str, Any])
    whole: bool = False
    absent: "Call | None" = None
    build: Callable[[Values, Context], Values | list[Values]] | None = None
    take: Callable[[Any, Context], Values | None] | None = None

    @cached_property
    def carries(self) -> tuple[str, ...]:
        """The names in `props`."""
        return tuple(self.props.split())


@dataclass(frozen=True)
class Tags:
    """How a service tags.

    tag, untag  its operations, with `target` to name the object, and `keys` to name the tags in `untag` (empty: `tag`
                sets all tags at once)
    read        the operation that lists the tags, which are `at` that path; None where the object's own description
                holds them
    create      whether create takes them as well
    kind        EC2's kind of the object, for create
    path        where `tag` takes the tags
    """

    tag: str
    untag: str
    target: Mapping[str, Any]
    read: str | None = None
    at: str = "Tags"
    keys: str = "TagKeys"
    create: bool = True
    kind: str = ""
    path: str = "Tags"


@dataclass(frozen=True)
class Resource:
    """A resource type.

    token       Pulumi's type token
    service     botocore's name of the service
    create      makes the object; a property that no other call carries can be changed by replacement alone
    id          where the id is: a path in create's answer, or a template of what is known: `{role}:{name}`
    parse       a pattern whose groups are the properties that an id tells (default: those of the template)
    read        the calls that show the object; the first one decides whether it exists
    updates     calls that change properties which `create` carries
    steps       calls that set what `create` cannot, after it and on change
    delete      the calls that end it, in order
    names       renames of properties, see `convert`
    reads       where a property is in the answers when not under its name; `=` before it makes it a template
    outputs     the names of what only the account knows
    defaults    values of properties that the program leaves out, as the AWS provider has them
    local       properties that steer the provider and reach no call, or only `delete`
    gaps        properties that the account takes and does not keep, with the reason: their state is what was sent, and
                a change of nothing else is not sent, as the account has no call for it. `a.b` where the account shows
                `a` without its `b`, which the read's `take` fills in; a change of it is sent
    replaces    properties that replace the object although a call could change them
    clear       what an update sends for a property that is given no more
    gone        (path, values): the object is as good as gone when its description has one of these values there
    name        the property that is named after the resource when the program does not name it, and
    limit       the most characters that it takes; `prefix` is the property that gives its beginning
    unique      properties of which the account takes each combination once: a replacement that keeps them deletes first
    blocks      properties that are a list of one to Pulumi and an object to the API, or the other way round
    ordered     lists in which the order of the items matters
    secret      outputs that are always secret
    tags        how it is tagged, None if it cannot be
    regional    whether it lives in one region
    spell       makes a generated name legal
    prepare_delete  hook run before `delete`'s calls
    settle      after create: whether the object is ready; asked until it is
    steady      after create, and after an update that called anything: whether the change has taken hold; asked until
                it has. It raises AccountError when it never will
    """

    token: str
    service: str
    create: Call
    id: str
    read: tuple[Call, ...]
    updates: tuple[Call, ...] = ()
    steps: tuple[Call, ...] = ()
    delete: tuple[Call, ...] = ()
    parse: str = ""
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    reads: Mapping[str, str] = field(default_factory=dict[str, str])
    outputs: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    local: str = ""
    gaps: Mapping[str, str] = field(default_factory=dict[str, str])
    replaces: str = ""
    clear: Mapping[str, Any] = field(default_factory=dict[str, Any])
    gone: tuple[str, tuple[str, ...]] | None = None
    name: str = ""
    limit: int = 255
    prefix: str = "namePrefix"
    unique: str | None = None
    blocks: str = ""
    ordered: str = ""
    secret: str = ""
    tags: Tags | None = None
    regional: bool = True
    spell: Callable[[str], str] | None = None
    prepare_delete: Callable[[Context], None] | None = None
    settle: Callable[[Context], bool] | None = None
    steady: Callable[[Context], bool] | None = None

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """The calls that carry properties: create first."""
        return (self.create, *self.updates, *self.steps)

    @cached_property
    def locals(self) -> frozenset[str]:
        """Properties that reach no call."""
        return frozenset([*self.local.split(), *([self.prefix] if self.name else [])])

    @cached_property
    def unseen(self) -> frozenset[str]:
        """Properties that the account does not show, or not whole."""
        names = {*self.locals, *(gap.partition(".")[0] for gap in self.gaps)}
        return frozenset(names | {"tagsAll"} if "tags" in names else names)

    @cached_property
    def carried(self) -> tuple[str, ...]:
        """Properties that calls carry, each once, create's first."""
        return tuple(dict.fromkeys(name for call in self.calls for name in call.carries))

    @cached_property
    def inputs(self) -> frozenset[str]:
        """All properties that a program may give."""
        names = {*self.locals, *self.carried}
        names.update(["tags"] if self.tags else [], ["region"] if self.regional else [])
        return frozenset(names)

    @cached_property
    def computed(self) -> tuple[str, ...]:
        """Outputs that the account makes, beside the inputs."""
        return tuple(self.outputs.split())

    @cached_property
    def in_order(self) -> frozenset[str]:
        """Lists in which the order of the items matters."""
        return frozenset(self.ordered.split())

    @cached_property
    def replacing(self) -> frozenset[str]:
        """Properties whose change replaces the object."""
        changeable = {name for call in (*self.updates, *self.steps) for name in call.carries}
        fixed = (set(self.carried) - changeable).union(self.replaces.split())
        fixed.update(["region"] if self.regional else [], [self.prefix] if self.name else [])
        return frozenset(fixed)

    @cached_property
    def identity(self) -> tuple[str, ...]:
        """Properties that no two objects of the account can share."""
        if self.unique is not None:
            return tuple(self.unique.split())
        return tuple(_PLACE.findall(self.id)) or ((self.name,) if self.name else ())

    def parse_id(self, identifier: str) -> Values:
        """What an id says of the object."""
        pattern = self.parse or re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(self.id))
        match = re.fullmatch(pattern, identifier)
        found = match.groupdict() if match else dict[str, Any]()
        return {"id": identifier, **{name: value for name, value in found.items() if value is not None}}


def fill(template: Any, known: Mapping[str, Any]) -> Any:
    """`template` with every `{name}` replaced. None where a value that is all template is not known."""
    if isinstance(template, str):
        only = _PLACE.fullmatch(template)
        if only:
            return known.get(only[1])
        return _PLACE.sub(lambda place: str(known.get(place[1], "")), template)
    if isinstance(template, Mapping):
        filled = {name: fill(item, known) for name, item in template.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return {name: item for name, item in filled.items() if item is not None}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(template, list | tuple):
        items = [fill(item, known) for item in template]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return [item for item in items if item is not None]
    return template
