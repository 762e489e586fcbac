"""A plan over several days, and what its stores hold each evening."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from routing.compiled import Compiled
from routing.finish import plan_of, solution_of
from routing.horizon.days import day_problem
from routing.horizon.model import Horizon, ServiceDay, Store
from routing.horizon.runs import trimmed
from routing.horizon.stock import Room, Stock, Transfer, at_start, brought, copy, room, take_in, take_out
from routing.problem import Problem, Stop
from routing.solution import Solution


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """Why not on a day: a code of `routing.reasons`, or not_ready or past_due (ready_day, due_day)."""

    code: str
    numbers: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOffer:
    """What one day could do for a request: where it would go and what it would add, or why not.

    `trip` and `position` count from 0; `new_trip`: a trip of its own there. `start_s`: start of service.
    """

    day: int
    vehicle_id: str | None = None
    trip: int = 0
    position: int = 0
    new_trip: bool = False
    start_s: int = 0
    extra_cost_fen: int = 0
    extra_m: int = 0
    extra_s: int = 0
    why_not: WhyNot | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPlan:
    """One day: its problem, in which locations are numbered anew, and its routes."""

    day: int
    problem: Problem
    solution: Solution


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """A request that is on no day. `offers` says of each of its days why not.

    Codes: no_service_day (no day of the horizon lies between ready and due day), later (it may still wait:
    its due day lies behind the horizon), else the reason of the last day it could have had.
    """

    request_id: str
    code: str
    numbers: Mapping[str, int | str] = field(default_factory=dict)
    offers: tuple[DayOffer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HorizonPlan:
    """Routes by day, transfers, and the requests that are on no day."""

    horizon: Horizon
    days: tuple[DayPlan, ...]
    transfers: tuple[Transfer, ...]
    undone: tuple[Undone, ...] = ()

    @property
    def cost_fen(self) -> int:
        """Fen of all routes and transfers."""
        routes = sum(route.cost_fen for day in self.days for route in day.solution.routes)
        return routes + sum(transfer.cost_fen for transfer in self.transfers)

    @property
    def day_of(self) -> dict[str, int]:
        """The day of each request that has one."""
        return {
            visit.stop_id: day.day
            for day in self.days
            for route in day.solution.routes
            for trip in route.trips
            for visit in trip.visits
        }

    def evenings(self) -> dict[int, Stock]:
        """What every store holds at the end of each day, in grams by depot and load class."""
        held, found = at_start(self.horizon), {}
        for service, plan in zip(self.horizon.days, self.days, strict=True):
            take_out(held, self.on(plan.day))
            take_in(held, self.brought(service, plan))
            found[plan.day] = copy(held)
        return found

    def on(self, day: int) -> list[Transfer]:
        """The transfers of a day."""
        return [transfer for transfer in self.transfers if transfer.day == day]

    def brought(self, service: ServiceDay, plan: DayPlan) -> Stock:
        """What a day's routes bring into the stores."""
        return brought(service.vehicles, {stop.id: stop for stop in plan.problem.stops}, plan.solution)

    def rooms(self) -> list[dict[str, Room]]:
        """What each depot may take in on each day, in order, so that no store overflows then or later.

        It is the room before the day's routes come: what they bring counts as room.
        """
        evenings, found = self.evenings(), list[dict[str, Room]]()
        for number, (service, day) in enumerate(zip(self.horizon.days, self.days, strict=True)):
            coming = self.brought(service, day)
            rooms: dict[str, Room] = {}
            for store in self.horizon.stores:
                left = Room()
                for later in self.days[number:]:
                    left = left.within(room(store, evenings[later.day][store.depot]))
                rooms[store.depot] = _plus(left, coming.get(store.depot, {}), store)
            found.append(rooms)
        return found

    def stops_of(self, solution: Solution) -> list[Stop]:
        """The stops that a day's solution visits, as the horizon knows them."""
        stops = {request.id: request.stop for request in self.horizon.requests}
        return [
            stops[visit.stop_id] for route in solution.routes for trip in route.trips for visit in trip.visits
        ]


def rebuilt(plan: HorizonPlan, solutions: Sequence[Solution]) -> HorizonPlan:
    """The plan with the routes of these solutions, one for each day, seen by the checker.

    Transfers are cut down to what is there; problems state the room that the stores really have. A stop
    that no longer fits is not in the plan.
    """
    held = at_start(plan.horizon)
    days, transfers = list[DayPlan](), list[Transfer]()
    for service, old, solution in zip(plan.horizon.days, plan.days, solutions, strict=True):
        leaving = trimmed(plan.on(old.day), held)
        take_out(held, leaving)
        rooms = {store.depot: room(store, held[store.depot]) for store in plan.horizon.stores}
        problem = day_problem(plan.horizon, service, plan.stops_of(solution), rooms)
        c = Compiled(problem)
        new = DayPlan(
            day=old.day, problem=problem, solution=solution_of(c, plan_of(c, solution), old.solution.stats)
        )
        take_in(held, plan.brought(service, new))
        days.append(new)
        transfers += leaving
    return replace(plan, days=tuple(days), transfers=tuple(transfers))


def _plus(left: Room, coming: Mapping[str, int], store: Store) -> Room:
    by_class = {name: left.by_class_g[name] + coming.get(name, 0) for name in store.capacity_g}
    total = None if left.total_g is None else left.total_g + sum(coming.values())
    return Room(by_class, total)
