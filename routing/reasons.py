"""Why a stop is left out: the rule that stood nearest to being satisfied, with its numbers.

For each vehicle the rules are asked in the order below; the vehicle that came furthest speaks, and among
equals the one that missed by least. Codes, in that order:

no_allowed_depot      no vehicle belongs to a depot (or is a vehicle) this stop may be served by
depot_not_accepting   load_class, depot
no_licensed_vehicle   load_class, vehicle
class_conflict        a, b: the stop's own load classes may not share a trip
capacity_too_small    dimension, load, max, over
storage_full          depot, load_class ("*" = total), over_g
time_window           late_s: reached this long after its last window closed
depot_closed          over_s: back and unloaded this long after closing time
distance_too_long     over_m
shift_too_short       over_s
rest_impossible       driving_s: no timetable with the rests that the driving needs
fleet_exhausted       vehicles, with `by` the rule that blocks it most often in today's trips
class_conflict        load_class, by: it fits nowhere because of what the trips already carry

An optional stop that fits: dearer_than_penalty (vehicle, extra_cost_fen, penalty_fen).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from routing.compiled import Car, Compiled
from routing.day import make_day, unload_s
from routing.plan import Place, Plan
from routing.solution import Unassigned


@dataclass(slots=True)
class _Block:
    stage: int
    shortage: int
    code: str
    numbers: dict[str, int | str] = field(default_factory=dict)


def reason_for(c: Compiled, plan: Plan, s: int) -> Unassigned:
    """The reason for stop s, given that it is absent from the plan and fits nowhere in it.

    An optional stop may fit and be left out because serving it costs more than its penalty.
    """
    place = plan.exact_place(s) if c.optional[s] else None
    if place is not None:
        return _too_dear(c, s, place)
    blocks = [_blocked(c, plan, s, k) for k in range(len(c.cars))]
    nearest = min(blocks, key=lambda block: (-block.stage, block.shortage))
    return Unassigned(stop_id=c.stop(s).id, reason=nearest.code, numbers=nearest.numbers)


def _too_dear(c: Compiled, s: int, place: Place) -> Unassigned:
    numbers: dict[str, int | str] = {
        "vehicle": c.cars[place.car].vehicle.id,
        "extra_cost_fen": round(place.estimate),
        "penalty_fen": round(c.penalty[s]),
    }
    return Unassigned(stop_id=c.stop(s).id, reason="dearer_than_penalty", numbers=numbers)


def _blocked(c: Compiled, plan: Plan, s: int, k: int) -> _Block:
    car, stop = c.cars[k], c.stop(s)
    vehicle = car.vehicle
    if stop.allowed_depots is not None and vehicle.depot not in stop.allowed_depots:
        return _Block(0, 0, "no_allowed_depot", {"allowed": ", ".join(sorted(stop.allowed_depots))})
    if stop.allowed_vehicles is not None and vehicle.id not in stop.allowed_vehicles:
        return _Block(0, 0, "no_allowed_depot", {"allowed": ", ".join(sorted(stop.allowed_vehicles))})
    order = c.order_of.get(s)
    if order is not None and order.vehicle != vehicle.id:
        return _Block(0, 0, "no_allowed_depot", {"allowed": order.vehicle})
    refused = c.classes[s] & ~c.accepts[car.node]
    if refused:
        return _Block(
            1,
            refused.bit_count(),
            "depot_not_accepting",
            {"load_class": _names(c, refused), "depot": vehicle.depot},
        )
    unlicensed = c.classes[s] & ~car.licences
    if unlicensed:
        numbers: dict[str, int | str] = {"load_class": _names(c, unlicensed), "vehicle": vehicle.id}
        return _Block(2, unlicensed.bit_count(), "no_licensed_vehicle", numbers)
    if c.quarrels_with_itself(s, separated=vehicle.separates):
        return _Block(3, 0, "class_conflict", {"load_class": _names(c, c.classes[s])})
    return _load(c, s, car) or _storage(c, plan, s, car) or _alone(c, s, k) or _in_plan(c, plan, s, k)


def _names(c: Compiled, mask: int) -> str:
    return ", ".join(name for name, i in c.class_index.items() if mask >> i & 1)


def _load(c: Compiled, s: int, car: Car) -> _Block | None:
    worst: _Block | None = None
    for name, load, limit in zip(c.dimensions, c.load[s], car.capacity, strict=True):
        if load > limit:
            per_mille = _over_permille(load, limit)
            numbers: dict[str, int | str] = {
                "dimension": name,
                "load": load,
                "max": limit,
                "over": load - limit,
            }
            if worst is None or per_mille > worst.shortage:
                worst = _Block(4, per_mille, "capacity_too_small", numbers | {"vehicle": car.vehicle.id})
    return worst


def _over_permille(load: int, limit: int) -> int:
    return (load - limit) * 1000 // max(limit, 1)


def _storage(c: Compiled, plan: Plan, s: int, car: Car) -> _Block | None:
    over = plan.storage_over_g(car.node, s)
    if not over:
        return None
    tight = "*"
    for name, mass in c.mass_by_class[s]:
        limit = c.storage_left[car.node].get(name)
        if limit is not None and plan.stored[car.node][name] + mass - limit == over:
            tight = next(key for key, i in c.class_index.items() if i == name)
    return _Block(5, over, "storage_full", {"depot": car.vehicle.depot, "load_class": tight, "over_g": over})


def _alone(c: Compiled, s: int, k: int) -> _Block | None:
    """What forbids a trip for this stop alone with an otherwise unused vehicle."""
    car = c.cars[k]
    if make_day(c, k, ((s,),)) is not None:
        return None
    if car.under_way and make_day(c, k, ((), (s,))) is not None:
        return None
    aboard = _beside_what_is_aboard(c, s, car)
    if aboard is not None:
        return aboard
    vehicle: dict[str, int | str] = {"vehicle": car.vehicle.id}
    out, back = car.drive_s[car.origin][s], car.drive_s[s][car.node]
    arrive = max(car.start_s, c.release[s]) + out
    late = arrive - c.windows[s][-1][1]
    if late > 0:
        return _Block(6, late, "time_window", vehicle | {"late_s": late})
    start = next(max(arrive, opens) for opens, closes in c.windows[s] if arrive <= closes)
    load = [a + b for a, b in zip(car.aboard, c.load[s], strict=True)]
    unload = unload_s(c, car.node, load)
    end = max(start + car.service[s] + back, c.depot_open[car.node]) + unload
    if end > car.end_s:
        shift_bound = car.end_s == car.vehicle.shift_end_s
        code = "shift_too_short" if shift_bound else "depot_closed"
        return _Block(6, end - car.end_s, code, vehicle | {"over_s": end - car.end_s})
    distance = car.distance_m + car.metres[car.origin][s] + car.metres[s][car.node]
    if distance > car.max_distance_m:
        over = distance - car.max_distance_m
        return _Block(6, over, "distance_too_long", vehicle | {"over_m": over})
    span = end - car.began_s if car.under_way else out + car.service[s] + back + unload
    if span > car.max_span_s:
        over = span - car.max_span_s
        return _Block(6, over, "shift_too_short", vehicle | {"over_s": over})
    return _Block(6, out + back, "rest_impossible", vehicle | {"driving_s": out + back})


def _beside_what_is_aboard(c: Compiled, s: int, car: Car) -> _Block | None:
    """Why a vehicle under way that cannot make another trip cannot take s on this one: class or capacity."""
    vehicle: dict[str, int | str] = {"vehicle": car.vehicle.id}
    quarrel = car.avoid[s] & car.aboard_mask
    if quarrel:
        numbers = vehicle | {"load_class": _names(c, c.classes[s]), "with": _names(c, quarrel)}
        return _Block(6, quarrel.bit_count(), "class_conflict", numbers)
    for name, aboard, load, limit in zip(
        c.dimensions, car.aboard, c.load[s], car.first_capacity, strict=True
    ):
        if aboard + load > limit:
            over: dict[str, int | str] = {"dimension": name, "load": aboard + load, "max": limit}
            over |= {"over": aboard + load - limit}
            return _Block(6, _over_permille(aboard + load, limit), "capacity_too_small", vehicle | over)
    return None


def _in_plan(c: Compiled, plan: Plan, s: int, k: int) -> _Block:
    """The vehicle could do it alone, but not beside what it does today: which rule stops it most often?"""
    car, day = c.cars[k], plan.days[k]
    quarrels, over_by, short = 0, [], 0
    for number, (mask, load) in enumerate(zip(day.masks, day.loads, strict=True)):
        capacity = car.capacity if number else car.first_capacity
        if car.avoid[s] & mask:
            quarrels += 1
            continue
        over = [
            (a + b - limit, name)
            for name, a, b, limit in zip(c.dimensions, load, c.load[s], capacity, strict=True)
            if a + b > limit
        ]
        if over:
            over_by.append(max(over))
        else:
            short += 1
    votes = Counter({"capacity": len(over_by), "shift": short, "class_conflict": quarrels})
    by = max(votes, key=lambda name: (votes[name], name))
    numbers: dict[str, int | str] = {"vehicle": car.vehicle.id, "by": by}
    numbers |= {"trips": len(day.trips), "max_trips": car.max_trips}
    numbers |= {"vehicles_used": sum(1 for other in plan.days if other.trips), "vehicles": len(c.cars)}
    if quarrels == len(day.trips):
        aboard = 0
        for mask in day.masks:
            aboard |= mask & car.avoid[s]
        numbers |= {"load_class": _names(c, c.classes[s]), "with": _names(c, aboard)}
        return _Block(7, 0, "class_conflict", numbers)
    if over_by:
        amount, dimension = min(over_by)
        numbers |= {"dimension": dimension, "over": amount}
    return _Block(7, 1 + len(day.trips), "fleet_exhausted", numbers)
