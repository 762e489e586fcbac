"""Questions asked of a plan over several days: which day could a request have, who passes near a place?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from routing.compiled import Compiled
from routing.day import route_of
from routing.explain import Explanation, explain
from routing.finish import plan_of, solution_of, unexplained
from routing.horizon.days import Legs, Newcomer, day_problem, with_place
from routing.horizon.model import Request
from routing.horizon.result import DayOffer, DayPlan, HorizonPlan, WhyNot, rebuilt
from routing.horizon.stock import Room
from routing.plan import Plan
from routing.problem import Stop
from routing.reasons import reason_for
from routing.solution import Route, Solution

ByMatrix = Mapping[str, Legs]


def offer(plan: HorizonPlan, request: Request, legs: Legs | ByMatrix | None = None) -> list[DayOffer]:
    """For every day of the plan: where the request would go and at what extra cost, or why not.

    The day's routes keep their order, and no store overflows on that day or later. `legs`: the ways to a
    place that the horizon's matrix does not hold (by matrix, if vehicles drive by several). A request the
    plan has already is thought away from its day first.
    """
    newcomer = _newcomer(request, legs)
    plan = _without(plan, request.id)
    rooms = plan.rooms()
    return [
        _closed(plan.days[number].day, request)
        or _Day(plan, number, rooms[number], newcomer=newcomer).offer(request.id)
        for number in range(len(plan.days))
    ]


def offers_of(plan: HorizonPlan, requests: Sequence[Request]) -> dict[str, list[DayOffer]]:
    """The offers of several requests that are on no day, each as if the others did not exist."""
    rooms = plan.rooms()
    found: dict[str, list[DayOffer]] = {request.id: [] for request in requests}
    for number, one in enumerate(plan.days):
        day: _Day | None = None
        for request in requests:
            closed = _closed(one.day, request)
            if closed is None and day is None:
                day = _Day(plan, number, rooms[number], [each.stop for each in requests])
            found[request.id].append(closed or day.offer(request.id))  # type: ignore[union-attr]
    return found


def _newcomer(request: Request, legs: Legs | ByMatrix | None) -> Newcomer:
    return Newcomer(request.stop, {"": legs} if isinstance(legs, Legs) else legs)


def _closed(day: int, request: Request) -> DayOffer | None:
    """The answer for a day on which the request may not be visited at all."""
    if request.ready_day <= day <= request.due_day:
        return None
    code = "not_ready" if day < request.ready_day else "past_due"
    term = {"ready_day": request.ready_day, "due_day": request.due_day}
    return DayOffer(day=day, why_not=WhyNot(code=code, numbers=term))


class _Day:
    """One day of the plan with further stops beside it, not yet planned."""

    def __init__(
        self,
        plan: HorizonPlan,
        number: int,
        room: Mapping[str, Room],
        visitors: Sequence[Stop] = (),
        newcomer: Newcomer | None = None,
    ) -> None:
        self.day: DayPlan = plan.days[number]
        stops = [*plan.stops_of(self.day.solution), *visitors]
        self.problem = day_problem(plan.horizon, plan.horizon.days[number], stops, room, newcomer)
        self.c = Compiled(self.problem)
        self.plan: Plan = plan_of(self.c, self.day.solution)

    def offer(self, stop_id: str) -> DayOffer:
        """Where this stop would go on this day, as if the others beside the plan did not exist."""
        s = self.c.node_of[stop_id]
        place = self.plan.exact_place(s)
        if place is None:
            why = reason_for(self.c, self.plan, s)
            return DayOffer(day=self.day.day, why_not=WhyNot(code=why.reason, numbers=why.numbers))
        old, new = self.plan.days[place.car], self.plan.day_with(s, place)
        assert new is not None, "a place found must take its stop"
        visits = (visit for trip in route_of(self.c, new).trips for visit in trip.visits)
        idle = old.end_s - old.start_s if old.trips else 0
        return DayOffer(
            day=self.day.day,
            vehicle_id=self.c.cars[place.car].vehicle.id,
            trip=place.trip,
            position=place.at,
            new_trip=place.new,
            start_s=next(visit.start_s for visit in visits if visit.stop_id == stop_id),
            extra_cost_fen=new.cost_fen - old.cost_fen,
            extra_m=new.distance_m - old.distance_m,
            extra_s=new.end_s - new.start_s - idle,
        )

    def taken(self, stop_id: str) -> DayPlan:
        """The day with this stop at its best place, seen by the checker."""
        s = self.c.node_of[stop_id]
        place = self.plan.exact_place(s)
        assert place is not None and self.plan.insert(s, place), "what is offered must be possible"
        solution = solution_of(self.c, self.plan, self.day.solution.stats)
        return DayPlan(day=self.day.day, problem=self.problem, solution=solution)


def _without(plan: HorizonPlan, stop_id: str) -> HorizonPlan:
    """The plan with this stop thought away, if it is on a day that goes on without it."""
    if stop_id not in plan.day_of:
        return plan
    solutions = [_stripped(day.solution, stop_id) for day in plan.days]
    found = rebuilt(plan, solutions)
    return found if len(found.day_of) == len(plan.day_of) - 1 else plan


def _stripped(solution: Solution, stop_id: str) -> Solution:
    routes = []
    for route in solution.routes:
        kept = [tuple(visit for visit in trip.visits if visit.stop_id != stop_id) for trip in route.trips]
        trips = (replace(trip, visits=visits) for trip, visits in zip(route.trips, kept, strict=True))
        routes.append(replace(route, trips=tuple(trips)))
    return replace(solution, routes=tuple(routes))


def explained(
    plan: HorizonPlan, request: Request, day: int, legs: Legs | ByMatrix | None = None
) -> Explanation:
    """Why a day cannot take the request, vehicle by vehicle, and what would make it possible."""
    plan, number = _without(plan, request.id), _number(plan, day)
    question = _Day(plan, number, plan.rooms()[number], newcomer=_newcomer(request, legs))
    return explain(question.problem, unexplained(question.c, question.plan), [request.id])[0]


def accept(plan: HorizonPlan, request: Request, day: int, legs: Legs | ByMatrix | None = None) -> HorizonPlan:
    """The plan with the request on this day, at the place that `offer` names, seen by the checker.

    A request that was on another day is taken off it; one that is new joins the horizon. Raises
    ValueError if the day cannot take it.
    """
    if legs is not None:
        plan, request = _with_place(plan, request, {"": legs} if isinstance(legs, Legs) else legs)
    number, plan = _number(plan, day), _without(plan, request.id)
    there = _Day(plan, number, plan.rooms()[number], newcomer=Newcomer(request.stop))
    why_not = (_closed(day, request) or there.offer(request.id)).why_not
    if why_not is not None:
        raise ValueError(f"day {day} cannot take {request.id}: {why_not.code}")
    days = list(plan.days)
    days[number] = there.taken(request.id)
    others = tuple(one for one in plan.horizon.requests if one.id != request.id)
    return replace(
        plan,
        horizon=replace(plan.horizon, requests=(*others, request)),
        days=tuple(days),
        undone=tuple(one for one in plan.undone if one.request_id != request.id),
    )


def _number(plan: HorizonPlan, day: int) -> int:
    for number, one in enumerate(plan.days):
        if one.day == day:
            return number
    raise ValueError(f"day {day} is not in the plan")


def _with_place(plan: HorizonPlan, request: Request, legs: ByMatrix) -> tuple[HorizonPlan, Request]:
    """The plan over a horizon whose matrices hold the request's place as well, as the last one."""
    horizon = plan.horizon
    known = replace(request, stop=replace(request.stop, location=horizon.travel.size))
    wider = replace(
        horizon,
        travel=with_place(horizon.travel, legs, ""),
        travels={name: with_place(travel, legs, name) for name, travel in horizon.travels.items()},
    )
    return replace(plan, horizon=wider), known


@dataclass(frozen=True, slots=True)
class Passing:
    """A vehicle that comes near a place: `detour_m` between these two stops (None: the depot)."""

    day: int
    vehicle_id: str
    detour_m: int
    after_stop: str | None
    before_stop: str | None
    at_s: int


def passing(
    plan: HorizonPlan, location: int, radius_m: int, legs: Legs | ByMatrix | None = None
) -> list[Passing]:
    """Vehicles for which a place lies no further than `radius_m` off their way, there and back counted.

    One line for each day and vehicle, the nearest; by day, then by detour. Looks at the way only: whether
    the vehicle has time and room is what `offer` says. `location` counts in the horizon's matrix; it is
    not looked at when `legs` are given.
    """
    by_matrix = {"": legs} if isinstance(legs, Legs) else legs
    found = []
    for number in range(len(plan.days)):
        for route in plan.days[number].solution.routes:
            nearest = _nearest(plan, number, route, location, by_matrix)
            if nearest is not None and nearest.detour_m <= 2 * radius_m:
                found.append(nearest)
    return sorted(found, key=lambda one: (one.day, one.detour_m, one.vehicle_id))


def _nearest(
    plan: HorizonPlan, number: int, route: Route, location: int, legs: ByMatrix | None
) -> Passing | None:
    service = plan.horizon.days[number]
    vehicle = next(one for one in service.vehicles if one.id == route.vehicle_id)
    travel = plan.horizon.travels[vehicle.travel] if vehicle.travel else plan.horizon.travel
    metres = travel.distance_m
    out = metres[location] if legs is None else legs[vehicle.travel].to_m
    back = metres[:, location] if legs is None else legs[vehicle.travel].from_m
    home = next(depot.location for depot in service.depots if depot.id == vehicle.depot)
    where = {request.id: request.stop.location for request in plan.horizon.requests}
    best: Passing | None = None
    for trip in route.trips:
        leave = (None, home, trip.leave_s)
        places = [leave, *((v.stop_id, where[v.stop_id], v.depart_s) for v in trip.visits), leave]
        for (name, here, at_s), (following, there, _) in pairwise(places):
            detour = int(back[here]) + int(out[there]) - int(metres[here, there])
            if best is None or detour < best.detour_m:
                best = Passing(service.day, vehicle.id, detour, name, following, at_s)
    return best
