"""The compiled engine seen from Python: one problem as arrays, and runs that improve a plan of it.

Days travel as (kind, nodes): the stops in order, with a depot node between two trips. The engine may be
more cautious than the exact judge (day.make_day), never laxer, so its days are handed over one by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from routing.compiled import Compiled
from routing.core import layout, state
from routing.core.anneal import anneal
from routing.core.build import build
from routing.core.plans import clear, load, recount, snapshot, spared
from routing.core.solo import with_solo_days
from routing.core.tables import Array
from routing.day import Trips, make_day, route_of
from routing.plan import Plan
from routing.problem import Problem

SETTLING = 300  # iterations before the cost of a stop is measured
FIXED_SHARE = 0.1  # of the cost of a day for one stop, from which on fixed costs matter


@dataclass(frozen=True, slots=True)
class KindDay:
    """A vehicle-day that any vehicle of its kind may drive."""

    kind: int
    nodes: tuple[int, ...]


FOCUS = 0.5  # chance to begin at a stop left out, while leaving out is cheap

KNOBS = {
    "removed": 10.0,  # stops taken out per iteration, on average at most
    "longest": 10.0,  # of a string
    "blink": 0.01,  # chance to overlook a place
    "row_ruin": 0.02,  # chance that the first string is the whole day
    "trip_ruin": 0.15,  # where days have several trips: chance to take out just one trip
    "random_ruin": 0.02,
    "tails": 1.0,  # chance to look for another day whose tail would go better with a stop put back
    "rehouse": 0.05,  # chance to try other depots and kinds for the days touched
    "pool_slack": 0.03,  # how much dearer than the best a plan may be whose days are remembered
    "eager": 0.05,  # chance that in an iteration opening a day counts less than it costs
    "retry": 0.1,  # chance to look everywhere for a place for a stop left out before
}


class Engine:
    """A problem ready to be worked on, by several runs at once if need be. Raises build.TooLarge."""

    def __init__(self, problem: Problem) -> None:
        net, self.index = build(problem)
        self.net = with_solo_days(net, state.fresh(net, 0))
        self.first = int(net.rules[0]["first"])
        self.required = self.index.per_stop((not stop.optional for stop in problem.stops), bool)

    @property
    def stops(self) -> int:
        return len(self.net.servable)

    @property
    def never(self) -> list[int]:
        """Nodes that no vehicle could serve even if it served nothing else."""
        everything = np.arange(self.first, len(self.net.absence))
        nodes: list[int] = np.setdiff1d(everything, self.net.servable).tolist()
        return nodes

    def vehicles_of(self, kind: int) -> list[str]:
        return self.index.vehicles_of[kind]

    def days_of(self, c: Compiled, plan: Plan) -> tuple[list[KindDay], Array]:
        """The plan as the engine knows it, and the window chosen at each node."""
        kind_of = {v: k for k in range(len(self.net.kinds)) for v in self.vehicles_of(k)}
        windows = np.zeros(len(self.net.absence), np.int64)
        shift = self.first - c.stop_nodes.start
        days: list[KindDay] = []
        for day in plan.days:
            if not day.trips:
                continue
            car = c.cars[day.car]
            kind = kind_of[car.vehicle.id]
            home = int(self.net.kinds[kind]["depot"])
            nodes: list[int] = []
            for number, trip in enumerate(day.trips):
                nodes += [home] if number else []
                nodes += [s + shift for s in trip]
            days.append(KindDay(kind, tuple(nodes)))
            for trip_made in route_of(c, day).trips:
                for visit in trip_made.visits:
                    s = c.node_of[visit.stop_id]
                    options = c.windows[s]
                    windows[s + shift] = next(
                        i for i, (opens, closes) in enumerate(options) if opens <= visit.start_s <= closes
                    )
        return days, windows

    def plan_of(self, c: Compiled, days: Iterable[KindDay], like: Plan | None = None) -> Plan:
        """The days as a plan; a day that the exact judge refuses is left out with all its stops.

        Vehicles of one kind are handed out so that they keep as many stops of the plan `like` as possible.
        """
        plan = Plan(c)
        plan.absent = set(c.stop_nodes)
        number = {car.vehicle.id: k for k, car in enumerate(c.cars)}
        free = {kind: [number[v] for v in self.vehicles_of(kind)] for kind in range(len(self.net.kinds))}
        shift = c.stop_nodes.start - self.first
        for day in sorted(days, key=lambda day: (-len(day.nodes), day.nodes)):
            trips = self._trips(day, shift)
            k = _familiar(free[day.kind], trips, like)
            made = make_day(c, k, trips)
            if made is not None:
                free[day.kind].remove(k)
                plan.set_day(made)
        return plan

    def _trips(self, day: KindDay, shift: int) -> Trips:
        trips: list[list[int]] = [[]]
        for node in day.nodes:
            if node < self.first:
                trips.append([])
            else:
                trips[-1].append(node + shift)
        return tuple(tuple(trip) for trip in trips)


def _familiar(free: list[int], trips: Trips, like: Plan | None) -> int:
    if like is None or len(free) == 1:
        return free[0]
    counts = dict.fromkeys(free, 0)
    for trip in trips:
        for s in trip:
            k = like.home.get(s)
            if k in counts:
                counts[k] += 1
    return max(free, key=lambda k: (counts[k], -k))


def _fitting(engine: Engine) -> dict[str, float]:
    """Knobs that depend on the problem: where days cost much in themselves, whole days are taken out more."""
    kinds = engine.net.kinds
    usual = float(np.median(engine.net.solo_cost[:, 0])) if engine.net.solo_cost.size else 0.0
    return {"row_ruin": 0.1} if float(np.median(kinds["fixed"])) > FIXED_SHARE * usual else {}


class Run:
    """One annealing run: its plan in the making, its best plan, and the days it remembers."""

    def __init__(self, engine: Engine, seed: int, knobs: dict[str, float] | None = None) -> None:
        self.engine = engine
        self.live = state.fresh(engine.net, seed)
        self.pool = state.empty_pool()
        self.eased_to = float("inf")
        self.knobs = np.zeros(1, layout.KNOBS)
        for name, value in {**KNOBS, **_fitting(engine), **(knobs or {})}.items():
            self.knobs[0][name] = value
        clear(engine.net, self.live)

    @property
    def iterations(self) -> int:
        return int(self.live.count[0]["iterations"])

    @property
    def best_cost(self) -> float:
        return float(self.live.count[0]["best"])

    def first_plan(self) -> None:
        """One iteration that puts every stop somewhere, in rather too many days than too few.

        Days are easily given up again later; a new one has to pay for itself at once.
        """
        eager = float(self.knobs[0]["eager"])
        self.knobs[0]["eager"] = 1.0
        self.step(1, 1.0, 1.0)
        self.knobs[0]["eager"] = eager

    def step(self, iterations: int, hot: float, cold: float) -> None:
        """Anneal for so many iterations, from one temperature (fen) to another."""
        anneal(self.engine.net, self.live, self.pool, self.knobs, iterations, hot, cold)
        if self.live.count[0]["cramped"]:
            self._widen()
        recount(self.engine.net, self.live)

    def ease(self, most: float) -> None:
        """From now on leaving out a usual stop that is not optional counts this many fen at most.

        The others count in proportion. Then one stop may make room for another, and while that is so, half of
        the iterations begin at a stop that is left out. The best plan is judged by full prices all the same.
        """
        if most == self.eased_to:
            return
        self.eased_to = most
        absence, required = self.engine.net.absence, self.engine.required
        part = min(most / float(np.median(absence[required])), 1.0) if required.any() else 1.0
        self.live.price[:] = np.where(required, part * absence, absence)
        self.knobs[0]["focus"] = FOCUS if most < np.inf else 0.0
        recount(self.engine.net, self.live)

    def _widen(self) -> None:
        """A day wanted more places than a row has: go on from the best plan with longer rows."""
        days, windows = self.best(), self.best_windows()
        self.live = state.widened(self.engine.net, self.live)
        self.adopt(days, windows)

    def adopt(self, days: Iterable[KindDay], windows: Array | None = None) -> None:
        """Go on from these days (with the windows of the best plan, if no others are given)."""
        days = list(days)
        longest = max((len(day.nodes) for day in days), default=0)
        while self.live.seq.shape[1] < longest + 6:
            self.live = state.widened(self.engine.net, self.live)
        flat = [number for day in days for number in (day.kind, len(day.nodes), *day.nodes)]
        chosen = self.best_windows() if windows is None else windows
        load(self.engine.net, self.live, np.array(flat, np.int32), chosen)
        if self.live.count[0]["cost"] + spared(self.engine.net, self.live) < self.best_cost - 1e-6:
            snapshot(self.engine.net, self.live)

    def best(self) -> list[KindDay]:
        """The days of the best plan; vehicles under way are always among them."""
        live, days, i = self.live, [], 0
        flat = live.best_rows[: live.count[0]["best_rows"]].tolist()
        while i < len(flat):
            kind, size = flat[i], flat[i + 1]
            days.append(KindDay(kind, tuple(flat[i + 2 : i + 2 + size])))
            i += size + 2
        return days

    def best_costs(self) -> list[float]:
        """Fen of each of these days."""
        costs: list[float] = self.live.best_costs[: len(self.best())].tolist()
        return costs

    def best_windows(self) -> Array:
        return self.live.best_windows.copy()

    @property
    def lacks(self) -> bool:
        """Whether the best plan leaves out a stop that is not optional."""
        return bool(self.engine.required[self.best_absent()].any())

    def best_absent(self) -> list[int]:
        """Nodes that the best plan leaves out."""
        nodes: list[int] = self.live.best_absent[: self.live.count[0]["best_absent"]].tolist()
        return nodes

    def mean_cost(self) -> float:
        """Fen per planned stop, the days themselves included: what temperatures are measured in."""
        live = self.live
        days = live.rows[live.rows["live"] == 1]
        placed = max(self.engine.stops - int(live.count[0]["absent"]), 1)
        return max(float(days["cost"].sum()) / placed, 1e-3)
