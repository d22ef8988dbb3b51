"""The life of a resource: checked, compared, made, shown, changed, ended. Driven by the type's table entry alone."""

import re
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, cast

from . import checking, reading
from .account import Account, AccountError
from .calls import carry_out, make, output_shape, recall, retag, tag, tags_at_create
from .checking import MARKS, Naming
from .convert import ConversionError, property_name, step_into
from .faults import Fault
from .spec import Call, Context, Resource, fill
from .values import EMPTY, UNKNOWN, Values, agrees

_BUSY_CODES = (
    *("DependencyViolation", "ResourceInUse", "DeleteConflict", "OperationAborted", "ClusterContains"),
    "InvalidIPAddress.InUse",
)
_BUSY_SECONDS = 20.0
_SETTLE_SECONDS = 300.0


class HalfMadeError(Exception):
    """An object that exists but is not as it was asked for: the state has to keep it, and the next update mends it."""

    def __init__(self, identifier: str, outputs: Values, inputs: Values, reason: str) -> None:
        super().__init__(reason)
        self.identifier = identifier
        self.outputs = outputs
        self.inputs = inputs
        self.reason = reason


class Lifecycle:
    """Carries resources out on an account.

    Args:
        account: where.
        default_tags: put on everything that can be tagged, unless it has a tag of that name itself.
    """

    def __init__(self, account: Account, default_tags: Mapping[str, str]) -> None:
        self._account = account
        self._default_tags = dict(default_tags)
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Wait for nothing any more."""
        self._cancelled.set()

    def check(self, resource: Resource, news: Values, olds: Values, naming: Naming) -> tuple[Values, list[Fault]]:
        """The inputs with names, defaults and tags filled in, and what is wrong with them."""
        inputs, failures = checking.complete(resource, news, olds, naming, self._default_tags)
        if not failures:
            context = self._context(resource, inputs, {}, offline=True)
            failures = checking.faults(resource, inputs, context)
        return inputs, failures

    def preview(self, resource: Resource, inputs: Values, olds: Values | None = None) -> Values:
        """What create, or with `olds` an update, will give as far as it is known beforehand."""
        given = {name: value for name, value in inputs.items() if name not in MARKS}
        if olds is not None:
            return _without_gone(resource, olds, given) | given
        unknown: Values = dict.fromkeys(resource.computed, UNKNOWN)
        region = {"region": self._account.region} if resource.regional else {}
        return unknown | region | given

    def create(
        self,
        resource: Resource,
        inputs: Values,
        timeout: float,
        urn: str,
        made: Callable[[str], None],
        in_state: Callable[[str], bool],
    ) -> tuple[str, Values]:
        """Make the object; its id and outputs. `timeout` is in seconds, 0 for the default.

        `made` is told the id as soon as there is an object, before it is completed. What a plugin that was killed has
        made for `urn` is taken over, and changed where it differs; or ended, where it would have to be replaced. If its
        id is in the engine's state, nothing was lost: this is to replace it.

        Raises:
            AccountError, ConversionError: nothing was made.
            HalfMadeError: it was made, but not all of it.
        """
        context = started = self._context(resource, inputs, {})
        at_once = tags_at_create(resource)
        tags = inputs.get("tagsAll") if at_once else None
        try:
            answer, recorded = make(resource, inputs, context, tags, urn)
        except AccountError:
            # What a hook looked for and found may be what a plugin that was killed has made.
            answer, recorded = recall(resource, inputs, context, tags, urn)
            if not recorded:
                raise
        if recorded:
            identifier, told = _made(resource, answer, context)
            left = None if in_state(identifier) else self._left_behind(resource, identifier, told, inputs)
            if left:
                identifier, outputs, held = left
                made(identifier)
                return identifier, self.update(resource, identifier, outputs, held, inputs, (), timeout)
            answer, _ = make(resource, inputs, context, tags, urn, "anew")
        identifier, told = _made(resource, answer, context)
        made(identifier)
        context = self._context(resource, inputs, {**told, **resource.parse_id(identifier), "id": identifier})
        context = replace(context, began=started.began)
        try:
            if resource.tags and not at_once and inputs.get("tagsAll"):
                tag(resource.tags, context, inputs["tagsAll"])
            for call in resource.steps:
                given = [name for name in call.carries if name in inputs]
                if not all(agrees(inputs[name], resource.otherwise.get(name)) for name in given):
                    carry_out(resource, _call_for(call, inputs), inputs, context)
            for ready in (resource.settle, resource.steady):
                self._wait(ready, context, timeout)
            return identifier, self._outputs(resource, inputs, context, inputs.keys())
        except (AccountError, ConversionError, TimeoutError) as error:
            raise self._half_made(resource, inputs, context, error) from None

    def _left_behind(
        self, resource: Resource, identifier: str, told: Values, inputs: Values
    ) -> tuple[str, Values, Values] | None:
        """The id, outputs and inputs of what was made before, if it is there and need not be replaced.

        One that would have to be is ended.
        """
        found = self.read(resource, identifier, inputs, told)
        if found is None:
            return None
        change = checking.diff(resource, found[2], inputs, found[1])
        # What is merely not there yet was to come by a later call, when the plugin was killed.
        if all(change.kinds[name] == "add" for name in change.replaces):
            return found
        self.delete(resource, identifier, found[1])
        return None

    def read(
        self, resource: Resource, identifier: str, inputs: Values, olds: Values
    ) -> tuple[str, Values, Values] | None:
        """The object's id, outputs and inputs as they are now; None when it is gone. Without inputs it is an import."""
        context = self._context(resource, resource.parse_id(identifier) | inputs, {**olds, "id": identifier})
        shown = reading.live(resource, context, inputs)
        if shown is None:
            return None
        inputs = inputs or reading.imported(resource, shown, context)
        made = reading.outputs(resource, inputs, shown, self._default_tags)
        if "{" in resource.create.at:
            identifier = fill(resource.create.at, {**context.known, **made}).rstrip("_")
        elif resource.create.at.endswith("Arn"):  # what was imported may be named otherwise
            identifier = shown.get("arn", identifier)
        return identifier, made, reading.inputs_of(resource, inputs, made)

    def update(
        self,
        resource: Resource,
        identifier: str,
        olds: Values,
        old_inputs: Values,
        news: Values,
        ignored: Collection[str],
        timeout: float = 0,
    ) -> Values:
        """Change what differs between the state and `news`, and nothing else; the new outputs.

        What differs from the recorded outputs is sent too, unless its changes are `ignored` (property paths): after a
        half-failed create that is what was not made. `timeout` is in seconds, 0 for the default.

        Raises:
            HalfMadeError: it failed, and some of the change may have been made.
        """
        changed = set(checking.diff(resource, old_inputs, news, olds).kinds)
        left_alone = {re.split(r"[.\[]", path)[0] for path in ignored}
        for name in (*resource.carried, "tagsAll"):
            recorded = name in left_alone or name not in news
            if not recorded and not agrees(news[name], olds.get(name), ordered=name in resource.in_order):
                changed.add(name)
        context = self._context(resource, news, {**_without_gone(resource, olds, news), "id": identifier})
        context = replace(context, olds={**olds, "id": identifier})
        called = False
        try:
            for call in resource.changes:
                touched = changed.intersection(call.carries)
                if not touched:
                    continue
                called = True
                sent = call.carries if call.whole else touched
                values = {name: news.get(name, resource.clear.get(name)) for name in sent}
                carry_out(resource, _call_for(call, news), values, context)
            if resource.tags and "tagsAll" in changed:
                retag(resource.tags, context, olds.get("tagsAll", {}), news.get("tagsAll", {}))
            if called:
                self._wait(resource.steady, context, timeout)
            taken = {name: value for name, value in old_inputs.items() if name in changed and name not in news}
            return self._outputs(resource, news, context, changed, taken)
        except (AccountError, ConversionError, TimeoutError) as error:
            raise self._half_made(resource, news, context, error) from None

    def delete(self, resource: Resource, identifier: str, olds: Values, timeout: float = 0) -> None:
        """End the object; that it is gone already is as good. While something else hangs on it, try again.

        `timeout` is in seconds, 0 for the default. Raises AccountError.
        """
        if olds.get("skipDestroy") is True and "skipDestroy" in resource.locals:
            return
        context = self._context(resource, resource.parse_id(identifier) | olds, {"id": identifier})
        steps = [resource.before_delete] if resource.before_delete else []
        steps += [partial(carry_out, resource, call, olds) for call in resource.delete]
        deadline = time.monotonic() + (timeout or _BUSY_SECONDS)
        while steps:
            try:
                steps[0](context)
            except AccountError as error:
                busy = error.code.startswith(_BUSY_CODES) and time.monotonic() < deadline
                if busy and not self._cancelled.wait(0.3):
                    continue
                if not error.absent and reading.live(resource, context, olds) is not None:
                    raise
            steps.pop(0)

    def _context(
        self, resource: Resource, inputs: Values, olds: Mapping[str, Any], *, offline: bool = False
    ) -> Context:
        region = inputs.get("region") or olds.get("region") or self._account.region
        who = {} if offline else self._account.identity()
        known = {**olds, **inputs, "region": region, "account": who.get("account"), "partition": who.get("partition")}
        if "id" in olds:
            known["id"] = olds["id"]
        return Context(self._account, resource.service, "" if region is UNKNOWN else str(region), known, olds, offline)

    def _wait(self, ready: Callable[[Context], bool] | None, context: Context, timeout: float) -> None:
        seconds = timeout or _SETTLE_SECONDS
        deadline = time.monotonic() + seconds
        while ready and not ready(context):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not ready after {seconds:g} seconds")
            if self._cancelled.wait(0.5):
                raise TimeoutError("cancelled while it was not ready yet")

    def _outputs(
        self,
        resource: Resource,
        inputs: Values,
        context: Context,
        sent: Collection[str],
        taken: Mapping[str, Any] = MappingProxyType({}),
    ) -> Values:
        """The outputs after a change, once the account is seen to hold what was `sent`, and not what was `taken` away.

        Raises:
            AccountError: it does not. Nothing that was not carried out may look as if it had been.
        """
        shown = reading.live(resource, context, inputs)
        operation = resource.read[0].operation
        if shown is None:
            raise AccountError(operation, "NotKept", "the account does not show the object that it made")
        missing = [name for name in reading.lost(resource, inputs, shown) if name in sent]
        if missing:
            said = f"the account took {', '.join(missing)} and does not show what was sent"
            raise AccountError(operation, "NotKept", f"{said}: the sandbox cannot carry that out")
        left = reading.left(resource, taken, shown)
        if left:
            said = f"the account still shows {', '.join(left)} as before, which the program gives no more"
            raise AccountError(operation, "NotKept", f"{said}: the sandbox cannot carry that out")
        return reading.outputs(resource, inputs, shown, self._default_tags)

    def _half_made(self, resource: Resource, inputs: Values, context: Context, error: Exception) -> HalfMadeError:
        try:
            shown = reading.live(resource, context, inputs) or {}
        except AccountError:
            shown = {}  # the id alone still lets the next run find the object
        made = reading.outputs(resource, inputs, shown, self._default_tags)
        return HalfMadeError(context["id"], made, reading.inputs_of(resource, inputs, made), str(error))


def _call_for(call: Call, news: Values) -> Call:
    """The call, or the one that is made in its stead."""
    return call.absent if call.absent and news.get(call.carries[0]) in EMPTY else call


def _without_gone(resource: Resource, olds: Values, news: Values) -> Values:
    """The recorded outputs without the properties that the program gives no more."""
    gone = resource.inputs - news.keys() - {*resource.kept, "region"}
    return {name: value for name, value in olds.items() if name not in gone}


def _made(resource: Resource, answer: Any, context: Context) -> tuple[str, Values]:
    """The object's id, and what create's answer says of it: the plain values at its top, or in the object in there."""
    found: Values = {}
    for name, value in cast(Values, answer or {}).items():
        inner: Any = (cast(list[Any], value) or [None])[0] if isinstance(value, list) else value
        found |= cast(Values, inner) if isinstance(inner, dict) and name != "ResponseMetadata" else {name: inner}
    told: Values = {property_name(name): value for name, value in found.items() if isinstance(value, str)}
    told |= {name: found[path] for name, path in resource.reads.items() if path in found}
    where = resource.create.at
    if "{" in where:
        return str(fill(where, {**context.known, **told})).rstrip("_"), told
    return str(step_into(answer, output_shape(resource.service, resource.create.operation), where)[0]), told
