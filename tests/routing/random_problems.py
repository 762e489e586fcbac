"""Random small problems: tight little days in which every rule binds now and then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from routing import BreakRule, Conflict, Depot, Order, Problem, Stop, Travel, UnderWay, Vehicle

CLASSES = ("oil", "acid", "lab")
START = 8 * 3600


@st.composite
def problems(draw: st.DrawFn, most: int = 7) -> Problem:
    """Short shifts, small vehicles, narrow windows, little storage."""
    count = draw(st.integers(1, most))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    depots = draw(st.integers(1, 2))
    kinds = st.sampled_from(["never", "unless_separated"])
    pairs = draw(st.lists(st.tuples(st.sampled_from(CLASSES), st.sampled_from(CLASSES), kinds), max_size=2))
    return Problem(
        depots=tuple(draw(_depot(d)) for d in range(depots)),
        vehicles=tuple(draw(_vehicle(i, depots)) for i in range(draw(st.integers(1, 3)))),
        stops=tuple(draw(_stop(i, depots)) for i in range(count)),
        travel=_travel(rng, depots + count),
        conflicts=tuple(Conflict(a, b, kind) for a, b, kind in pairs),
        alone=frozenset(draw(st.sets(st.sampled_from(CLASSES), max_size=1))),
        break_rule=BreakRule(60 * draw(st.integers(30, 90)), 60 * draw(st.integers(5, 20))),
    )


def _travel(rng: np.random.Generator, size: int) -> Travel:
    return Travel(rng.integers(0, 15_000, (size, size)), rng.integers(0, 2400, (size, size)))


@st.composite
def _stop(draw: st.DrawFn, i: int, depots: int) -> Stop:
    opens = START + 600 * draw(st.integers(0, 10))
    windows = [(opens, opens + 600 * draw(st.integers(0, 12)))]
    if draw(st.booleans()):
        windows.append((windows[0][1] + 1800, windows[0][1] + 4800))
    names = draw(st.sets(st.sampled_from(CLASSES), min_size=1, max_size=2))
    return Stop(
        id=f"s{i}",
        location=depots + i,
        windows=tuple(windows),
        load={name: {"mass_g": draw(st.integers(0, 60))} for name in sorted(names)},
        service_s=60 * draw(st.integers(0, 20)),
        allowed_depots=draw(st.one_of(st.none(), st.just(frozenset({"D0"})))),
        penalty_fen=draw(st.integers(0, 5000)),
    )


@st.composite
def _vehicle(draw: st.DrawFn, i: int, depots: int) -> Vehicle:
    return Vehicle(
        id=f"v{i}",
        depot=f"D{i % depots}",
        capacity={"mass_g": draw(st.integers(30, 150))},
        licences=frozenset(draw(st.sets(st.sampled_from(CLASSES), min_size=1))),
        shift_start_s=START,
        shift_end_s=START + 3600 * draw(st.integers(1, 8)),
        max_shift_s=1800 * draw(st.integers(2, 14)),
        max_distance_m=draw(st.one_of(st.none(), st.integers(5_000, 60_000))),
        max_trips=draw(st.integers(1, 3)),
        fixed_cost_fen=draw(st.integers(0, 3000)),
        cost_per_km_fen=draw(st.integers(0, 300)),
        cost_per_h_fen=draw(st.integers(0, 5000)),
        speed_permille=draw(st.sampled_from([700, 1000, 1300])),
        separates=draw(st.booleans()),
    )


@st.composite
def _depot(draw: st.DrawFn, d: int) -> Depot:
    return Depot(
        id=f"D{d}",
        location=d,
        accepts=frozenset(CLASSES),
        open_s=START - 600 * draw(st.integers(-2, 2)),
        unload_fixed_s=60 * draw(st.integers(0, 10)),
        unload_per_unit_s=draw(st.integers(0, 30)),
        unload_unit=draw(st.integers(1, 20)),
        storage_left={"oil": draw(st.integers(0, 200))},
        storage_total_left_g=draw(st.one_of(st.none(), st.integers(0, 300))),
    )


@st.composite
def full_problems(draw: st.DrawFn, most: int = 6) -> Problem:
    """The same with every rule there is: matrices and service by vehicle, overtime, release, optional
    stops, orders, vehicles under way.
    """
    base = draw(problems(most))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    size = base.travel.size
    vehicles = tuple(draw(_richer_vehicle(vehicle, size)) for vehicle in base.vehicles)
    ids = [vehicle.id for vehicle in vehicles]
    return replace(
        base,
        vehicles=vehicles,
        stops=tuple(draw(_richer_stop(stop, ids)) for stop in base.stops),
        # A vehicle under way must come home without a rest on the road, so the rule allows the longest leg.
        break_rule=BreakRule(60 * draw(st.integers(40, 90)), 60 * draw(st.integers(5, 20))),
        travels={"lorry": _travel(rng, size)},
        orders=draw(_orders(ids, [stop.id for stop in base.stops])),
        solo=frozenset(draw(st.sets(st.sampled_from(CLASSES), max_size=1)) if draw(st.booleans()) else ()),
    )


@st.composite
def _richer_vehicle(draw: st.DrawFn, vehicle: Vehicle, size: int) -> Vehicle:
    way = None
    if draw(st.integers(0, 2)) == 0:
        at_s = START + 600 * draw(st.integers(0, 12))
        aboard = draw(st.sets(st.sampled_from(CLASSES), max_size=2))
        way = UnderWay(
            location=draw(st.integers(0, size - 1)),
            at_s=at_s,
            started_s=at_s - 600 * draw(st.integers(0, 12)),
            driven_since_rest_s=60 * draw(st.integers(0, 60)),
            distance_m=draw(st.integers(0, 40_000)),
            trips_done=draw(st.integers(0, 2)),
            aboard={name: {"mass_g": draw(st.integers(0, 60))} for name in sorted(aboard)},
        )
    return replace(
        vehicle,
        speed_permille=draw(st.sampled_from([1000, 1300])),
        travel=draw(st.sampled_from(["", "lorry"])),
        overtime_s=600 * draw(st.integers(0, 6)),
        overtime_per_h_fen=draw(st.integers(0, 9000)),
        service_permille=draw(st.sampled_from([1000, 700, 1501])),
        under_way=way,
    )


@st.composite
def _richer_stop(draw: st.DrawFn, stop: Stop, vehicles: list[str]) -> Stop:
    faster = draw(st.sets(st.sampled_from(vehicles), max_size=1))
    return replace(
        stop,
        service_by_vehicle_s={name: 60 * draw(st.integers(0, 10)) for name in faster},
        release_s=draw(st.sampled_from([0, 0, START + 1200, START + 5400])),
        optional=draw(st.booleans()),
    )


@st.composite
def _orders(draw: st.DrawFn, vehicles: list[str], stops: list[str]) -> tuple[Order, ...]:
    """Disjoint pieces of a shuffled list of stops, each for one vehicle, at most one of them fixed each."""
    shuffled = draw(st.permutations(stops))
    orders: list[Order] = []
    fixed: set[str] = set()
    while len(shuffled) > 1 and len(orders) < 3 and draw(st.booleans()):
        length = draw(st.integers(1, 3))
        vehicle = draw(st.sampled_from(vehicles))
        is_fixed = vehicle not in fixed and draw(st.booleans())
        fixed |= {vehicle} if is_fixed else set()
        orders.append(Order(vehicle=vehicle, stops=tuple(shuffled[:length]), fixed=is_fixed))
        shuffled = shuffled[length:]
    return tuple(orders)
