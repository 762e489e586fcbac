"""Could a stop that was left out still be inserted? Asked of a finished solution, answered by the checker."""

from __future__ import annotations

from dataclasses import dataclass

from routing.checker import check
from routing.compiled import Compiled
from routing.finish import plan_of, unexplained
from routing.plan import Place, Plan
from routing.problem import Problem
from routing.solution import Solution


@dataclass(frozen=True, slots=True)
class Insertion:
    """A place that would take the stop. `trip` and `position` count from 0; `new_trip`: a trip of its own."""

    stop_id: str
    vehicle_id: str
    trip: int
    position: int
    new_trip: bool
    extra_cost_fen: int


def insertable(problem: Problem, solution: Solution, stop_id: str) -> Insertion | None:
    """The cheapest place for this stop in any vehicle, trip and position, or None if each breaks a rule.

    The places are tried with the order of the solution's routes kept; the result is confirmed by the
    checker. Raises KeyError for an unknown stop, ValueError if it is planned already.
    """
    c = Compiled(problem)
    s = c.node_of[stop_id]
    plan = plan_of(c, solution)
    if s in plan.home:
        raise ValueError(f"stop {stop_id} is planned already")
    place = plan.exact_place(s)
    if place is None:
        return None
    _confirm(c, plan, s, place)
    return Insertion(
        stop_id, c.cars[place.car].vehicle.id, place.trip, place.at, place.new, round(place.estimate)
    )


def _confirm(c: Compiled, plan: Plan, s: int, place: Place) -> None:
    """The plan with the stop inserted must hold every rule but completeness."""
    trial = plan.copy()
    assert trial.insert(s, place), "a place found must take its stop"
    broken = [item for item in check(c.problem, unexplained(c, trial)) if item.code != "stop_missing"]
    assert not broken, broken
