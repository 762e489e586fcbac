"""A draft under adjustment as tables: one per vehicle, a row per stop, with what stands in the way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ....services.dispatch.drafts import Named
from ....services.planning import Desk, Move, Pins
from ...breaches import breach_text


@dataclass(frozen=True, slots=True)
class StopRow:
    """A visit. `up` and `down`: the move one place earlier or later in its trip, where there is one."""

    stop_id: str
    named: Named | None
    seq: int
    visit: Any
    mass_g: int
    containers: int
    pinned: bool
    moved: bool
    breaches: list[str]
    up: Move | None
    down: Move | None


@dataclass(frozen=True, slots=True)
class TripTable:
    seq: int
    trip: Any
    rows: list[StopRow]
    breaches: list[str]


@dataclass(frozen=True, slots=True)
class VehicleDay:
    """`hold`: "", orders or rounds. `pinned`: how many of its stops are."""

    plate: str
    route: Any
    hold: str
    trips: list[TripTable] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)

    @property
    def pinned(self) -> int:
        return sum(row.pinned for trip in self.trips for row in trip.rows)


def vehicle_days(
    desk: Desk, pins: Pins, moves: Sequence[Move], names: Mapping[str, Named]
) -> list[VehicleDay]:
    """Every vehicle of the day, those that stay in the yard too."""
    return list(_Tables(desk, pins, {move.stop_id for move in moves}, names).days())


def short_names(names: Mapping[str, Named]) -> dict[str, str]:
    return {number: one.short_name for number, one in names.items()}


class _Tables:
    def __init__(self, desk: Desk, pins: Pins, moved: set[str], names: Mapping[str, Named]) -> None:
        self.desk, self.pins, self.moved, self.names = desk, pins, moved, names
        self.stops = {stop.id: stop for stop in desk.problem.stops}
        self.routes = {route.vehicle_id: route for route in desk.judgement.solution.routes}
        firms = short_names(names)
        self.wrong: dict[tuple[Any, Any, Any], list[str]] = defaultdict(list)
        for one in desk.judgement.breaches:
            self.wrong[one.vehicle_id, one.trip, one.stop_id].append(breach_text(one, firms))

    def days(self) -> Iterator[VehicleDay]:
        for vehicle in self.desk.problem.vehicles:
            plate, route = vehicle.id, self.routes.get(vehicle.id)
            hold = "rounds" if plate in self.pins.rounds else "orders" if plate in self.pins.orders else ""
            trips = [
                self.trip(plate, number, trip) for number, trip in enumerate(route.trips if route else ())
            ]
            yield VehicleDay(plate, route, hold, trips, self.wrong.get((plate, None, None), []))

    def trip(self, plate: str, number: int, trip: Any) -> TripTable:
        last = len(trip.visits) - 1
        rows = [self.row(plate, number, at, visit, last) for at, visit in enumerate(trip.visits)]
        return TripTable(number + 1, trip, rows, self.wrong.get((plate, number, None), []))

    def row(self, plate: str, number: int, at: int, visit: Any, last: int) -> StopRow:
        stop_id = visit.stop_id
        load = self.stops[stop_id].load.values()
        return StopRow(
            stop_id=stop_id,
            named=self.names.get(stop_id),
            seq=at + 1,
            visit=visit,
            mass_g=sum(amounts["mass_g"] for amounts in load),
            containers=sum(amounts["containers"] for amounts in load),
            pinned=stop_id in self.pins.stops,
            moved=stop_id in self.moved,
            breaches=self.wrong.get((plate, number, stop_id), []),
            up=Move(stop_id, plate, number, at - 1) if at else None,
            down=Move(stop_id, plate, number, at + 1) if at < last else None,
        )
