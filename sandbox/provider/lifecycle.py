"""Creates, reads, updates and deletes the objects of a resource type, by its entry in `types/`."""

import re
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from . import checking, reading
from .account import Account, AccountError
from .calls import carry_out, retag, tag, takes_tags
from .checking import MARKS, Naming
from .convert import ConversionError
from .resource import Call, Context, Resource
from .rules import Fault
from .values import EMPTY, UNKNOWN, Values, agrees

_BUSY_CODES = (
    *("DependencyViolation", "ResourceInUse", "DeleteConflict", "OperationAborted", "ClusterContains"),
    "InvalidIPAddress.InUse",
)
_BUSY_SECONDS = 20.0
_WAIT_SECONDS = 300.0
_FAILURES = (AccountError, ConversionError, TimeoutError)


class HalfMadeError(Exception):
    """An object that exists but is not as asked for. The state keeps it."""

    def __init__(self, identifier: str, outputs: Values, inputs: Values, reason: str) -> None:
        super().__init__(reason)
        self.identifier, self.outputs, self.inputs = identifier, outputs, inputs


class Lifecycle:
    """Carries out what the engine asks for, on an account.

    Args:
        account: the account.
        default_tags: tags of every object that can be tagged, unless it has a tag of that name itself.
    """

    def __init__(self, account: Account, default_tags: Mapping[str, str]) -> None:
        self.account = account
        self._default_tags = dict(default_tags)
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Ends all waits."""
        self._cancelled.set()

    def check(self, resource: Resource, news: Values, olds: Values, naming: Naming) -> tuple[Values, list[Fault]]:
        """Returns the inputs with names, defaults and tags filled in, and what is wrong with them."""
        inputs, failures = checking.complete(resource, news, olds, naming, self._default_tags)
        if not failures:
            failures = checking.faults(inputs, replace(self._context(resource, inputs), offline=True))
        return inputs, failures

    def preview(self, resource: Resource, inputs: Values, olds: Values | None = None) -> Values:
        """The outputs of a create, or with `olds` of an update, as far as they are known beforehand."""
        given = {name: value for name, value in inputs.items() if name not in MARKS}
        if olds is not None:
            unknown = [
                output
                for output, causes in resource.unknown_with.items()
                if not all(agrees(given.get(cause), olds.get(cause)) for cause in causes)
            ]
            return _without_dropped(resource, olds, given) | given | dict.fromkeys(unknown, UNKNOWN)
        computed: Values = dict.fromkeys(resource.outputs, UNKNOWN)
        region = {"region": self.account.region} if resource.regional else {}
        return computed | region | given

    def create(self, resource: Resource, inputs: Values, timeout: float) -> tuple[str, Values]:
        """Creates the object. Returns its id and outputs. `timeout` is in seconds, 0 for the default.

        Raises:
            AccountError, ConversionError: nothing was created.
            HalfMadeError: it was created, but not completed.
        """
        it = self._context(resource, inputs)
        tags: Values = inputs.get("tagsAll") or {}
        tagged = takes_tags(resource)
        answer = carry_out(resource.create, inputs, it, tags if tagged else None)
        identifier = resource.new_id(answer, it)
        it = replace(it, id=identifier, properties={**resource.in_id(identifier), **inputs})
        try:
            if resource.tags and tags and not tagged:
                tag(resource.tags, it, tags)
            for call in resource.after_create:
                given = [name for name in call.properties if name in inputs]
                if not all(agrees(inputs[name], None) for name in given):  # a new object has nothing there
                    carry_out(_call_for(call, inputs), inputs, it)
            if resource.created:
                resource.created(it)
            self._wait(it, timeout)
            return identifier, self._outputs(inputs, it, inputs.keys(), {})
        except _FAILURES as error:
            raise self._half_made(inputs, it, error) from None

    def read(
        self, resource: Resource, identifier: str, inputs: Values, olds: Values
    ) -> tuple[str, Values, Values] | None:
        """The object's id, outputs and inputs as they are now; None if it is gone. Without inputs it is an import."""
        it = self._context(resource, {**olds, **resource.in_id(identifier), **inputs}, identifier)
        shown = reading.live(it, inputs)
        if shown is None:
            return None
        inputs = inputs or reading.imported(shown, it)
        made = reading.outputs(resource, inputs, shown, self._default_tags)
        if resource.canonical_id:
            identifier = resource.canonical_id(made)
        return identifier, made, reading.inputs_of(resource, inputs, made)

    def update(
        self,
        resource: Resource,
        identifier: str,
        olds: Values,
        old_inputs: Values,
        news: Values,
        ignored: Collection[str],
        timeout: float,
    ) -> Values:
        """Changes what differs between the state and `news`, and nothing else. Returns the new outputs.

        What differs from the recorded outputs is sent too, unless its changes are `ignored` (property paths).
        `timeout` is in seconds, 0 for the default.

        Raises:
            HalfMadeError: it failed, and some of the change may have been made.
        """
        changed = set(checking.diff(resource, old_inputs, news, olds).kinds)
        left_alone = {re.split(r"[.\[]", path)[0] for path in ignored}
        for name in (*resource.sent, "tagsAll"):
            recorded = name in left_alone or name not in news
            if not recorded and not agrees(news[name], olds.get(name), ordered=name in resource.ordered):
                changed.add(name)
        it = self._context(resource, {**_without_dropped(resource, olds, news), **news}, identifier)
        it = replace(it, olds=olds)
        sent: set[str] = set()
        called = False
        dropped = {name: value for name, value in old_inputs.items() if name in changed and name not in news}
        try:
            for call in resource.changes:
                touched = changed.intersection(call.properties)
                if touched or changed.intersection(call.also_for):
                    called = True
                    names = call.properties if call.send_all else touched
                    values = {name: news.get(name, resource.clear.get(name)) for name in names}
                    carry_out(_call_for(call, news), values, it)
                    sent.update(names)
            if resource.tags and "tagsAll" in changed:
                retag(resource.tags, it, olds.get("tagsAll", {}), news.get("tagsAll", {}))
            if called:
                self._wait(it, timeout)
            return self._outputs(news, it, sent | changed, dropped)
        except _FAILURES as error:
            raise self._half_made(news, it, error, dropped) from None

    def delete(self, resource: Resource, identifier: str, olds: Values, timeout: float) -> None:
        """Deletes the object. One that is gone already is no error. While something else uses it, tries again.

        `timeout` is in seconds, 0 for the default. Raises AccountError.
        """
        if olds.get("skipDestroy") is True and "skipDestroy" in resource.local:
            return
        it = self._context(resource, {**resource.in_id(identifier), **olds}, identifier)
        steps: list[Callable[[Context], Any]] = [resource.before_delete] if resource.before_delete else []
        steps += [partial(carry_out, call, olds) for call in resource.delete]
        deadline = time.monotonic() + (timeout or _BUSY_SECONDS)
        while steps:
            try:
                steps[0](it)
            except AccountError as error:
                busy = error.code.startswith(_BUSY_CODES) and time.monotonic() < deadline
                if busy and not self._cancelled.wait(0.3):
                    continue
                if not error.absent and reading.live(it, olds) is not None:
                    raise
            steps.pop(0)

    def _context(self, resource: Resource, properties: Values, identifier: str = "") -> Context:
        return Context(self.account, resource, identifier, properties)

    def _wait(self, it: Context, timeout: float) -> None:
        seconds = timeout or _WAIT_SECONDS
        deadline = time.monotonic() + seconds
        while it.resource.steady and not it.resource.steady(it):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not ready after {seconds:g} seconds")
            if self._cancelled.wait(0.5):
                raise TimeoutError("cancelled before it was ready")

    def _outputs(self, inputs: Values, it: Context, sent: Collection[str], dropped: Values) -> Values:
        """The outputs after a change, once the account shows what was `sent`, and not what was `dropped`.

        Raises:
            AccountError: it does not. A change that the account did not carry out must not look as if it had.
        """
        shown = reading.live(it, inputs)
        resource, operation = it.resource, it.resource.read[0].operation
        if shown is None:
            raise AccountError(operation, "NotKept", "the account does not show the object that it created")
        missing = [name for name in reading.lost(resource, inputs, shown) if name in sent]
        if missing:
            reason = f"the account accepted {', '.join(missing)} and does not show what was sent"
            raise AccountError(operation, "NotKept", f"{reason}: the sandbox cannot carry this out")
        left = reading.left(resource, dropped, shown)
        if left:
            reason = f"the program dropped {', '.join(left)}, and the account still shows the old value"
            raise AccountError(operation, "NotKept", f"{reason}: the sandbox cannot carry this out")
        return reading.outputs(resource, inputs, shown, self._default_tags)

    def _half_made(self, inputs: Values, it: Context, error: Exception, dropped: Collection[str] = ()) -> HalfMadeError:
        """Returns the error with what the state then says: what was asked for, whatever AWS has done of it.

        So the next update finds no difference, succeeds and changes nothing. A refresh reads what AWS has (Terraform's
        plugin SDK, helper/schema: without `d.Partial` a failed create or update saves the plan; pulumi, issue 21458).
        """
        asked = {name: value for name, value in inputs.items() if name not in MARKS}
        recorded = reading.outputs(it.resource, inputs, reading.live(it, inputs) or {}, self._default_tags)
        kept = {name: value for name, value in recorded.items() if name not in dropped}
        return HalfMadeError(it.id, kept | asked, inputs, str(error))


def _call_for(call: Call, news: Values) -> Call:
    """The call, or the one that is made in its stead."""
    return call.if_unset if call.if_unset and news.get(call.properties[0]) in EMPTY else call


def _without_dropped(resource: Resource, olds: Values, news: Values) -> Values:
    """The recorded outputs without the properties that the program dropped."""
    dropped = resource.inputs - news.keys() - resource.kept
    return {name: value for name, value in olds.items() if name not in dropped}
