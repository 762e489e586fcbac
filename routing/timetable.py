"""The shortest day through a sequence of places whose windows and rests leave a choice.

A label stands for one choice of windows and rests up to a place. Whatever the start s, that choice is done
with the place at max(earliest, s + lasts), provided s <= latest: waiting absorbs an earlier start, and the
first closing time bounds it. So a few whole numbers hold the label's timetables for every start at once, and
the shortest of them is exact: it lasts max(lasts, earliest - latest).
"""

from __future__ import annotations

from dataclasses import dataclass

from routing.compiled import Windows
from routing.problem import BreakRule

BEFORE, AFTER = 1, 2
FAR = 1 << 60

# earliest end, duration without waiting, latest start, driving since the last rest, rests as (place, when)
Label = tuple[int, int, int, int, tuple[tuple[int, int], ...]]


@dataclass(slots=True)
class Place:
    """A point of the day: the drive that leads to it, when it may begin, how long it takes.

    `leave_from_s`: the way on may not begin before. `rest_before`: whether a rest may precede the service.
    """

    leg_s: int
    windows: Windows
    duration_s: int
    leave_from_s: int = 0
    rest_before: bool = True


def fit(now: int, windows: Windows) -> int:
    """When service may begin for an arrival at `now`; FAR if every window has closed."""
    for opens, closes in windows:
        if now <= closes:
            return max(now, opens)
    return FAR


def labels_at_end(labels: list[Label], places: list[Place], rule: BreakRule | None) -> list[Label]:
    """The labels worth keeping at the last of these places, grown from those where the day begins.

    None if the sequence cannot be driven in time. No rest is taken at the last place.
    """
    for i, place in enumerate(places, start=1):
        grown: list[Label] = []
        for label in labels:
            _grow(label, i, place, rule, i == len(places), grown)
        labels = _undominated(grown)
        if not labels:
            break
    return labels


def _grow(
    label: Label, i: int, place: Place, rule: BreakRule | None, is_last: bool, grown: list[Label]
) -> None:
    """Add what becomes of the label at place i: without a rest, with one before, with one after service."""
    earliest, lasts, latest, driven, rests = label
    earliest += place.leg_s
    lasts += place.leg_s
    if rule is None:
        _serve(place, 0, 0, (earliest, lasts, latest, 0, rests), grown)
        return
    driven += place.leg_s
    if driven > rule.max_driving_s:
        return
    _serve(place, 0, 0, (earliest, lasts, latest, driven, rests), grown)
    if not is_last:
        if place.rest_before:
            _serve(place, rule.break_s, 0, (earliest, lasts, latest, 0, (*rests, (i, BEFORE))), grown)
        _serve(place, 0, rule.break_s, (earliest, lasts, latest, 0, (*rests, (i, AFTER))), grown)


def _serve(place: Place, before_s: int, after_s: int, label: Label, grown: list[Label]) -> None:
    """Add the label after service, once for each window that a later start could need."""
    earliest, lasts, latest, driven, rests = label
    earliest += before_s
    lasts += before_s
    stays_s = place.duration_s + after_s
    for opens, closes in place.windows:
        if earliest <= closes:
            ready = max(max(earliest, opens) + stays_s, place.leave_from_s)
            grown.append((ready, lasts + stays_s, min(latest, closes - lasts), driven, rests))
            if latest <= closes - lasts:
                return


def _undominated(labels: list[Label]) -> list[Label]:
    """Those that no other beats in all of earliest end, duration, latest start and driving."""
    if len(labels) < 2:
        return labels
    labels.sort(key=lambda label: (label[0], label[1], -label[2], label[3]))
    kept: list[Label] = []
    for label in labels:
        _, lasts, latest, driven, _ = label
        if not any(other[1] <= lasts and other[2] >= latest and other[3] <= driven for other in kept):
            kept.append(label)
    return kept


def shortest(labels: list[Label]) -> tuple[int, int, dict[int, int]] | None:
    """(start, end, rests by place) of the shortest day; of equal ones the one that ends first."""
    if not labels:
        return None
    earliest, lasts, latest, _, rests = min(labels, key=_span_then_end)
    return min(latest, earliest - lasts), earliest, dict(rests)


def _span_then_end(label: Label) -> tuple[int, int]:
    earliest, lasts, latest, _, _ = label
    return max(lasts, earliest - latest), earliest


def first_home(labels: list[Label]) -> tuple[int, dict[int, int]] | None:
    """(end, rests by place) of the day that ends first, whenever it begins."""
    if not labels:
        return None
    earliest, _, _, _, rests = min(labels)
    return earliest, dict(rests)
