"""What it would roughly cost to visit a request from a depot on a day, before any route is known.

Neighbours share their approach: requests are grouped in neighbourhoods, and sending a vehicle into a
neighbourhood on a day costs a part of the way there and back, once. Each request adds its share of a
vehicle load of that way, the hop from its nearest neighbour, and the time to serve it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routing.horizon.model import Horizon, Request, ServiceDay
from routing.problem import Depot, Stop, Vehicle

# The part of a way there and back that one neighbourhood bears alone: a round visits about two of them,
# and the load a request adds to a vehicle bears the other part.
APPROACH_SHARE = 0.5
# The part of a crew's day that can be filled by estimate: the rest is lost to waiting and rests.
FILL = 0.8
# The part of its work after which a vehicle is paid for.
RAMP = 0.25


@dataclass(frozen=True, slots=True)
class Base:
    """A depot on a day: its fleet on average.

    `seconds`: work of one vehicle; `use_fen`: what using it at all costs; `unload_s`: to unload one, beside
    `unload_s_per_amount` for each of the `unload_dimension` aboard.
    """

    day: int
    depot: str
    location: int
    vehicles: int
    seconds: int
    fen_per_m: float
    fen_per_s: float
    use_fen: float
    load_max: Mapping[str, int]
    unload_s: int
    unload_dimension: str
    unload_s_per_amount: float

    def vehicles_fen(self, work_s: int) -> float:
        """Fen for the vehicles that this much work needs; the last is paid for bit by bit up to RAMP.

        Paid for all at once, it would never be taken for a single stop, however many would share it.
        """
        whole, part = divmod(work_s, max(self.seconds, 1))
        return self.use_fen * (whole + min(1.0, part / (RAMP * max(self.seconds, 1))))


@dataclass(frozen=True, slots=True)
class Visit:
    """One way to serve a request: from this base, at this cost, with this much work, beside the approach."""

    request: int
    base: int
    cost_fen: int
    work_s: int


@dataclass(frozen=True, slots=True)
class Approach:
    """A vehicle from a base into a neighbourhood."""

    neighbourhood: int
    base: int
    cost_fen: int
    work_s: int


@dataclass(slots=True)
class Estimates:
    """Bases, visits by request, approaches by (neighbourhood, base), and where each request belongs."""

    bases: list[Base]
    visits: list[list[Visit]]
    approaches: dict[tuple[int, int], Approach]
    neighbourhood: list[int]


def estimate(
    horizon: Horizon, requests: Sequence[Request], days: Iterable[ServiceDay], fill: float = FILL
) -> Estimates:
    """Every way to serve every one of these requests on these days."""
    fleets = [(day.day, depot, _fleet(day, depot)) for day in days for depot in day.depots]
    fleets = [fleet for fleet in fleets if fleet[2]]
    bases = [_base(horizon, *fleet, fill, requests) for fleet in fleets]
    both_ways = _both_ways_m(horizon)
    locations = [request.stop.location for request in requests]
    groups = neighbourhoods(both_ways, locations, _radius_m(both_ways, locations, bases))
    hops = _hops(horizon, locations, groups)
    result = Estimates(bases, [[] for _ in requests], {}, groups)
    members = {group: [locations[i] for i in members] for group, members in _members(groups).items()}
    for number, base in enumerate(bases):
        vehicles = fleets[number][2]
        for i, request in enumerate(requests):
            if request.ready_day <= base.day <= request.due_day and _may_serve(
                request.stop, fleets[number][1], vehicles
            ):
                result.visits[i].append(_visit(horizon, request, i, number, base, hops[i]))
        for group, places in members.items():
            result.approaches[group, number] = _approach(horizon, group, number, base, places)
    return result


def _fleet(day: ServiceDay, depot: Depot) -> list[Vehicle]:
    return [vehicle for vehicle in day.vehicles if vehicle.depot == depot.id]


def _base(
    horizon: Horizon,
    day: int,
    depot: Depot,
    fleet: list[Vehicle],
    fill: float,
    requests: Sequence[Request],
) -> Base:
    weights, count = horizon.weights, len(fleet)
    spans = [
        min(
            vehicle.max_shift_s,
            min(vehicle.shift_end_s, depot.close_s) - max(vehicle.shift_start_s, depot.open_s),
        )
        for vehicle in fleet
    ]
    dimensions = {name for vehicle in fleet for name in vehicle.capacity}
    seconds = round(fill * max(sum(spans), 0) / count)
    use_fen = sum(v.fixed_cost_fen for v in fleet) / count * weights.fixed_permille / 1000
    hour_fen = sum(v.cost_per_h_fen for v in fleet) / count * weights.time_permille / 1000
    load_max = {name: sum(vehicle.capacity.get(name, 0) for vehicle in fleet) // count for name in dimensions}
    full_s = load_max.get(depot.unload_dimension, 0) * depot.unload_per_unit_s // depot.unload_unit
    filled = _fills(depot.unload_dimension, load_max, requests)
    return Base(
        day=day,
        depot=depot.id,
        location=depot.location,
        vehicles=count,
        seconds=seconds,
        fen_per_m=sum(v.cost_per_km_fen for v in fleet) / count * weights.distance_permille / 1e6,
        fen_per_s=hour_fen / 3600,
        use_fen=use_fen,
        load_max=load_max,
        unload_s=depot.unload_fixed_s + (full_s if filled else 0),
        unload_dimension=depot.unload_dimension,
        unload_s_per_amount=0.0 if filled else depot.unload_per_unit_s / depot.unload_unit,
    )


def _fills(dimension: str, load_max: Mapping[str, int], requests: Sequence[Request]) -> bool:
    """Whether this dimension is ever the one that fills a vehicle.

    One that only counts for unloading may have a capacity that nothing reaches.
    """
    for request in requests:
        load = total_load(request.stop)
        shares = {name: amount / load_max[name] for name, amount in load.items() if load_max.get(name)}
        if shares and shares.get(dimension, 0.0) >= max(shares.values()):
            return True
    return False


def may_serve(stop: Stop, depot: Depot, vehicle: Vehicle) -> bool:
    """Whether this vehicle could serve the stop by permission, licence and size alone."""
    return (
        (stop.allowed_depots is None or depot.id in stop.allowed_depots)
        and (stop.allowed_vehicles is None or vehicle.id in stop.allowed_vehicles)
        and stop.load.keys() <= depot.accepts & vehicle.licences
        and all(amount <= vehicle.capacity.get(name, 0) for name, amount in total_load(stop).items())
    )


def _may_serve(stop: Stop, depot: Depot, vehicles: list[Vehicle]) -> bool:
    return any(may_serve(stop, depot, vehicle) for vehicle in vehicles)


def total_load(stop: Stop) -> dict[str, int]:
    """Amounts by dimension over all load classes."""
    total: dict[str, int] = defaultdict(int)
    for load in stop.load.values():
        for name, amount in load.items():
            total[name] += amount
    return total


def _both_ways_m(horizon: Horizon) -> npt.NDArray[np.int64]:
    metres = horizon.travel.distance_m
    both: npt.NDArray[np.int64] = (metres + metres.T) // 2
    return both


def _radius_m(both_ways: npt.NDArray[np.int64], locations: list[int], bases: list[Base]) -> int:
    """Half the usual way from a depot: so near each other, going on beats coming again."""
    if not locations or not bases:
        return 0
    depots = sorted({base.location for base in bases})
    nearest = both_ways[np.ix_(locations, depots)].min(axis=1)
    return int(np.median(nearest)) // 2


def neighbourhoods(both_ways: npt.NDArray[np.int64], locations: list[int], radius_m: int) -> list[int]:
    """The group of each location: again and again the place with most others around it takes them all."""
    group = np.full(len(locations), -1)
    if not locations:
        return []
    near = both_ways[np.ix_(locations, locations)] <= radius_m
    np.fill_diagonal(near, True)
    count = near.sum(axis=1)
    number = 0
    while (group < 0).any():
        centre = int(np.argmax(np.where(group < 0, count, -1)))
        mine = near[centre] & (group < 0)
        group[mine] = number
        count = count - near[:, mine].sum(axis=1)
        number += 1
    return [int(one) for one in group]


def _members(groups: list[int]) -> dict[int, list[int]]:
    members: dict[int, list[int]] = defaultdict(list)
    for i, group in enumerate(groups):
        members[group].append(i)
    return dict(members)


def _hops(horizon: Horizon, locations: list[int], groups: list[int]) -> list[tuple[int, int]]:
    """(metres, seconds) from the nearest other request of the same neighbourhood; none for a lone one."""
    hops = [(0, 0)] * len(locations)
    for members in _members(groups).values():
        here = [locations[i] for i in members]
        metres = horizon.travel.distance_m[np.ix_(here, here)].astype(np.int64)
        np.fill_diagonal(metres, np.iinfo(np.int64).max)
        for row, i in enumerate(members):
            if len(members) > 1:
                nearest = int(np.argmin(metres[:, row]))
                seconds = int(horizon.travel.duration_s[here[nearest], here[row]])
                hops[i] = (int(metres[nearest, row]), seconds)
    return hops


def _visit(
    horizon: Horizon, request: Request, number: int, base_number: int, base: Base, hop: tuple[int, int]
) -> Visit:
    stop = request.stop
    most = base.load_max
    load = total_load(stop)
    share = max((amount / most[name] for name, amount in load.items() if most.get(name)), default=0.0)
    metres, seconds = _there_and_back(horizon, base.location, [stop.location])
    part = (1 - APPROACH_SHARE) * min(share, 1.0)
    unload_s = share * base.unload_s + load.get(base.unload_dimension, 0) * base.unload_s_per_amount
    work_s = stop.service_s + hop[1] + part * seconds + unload_s
    cost = base.fen_per_m * (hop[0] + part * metres) + base.fen_per_s * work_s
    return Visit(number, base_number, round(cost), round(work_s))


def _approach(horizon: Horizon, group: int, number: int, base: Base, places: list[int]) -> Approach:
    metres, seconds = _there_and_back(horizon, base.location, places)
    work_s = APPROACH_SHARE * seconds
    cost = base.fen_per_m * APPROACH_SHARE * metres + base.fen_per_s * work_s
    return Approach(group, number, round(cost), round(work_s))


def _there_and_back(horizon: Horizon, home: int, places: list[int]) -> tuple[float, float]:
    """Mean metres and seconds from home to these places and back."""
    metres, seconds = horizon.travel.distance_m, horizon.travel.duration_s
    far = (metres[home, places] + metres[places, home]).mean()
    long = (seconds[home, places] + seconds[places, home]).mean()
    return float(far), float(long)
