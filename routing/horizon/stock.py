"""What the stores hold over the days: grams by depot and load class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from routing.horizon.model import Horizon, Store
from routing.problem import MASS, Stop, Vehicle
from routing.solution import Solution

Stock = dict[str, Counter[str]]  # depot -> load class -> grams


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One run of a carrier from a depot to a plant and back. `run` counts from 0 within the day."""

    day: int
    carrier: str
    run: int
    depot: str
    plant: str
    load_g: Mapping[str, int]
    distance_m: int
    cost_fen: int

    @property
    def total_g(self) -> int:
        return sum(self.load_g.values())


@dataclass(slots=True)
class Room:
    """What a depot may still take in: by class, and in total. Nothing named, nothing limited."""

    by_class_g: dict[str, int] = field(default_factory=dict)
    total_g: int | None = None

    def within(self, other: Room) -> Room:
        """The tighter of both."""
        by_class = dict(self.by_class_g)
        for name, left in other.by_class_g.items():
            by_class[name] = min(left, by_class.get(name, left))
        totals = [total for total in (self.total_g, other.total_g) if total is not None]
        return Room(by_class, min(totals, default=None))


def at_start(horizon: Horizon) -> Stock:
    """What every depot holds before the first day."""
    held: Stock = {name: Counter() for name in horizon.depots}
    for store in horizon.stores:
        held[store.depot].update(store.stock_g)
    return held


def copy(stock: Stock) -> Stock:
    return {name: Counter(held) for name, held in stock.items()}


def take_out(stock: Stock, transfers: Iterable[Transfer]) -> None:
    """Take what these transfers carry out of the stores."""
    for transfer in transfers:
        stock[transfer.depot].subtract(transfer.load_g)


def take_in(stock: Stock, brought: Mapping[str, Counter[str]]) -> None:
    """Put what was brought into the stores."""
    for depot, grams in brought.items():
        stock[depot].update(grams)


def room(store: Store | None, held: Counter[str]) -> Room:
    """What a store with this in it may still take in; nothing if it is overfull already."""
    if store is None:
        return Room()
    by_class = {name: max(most - held[name], 0) for name, most in store.capacity_g.items()}
    total = None if store.total_g is None else max(store.total_g - held.total(), 0)
    return Room(by_class, total)


def mass_by_class(stop: Stop) -> Counter[str]:
    """Grams by load class that a stop adds to a store."""
    return Counter({name: load.get(MASS, 0) for name, load in stop.load.items()})


def brought(vehicles: Iterable[Vehicle], stops: Mapping[str, Stop], plan: Solution) -> Stock:
    """What a day brings into the stores, by depot; what vehicles under way had aboard is part of it."""
    total: Stock = {}
    depot_of = {}
    for vehicle in vehicles:
        depot_of[vehicle.id] = vehicle.depot
        if vehicle.under_way is not None:
            aboard = {name: load.get(MASS, 0) for name, load in vehicle.under_way.aboard.items()}
            total.setdefault(vehicle.depot, Counter()).update(aboard)
    for route in plan.routes:
        into = total.setdefault(depot_of[route.vehicle_id], Counter())
        for trip in route.trips:
            for visit in trip.visits:
                into.update(mass_by_class(stops[visit.stop_id]))
    return total
