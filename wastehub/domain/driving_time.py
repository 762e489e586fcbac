"""How long a driver has driven since the last rest: 4 h of driving, then 20 min of rest, both as data.

The same rule runs on the phone without a network (frontend/src/driving_time.js); both are judged by
tests/domain/driving_time_cases.json. Only a rest that is told counts, and only one of the full length:
loading is work, and two short rests are no long one. From leaving a place to the first act at the next one
the vehicle counts as driving.
Source: 道路交通安全法实施条例, Art. 62(7); numbers in seed/reference/legal_limits.csv.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

What = Literal["depart", "stand", "rest_begin", "rest_end", "finish"]
State = Literal["off", "driving", "standing", "resting"]
Level = Literal["ok", "soon", "over"]


@dataclass(frozen=True, slots=True)
class DrivingRule:
    """Seconds. `day_max_s`: driving of one day; `warn_s`: how long before a limit the driver is told."""

    max_s: int
    break_s: int
    day_max_s: int
    warn_s: int


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that the crew did, in whole seconds of any one clock.

    `depart`: the vehicle leaves a place; `stand`: it is at one; `rest_end`: whatever was before the rest
    goes on.
    """

    what: What
    at_s: int


@dataclass(frozen=True, slots=True)
class Count:
    """What the clock says at one moment.

    `since_rest_s`: driven since the last full rest; `worst_s`: the most it has been; `left_s`: until the
    limit, never below 0; `rest_s`: how long the rest under way has lasted, `rest_left_s`: what is missing to
    a full one; `driven_s`: all driving. `level`, `day_level`: ok, soon, over.
    """

    state: State
    since_rest_s: int
    left_s: int
    driven_s: int
    rest_s: int
    rest_left_s: int
    worst_s: int
    level: Level
    day_level: Level


def rule_of(limits: Mapping[str, int]) -> DrivingRule:
    """The rule of a day's legal limits."""
    return DrivingRule(
        max_s=limits["driving_max_s"],
        break_s=limits["driving_break_s"],
        day_max_s=limits["driving_day_max_s"],
        warn_s=limits["driving_warn_s"],
    )


class _Clock:
    def __init__(self, rule: DrivingRule) -> None:
        self.rule = rule
        self.state: State = "off"
        self.before: State = "off"  # the rest under way
        self.at_s = 0
        self.rest_since_s = 0
        self.since_rest_s = self.driven_s = self.worst_s = 0

    def run_to(self, at_s: int) -> None:
        """Time passes."""
        if self.state == "driving":
            passed_s = at_s - self.at_s
            self.since_rest_s += passed_s
            self.driven_s += passed_s
            self.worst_s = max(self.worst_s, self.since_rest_s)
        elif self.state == "resting" and at_s - self.rest_since_s >= self.rule.break_s:
            self.since_rest_s = 0
        self.at_s = at_s

    def take(self, what: What) -> None:
        if what == "rest_begin":
            if self.state != "resting":
                self.before, self.state, self.rest_since_s = self.state, "resting", self.at_s
        elif what == "rest_end":
            if self.state == "resting":
                self.state = self.before
        elif what == "stand":
            # Whoever rests at a gate rests on while the other one loads.
            self.state, self.before = (
                ("resting", "standing") if self.state == "resting" else ("standing", "off")
            )
        else:
            self.state = "driving" if what == "depart" else "off"


def count(moments: Iterable[Moment], *, rule: DrivingRule, now_s: int) -> Count:
    """What the clock says now, of everything told so far, in whatever order it came.

    What lies after `now_s` (a phone's clock ahead of ours) is left out.
    """
    clock = _Clock(rule)
    for moment in sorted(moments, key=lambda each: each.at_s):
        if moment.at_s > now_s:
            break
        clock.run_to(moment.at_s)
        clock.take(moment.what)
    clock.run_to(now_s)
    resting = clock.state == "resting"
    rest_s = now_s - clock.rest_since_s if resting else 0
    return Count(
        state=clock.state,
        since_rest_s=clock.since_rest_s,
        left_s=max(0, rule.max_s - clock.since_rest_s),
        driven_s=clock.driven_s,
        rest_s=rest_s,
        rest_left_s=max(0, rule.break_s - rest_s) if resting else 0,
        worst_s=clock.worst_s,
        level=_level(clock.since_rest_s, rule.max_s, rule.warn_s),
        day_level=_level(clock.driven_s, rule.day_max_s, rule.warn_s),
    )


def _level(spent_s: int, limit_s: int, warn_s: int) -> Level:
    if spent_s > limit_s:
        return "over"
    return "soon" if spent_s >= limit_s - warn_s else "ok"
