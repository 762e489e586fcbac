"""From the search's plan to a Solution that the checker has approved."""

from __future__ import annotations

from routing.checker import Violation, check
from routing.compiled import Compiled
from routing.costs import penalty_fen
from routing.day import Day, Trips, make_day, route_of
from routing.plan import Plan
from routing.reasons import reason_for
from routing.solution import Solution, Stats, Unassigned


class SolverError(AssertionError):
    """The solver made a plan that the checker refuses: a defect, never shown as a plan."""

    def __init__(self, violations: list[Violation]) -> None:
        self.violations = violations
        super().__init__(f"{len(violations)} violations, first: {violations[0]}")


def solution_of(c: Compiled, plan: Plan, stats: Stats) -> Solution:
    """The plan written out, with reasons for what is left out. Raises SolverError if the checker objects."""
    routes = tuple(route_of(c, day) for day in plan.days if day.trips)
    unassigned = tuple(reason_for(c, plan, s) for s in sorted(plan.absent))
    solution = _priced(c, routes_cost=sum(r.cost_fen for r in routes), unassigned=unassigned)
    result = Solution(routes=routes, unassigned=unassigned, cost_fen=solution, stats=stats)
    violations = check(c.problem, result)
    if violations:
        raise SolverError(violations)
    return result


def unexplained(c: Compiled, plan: Plan) -> Solution:
    """The plan as a solution for checking only: stops left out carry no reason."""
    routes = tuple(route_of(c, day) for day in plan.days if day.trips)
    unassigned = tuple(Unassigned(stop_id=c.stop(s).id, reason="open") for s in sorted(plan.absent))
    cost = _priced(c, routes_cost=sum(r.cost_fen for r in routes), unassigned=unassigned)
    stats = Stats(engine="none", engine_version="", seed=0, iterations=0, seconds=0.0)
    return Solution(routes=routes, unassigned=unassigned, cost_fen=cost, stats=stats)


def _priced(c: Compiled, *, routes_cost: int, unassigned: tuple[Unassigned, ...]) -> int:
    stops = (c.stop(c.node_of[item.stop_id]) for item in unassigned)
    return routes_cost + sum(penalty_fen(stop, c.problem.weights) for stop in stops)


def plan_of(c: Compiled, solution: Solution) -> Plan:
    """A plan with the routes of a solution, as far as they still exist and still obey every rule.

    Unknown vehicles and stops are dropped; what no longer fits is left absent.
    """
    plan = Plan(c)
    plan.absent = set(c.stop_nodes)
    free = {car.vehicle.id: k for k, car in enumerate(c.cars)}
    for route in solution.routes:
        k = free.pop(route.vehicle_id, None)
        if k is not None:
            wanted = tuple(tuple(visit.stop_id for visit in trip.visits) for trip in route.trips)
            _restore(c, plan, k, wanted)
    return plan


def _restore(c: Compiled, plan: Plan, k: int, wanted: tuple[tuple[str, ...], ...]) -> None:
    kept: list[tuple[int, ...]] = []
    for number, trip in enumerate(wanted):
        nodes = [c.node_of[stop_id] for stop_id in trip if stop_id in c.node_of]
        nodes = [s for s in nodes if s in plan.absent and k in c.choices[s]]
        straight_home = not trip and number == 0 and c.cars[k].under_way
        if nodes or straight_home:
            kept.append(tuple(nodes))
    day = make_day(c, k, tuple(kept))
    if day is not None and _stores(plan, day):
        return
    for trip_nodes in kept:
        _one_by_one(c, plan, k, trip_nodes)


def _stores(plan: Plan, day: Day) -> bool:
    """Take the day in if no depot is overfilled by it."""
    old = plan.days[day.car]
    plan.set_day(day)
    if plan.storage_holds():
        return True
    plan.set_day(old)
    return False


def _one_by_one(c: Compiled, plan: Plan, k: int, nodes: tuple[int, ...]) -> None:
    """Append the stops of a trip in order, skipping those that break a rule today."""
    trips: Trips = plan.days[k].trips
    number = len(trips)
    if trips and not trips[-1]:
        number -= 1  # a vehicle under way that has nothing planned yet
    current: tuple[int, ...] = ()
    for s in nodes:
        candidate = (*trips[:number], (*current, s))
        day = make_day(c, k, candidate)
        if day is not None and _stores(plan, day):
            current = (*current, s)
