"""Why each stop is left out, vehicle by vehicle and trip by trip, and what would let it in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from routing.compiled import Compiled
from routing.explain.blocks import Barriers, Spot
from routing.explain.changes import Change, relaxed
from routing.explain.pieces import Pieces, orders_of
from routing.explain.remedies import Remedy, remedies
from routing.explain.rules import Broken
from routing.finish import plan_of
from routing.plan import Plan
from routing.problem import Problem
from routing.solution import Solution
from routing.unassigned import Insertion

# Rules that bind a vehicle whatever it does today, in the order in which they are worth naming.
GRAVITY = (
    "no_allowed_depot", "no_allowed_vehicle", "pinned_elsewhere", "depot_not_accepting",
    "no_licensed_vehicle", "order_broken", "class_conflict", "capacity_too_small", "storage_full",
    "rest_impossible", "time_window", "depot_closed", "distance_too_long", "shift_too_short",
    "too_many_trips",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Block:
    """Why one trip of one vehicle cannot take the stop: what breaks at its best place there.

    `trip` counts from 0; None stands for a trip of its own, `position` says nothing then.
    """

    vehicle_id: str
    trip: int | None
    position: int
    broken: tuple[Broken, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One stop left out. `fits`: a place that would take it after all; then nothing is in the way.

    An optional stop that fits is left out because it costs more (`fits.extra_cost_fen`) than its penalty.
    """

    stop_id: str
    blocks: tuple[Block, ...]
    remedies: tuple[Remedy, ...]
    fits: Insertion | None = None

    @property
    def nearest(self) -> Block | None:
        """The block with the fewest rules in the way, and of those the one that misses by least."""
        return min(self.blocks, key=_distance, default=None)


def _distance(block: Block) -> tuple[int, float]:
    asks = Spot(block.vehicle_id, 0, 0, False, block.broken, 0).ask
    return len(block.broken), asks


def explain(problem: Problem, solution: Solution, stop_ids: Iterable[str] | None = None) -> list[Explanation]:
    """An explanation for each stop left out, or for those named. Raises KeyError for an unknown stop."""
    wanted = [item.stop_id for item in solution.unassigned] if stop_ids is None else list(stop_ids)
    question = _Question(problem, solution)
    return [question.answer(stop_id) for stop_id in wanted]


class _Question:
    def __init__(self, problem: Problem, solution: Solution) -> None:
        self.problem = problem
        self.c = Compiled(problem)
        self.plan: Plan = plan_of(self.c, solution)
        self.pieces = Pieces(problem, orders_of(solution))
        self.kinds = {car.vehicle.id: car.kind for car in self.c.cars}
        self.newcomers = self._newcomers()
        self.widest = self.pieces.under(relaxed(problem, self.newcomers.values()))

    def _newcomers(self) -> dict[str, Change]:
        """One more vehicle of each kind of which none stands idle: id of the newcomer -> change."""
        taken = set(self.pieces.vehicles)
        kinds: dict[int, str] = {}
        for name, kind in self.kinds.items():
            kinds.setdefault(kind, name)
        for name, kind in self.kinds.items():
            if not self.pieces.trips(name):
                kinds.pop(kind, None)
        found = {}
        for name in kinds.values():
            newcomer = f"{name}+"
            while newcomer in taken:
                newcomer += "+"
            depot = self.pieces.vehicles[name].depot
            found[newcomer] = Change("vehicle_more", name, {"vehicle": newcomer, "depot": depot})
        return found

    def answer(self, stop_id: str) -> Explanation:
        s = self.c.node_of[stop_id]
        if s in self.plan.home:
            raise ValueError(f"stop {stop_id} is planned")
        place = self.plan.exact_place(s)
        if place is not None:
            name = self.c.cars[place.car].vehicle.id
            fits = Insertion(stop_id, name, place.trip, place.at, place.new, round(place.estimate))
            return Explanation(stop_id, (), (), fits)
        spots = list(self._spots(stop_id))
        blocks = self._blocks(spots)
        more = [spot for name in self.newcomers for spot in self._of_newcomer(name, stop_id)]
        return Explanation(stop_id, tuple(blocks), remedies(self.pieces, stop_id, [*spots, *more]))

    def _spots(self, stop_id: str) -> Iterator[Spot]:
        """All spots in all vehicles. Idle vehicles of one kind are looked at once."""
        idle: dict[int, list[Spot]] = {}
        for name, kind in self.kinds.items():
            if self.pieces.trips(name):
                yield from Barriers(self.pieces, name, stop_id).spots()
                continue
            if kind not in idle:
                idle[kind] = list(Barriers(self.pieces, name, stop_id).spots())
            yield from (replace(spot, vehicle_id=name) for spot in idle[kind])

    def _of_newcomer(self, name: str, stop_id: str) -> Iterator[Spot]:
        lacking = Broken("fleet_exhausted", {}, self.newcomers[name])
        for spot in Barriers(self.widest, name, stop_id).spots():
            yield replace(spot, broken=(lacking, *spot.broken))

    def _blocks(self, spots: Iterable[Spot]) -> list[Block]:
        """The best spot of each trip and of a new one, by vehicle in the order of the problem."""
        best: dict[tuple[str, int | None], Spot] = {}
        for spot in spots:
            key = (spot.vehicle_id, None if spot.new else spot.trip)
            held = best.get(key)
            if held is None or (len(spot.broken), spot.ask) < (len(held.broken), held.ask):
                best[key] = spot
        return [
            Block(name, trip, spot.at, tuple(sorted(spot.broken, key=lambda one: GRAVITY.index(one.code))))
            for (name, trip), spot in best.items()
        ]
