"""Several processes on one plan: each takes some depots with their vehicles, then the parts are joined.

The helpers are plain child processes that speak pickle over their pipes, so that they can be started from
any thread or process (a queue worker included) and never import the caller's main module.
"""

from __future__ import annotations

import os
import pickle
import select
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import IO, Any

from routing.compiled import Compiled
from routing.day import Trips, make_day
from routing.engine import Control, Tally, run
from routing.plan import Plan
from routing.search import Search
from routing.solution import StopRule


@dataclass(slots=True)
class Task:
    """Work on these vehicles of this plan for so long."""

    days: dict[int, Trips]
    cars: set[int]
    seed: int
    stop: StopRule
    span: tuple[float, float]


@dataclass(slots=True)
class Report:
    """What came of it: the vehicles' trips in the current and the best plan."""

    current: dict[int, Trips]
    best: dict[int, Trips]
    iterations: int
    tally: Tally


def plan_from(c: Compiled, days: dict[int, Trips]) -> Plan:
    """A plan with these trips; all other stops are absent."""
    plan = Plan(c)
    plan.absent = set(c.stop_nodes)
    for k, trips in sorted(days.items()):
        day = make_day(c, k, trips)
        assert day is not None, "trips handed between processes are feasible"
        plan.set_day(day)
    return plan


def trips_of(plan: Plan, cars: set[int] | None = None) -> dict[int, Trips]:
    return {k: day.trips for k, day in enumerate(plan.days) if day.trips and (cars is None or k in cars)}


def work(c: Compiled, task: Task, control: Control) -> tuple[Report, Search]:
    """Do a task in this process."""
    search = Search(c, plan_from(c, task.days), task.seed, task.cars)
    tally = run(search, control)
    report = Report(
        trips_of(search.current, task.cars), trips_of(search.best, task.cars), search.iterations, tally
    )
    return report, search


class Helper:
    """A child process that does tasks for one problem."""

    def __init__(self, c: Compiled) -> None:
        root = str(Path(__file__).resolve().parent.parent)
        path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH")) if part)
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from routing.team import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )
        assert self.process.stdin is not None and self.process.stdout is not None
        self.to: IO[bytes] = self.process.stdin
        self.back: IO[bytes] = self.process.stdout
        self._send(c.problem)

    def _send(self, thing: object) -> None:
        pickle.dump(thing, self.to)
        self.to.flush()

    def start(self, task: Task) -> None:
        self._send(task)

    def answer(self, cancelled: Callable[[], bool] | None) -> Report | None:
        """The report, or None if cancelled while waiting. Raises RuntimeError if the child died."""
        while not select.select([self.back], [], [], 0.1)[0]:
            if cancelled is not None and cancelled():
                return None
        try:
            report: Report = pickle.load(self.back)
        except EOFError:
            raise RuntimeError(f"a planning process ended with code {self.process.wait()}") from None
        return report

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.to.close()
        self.back.close()


class Team:
    """Rounds of work shared by this process and its helpers."""

    def __init__(self, c: Compiled, workers: int, seed: int) -> None:
        self.c = c
        self.seed = seed
        self.rng = Random(seed)
        self.helpers = [Helper(c) for _ in range(workers - 1)]
        self.iterations = 0
        self.tally = Tally()

    def close(self) -> None:
        for helper in self.helpers:
            helper.close()

    def parts(self, plan: Plan) -> list[set[int]]:
        """Vehicles by part, cut between depots along a random direction so that work is shared evenly."""
        c, number = self.c, len(self.helpers) + 1
        weight: dict[int, int] = {}
        for k, day in enumerate(plan.days):
            depot = c.cars[k].node
            weight[depot] = weight.get(depot, 0) + 1 + sum(len(trip) for trip in day.trips)
        if len(weight) < number:
            return [set(range(len(c.cars)))] * number
        far = self.rng.choice(sorted(weight))
        order = sorted(weight, key=lambda depot: (c.distance[far][depot], depot))
        total, running = sum(weight.values()), 0
        part_of: dict[int, int] = {}
        for position, depot in enumerate(order):
            middle = running + weight[depot] / 2
            still = number - 1 - (len(order) - 1 - position)
            part_of[depot] = max(min(int(middle * number / total), number - 1, position), still, 0)
            running += weight[depot]
        return [{k for k, car in enumerate(c.cars) if part_of[car.node] == part} for part in range(number)]

    def round(self, plan: Plan, number: int, stop: StopRule, control: Control) -> tuple[Plan, Plan]:
        """(current, best) after one round from this plan."""
        parts = self.parts(plan)
        days = trips_of(plan)
        tasks = [
            Task(days, cars, hash((self.seed, number, i)) & 0x7FFFFFFF, stop, control.span)
            for i, cars in enumerate(parts)
        ]
        for helper, task in zip(self.helpers, tasks[1:], strict=True):
            helper.start(task)
        own, search = work(self.c, tasks[0], control)
        self._count(own)
        reports = [own]
        for helper in self.helpers:
            report = None if control.was_cancelled else helper.answer(control.cancelled)
            if report is None:
                control.was_cancelled = True
                return search.current, search.best
            self._count(report)
            reports.append(report)
        return self._join(plan, parts, reports)

    def _count(self, report: Report) -> None:
        self.iterations += report.iterations
        self.tally.subsolves += report.tally.subsolves
        self.tally.wins += report.tally.wins

    def _join(self, plan: Plan, parts: list[set[int]], reports: list[Report]) -> tuple[Plan, Plan]:
        if parts[0] == parts[-1]:
            plans = [(plan_from(self.c, r.current), plan_from(self.c, r.best)) for r in reports]
            return min(plans, key=lambda pair: pair[1].cost())
        current: dict[int, Trips] = {}
        best: dict[int, Trips] = {}
        for report in reports:
            current |= report.current
            best |= report.best
        return self._whole(current), self._whole(best)

    def _whole(self, days: dict[int, Trips]) -> Plan:
        """The parts as one plan; a left-out stop that two parts took in stays with the first."""
        seen: set[int] = set()
        clean: dict[int, Trips] = {}
        for k, trips in sorted(days.items()):
            kept = tuple(tuple(s for s in trip if s not in seen) for trip in trips)
            kept = tuple(trip for trip in kept if trip)
            if kept != trips and make_day(self.c, k, kept) is None:
                continue
            seen |= {s for trip in kept for s in trip}
            clean[k] = kept
        return plan_from(self.c, clean)


def _serve(source: IO[bytes], target: IO[bytes]) -> None:
    """Answer tasks until the pipe closes."""
    c = Compiled(pickle.load(source))
    while True:
        try:
            task: Any = pickle.load(source)
        except EOFError:
            return
        report, _ = work(c, task, Control(task.stop, task.span))
        pickle.dump(report, target)
        target.flush()


def serve() -> None:
    """Main of a helper process: tasks from standard input, reports to standard output."""
    # whatever a library prints must not end up in the pipe
    target = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _serve(sys.stdin.buffer, target)
