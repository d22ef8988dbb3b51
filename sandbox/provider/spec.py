"""What the sandbox knows of a resource type: which calls make, change, show and end an object of it.

One `Resource` entry in a table (see `resources`) is all that a type needs. Properties meet the calls' parameters by
name (see `convert`); what names cannot say, an entry says in `names`, in `reads` and, at the last, in a hook on one of
its calls.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property
from typing import Any

from .account import Account
from .values import Values

_PLACE = re.compile(r"\{(\w+)(?:\|(\w+))?\}")


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


def pairs(text: str) -> dict[str, Any]:
    """What `text` says in words: `name=TableName force=true ids=[{id}]`. Texts, numbers, booleans, lists of those."""
    return {name: _read(value) for name, _, value in (word.partition("=") for word in text.split())}


def _read(value: str) -> Any:
    if value.startswith("["):
        return [_read(item) for item in value[1:-1].split(",") if item]
    if value in ("true", "false"):
        return value == "true"
    return int(value) if value.isdigit() else value


@dataclass(frozen=True)
class Call:
    """One operation of the service.

    said        the operation, the properties that it carries, and further parameters, in words as `pairs` has them:
                `UpdateTable tableClass TableName={id}`. `{name}` stands for something known of the object, and
                `{name|other}` for the other one where that is not; a parameter that is nothing else is left out where
                nothing is known. In a read, where in the answer the object
                is, as a dotted path, after an arrow: `DescribeTable TableName={id} -> Table`
    also        parameters that words cannot give
    only        in a read: of the items there, those with these values, where the account does not choose by itself
    whole       in an update: send all of its properties, not the changed ones alone
    absent      in an update: the call made instead once none of its properties is given any more
    build       regroups the given ones of its properties before they meet the parameters by name
    fills       whether `build` gives what the program leaves out
    take        in a read: makes properties out of the answer, for what names cannot say; None: the object is gone
    """

    said: str
    also: Mapping[str, Any] = field(default_factory=dict[str, Any])
    only: Mapping[str, Any] = field(default_factory=dict[str, Any])
    whole: bool = False
    absent: "Call | None" = None
    build: Callable[[Values, Context], Values | list[Values]] | None = None
    fills: bool = False
    take: Callable[[Any, Context], Values | None] | None = None

    def __iter__(self) -> Iterator["Call"]:
        """A call stands where a table takes several, too."""
        yield self

    @cached_property
    def _words(self) -> list[str]:
        return self.said.partition("->")[0].split()

    @cached_property
    def operation(self) -> str:
        """The operation's name."""
        return self._words[0]

    @cached_property
    def carries(self) -> tuple[str, ...]:
        """The properties that it carries."""
        return tuple(word for word in self._words[1:] if "=" not in word)

    @cached_property
    def fixed(self) -> Values:
        """Its further parameters, as a template for `fill`."""
        fixed: Values = {**self.also}
        for path, value in pairs(" ".join(word for word in self._words if "=" in word)).items():
            *parents, last = path.split(".")
            inside = fixed
            for name in parents:
                inside = inside.setdefault(name, {})
            inside[last] = value
        return fixed

    @cached_property
    def at(self) -> str:
        """Where in the answer the object is."""
        return self.said.partition("->")[2].strip()


@dataclass(frozen=True)
class Tags:
    """How a service tags.

    said    the operations that put tags on and take them off, with what names the object to them:
            `TagResource UntagResource ResourceArn={arn}`
    shown   the operation that lists the tags, and where: `ListTagsForResource -> Tags`; empty where the object's own
            description holds them
    keys    names the tags to be taken off (empty: putting on sets all tags at once)
    create  whether create takes them as well
    kind    EC2's kind of the object, for create
    path    where the operation that puts them on takes the tags
    """

    said: str
    shown: str = ""
    keys: str = "TagKeys"
    create: bool = True
    kind: str = ""
    path: str = "Tags"

    @cached_property
    def tag(self) -> str:
        """The operation that puts tags on."""
        return Call(self.said).operation

    @cached_property
    def untag(self) -> str:
        """The operation that takes tags off."""
        return Call(self.said).carries[0]

    @cached_property
    def target(self) -> Values:
        """What names the object, as a template for `fill`."""
        return Call(self.said).fixed

    @cached_property
    def read(self) -> Call | None:
        """The call that lists the tags, None where the object's own description holds them."""
        return Call(self.shown) if self.shown else None


@dataclass(frozen=True)
class Resource:
    """A resource type.

    token       Pulumi's type token
    service     botocore's name of the service, where it is not the token's own (`kms` in `aws:kms/key:Key`)
    create      makes the object; a property that no other call carries can be changed by replacement alone. After its
                arrow stands the id: a path in the answer, or a template of what is known: `{role}:{name}`
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
    service: str = ""
    _: KW_ONLY
    create: Call
    read: Iterable[Call]
    updates: Iterable[Call] = ()
    steps: Iterable[Call] = ()
    delete: Iterable[Call] = ()
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

    def __post_init__(self) -> None:
        object.__setattr__(self, "service", self.service or re.split("[:/]", self.token)[1])

    @cached_property
    def id(self) -> str:
        """Where the id is, see `create`."""
        return self.create.at

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
        return tuple(place[1] for place in _PLACE.finditer(self.id)) or ((self.name,) if self.name else ())

    def parse_id(self, identifier: str) -> Values:
        """What an id says of the object."""
        pattern = self.parse or re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(self.id))
        match = re.fullmatch(pattern, identifier)
        found = match.groupdict() if match else dict[str, Any]()
        return {"id": identifier, **{name: value for name, value in found.items() if value is not None}}


def _known(place: re.Match[str], known: Mapping[str, Any]) -> Any:
    first = known.get(place[1])
    return known.get(place[2]) if first is None and place[2] else first


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def fill(template: Any, known: Mapping[str, Any]) -> Any:
    """`template` with every `{name}`, or `{name|other}` for want of the first, replaced.

    None where a value that is all template is not known.
    """
    if isinstance(template, str):
        only = _PLACE.fullmatch(template)
        if only:
            return _known(only, known)
        return _PLACE.sub(lambda place: _text(_known(place, known)), template)
    if isinstance(template, Mapping):
        filled = {name: fill(item, known) for name, item in template.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return {name: item for name, item in filled.items() if item is not None}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(template, list | tuple):
        items = [fill(item, known) for item in template]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return [item for item in items if item is not None]
    return template
