"""What could be asked for so that a stop fits: one field of the problem, from what to what.

A Change names a field, and `relaxed` really changes it, so that a promise can be tried before it is made.
Codes, what `of` names, and the numbers:

window_later       a stop     window, close_s, until_s: service may begin until then
window_earlier     a stop     window, open_s, from_s: service may begin from then on
depot_allowed      a stop     depot: another depot may serve it
vehicle_allowed    a stop     vehicle: another vehicle may serve it
unpinned           a stop     vehicle: it need not be on the vehicle it is pinned to
shift_longer       a vehicle  over_s, end_s and until_s (of the shift), max_s and shift_s (from departure
                              to the last unloading); what exceeds max_shift_s is overtime
trip_more          a vehicle  max_trips, trips
distance_longer    a vehicle  max_m, over_m
depot_open_longer  a depot    close_s, until_s
storage            a depot    load_class ("*": in total), left_g, over_g
licence            a vehicle  load_classes, depot: a vehicle like this one, licensed for these as well
depot_accepts      a depot    load_classes
capacity           a vehicle  dimension, max, over
vehicle_more       a vehicle  depot, vehicle: one more like this one; `vehicle` is the newcomer's id
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from routing.problem import Depot, Problem, Stop, Vehicle

Numbers = Mapping[str, int | str]

# How hard a change is to get, low first: a telephone call, then the crew's day, then what the law, the
# yard or the fleet would have to give.
EFFORT = {
    "window_later": 0, "window_earlier": 0, "vehicle_allowed": 0, "unpinned": 0, "trip_more": 0,
    "shift_longer": 1, "depot_open_longer": 1, "distance_longer": 1, "depot_allowed": 1,
    "vehicle_more": 2, "storage": 2,
    "licence": 3, "depot_accepts": 3, "capacity": 3,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One field of the problem made wider."""

    code: str
    of: str
    numbers: Numbers = field(default_factory=dict)

    def number(self, name: str) -> int:
        return int(self.numbers[name])

    def named(self, name: str) -> frozenset[str]:
        """A number that is a list of names, joined by comma and blank."""
        return frozenset(str(self.numbers[name]).split(", "))


def ask_fen(change: Change) -> float:
    """What asking for a change is taken to weigh against money. Only ranks changes of one kind.

    One fen for a second (36 yuan for an hour), for ten metres and for ten grams; for a greater capacity
    ten fen for each thousandth.
    """
    numbers = change.numbers
    if "until_s" in numbers and "close_s" in numbers:
        return change.number("until_s") - change.number("close_s")
    if "from_s" in numbers:
        return change.number("open_s") - change.number("from_s")
    if "over_s" in numbers:
        return change.number("over_s")
    if "over_m" in numbers:
        return change.number("over_m") / 10
    if "over_g" in numbers:
        return change.number("over_g") / 10
    if "over" in numbers:
        return 10_000 * change.number("over") / max(change.number("max"), 1)
    return 0.0


def relaxed(problem: Problem, changes: Iterable[Change]) -> Problem:
    """The problem with these fields changed. Raises KeyError for an unknown code or id."""
    for change in changes:
        problem = _APPLY[change.code](problem, change)
    return problem


Item = TypeVar("Item", Stop, Vehicle, Depot)


def _with(items: tuple[Item, ...], name: str, **values: Any) -> tuple[Item, ...]:
    if name not in {item.id for item in items}:
        raise KeyError(name)
    return tuple(replace(item, **values) if item.id == name else item for item in items)


def _one(items: tuple[Item, ...], name: str) -> Item:
    for item in items:
        if item.id == name:
            return item
    raise KeyError(name)


def _stop(problem: Problem, change: Change, **values: Any) -> Problem:
    return replace(problem, stops=_with(problem.stops, change.of, **values))


def _vehicle(problem: Problem, change: Change, **values: Any) -> Problem:
    return replace(problem, vehicles=_with(problem.vehicles, change.of, **values))


def _depot(problem: Problem, change: Change, **values: Any) -> Problem:
    return replace(problem, depots=_with(problem.depots, change.of, **values))


def _window_later(problem: Problem, change: Change) -> Problem:
    windows = list(_one(problem.stops, change.of).windows)
    at = change.number("window")
    windows[at] = (windows[at][0], change.number("until_s"))
    return _stop(problem, change, windows=_joined(windows))


def _window_earlier(problem: Problem, change: Change) -> Problem:
    windows = list(_one(problem.stops, change.of).windows)
    at = change.number("window")
    windows[at] = (change.number("from_s"), windows[at][1])
    return _stop(problem, change, windows=_joined(windows))


def _joined(windows: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Windows in order, those that touch made one."""
    joined: list[tuple[int, int]] = []
    for opens, closes in sorted(windows):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], closes))
        else:
            joined.append((opens, closes))
    return tuple(joined)


def _depot_allowed(problem: Problem, change: Change) -> Problem:
    allowed = _one(problem.stops, change.of).allowed_depots or frozenset()
    return _stop(problem, change, allowed_depots=allowed | {str(change.numbers["depot"])})


def _vehicle_allowed(problem: Problem, change: Change) -> Problem:
    allowed = _one(problem.stops, change.of).allowed_vehicles or frozenset()
    return _stop(problem, change, allowed_vehicles=allowed | {str(change.numbers["vehicle"])})


def _unpinned(problem: Problem, change: Change) -> Problem:
    loosened = (
        replace(order, stops=tuple(stop_id for stop_id in order.stops if stop_id != change.of))
        if set(order.stops) != {change.of}
        else None
        for order in problem.orders
    )
    return replace(problem, orders=tuple(order for order in loosened if order is not None))


def _shift_longer(problem: Problem, change: Change) -> Problem:
    vehicle = _one(problem.vehicles, change.of)
    return _vehicle(
        problem,
        change,
        shift_end_s=max(vehicle.shift_end_s, change.number("until_s")),
        overtime_s=max(vehicle.overtime_s, change.number("shift_s") - vehicle.max_shift_s),
    )


def _trip_more(problem: Problem, change: Change) -> Problem:
    return _vehicle(problem, change, max_trips=change.number("trips"))


def _distance_longer(problem: Problem, change: Change) -> Problem:
    return _vehicle(problem, change, max_distance_m=change.number("max_m") + change.number("over_m"))


def _depot_open_longer(problem: Problem, change: Change) -> Problem:
    return _depot(problem, change, close_s=change.number("until_s"))


def _storage(problem: Problem, change: Change) -> Problem:
    depot, name = _one(problem.depots, change.of), str(change.numbers["load_class"])
    room_g = change.number("left_g") + change.number("over_g")
    if name == "*":
        return _depot(problem, change, storage_total_left_g=room_g)
    return _depot(problem, change, storage_left={**depot.storage_left, name: room_g})


def _licence(problem: Problem, change: Change) -> Problem:
    licences = _one(problem.vehicles, change.of).licences
    return _vehicle(problem, change, licences=licences | change.named("load_classes"))


def _depot_accepts(problem: Problem, change: Change) -> Problem:
    accepts = _one(problem.depots, change.of).accepts
    return _depot(problem, change, accepts=accepts | change.named("load_classes"))


def _capacity(problem: Problem, change: Change) -> Problem:
    name = str(change.numbers["dimension"])
    capacity = dict(_one(problem.vehicles, change.of).capacity)
    capacity[name] = change.number("max") + change.number("over")
    return _vehicle(problem, change, capacity=capacity)


def _vehicle_more(problem: Problem, change: Change) -> Problem:
    newcomer = replace(_one(problem.vehicles, change.of), id=str(change.numbers["vehicle"]), under_way=None)
    return replace(problem, vehicles=(*problem.vehicles, newcomer))


_APPLY: dict[str, Callable[[Problem, Change], Problem]] = {
    "window_later": _window_later,
    "window_earlier": _window_earlier,
    "depot_allowed": _depot_allowed,
    "vehicle_allowed": _vehicle_allowed,
    "unpinned": _unpinned,
    "shift_longer": _shift_longer,
    "trip_more": _trip_more,
    "distance_longer": _distance_longer,
    "depot_open_longer": _depot_open_longer,
    "storage": _storage,
    "licence": _licence,
    "depot_accepts": _depot_accepts,
    "capacity": _capacity,
    "vehicle_more": _vehicle_more,
}
