"""Requests change days once the routes are known: the estimates have done their part, exact costs decide.

Every request asks what its day saves without it and what another of its days would pay for it, at its
exact best place there; then every short route asks whether all its stops could go elsewhere for less than
it costs. No move breaks a rule of a day or overfills a store on any evening. Deterministic.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from routing.compiled import Compiled
from routing.day import Day
from routing.finish import plan_of, unexplained
from routing.horizon.days import day_problem
from routing.horizon.levels import Levels
from routing.horizon.model import Request
from routing.horizon.onward import total_leaving
from routing.horizon.result import HorizonPlan, rebuilt
from routing.horizon.stock import at_start, mass_by_class
from routing.plan import Place, Plan

SWEEPS = 3
# A route with more stops than this is not emptied: all of them would have to fit in somewhere else.
ROUTE_STOPS_MAX = 8


def settle(
    plan: HorizonPlan, still_open: Iterable[Request] = (), *, until: float | None = None
) -> tuple[HorizonPlan, set[int]]:
    """The plan with requests on better days, those still open among them; and the days that changed.

    `until`: when to stop, by the monotonic clock; those still open are tried in any case. Transfers take
    less where less is there, never more.
    """
    work = _Settling(plan, list(still_open), until)
    work.take_in()
    for _ in range(SWEEPS):
        before = work.moves
        work.move_requests()
        work.empty_routes()
        if work.moves == before:
            break
    if not work.moves:
        return plan, set()
    found = rebuilt(plan, [unexplained(day.c, day.plan) for day in work.days])
    assert len(found.day_of) == len(work.home), "every move was tried with all rules"
    return found, {work.days[number].day for number in work.changed}


class _OpenDay:
    """A day that may be changed: its routes, and beside them the requests that could come to it."""

    def __init__(self, plan: HorizonPlan, number: int, requests: Sequence[Request]) -> None:
        self.day = plan.days[number].day
        stops = [one.stop for one in requests if one.ready_day <= self.day <= one.due_day]
        self.c = Compiled(day_problem(plan.horizon, plan.horizon.days[number], stops, {}))
        self.plan: Plan = plan_of(self.c, plan.days[number].solution)

    def depot(self, car: int) -> str:
        return self.c.cars[car].vehicle.depot

    def place_at(self, s: int, depots: set[str]) -> Place | None:
        """The exact best place for s among the vehicles of these depots."""
        best: Place | None = None
        for place in self.plan.every_place(s):
            if self.depot(place.car) not in depots or self.plan.storage_over_g(
                self.c.cars[place.car].node, s
            ):
                continue
            day = self.plan.day_with(s, place)
            if day is not None:
                extra = float(day.cost_fen - self.plan.days[place.car].cost_fen)
                if best is None or extra < best.estimate:
                    best = replace(place, estimate=extra)
        return best


@dataclass(slots=True)
class _Undo:
    """How to take one step back: the day of a vehicle as it was, and the grams to be counted again."""

    number: int
    before: Day
    grams: Sequence[tuple[int, int]]  # (request, sign of what was counted)


class _Settling:
    def __init__(self, plan: HorizonPlan, still_open: list[Request], until: float | None) -> None:
        self.until = until
        planned = plan.day_of
        wanted = planned.keys() | {request.id for request in still_open}
        self.requests = [request for request in plan.horizon.requests if request.id in wanted]
        self.grams = [mass_by_class(request.stop) for request in self.requests]
        numbers = {day.day: number for number, day in enumerate(plan.days)}
        days = {r: planned.get(request.id) for r, request in enumerate(self.requests)}
        self.home = {r: numbers[day] for r, day in days.items() if day is not None}
        self.days = [_OpenDay(plan, number, self.requests) for number in range(len(plan.days))]
        self.levels = _levels(plan)
        self.changed: set[int] = set()
        self.moves = 0

    def _late(self) -> bool:
        return self.until is not None and time.monotonic() > self.until

    def take_in(self) -> None:
        """Let the requests that are on no day find one, the most pressing first."""
        open_ones = [r for r in range(len(self.requests)) if r not in self.home]
        for r in sorted(open_ones, key=lambda r: (self.requests[r].due_day, r)):
            self._try([r])

    def move_requests(self) -> None:
        """Let each request look for a cheaper day."""
        for r in range(len(self.requests)):
            if self._late():
                return
            self._try([r])

    def empty_routes(self) -> None:
        """Let the stops of each short route look for other days, so that the vehicle can stay at home."""
        index = {request.id: r for r, request in enumerate(self.requests)}
        for day in self.days:
            for car in range(len(day.c.cars)):
                if self._late():
                    return
                members = [s for trip in day.plan.days[car].trips for s in trip]
                if 1 < len(members) <= ROUTE_STOPS_MAX:
                    self._try([index[day.c.stop(s).id] for s in members])

    def _try(self, members: list[int]) -> None:
        """Move these requests, all of one vehicle or one still open, to other days if that is cheaper."""
        undo: list[_Undo] = []
        home = self.home.get(members[0])
        saved = self._leave(members, undo)
        for r in members:
            if saved is None:
                break
            saved = self._enter(r, home, saved, undo)
        if saved is None:
            self._undo(undo)
            return
        self.moves += len(members)
        for step in undo:
            self.changed.add(step.number)

    def _leave(self, members: list[int], undo: list[_Undo]) -> float | None:
        """Take them out of their vehicle's day: the fen saved, None if the rest of it is impossible."""
        number = self.home.get(members[0])
        if number is None:
            stop = self.requests[members[0]].stop
            return float(stop.penalty_fen) if stop.optional else float("inf")
        day = self.days[number]
        nodes = {day.c.node_of[self.requests[r].id] for r in members}
        car = day.plan.home[min(nodes)]
        before, after = day.plan.days[car], day.plan.day_without(car, nodes)
        if after is None:
            return None
        day.plan.set_day(after)
        for r in members:
            self.levels.take(day.depot(car), day.day, self.grams[r], -1)
        undo.append(_Undo(number, before, [(r, -1) for r in members]))
        return float(before.cost_fen - after.cost_fen)

    def _enter(self, r: int, home: int | None, saved: float, undo: list[_Undo]) -> float | None:
        """Put one request on its cheapest other day: what is left of the saving, None if nothing is."""
        best = self._best_place(r, home)
        if best is None or best[1].estimate >= saved:
            return None
        number, place = best
        day = self.days[number]
        before = day.plan.days[place.car]
        assert day.plan.insert(day.c.node_of[self.requests[r].id], place), "a place found must take its stop"
        self.levels.take(day.depot(place.car), day.day, self.grams[r], 1)
        undo.append(_Undo(number, before, [(r, 1)]))
        self.home[r] = number
        return saved - place.estimate

    def _best_place(self, r: int, home: int | None) -> tuple[int, Place] | None:
        request = self.requests[r]
        best: tuple[int, Place] | None = None
        for number, day in enumerate(self.days):
            if number == home or not request.ready_day <= day.day <= request.due_day:
                continue
            place = self._place(day, r)
            if place is not None and (best is None or place.estimate < best[1].estimate):
                best = number, place
        return best

    def _place(self, day: _OpenDay, r: int) -> Place | None:
        """The exact best place on this day, at a depot whose store has room on all evenings to come."""
        s = day.c.node_of[self.requests[r].id]
        place = day.plan.exact_place(s)
        if place is None or self.levels.admits(day.depot(place.car), day.day, self.grams[r]):
            return place
        depots = {day.depot(car) for car in day.c.choices[s]}
        open_ones = {name for name in depots if self.levels.admits(name, day.day, self.grams[r])}
        return day.place_at(s, open_ones) if open_ones else None

    def _undo(self, steps: list[_Undo]) -> None:
        for step in reversed(steps):
            day = self.days[step.number]
            depot = day.depot(step.before.car)
            for r, sign in step.grams:
                self.levels.take(depot, day.day, self.grams[r], -sign)
                if sign < 0:
                    self.home[r] = step.number
            day.plan.set_day(step.before)


def _levels(plan: HorizonPlan) -> Levels:
    """What the stores hold under this plan, ready to be changed."""
    days = [day.day for day in plan.days]
    levels = Levels(plan.horizon, days, at_start(plan.horizon), total_leaving(plan.transfers))
    for service, day in zip(plan.horizon.days, plan.days, strict=True):
        for depot, grams in plan.brought(service, day).items():
            levels.take(depot, day.day, grams, 1)
    return levels
