"""What the sandbox knows of a resource type: the AWS calls that create, read, update and delete an object of it.

Every type is one `Resource` in `types/`. A call's properties become parameters by name (see `convert`); `rename` names
the parameters that are called otherwise. What a rename cannot say, a function says: it gets the properties, or what AWS
answered, and the `Context` of the object.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property
from typing import Any

from .account import Account
from .rules import Fault
from .values import Values


@dataclass(frozen=True)
class Context:
    """The object that a call is about, and the account that holds it.

    resource    its type
    id          empty until the object exists
    properties  the program's inputs over the recorded outputs
    olds        the recorded outputs of an object that is being updated
    offline     True while inputs are only checked, when no call may be made
    began       when the work on the object began, in seconds since 1970
    """

    account: Account
    resource: "Resource"
    id: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict[str, Any])
    olds: Mapping[str, Any] = field(default_factory=dict[str, Any])
    offline: bool = False
    began: float = field(default_factory=time.time)

    def __getitem__(self, name: str) -> Any:
        """The value of a property; None if it has none."""
        return self.properties.get(name)

    @property
    def region(self) -> str:
        return self.account.region

    @property
    def account_id(self) -> str:
        return self.account.id

    def call(self, operation: str, /, **params: Any) -> Any:
        """Calls an operation of the type's service. Raises AccountError."""
        return self.account.call(self.resource.service, operation, params)


Params = Callable[[Context], Values]
Rules = Callable[[Values], Iterator[Fault]]


def _no_properties(_: Any) -> Values:
    return {}


def no_rules(_: Values) -> Iterator[Fault]:
    """The rules of a type that needs none beside those of the service's model."""
    return iter(())


def parts_of_id(separator: str, *names: str) -> Callable[[str], Values]:
    """Returns the `parse_id` of a type whose id is made of these properties."""

    def parse(id: str) -> Values:
        return dict(zip(names, id.split(separator, len(names) - 1), strict=False))

    return parse


@dataclass(frozen=True)
class Call:
    """An operation that creates, updates or deletes.

    operation   as AWS spells it: `UpdateTable`
    properties  the properties that it sends
    params      further parameters; those that name the object if not given (of `Resource.create`: none)
    prepare     regroups the given ones of `properties` before they become parameters. A list is one call for each item.
    rename      like `Resource.rename`, for this call only
    also_for    properties of `Resource.local` whose change makes the call, too
    send_all    in an update, whether to send all of `properties` and not only those that changed
    if_unset    the call to make instead where the first of `properties` is off, empty or not given any more
    """

    operation: str
    properties: tuple[str, ...] = ()
    params: Params | None = None
    prepare: Callable[[Values, Context], Values | list[Values]] | None = None
    rename: Mapping[str, str] = field(default_factory=dict[str, str])
    also_for: tuple[str, ...] = ()
    send_all: bool = False
    if_unset: "Call | None" = None


@dataclass(frozen=True)
class Read:
    """An operation that shows an object.

    operation   as AWS spells it: `DescribeTable`
    at          where in the answer the object is: a dotted path, through the first item of a list
    params      the parameters; those that name the object if not given
    find        which item of the list at `at` is the object, if not the one with the values of `Resource.identity`
    show        the properties that names do not lead to
    gone        whether an object that is still shown counts as deleted
    """

    operation: str
    at: str = ""
    params: Params | None = None
    find: Callable[[Any, Context], bool] | None = None
    show: Callable[[Any, Context], Values] | None = None
    gone: Callable[[Any], bool] | None = None


@dataclass(frozen=True)
class Tags:
    """How a service tags its objects.

    list        the operation that lists the tags; empty if the object's own description holds them
    params      the parameters that name the object, unless they are as in other calls
    listed_at   where in the answer of `list` the tags are, if not in a member `tags`
    sent_as     the parameter of `tag` that holds them
    kind        EC2's resource type, for the services whose create calls take `TagSpecifications`
    """

    tag: str = "TagResource"
    untag: str = "UntagResource"
    list: str = "ListTagsForResource"
    params: Params | None = None
    listed_at: str = ""
    sent_as: str = "Tags"
    kind: str = ""


@dataclass(frozen=True)
class Name:
    """The property that is named after the resource if the program does not name it.

    max_length  the most characters of a generated name; a longer one is refused
    prefix      the property that holds the beginning of a generated name, if the type has one
    transform   how the AWS provider changes the beginning of a generated name, the resource's logical name

    Source: pulumi-aws, provider/resource_overrides.go, aliases.go and autonaming.go. Every property `name` is named so,
    up to 255 characters, where these files say nothing else.
    """

    property: str
    max_length: int = 255
    prefix: str = ""
    transform: Callable[[str], str] = str


@dataclass(frozen=True)
class Resource:
    """A resource type.

    token           Pulumi's type token
    service         botocore's name of the service
    regional        whether its objects live in a region
    create          makes the object. A property that no other call sends can be changed by replacement only.
    id              the property that is the id, or the id from the answer of `create` and the object's properties
    parse_id        the properties that such an id holds, if it is made of any
    canonical_id    the id in the state, from the outputs, of a type that can be imported under another id
    identity        the parameters that name the object in the other calls, beside its ARN, `ResourceArn`. An operation
                    gets those that it has. If it has a list of them (`VpcIds` for `VpcId`), it gets a list of one.
    read            the calls that show it; the first one decides whether it exists
    update          the calls that change it
    after_create    the calls that set what `create` cannot; they change it, too
    delete          the calls that delete it
    rename          property to parameter, see `convert`
    shown_as        where an answer shows a property that is neither under its name nor under its parameter's
    outputs         what the account adds to the inputs or chooses if the program does not
    keeps           properties that stay as they are if the program drops them, like `outputs`
    defaults        the AWS provider's values of properties that the program leaves out
    clear           what an update sends for a property that the program drops
    local           properties that steer the provider and are sent at most by `delete`
    members         the members of a property that is an object, and of objects in it; `*` is any key of a map
    replaces        local properties whose change replaces the object
    replaces_if     the properties that replace it for these old and new values, though a call could change them
    refuses         called with what is in the state and the new inputs; ValueError if the provider refuses the change
    delete_before_replace   whether it is always deleted before its replacement is created. An object that the program
                    has named is in any case.
    ordered         lists in which the order of the items matters
    secret          outputs that are always secret
    unknown_with    outputs that the preview of an update does not know if one of these properties changes
    before_delete   called before `delete`
    created         called after `after_create`
    steady          called after a create or an update, until it returns True; AccountError if the change has failed
    hook_operations the operations that its functions call
    rules           yields what AWS's published rules, which botocore's models do not hold, say against the inputs. A
                    rule is there if an edit of this program can break it. Each function names the document of AWS.
    """

    token: str
    _: KW_ONLY
    service: str
    regional: bool = True
    create: Call
    id: str | Callable[[Any, Context], str]
    parse_id: Callable[[str], Values] = _no_properties
    canonical_id: Callable[[Values], str] | None = None
    identity: Params = _no_properties
    read: tuple[Read, ...]
    update: tuple[Call, ...] = ()
    after_create: tuple[Call, ...] = ()
    delete: tuple[Call, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict[str, str])
    shown_as: Mapping[str, str] = field(default_factory=dict[str, str])
    outputs: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    defaults: Values = field(default_factory=dict[str, Any])
    clear: Values = field(default_factory=dict[str, Any])
    local: tuple[str, ...] = ()
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    name: Name | None = None
    tags: Tags | None = None
    replaces: tuple[str, ...] = ()
    replaces_if: Callable[[Values, Values], Iterable[str]] | None = None
    refuses: Callable[[Values, Values], None] | None = None
    delete_before_replace: bool = False
    ordered: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    unknown_with: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    before_delete: Callable[[Context], None] | None = None
    created: Callable[[Context], None] | None = None
    steady: Callable[[Context], bool] | None = None
    hook_operations: tuple[str, ...] = ()
    rules: Rules = no_rules

    @cached_property
    def changes(self) -> tuple[Call, ...]:
        """The calls that change the object, in their order."""
        return (*self.update, *self.after_create)

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """The calls that send properties."""
        return (self.create, *self.changes)

    @cached_property
    def sent(self) -> tuple[str, ...]:
        """The properties that calls send, those of `create` first."""
        return tuple(dict.fromkeys(name for call in self.calls for name in call.properties))

    @cached_property
    def unsent(self) -> frozenset[str]:
        """The properties that no call sends, but `delete` perhaps."""
        return frozenset([*self.local, *self._prefix])

    @cached_property
    def inputs(self) -> frozenset[str]:
        """The properties that a program may set."""
        return frozenset([*self.sent, *self.unsent, *(["tags"] if self.tags else [])])

    @cached_property
    def replacing(self) -> frozenset[str]:
        """The properties whose change replaces the object."""
        fixed = set(self.sent).difference(*(call.properties for call in self.changes))
        return frozenset([*fixed, *self.replaces, *self._prefix])

    @cached_property
    def kept(self) -> frozenset[str]:
        """The properties that stay as they are if the program drops them."""
        return frozenset([*self.outputs, *self.keeps])

    def new_id(self, answer: Any, it: Context) -> str:
        """The id of a new object, out of the answer of `create`."""
        return it[self.id] if isinstance(self.id, str) else self.id(answer, it)

    def in_id(self, id: str) -> Values:
        """The properties that an id holds."""
        return {self.id: id} if isinstance(self.id, str) else self.parse_id(id)

    @property
    def _prefix(self) -> list[str]:
        return [self.name.prefix] if self.name and self.name.prefix else []

    def reading_operations(self) -> set[str]:
        """The operations that show an object: a preview with refresh calls them."""
        listing = [self.tags.list] if self.tags and self.tags.list else []
        return {*(read.operation for read in self.read), *listing}

    def writing_operations(self) -> set[str]:
        """The operations that create, change, tag and delete an object, and those that the type's functions call."""
        calls = [*self.calls, *self.delete]
        calls += [call.if_unset for call in calls if call.if_unset]
        tagging = [self.tags.tag, self.tags.untag] if self.tags else []
        return {*(call.operation for call in calls), *tagging, *self.hook_operations}
