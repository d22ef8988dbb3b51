"""Watches a stack during updates: clients reach healthy tasks, and ECS could start each running revision again.

A thread reads the account again and again. A reading counts only if neither the service nor the listeners changed
meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Self

from tests.live.needs import Needs
from tests.live.stack import Stack

_PAUSE_SECONDS: Final = 0.4  # between two readings, each of which takes processor time from the update
_JOIN_SECONDS: Final = 30


@dataclass
class Breach:
    """What was missing, and when it was seen first and last, in seconds since the start."""

    what: str
    first: float
    last: float
    listener: str = ""  # the ARN, if it is about one listener

    def __str__(self) -> str:
        return f"{self.first:.2f}-{self.last:.2f} s: {self.what}"


class CutOffError(AssertionError):
    """Clients or running revisions lacked something during an update."""


@dataclass(frozen=True)
class _Moment:
    """What decides whether a reading is consistent."""

    service: Mapping[str, Any] | None  # None: none is active
    listeners: Sequence[Mapping[str, Any]]


@dataclass
class Watch:
    """A context manager that reads the account before, during and after its body.

    Leaving it raises `CutOffError` with all breaches, unless the body itself has failed. A listener that is gone by
    then is not judged: its clients have lost it anyway.
    """

    stack: Stack
    readings: int = 0
    breaches: dict[str, Breach] = field(default_factory=dict[str, Breach])
    _failure: Exception | None = None
    _served: set[str] = field(default_factory=set[str])  # listeners that have led to healthy targets

    def __enter__(self) -> Self:
        # With all clients, as boto3 makes none in two threads at once.
        self._needs = Needs.of(self.stack)
        self._client = self._needs.account.client
        self._began = time.monotonic()
        self._ended = threading.Event()
        self._read_once()
        self._thread = threading.Thread(target=self._read_until_ended, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._ended.set()
        self._thread.join(_JOIN_SECONDS)
        if kind is not None:
            return
        assert not self._thread.is_alive(), "the thread has not ended"
        if self._failure:
            raise self._failure
        assert self.readings > 1, "no consistent reading during the update"
        remaining = {listener["ListenerArn"] for listener in self._moment().listeners}
        self._served |= remaining
        self._read_once()
        breaches = [breach for breach in self.breaches.values() if breach.listener in ("", *remaining)]
        if breaches:
            raise CutOffError("\n".join(str(breach) for breach in breaches))

    def wait_for_readings(self, count: int = 2) -> None:
        """Waits until the thread has read the account this often; the first of them may have begun before the call."""
        goal, deadline = self.readings + count, time.monotonic() + _JOIN_SECONDS
        while self.readings < goal and self._thread.is_alive():
            assert time.monotonic() < deadline, "the thread does not read"
            time.sleep(_PAUSE_SECONDS)

    def _read_once(self) -> None:
        """Reads until a reading is consistent."""
        goal, deadline = self.readings + 1, time.monotonic() + _JOIN_SECONDS
        while self.readings < goal:
            assert time.monotonic() < deadline, "no consistent reading"
            self._read()

    def _read_until_ended(self) -> None:
        try:
            while not self._ended.wait(_PAUSE_SECONDS):
                self._read()
        except Exception as error:
            self._failure = error

    def _read(self) -> None:
        """Adds the breaches of one consistent reading. An inconsistent one is dropped."""
        moment = self._moment()
        at = time.monotonic() - self._began
        try:
            found = [*self._traffic(moment)]
            if moment.service is not None:
                found += [(what, "") for what in self._needs.missing(moment.service)]
        except self._client("elbv2").exceptions.ClientError as error:
            # An object that was just listed is gone.
            if self._moment() == moment:
                raise AssertionError(f"the account refused to be read: {error}") from error
            return
        if self._moment() != moment:
            return
        self.readings += 1
        for what, listener in found:
            self.breaches.setdefault(what, Breach(what, at, at, listener)).last = at

    def _moment(self) -> _Moment:
        ecs, elb = self._client("ecs"), self._client("elbv2")
        cluster, name = self.stack.named("voiceter-cluster"), self.stack.named("voiceter-backend")
        services: list[dict[str, Any]] = []
        with suppress(ecs.exceptions.ClusterNotFoundException):
            services = ecs.describe_services(cluster=cluster, services=[name])["services"]
        listeners: list[dict[str, Any]] = []
        with suppress(elb.exceptions.LoadBalancerNotFoundException):
            (balancer,) = elb.describe_load_balancers(Names=[name])["LoadBalancers"]
            listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        return _Moment(next((one for one in services if one["status"] == "ACTIVE"), None), listeners)

    def _traffic(self, moment: _Moment) -> Iterator[tuple[str, str]]:
        """Yields what keeps clients from healthy tasks, with the listener, if there are running tasks.

        A new listener counts once it has led to healthy tasks, or once another listener redirects to it.
        """
        if moment.service is None or not moment.service["runningCount"]:
            return
        ways = {listener["ListenerArn"]: self._way(listener) for listener in moment.listeners}
        healthy = {group: self._is_healthy(group) for way in ways.values() for group in way.weights}
        by_port = {f"{one['Protocol']}:{one['Port']}": one["ListenerArn"] for one in moment.listeners}
        problems: dict[str, str] = {}
        for listener in moment.listeners:
            arn = listener["ListenerArn"]
            problem = ways[arn].problem(healthy, by_port)
            problems[arn] = f"{listener['Protocol']} on port {listener['Port']}: {problem}" if problem else ""
            if not problem:
                self._served.add(arn)
        redirected = {by_port.get(way.redirects_to) for way in ways.values()}
        counted = [arn for arn in problems if arn in self._served or arn in redirected]
        yield from ((problems[arn], arn) for arn in counted if problems[arn])
        if all(problems.values()):
            yield f"no listener leads to a healthy task: {[*problems.values()]}", ""

    def _way(self, listener: Mapping[str, Any]) -> _Way:
        """Returns where a listener sends a client's request."""
        rules: list[dict[str, Any]] = self._client("elbv2").describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
        matching = [rule for rule in rules if all(_matches_clients(one) for one in rule["Conditions"])]
        rule = min(matching, key=_priority)
        action = rule["Actions"][-1]
        if action["Type"] == "redirect":
            to = action["RedirectConfig"]
            return _Way(redirects_to=f"{to['Protocol']}:{to['Port']}")
        if action["Type"] != "forward":
            return _Way(answer=action["Type"])
        config: Mapping[str, Any] = action.get("ForwardConfig") or {}
        groups: list[dict[str, Any]] = config.get("TargetGroups") or [
            {"TargetGroupArn": action["TargetGroupArn"], "Weight": 1}
        ]
        return _Way(weights={one["TargetGroupArn"]: int(one.get("Weight", 1)) for one in groups})

    def _is_healthy(self, group: str) -> bool:
        targets = self._client("elbv2").describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return any(one["TargetHealth"]["State"] == "healthy" for one in targets)


@dataclass(frozen=True)
class _Way:
    """Where the first rule that matches clients' requests leads: exactly one of the three is set."""

    weights: Mapping[str, int] = field(default_factory=dict[str, int])  # by target group
    redirects_to: str = ""  # protocol:port
    answer: str = ""  # the type of another action

    def problem(self, healthy: Mapping[str, bool], listeners: Mapping[str, str]) -> str:
        """Returns why a client may get no answer of a task; empty if it always does."""
        if self.answer:
            return f"clients get a {self.answer}"
        if self.redirects_to:
            return "" if self.redirects_to in listeners else f"redirects to {self.redirects_to}, which has no listener"
        empty = [arn for arn, weight in self.weights.items() if weight and not healthy[arn]]
        if empty:
            return f"forwards to a group without healthy targets: {', '.join(empty)}; weights {dict(self.weights)}"
        return "" if any(self.weights.values()) else f"all weights are 0: {dict(self.weights)}"


def _matches_clients(condition: Mapping[str, Any]) -> bool:
    """Returns whether the requests of clients meet a condition of a listener rule."""
    if condition["Field"] == "path-pattern":
        values = condition.get("Values") or condition["PathPatternConfig"]["Values"]
        assert values == ["/*"], f"the watch knows no clients that use only {values}"
        return True
    assert condition["Field"] == "http-header", f"the watch cannot evaluate {condition}"
    return False  # a header of testers


def _priority(rule: Mapping[str, Any]) -> float:
    return float("inf") if rule["IsDefault"] else int(rule["Priority"])
