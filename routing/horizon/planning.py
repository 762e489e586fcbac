"""The story of a plan over several days: spread the requests, route each day, carry on what is left over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from routing import solver
from routing.horizon import runs
from routing.horizon.budget import Budget
from routing.horizon.choosing import Choice, choose
from routing.horizon.days import day_problem
from routing.horizon.estimates import FILL
from routing.horizon.finishing import Rest, finished
from routing.horizon.model import Horizon, Request, ServiceDay
from routing.horizon.result import DayPlan, HorizonPlan
from routing.horizon.stock import (
    Room,
    Stock,
    Transfer,
    at_start,
    brought,
    copy,
    mass_by_class,
    room,
    take_in,
    take_out,
)
from routing.solution import Solution, StopRule, Unassigned


def plan_days(
    horizon: Horizon,
    *,
    stop: StopRule,
    seed: int = 0,
    progress: Callable[[int, Solution], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    solve: Callable[..., Solution] = solver.solve,
) -> HorizonPlan:
    """Days, routes and transfers for all requests, with reasons for those that are on no day.

    `stop` is for all days together; stopped by iterations alone the plan is the same for the same seed.
    `progress` is called with the day and its solution after each day. After `cancelled` says yes the
    remaining days get the first plan that comes to hand. `solve` routes a day, called as `routing.solve`.
    Every day has been seen by the checker.
    """
    budget = Budget(stop, len(horizon.days), len(horizon.requests))
    run = _Run(horizon, budget, seed, cancelled, solve)
    for number in range(len(horizon.days)):
        day = run.day(number)
        if progress is not None:
            progress(day.day, day.solution)
    plan = HorizonPlan(horizon=horizon, days=tuple(run.days), transfers=tuple(run.transfers))
    return finished(plan, Rest(budget, seed, cancelled, solve, run.open, run.last_reason))


@dataclass
class _Run:
    horizon: Horizon
    budget: Budget
    seed: int
    cancelled: Callable[[], bool] | None
    solve: Callable[..., Solution]
    open: dict[str, Request] = field(init=False)
    stock: Stock = field(init=False)
    days: list[DayPlan] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    last_reason: dict[str, Unassigned] = field(default_factory=dict)
    choice: Choice | None = None
    stale: bool = True
    fill: float = FILL

    def __post_init__(self) -> None:
        self.open = {request.id: request for request in self.horizon.requests}
        self.stock = at_start(self.horizon)

    def day(self, number: int) -> DayPlan:
        """Plan the next day with what is open and what the stores hold."""
        service = self.horizon.days[number]
        choice = self._choice(number)
        transfers = runs.fitted(self.horizon, _on(choice.transfers, service.day), self.stock)
        take_out(self.stock, transfers)
        self.transfers += transfers
        chosen = [
            one for name, one in self.open.items() if choice.place_of.get(name, (None,))[0] == service.day
        ]
        problem = day_problem(self.horizon, service, [one.stop for one in chosen], self._room())
        stop = self.budget.routes(number, len(chosen), len(self.open))
        solution = self.solve(problem, stop=stop, seed=self.seed + number, cancelled=self.cancelled)
        expected = self._expected(choice, service)
        came = brought(service.vehicles, {stop.id: stop for stop in problem.stops}, solution)
        take_in(self.stock, came)
        self._learn(solution)
        self._note(solution)
        self.stale = bool(solution.unassigned) or _more(self.stock, expected)
        self.days.append(DayPlan(day=service.day, problem=problem, solution=solution))
        return self.days[-1]

    def _choice(self, number: int) -> Choice:
        """The choice made before, or a new one if the days since went otherwise than it expected."""
        if self.choice is None or self.stale:
            self.choice = choose(
                self.horizon,
                list(self.open.values()),
                list(self.horizon.days[number:]),
                self.stock,
                self.budget.choosing(first=self.choice is None),
                seed=self.seed,
                fill=self.fill,
            )
        return self.choice

    def _room(self) -> dict[str, Room]:
        return {store.depot: room(store, self.stock[store.depot]) for store in self.horizon.stores}

    def _expected(self, choice: Choice, service: ServiceDay) -> Stock:
        """What the choice expects the stores to hold this evening."""
        held = copy(self.stock)
        for name, (day, depot) in choice.place_of.items():
            if day == service.day and name in self.open:
                held[depot].update(mass_by_class(self.open[name].stop))
        return held

    def _learn(self, solution: Solution) -> None:
        """Fill the days to come less full if this one could not do what was asked of it."""
        if solution.unassigned:
            asked = solution.assigned + len(solution.unassigned)
            self.fill = max(self.fill * solution.assigned / asked, FILL / 2)

    def _note(self, solution: Solution) -> None:
        """Strike what is planned off the open requests; remember why the rest is not."""
        for route in solution.routes:
            for trip in route.trips:
                for visit in trip.visits:
                    del self.open[visit.stop_id]
        for item in solution.unassigned:
            self.last_reason[item.stop_id] = item


def _on(transfers: Iterable[Transfer], day: int) -> list[Transfer]:
    return [transfer for transfer in transfers if transfer.day == day]


def _more(held: Stock, expected: Stock) -> bool:
    """Whether any store holds more of a class than was expected."""
    empty: Counter[str] = Counter()
    return any(
        grams > expected.get(depot, empty)[name]
        for depot, some in held.items()
        for name, grams in some.items()
    )
