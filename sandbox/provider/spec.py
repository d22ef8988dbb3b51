"""What the sandbox knows of a resource type: which calls make, change, show and end an object of it.

A type is one entry of a table (see `resources`), in words: a line each for a call or for a fact. Properties meet the
calls' parameters by name (see `convert`); what names cannot say, an entry says in `names`, in `reads` and, at the last,
in a hook: a function that stands behind an `@`.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from .account import Account
from .values import Values

Hook = Callable[..., Any]

_PLACE = re.compile(r"\{(\w+)(?:\|(\w+))?\}")
_WORD = re.compile(r"(?:'[^']*'|[^\s'])+")
_KEYWORDS = (
    "create id read update put then then-put delete names reads otherwise outputs defaults clear local replaces"
    " keeps gone named delete-first blocks ordered secret tags before-delete settle steady"
)


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


def pairs(text: str) -> Values:
    """What `text` says in words: `name=TableName force=true ids=[{id}] description='two words'`.

    Values are texts, numbers, booleans and lists of those.
    """
    return {name: _read(value) for name, _, value in (word.partition("=") for word in _WORD.findall(text))}


def _read(value: str) -> Any:
    if value.startswith("["):
        return [_read(item) for item in value[1:-1].split(",") if item]
    if value in ("true", "false"):
        return value == "true"
    return int(value) if value.isdigit() else value.strip("'")


def nested(found: Values) -> Values:
    """Dotted names as objects in objects."""
    made: Values = {}
    for path, value in found.items():
        *parents, last = path.split(".")
        inside = made
        for name in parents:
            inside = inside.setdefault(name, {})
        inside[last] = value
    return made


class Call:
    """One operation of the service, in words: `UpdateTable tableClass TableName={id} @_table`.

    After the operation's name stand, in any order:

    property            a property that it carries; `property:Member` one that is a parameter of another name here, and
                        `property?` one that is none: with it stands and falls whether the call is made, see `else`
    Parameter=value     a further parameter, for want of a property that gives it; `A.B=value` is a member of one.
                        `{name}` stands for something known of the object, and `{name|other}` for the other one where
                        that is not; a parameter that is nothing else is left out where nothing is known
    ?name=value         one of EC2's filters
    @hook               regroups the given ones of its properties before they meet the parameters by name, as
                        `(properties, context) -> properties`, or a list of such, for a call each; in a read it makes
                        properties of what was found, for what names cannot say, and None of an object that is gone
    -> path             where the object is in the answer, as a dotted path; `path[Member=value]` is that one of the
                        items there, where the account does not choose by itself
    else Operation …    the call made instead where the first of its properties is off, empty or given no more

    Args:
        said: the words.
        hooks: the functions that these may name.
        whole: in an update, whether to send all of its properties, not the changed ones alone.
    """

    def __init__(self, said: str, hooks: Mapping[str, Hook] | None = None, *, whole: bool = False) -> None:
        said, _, otherwise = said.partition(" else ")
        said, _, place = said.partition("->")
        self.operation, *words = said.split()
        self.whole = whole
        self.absent = Call(otherwise, hooks) if otherwise else None
        self.at, _, only = place.strip().partition("[")
        self.only = pairs(only.rstrip("]").replace(",", " "))
        carries = [word.partition(":") for word in words if "=" not in word and word[0] != "@"]
        self.carries = tuple(name.rstrip("?") for name, _, _ in carries)
        self.unsent = frozenset(name[:-1] for name, _, _ in carries if name[-1] == "?")
        self.names = {name: member for name, _, member in carries if member}
        self.fixed = nested(pairs(" ".join(word for word in words if "=" in word and word[0] != "?")))
        filters = [word[1:].partition("=") for word in words if word[0] == "?"]
        if filters:
            self.fixed["Filters"] = [{"Name": name, "Values": [value]} for name, _, value in filters]
        self.hook = next((hooks[word[1:]] for word in words if hooks and word[0] == "@"), None)


class Tags:
    """How a service tags: the operations that put tags on, take them off and list them, and what names the object.

    `TagResource UntagResource ListTagsForResource ResourceArn={arn} -> Tags`. Nothing lists them where the object's own
    description holds them. `kind` is EC2's kind of the object, and `path` where the first operation takes the tags.
    """

    def __init__(self, said: str) -> None:
        call = Call(said)
        self.tag = call.operation
        self.untag, *lists = call.carries
        self.read = Call(f"{lists[0]} -> {call.at}") if lists else None
        self.target = dict(call.fixed)
        self.kind: str = self.target.pop("kind", "")
        self.path: str = self.target.pop("path", "Tags")


class Resource:
    """A resource type: its type token, botocore's name of its service unless that is the token's own (`kms` in
    `aws:kms/key:Key`), and `global` if it lives in no region; then lines, most of them optional:

    create      the call that makes the object; a property that no other call carries can be changed by replacement
                alone. After its arrow stands the id: a path in the answer, or a template of what is known:
                `{role}:{name}`. Words in `(…)` are meant by `()` in the other calls
    id          a pattern whose groups are the properties that an id tells (default: those of the template)
    read        a call that shows the object; the first one decides whether it exists
    update, put a call that changes properties which `create` carries; `put` sends them all, not the changed ones alone
    then, then-put  a call that sets what `create` cannot, after it, unless it is so already (see `otherwise`); and on
                change
    delete      a call that ends it
    names       renames of properties, see `convert`
    reads       where else an input is in the answers when not under its name: a dotted path, or `List[].Member` for
                that of each item; `=` before it makes it a template. One that the id tells needs no place
    otherwise   what a property is where no answer says it, and in a new object before any `then`
    outputs     what only the account knows, and where in the answers when not under its name: `arn=TableArn`
    defaults    values of properties that the program leaves out, as the AWS provider has them; `block.member` is a
                member's, in each block that the program gives
    clear       what an update sends for a property that is given no more
    local       properties that steer the provider and reach no call, or only `delete`
    replaces    properties that replace the object although a call could change them; a hook names those that do by what
                they were and are to be, as `(olds, news) -> names`
    keeps       properties that stay as they are when the program gives them no more, like `outputs`, which the account
                does not always show
    gone        the object is as good as gone when its description has one of these values there, or any:
                `path=value,value`, or `path`
    named       the property that is named after the resource when the program does not name it; the most characters
                that it gets then (255), the property that gives its beginning (none), a hook that makes it legal. An
                object that the program has named is deleted before its replacement is made
    delete-first  so is every object of this type, and why
    blocks      properties that are a list of one to Pulumi and an object to the API, or the other way round
    ordered     lists in which the order of the items matters
    secret      outputs that are always secret
    tags        how it is tagged, see `Tags`
    before-delete  a hook that is run before `delete`'s calls
    settle      a hook: after create, whether the object is ready; asked until it is
    steady      a hook: after create, and after an update that called anything, whether the change has taken hold; asked
                until it has. It raises AccountError when it never will
    """

    def __init__(self, text: str, hooks: Mapping[str, Hook]) -> None:
        head, *rest = re.split(r"\n      (?=\S)", re.sub(r"\n *# .*", "", text))
        lines = [(word, " ".join(said)) for word, *said in map(str.split, rest)]
        self.token, *more = head.split()
        strangers = {word for word, _ in lines} - {*_KEYWORDS.split()}
        if strangers:
            raise ValueError(f"{self.token}: a table has no {', '.join(strangers)}")

        def said(keyword: str) -> str:
            return " ".join(text for word, text in lines if word == keyword)

        def hook(keyword: str) -> Hook | None:
            return next((hooks[word[1:]] for word in said(keyword).split() if word[0] == "@"), None)

        group = re.search(r"\((.*?)\)", said("create")) or ("()", "")

        def calls(*keywords: str) -> tuple[Call, ...]:
            found = ((word, text.replace(group[0], group[1])) for word, text in lines if word in keywords)
            return tuple(Call(text.replace("()", group[1]), hooks, whole=word.endswith("put")) for word, text in found)

        self.regional = "global" not in more
        self.service = next((word for word in more if word != "global"), re.split("[:/]", self.token)[1])
        (self.create,) = calls("create")
        self.read = calls("read")
        self.steps = calls("then", "then-put")
        self.changes = (*calls("update", "put"), *self.steps)
        self.calls = (self.create, *self.changes)
        self.delete = calls("delete")
        self.names: dict[str, str] = pairs(said("names"))
        outputs = [word.partition("=") for word in said("outputs").split()]
        self.reads: dict[str, str] = pairs(said("reads")) | {name: where for name, _, where in outputs if where}
        self.otherwise = nested(pairs(said("otherwise")))
        defaults = pairs(said("defaults"))
        self.defaults = {name: value for name, value in defaults.items() if "." not in name}
        self.inner_defaults = {name: value for name, value in defaults.items() if "." in name}
        self.clear = nested(pairs(said("clear")))
        where, _, values = said("gone").partition("=")
        self.gone = where, values.split(",") if values else []
        self.name, *facts = said("named").split() or [""]
        self.limit = next((int(word) for word in facts if word.isdigit()), 255)
        self.prefix = next((word for word in facts if word.isalpha()), "")
        self.spell = hook("named")
        self.blocks = said("blocks").split()
        self.in_order = said("ordered").split()
        self.secret = said("secret").split()
        self.computed = [name for name, _, _ in outputs]
        self.kept = frozenset([*self.computed, *said("keeps").split()])
        self.delete_first = "delete-first" in dict(lines)
        self.tags = Tags(said("tags")) if said("tags") else None
        self.before_delete, self.settle, self.steady = hook("before-delete"), hook("settle"), hook("steady")

        # Properties that reach no call, those that calls carry (create's first), and all that a program may give.
        region, prefix = ["region"] if self.regional else [], [self.prefix] if self.prefix else []
        self.locals: frozenset[str] = frozenset([*said("local").split(), *prefix])
        self.carried = tuple(dict.fromkeys(name for call in self.calls for name in call.carries))
        self.inputs = frozenset([*self.locals, *self.carried, *region, *(["tags"] if self.tags else [])])
        # Those whose change replaces the object.
        fixed = set(self.carried).difference(*(call.carries for call in self.changes))
        always = [word for word in said("replaces").split() if word[0] != "@"]
        self.replacing = frozenset([*fixed, *always, *region, *prefix])
        self.replacing_by_value = hook("replaces")
        # Those that the id consists of.
        self.in_id = [found[1] for found in _PLACE.finditer(self.create.at)]
        template = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(self.create.at))
        self.id = said("id") or template

    def parse_id(self, identifier: str) -> Values:
        """What an id says of the object."""
        match = re.fullmatch(self.id, identifier)
        found = match.groupdict() if match else dict[str, Any]()
        return {"id": identifier, **{name: value for name, value in found.items() if value is not None}}


def table(hooks: Mapping[str, Hook], text: str) -> dict[str, Callable[[], Resource]]:
    """What makes each of the resource types in `text`, by token: entries are indented by four, their lines by six.

    `hooks` are a module's globals, where the functions are that stand behind an `@`. An entry is read when it is first
    needed: a plugin must start at once.
    """
    entries = re.split(r"\n+    (?=\S)", text.rstrip())[1:]
    return {entry.split(maxsplit=1)[0]: partial(Resource, entry, hooks) for entry in entries}


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
