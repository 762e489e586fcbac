"""The end of the story: requests settle on better days, days are routed again, the rest gets reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from routing.horizon.budget import Budget
from routing.horizon.days import day_problem
from routing.horizon.model import Request
from routing.horizon.offers import offers_of
from routing.horizon.result import DayOffer, HorizonPlan, Undone, rebuilt
from routing.horizon.settling import settle
from routing.solution import Solution, Unassigned


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left when every day has its first routes: means, open requests, why they were left out."""

    budget: Budget
    seed: int
    cancelled: Callable[[], bool] | None
    solve: Callable[..., Solution]
    open: Mapping[str, Request]
    last_reason: Mapping[str, Unassigned]


def finished(plan: HorizonPlan, rest: Rest) -> HorizonPlan:
    """The plan settled, its changed days routed again, and a reason for every request that is on no day."""
    last = plan.horizon.days[-1].day
    pressing = [request for request in rest.open.values() if request.due_day <= last]
    plan, changed = settle(plan, pressing, until=rest.budget.settling())
    plan = _routed_again(plan, changed, rest)
    plan, _ = settle(plan, _left(plan, pressing), until=0)
    left = _left(plan, pressing)
    offers = offers_of(plan, left)
    undone = [_undone(request, rest.last_reason.get(request.id), offers[request.id]) for request in left]
    waiting = (request for request in rest.open.values() if request.due_day > last)
    undone += [
        Undone(request_id=request.id, code="later", numbers=_term(request))
        for request in _left(plan, waiting)
    ]
    return replace(plan, undone=tuple(undone))


def _left(plan: HorizonPlan, requests: Iterable[Request]) -> list[Request]:
    """Those that are on no day, the most pressing first."""
    planned = plan.day_of
    out = (request for request in requests if request.id not in planned)
    return sorted(out, key=lambda one: (one.due_day, one.id))


def _routed_again(plan: HorizonPlan, changed: set[int], rest: Rest) -> HorizonPlan:
    """The changed days with better routes for the same stops, where there are any."""
    to_come = sum(day.solution.assigned for day in plan.days if day.day in changed)
    for number, day in enumerate(plan.days):
        if day.day not in changed:
            continue
        stops = plan.stops_of(day.solution)
        problem = day_problem(plan.horizon, plan.horizon.days[number], stops, plan.rooms()[number])
        again = rest.solve(
            problem,
            stop=rest.budget.again(len(stops), to_come),
            seed=rest.seed + number,
            initial=day.solution,
            cancelled=rest.cancelled,
        )
        to_come -= len(stops)
        if not again.unassigned and again.cost_fen < day.solution.cost_fen:
            solutions = [one.solution for one in plan.days]
            solutions[number] = again
            plan = rebuilt(plan, solutions)
    return plan


def _term(request: Request) -> dict[str, int | str]:
    return {"ready_day": request.ready_day, "due_day": request.due_day}


def _undone(request: Request, last: Unassigned | None, offers: list[DayOffer]) -> Undone:
    """The reason of the last day that was tried, else of the last one that could have been."""
    own = [one for one in offers if request.ready_day <= one.day <= request.due_day]
    if not own:
        return Undone(request_id=request.id, code="no_service_day", numbers=_term(request))
    if last is not None:
        code, numbers = last.reason, last.numbers
    else:
        why = own[-1].why_not
        code = "dearer_than_penalty" if why is None else why.code
        numbers = {"extra_cost_fen": own[-1].extra_cost_fen} if why is None else why.numbers
    return Undone(request_id=request.id, code=code, numbers=numbers, offers=tuple(own))
