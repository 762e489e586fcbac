"""Explanations as plain English lines, for the command line. Pages word the codes themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from routing.explain.changes import Change
from routing.explain.left_out import Block, Explanation, explain
from routing.explain.remedies import Fit, Remedy
from routing.explain.rules import Broken
from routing.problem import Problem
from routing.solution import Solution

REASONS = {
    "no_allowed_depot": "only {allowed} may serve it",
    "no_allowed_vehicle": "only vehicle {allowed} may serve it",
    "pinned_elsewhere": "it is pinned to {vehicle}",
    "depot_not_accepting": "{depot} does not accept {load_class}",
    "no_licensed_vehicle": "not licensed for {load_class}",
    "storage_full": "{depot} is full for {load_class}: {over_g} g over",
    "capacity_too_small": "{dimension} {load} where {max} go: {over} over",
    "class_conflict": "{load_class} may not ride with {with}",
    "too_many_trips": "all {max} trips are used",
    "time_window": "{stop} would be served at {start_s}, {late_s} after it closes",
    "shift_too_short": "the day would end at {end_s}, {over_s} too long",
    "depot_closed": "back and unloaded at {end_s}, {over_s} after {depot} closes",
    "distance_too_long": "{distance_m} to drive, {over_m} more than allowed",
    "rest_impossible": "{driving_s} of driving without a rest",
    "order_broken": "the order pinned on {vehicle} would break",
}
REMEDIES = {
    "window_later": "{of} open until {until_s} instead of {close_s}",
    "window_earlier": "{of} open from {from_s} instead of {open_s}",
    "depot_allowed": "{of} served from {depot}",
    "vehicle_allowed": "{of} served by {vehicle}",
    "unpinned": "{of} no longer pinned to {vehicle}",
    "shift_longer": "{of} on the road {over_s} longer",
    "trip_more": "{of} makes {trips} trips instead of {max_trips}",
    "distance_longer": "{of} drives {over_m} beyond its limit",
    "depot_open_longer": "{of} open until {until_s} instead of {close_s}",
    "storage": "{of} makes room for {over_g} of {load_class}",
    "licence": "a vehicle like {of} at {depot}, licensed for {load_classes}",
    "depot_accepts": "{of} permitted to take {load_classes}",
    "capacity": "a vehicle like {of} with {over} more {dimension}",
    "vehicle_more": "one more vehicle like {of} at {depot}",
}
NAMED = 4  # places named beside one reason, reasons beside one place
PERMISSION = {
    "no_allowed_depot", "no_allowed_vehicle", "pinned_elsewhere",
    "depot_not_accepting", "no_licensed_vehicle",
}  # fmt: skip
CLOCK = {"start_s", "end_s", "until_s", "close_s", "open_s", "from_s"}


def report(problem: Problem, solution: Solution) -> Iterator[str]:
    """Lines that say of every stop left out why, and what would let it in."""
    found = explain(problem, solution)
    if not found:
        yield "Every stop is planned."
    for one in found:
        yield from _about(one)


def _about(one: Explanation) -> Iterator[str]:
    if one.fits is not None:
        extra = _yuan(one.fits.extra_cost_fen)
        yield f"{one.stop_id}: could be served by {one.fits.vehicle_id}, {extra}"
        return
    yield f"{one.stop_id}: left out"
    yield from _in_the_way(one.blocks)
    for remedy in one.remedies:
        yield f"  would fit with: {_remedy(remedy)}"
    if not one.remedies:
        yield "  no few changes would let it in"


def _in_the_way(blocks: Iterable[Block]) -> Iterator[str]:
    """A line for each reason, with the vehicles and trips it stands in the way of."""
    places: dict[str, list[str]] = {}
    for block in blocks:
        where = "own trip" if block.trip is None else f"trip {block.trip + 1}"
        why = "; ".join(_broken(one) for one in _gravest(block))
        places.setdefault(why, []).append(f"{block.vehicle_id} {where}")
    for why, names in places.items():
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        yield f"  {', '.join(names[:NAMED])}{more}: {why}"


def _gravest(block: Block) -> list[Broken]:
    """Where the stop is not permitted at all nothing else matters; else the first few rules."""
    barred = [one for one in block.broken if one.code in PERMISSION]
    return barred or list(block.broken[:NAMED])


def _broken(one: Broken) -> str:
    return REASONS[one.code].format(**{name: _shown(name, value) for name, value in one.numbers.items()})


def _remedy(remedy: Remedy) -> str:
    wording = " and ".join(_change(change) for change in remedy.changes)
    apart = f", apart from {', '.join(remedy.apart_from)}" if remedy.apart_from else ""
    return f"{wording}{apart}: {_fit(remedy.vehicle_id, remedy.fit)}"


def _change(change: Change) -> str:
    numbers = {name: _shown(name, value) for name, value in change.numbers.items()}
    return REMEDIES[change.code].format(of=change.of, **numbers)


def _fit(vehicle_id: str, fit: Fit) -> str:
    where = "own trip" if fit.new_trip else f"trip {fit.trip + 1}"
    added = f"{fit.extra_m / 1000:+.1f} km, {_yuan(fit.extra_cost_fen)}"
    return f"{vehicle_id}, {where}, at {_clock(fit.start_s)}, {added}"


def _shown(name: str, value: int | str) -> str:
    if isinstance(value, str):
        return "all classes together" if value == "*" else value
    if name in CLOCK:
        return _clock(value)
    if name.endswith("_s"):
        return f"{-(-value // 60)} min"
    if name.endswith("_m"):
        return f"{value / 1000:.1f} km"
    return str(value)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"


def _yuan(fen: int) -> str:
    return f"{fen / 100:+.2f} yuan"
