"""Onward transfers: which carrier takes what from which depot to which plant on which morning.

Chosen by CP-SAT for all days and depots together, since carriers and plants are shared among the depots:
the cheapest runs with which no store overflows, given what the days are expected to bring in.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from ortools.sat.python import cp_model

from routing.horizon.first_runs import first_runs
from routing.horizon.model import Carrier, Horizon, Plant, Store
from routing.horizon.roads import Run, apart, run_cost_fen, transfer
from routing.horizon.stock import Stock, Transfer, copy, take_in, take_out

Var = Any  # ortools publishes no types
Intake = Mapping[int, Stock]  # day -> depot -> load class -> grams
# A store that is over by one part in so many outweighs the dearest run.
OVERFLOW_PART = 10_000
GAP = 0.01


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to think: wall seconds, or CP-SAT's own count of work, which always gives the same answer."""

    seconds: float | None = None
    work: float | None = None


def choose_transfers(
    horizon: Horizon, days: Sequence[int], stock: Stock, intake: Intake, effort: Effort, *, seed: int = 0
) -> list[Transfer]:
    """The runs of these days. Where no runs can keep a store from overflowing, it overflows by least."""
    if not horizon.carriers or not horizon.plants or not horizon.stores:
        return []
    model = _Model(horizon, days, stock, intake)
    if not model.may_overflow():
        return []
    solver = cp_model.CpSolver()
    # Several strategies in turn on one thread: as repeatable as one alone, and better at improving.
    solver.parameters.num_workers = 4
    solver.parameters.interleave_search = True
    solver.parameters.random_seed = seed
    solver.parameters.relative_gap_limit = GAP
    if effort.work is not None:
        solver.parameters.max_deterministic_time = effort.work
    if effort.seconds is not None:
        solver.parameters.max_time_in_seconds = effort.seconds
    first = first_runs(horizon, days, stock, intake)
    model.hint(first)
    status = solver.solve(model.cp)
    return model.transfers(solver) if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) else first


class _Model:
    def __init__(self, horizon: Horizon, days: Sequence[int], stock: Stock, intake: Intake) -> None:
        self.cp = cp_model.CpModel()
        self.horizon, self.days, self.stock, self.intake = horizon, days, stock, intake
        self.costs: list[tuple[Var, int]] = []
        self.runs: dict[Run, Var] = {}
        self.loads: dict[tuple[Run, str], Var] = {}
        self.aboard: dict[tuple[Run, str], Var] = {}
        self.dearest_fen = max(
            run_cost_fen(horizon, carrier, store.depot, plant)
            for carrier in horizon.carriers
            for plant in horizon.plants
            for store in horizon.stores
        )
        self.over: list[tuple[Var, int, str, str, int]] = []  # day, depot, class or "*", limit
        self.classes = {store.depot: self._classes_at(store.depot) for store in horizon.stores}
        for carrier in horizon.carriers:
            for day in days:
                self._runs_of(carrier, day)
        self._plants()
        for store in horizon.stores:
            self._levels(store)
        self.cp.minimize(sum(var * cost for var, cost in self.costs))

    def _coming(self, day: int, depot: str) -> Counter[str]:
        return self.intake.get(day, {}).get(depot, Counter())

    def _classes_at(self, depot: str) -> list[str]:
        """Classes that are or may come into a store."""
        names = {name for name, grams in self.stock[depot].items() if grams > 0}
        return sorted(names.union(*(self._coming(day, depot).keys() for day in self.days)))

    def may_overflow(self) -> bool:
        """Whether any store would overflow if nothing were taken out."""
        for store in self.horizon.stores:
            held = Counter(self.stock[store.depot])
            for day in self.days:
                held.update(self._coming(day, store.depot))
            if any(held[name] > most for name, most in store.capacity_g.items()):
                return True
            if store.total_g is not None and held.total() > store.total_g:
                return True
        return False

    def _runs_of(self, carrier: Carrier, day: int) -> None:
        if carrier.days is not None and day not in carrier.days:
            return
        former: list[Var] = []
        for number in range(carrier.runs_per_day):
            runs = [
                self._run((day, carrier.id, number, store.depot, plant.id), carrier, plant)
                for store in self.horizon.stores
                for plant in self.horizon.plants
                if self._goods(carrier, store.depot, plant)
            ]
            if not runs:
                return
            self.cp.add_at_most_one(runs)
            if former:  # the second run only after the first: the runs of a day are alike
                self.cp.add(sum(runs) <= sum(former))
            former = runs

    def _goods(self, carrier: Carrier, depot: str, plant: Plant) -> list[str]:
        """What this carrier may take from this depot to this plant."""
        if carrier.depots is not None and depot not in carrier.depots:
            return []
        return [name for name in self.classes[depot] if name in carrier.licences & plant.accepts]

    def _run(self, run: Run, carrier: Carrier, plant: Plant) -> Var:
        used = self.cp.new_bool_var("")
        self.runs[run] = used
        self.costs.append((used, run_cost_fen(self.horizon, carrier, run[3], plant)))
        goods = self._goods(carrier, run[3], plant)
        for name in goods:
            self.loads[run, name] = self.cp.new_int_var(0, carrier.capacity_g, "")
        self.cp.add(sum(self.loads[run, name] for name in goods) <= carrier.capacity_g * used)
        self._keep_apart(run, carrier, goods)
        return used

    def _keep_apart(self, run: Run, carrier: Carrier, goods: list[str]) -> None:
        """Of two classes that may not ride together at most one is on a run."""
        for a, b in combinations(goods, 2):
            if apart(self.horizon, carrier, a, b):
                for name in (a, b):
                    if (run, name) not in self.aboard:
                        self.aboard[run, name] = self.cp.new_bool_var("")
                        most = carrier.capacity_g * self.aboard[run, name]
                        self.cp.add(self.loads[run, name] <= most)
                self.cp.add_at_most_one([self.aboard[run, a], self.aboard[run, b]])

    def _plants(self) -> None:
        """Daily limits of the plants."""
        arriving: dict[tuple[int, str], list[tuple[str, Var]]] = defaultdict(list)
        for (run, name), grams in self.loads.items():
            arriving[run[0], run[4]].append((name, grams))
        for plant in self.horizon.plants:
            for day in self.days:
                here = arriving.get((day, plant.id), [])
                for name, most in plant.day_limit_g.items():
                    self._at_most([grams for one, grams in here if one == name], most)
                if plant.day_total_g is not None:
                    self._at_most([grams for _, grams in here], plant.day_total_g)

    def _at_most(self, parts: list[Var], most: int) -> None:
        if parts:
            self.cp.add(sum(parts) <= most)

    def _levels(self, store: Store) -> None:
        """Follow a store from day to day, class by class; what is over its limits costs."""
        evening: dict[str, Any] = {name: self.stock[store.depot][name] for name in self.classes[store.depot]}
        for day in self.days:
            leaving, coming = self._leaving(day, store.depot), self._coming(day, store.depot)
            for name, before in list(evening.items()):
                out = sum(leaving[name])
                if leaving[name]:
                    self.cp.add(out <= before)
                evening[name] = before - out + coming[name]
                if name in store.capacity_g:
                    self._keep_under(evening[name], day, store.depot, name, store.capacity_g[name])
            if store.total_g is not None:
                self._keep_under(sum(evening.values()), day, store.depot, "*", store.total_g)

    def _keep_under(self, level: Any, day: int, depot: str, name: str, most: int) -> None:
        if isinstance(level, int):  # nothing can be taken out of it so far
            return
        over = self.cp.new_int_var(0, self._ever(depot), "")
        self.cp.add(level <= most + over)
        self.over.append((over, day, depot, name, most))
        self.costs.append((over, 1 + OVERFLOW_PART * self.dearest_fen // max(most, OVERFLOW_PART)))

    def _ever(self, depot: str) -> int:
        """Grams that could ever lie at a depot."""
        return self.stock[depot].total() + sum(self._coming(day, depot).total() for day in self.days)

    def hint(self, transfers: Sequence[Transfer]) -> None:
        """Begin with these runs."""
        driven = {(one.day, one.carrier, one.run, one.depot, one.plant): one.load_g for one in transfers}
        for run, used in self.runs.items():
            self.cp.add_hint(used, run in driven)
        for (run, name), grams in self.loads.items():
            self.cp.add_hint(grams, driven.get(run, {}).get(name, 0))
        for (run, name), aboard in self.aboard.items():
            self.cp.add_hint(aboard, driven.get(run, {}).get(name, 0) > 0)
        evenings = self._evenings(transfers)
        for over, day, depot, name, most in self.over:
            held = evenings[day][depot]
            level = held.total() if name == "*" else held[name]
            self.cp.add_hint(over, max(level - most, 0))

    def _evenings(self, transfers: Sequence[Transfer]) -> dict[int, Stock]:
        """What the stores hold each evening with these runs."""
        held, found = copy(self.stock), {}
        for day in self.days:
            take_out(held, (one for one in transfers if one.day == day))
            take_in(held, self.intake.get(day, {}))
            found[day] = copy(held)
        return found

    def _leaving(self, day: int, depot: str) -> dict[str, list[Var]]:
        found: dict[str, list[Var]] = defaultdict(list)
        for (run, name), grams in self.loads.items():
            if run[0] == day and run[3] == depot:
                found[name].append(grams)
        return found

    def transfers(self, solver: Any) -> list[Transfer]:
        """The runs of the solution that carry something."""
        carriers = {carrier.id: carrier for carrier in self.horizon.carriers}
        plants = {plant.id: plant for plant in self.horizon.plants}
        found = []
        for run, used in self.runs.items():
            if not solver.boolean_value(used):
                continue
            goods = [name for name in self.classes[run[3]] if (run, name) in self.loads]
            load = {name: solver.value(self.loads[run, name]) for name in goods}
            load = {name: grams for name, grams in load.items() if grams}
            if load:
                found.append(transfer(self.horizon, run, carriers[run[1]], plants[run[4]], load))
        return sorted(found, key=lambda one: (one.day, one.carrier, one.run))


def total_leaving(transfers: Iterable[Transfer]) -> dict[int, Stock]:
    """Grams that these runs take out: day -> depot -> load class."""
    found: dict[int, Stock] = {}
    for one in transfers:
        found.setdefault(one.day, {}).setdefault(one.depot, Counter()).update(one.load_g)
    return found
