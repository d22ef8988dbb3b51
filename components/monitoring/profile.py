"""What is declared about the state of a stack: alarms, and the dashboard's graphs with the alarms' thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from components.monitoring.metric_math import Math, Single


@dataclass(frozen=True, kw_only=True)
class Graph:
    """A graph of the dashboard."""

    title: str
    unit: str  # of the left axis
    lines: Sequence[list[Any]]  # see Metric.line
    period: int = 60  # seconds


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """An alarm, with its threshold in the dashboard and its section in docs/alarms.md.

    The texts become the alarm's description and the section. `{threshold}` in `meaning` stands for the threshold.
    """

    kind: str
    subject: str | None = None  # for one of several alarms of a kind, such as the table that it watches
    severity: Literal["warning", "critical"]
    component: str  # the part of the system that the alarm is about
    watches: Single | Math
    threshold: float
    below: bool = False  # whether the alarm fires below the threshold, not above it
    evaluations: int  # periods that must all breach the threshold
    missing_is_bad: bool = False
    rolls_back: bool = False  # whether ECS rolls a deployment back when the alarm fires
    graph: Graph | None = None  # the graph in which the dashboard draws the threshold
    meaning: str  # one sentence
    first_step: str  # what to do first, lower case, without a full stop
    look_at: str  # where to look next; a phrase, without a full stop
    note: str = ""  # a sentence
    command: str  # the first command to run, for a shell in which the stack is selected

    @property
    def name(self) -> str:
        """The alarm's name before the stack's prefix and suffix."""
        return "-".join(part for part in (self.kind, self.subject, self.severity) if part)

    @property
    def section(self) -> str:
        """The heading of the alarm's section in docs/alarms.md. Alarms of one kind and severity share it."""
        return f"{self.kind}-{self.severity}"

    @property
    def explanation(self) -> str:
        """What the alarm means, with the threshold filled in."""
        return self.meaning.replace("{threshold}", f"{self.threshold:g}")

    def description(self, dashboard_url: str) -> str:
        """Returns the description that CloudWatch shows and sends with the alarm."""
        advice = f"{self.explanation} First {self.first_step}. Look at {self.look_at}."
        links = f"See docs/alarms.md#{self.section} and {dashboard_url}"
        return " ".join(part for part in (advice, self.note, links) if part)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The alarms and graphs of one source of metrics, or of all sources."""

    alarms: Sequence[Alarm] = ()
    graphs: Sequence[Graph] = ()

    @property
    def rollback_alarms(self) -> list[Alarm]:
        """The alarms that roll a deployment back. They exist before the service, which names them."""
        return [alarm for alarm in self.alarms if alarm.rolls_back]

    @property
    def other_alarms(self) -> list[Alarm]:
        """The alarms about a service that has been deployed. While the first tasks start, they would fire."""
        return [alarm for alarm in self.alarms if not alarm.rolls_back]

    def thresholds(self, graph: Graph) -> list[tuple[str, float]]:
        """Returns label and value of the thresholds to draw in a graph.

        Two alarms of a kind in the same graph have their severity in the label.
        """
        drawn = [alarm for alarm in self.alarms if alarm.graph is graph]
        kinds = [alarm.kind for alarm in drawn]
        return [
            (f"{alarm.kind}-{alarm.severity}" if kinds.count(alarm.kind) > 1 else alarm.kind, alarm.threshold)
            for alarm in drawn
        ]


def join(profiles: Sequence[Profile]) -> Profile:
    """Returns the alarms and graphs of all profiles, in their order."""
    return Profile(
        alarms=[alarm for profile in profiles for alarm in profile.alarms],
        graphs=[graph for profile in profiles for graph in profile.graphs],
    )
