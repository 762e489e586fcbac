"""Transfers chosen one by one, morning by morning: where CP-SAT begins, and the answer if it has no time.

Every morning the depot whose store overflows soonest gets the run that carries most for its cost, as long
as a carrier is free; a store that overflows only later has to wait until a run can be filled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from routing.horizon.model import Carrier, Horizon, Plant, Store
from routing.horizon.roads import apart, transfer
from routing.horizon.stock import Stock, Transfer, copy

SOON_DAYS = 1  # an overflow so near is met even by a run that goes half empty
WELL_FILLED = 0.7


@dataclass(slots=True)
class _Morning:
    """What is still free and still there on one morning."""

    day: int
    held: Stock
    used: Counter[str] = field(default_factory=Counter)
    delivered: dict[str, Counter[str]] = field(default_factory=dict)


def first_runs(
    horizon: Horizon, days: Sequence[int], stock: Stock, intake: Mapping[int, Stock]
) -> list[Transfer]:
    """Runs against overflow, as far as the carriers go. Deterministic."""
    held, found = copy(stock), list[Transfer]()
    for number, day in enumerate(days):
        morning = _Morning(day, held, delivered={plant.id: Counter() for plant in horizon.plants})
        coming = [intake.get(one, {}) for one in days[number:]]
        while (run := _next_run(horizon, morning, coming)) is not None:
            held[run.depot].subtract(run.load_g)
            morning.used[run.carrier] += 1
            morning.delivered[run.plant].update(run.load_g)
            found.append(run)
        for depot, grams in coming[0].items():
            held[depot].update(grams)
    return found


def _next_run(horizon: Horizon, morning: _Morning, coming: Sequence[Stock]) -> Transfer | None:
    """The most pressing run of this morning, None if no depot presses or no carrier can help."""
    pressing = [(_overflow_in(store, morning, coming), store) for store in horizon.stores]
    for in_days, store in sorted(pressing, key=lambda one: (one[0], one[1].depot)):
        if in_days >= len(coming):
            return None
        best = max(_runs(horizon, morning, store, coming), key=_worth, default=None)
        if best is None:
            continue
        carrier = next(one for one in horizon.carriers if one.id == best.carrier)
        if in_days <= SOON_DAYS or best.total_g >= WELL_FILLED * carrier.capacity_g:
            return best
    return None


def _overflow_in(store: Store, morning: _Morning, coming: Sequence[Stock]) -> int:
    """In how many days the store overflows, 0 for today; beyond the last day if never."""
    level = Counter(morning.held[store.depot])
    for number, intake in enumerate(coming):
        level.update(intake.get(store.depot, {}))
        if any(level[name] > most for name, most in store.capacity_g.items()):
            return number
        if store.total_g is not None and level.total() > store.total_g:
            return number
    return len(coming)


def _worth(run: Transfer) -> tuple[float, str, str]:
    return run.total_g / max(run.cost_fen, 1), run.carrier, run.plant


def _runs(horizon: Horizon, morning: _Morning, store: Store, coming: Sequence[Stock]) -> list[Transfer]:
    """Every run that could leave this depot now, filled with what its store is shortest of room for."""
    wanted = _wanted(store, morning, coming)
    found = []
    for carrier in horizon.carriers:
        number = morning.used[carrier.id]
        if number >= carrier.runs_per_day or not _drives(carrier, store.depot, morning.day):
            continue
        for plant in horizon.plants:
            load = _load(horizon, carrier, plant, morning, store.depot, wanted)
            if load:
                run = (morning.day, carrier.id, number, store.depot, plant.id)
                found.append(transfer(horizon, run, carrier, plant, load))
    return found


def _drives(carrier: Carrier, depot: str, day: int) -> bool:
    return (carrier.depots is None or depot in carrier.depots) and (
        carrier.days is None or day in carrier.days
    )


def _wanted(store: Store, morning: _Morning, coming: Sequence[Stock]) -> list[str]:
    """Load classes there, those that will overflow by most first, then the largest."""
    held = morning.held[store.depot]
    level = Counter(held)
    for intake in coming:
        level.update(intake.get(store.depot, {}))
    over = {name: max(level[name] - store.capacity_g.get(name, level[name]), 0) for name in held}
    return sorted(
        (name for name in held if held[name] > 0), key=lambda name: (-over[name], -held[name], name)
    )


def _load(
    horizon: Horizon, carrier: Carrier, plant: Plant, morning: _Morning, depot: str, wanted: Sequence[str]
) -> dict[str, int]:
    load: dict[str, int] = {}
    arrived = morning.delivered[plant.id]
    for name in wanted:
        if name not in carrier.licences & plant.accepts:
            continue
        if any(apart(horizon, carrier, name, other) for other in load):
            continue
        room = carrier.capacity_g - sum(load.values())
        if name in plant.day_limit_g:
            room = min(room, plant.day_limit_g[name] - arrived[name])
        if plant.day_total_g is not None:
            room = min(room, plant.day_total_g - arrived.total() - sum(load.values()))
        grams = min(room, morning.held[depot][name])
        if grams > 0:
            load[name] = grams
    return load
