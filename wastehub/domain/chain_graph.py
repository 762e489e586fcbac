"""Where the containers of a batch go apart and come together: acts laid out on lanes, like tracks. Pure.

An act names labels. Those that have travelled together stay on one lane; an act on some of them branches,
an act on labels of several lanes joins them. Labels that appear first in an act together with known ones
are their children: nothing here knows what a repacking is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Act:
    """What an act touches: `labels` of the batch, and which of them end with it. No labels: all of it."""

    labels: frozenset[str]
    ended: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Placed:
    """One row of the drawing.

    `lane` of its node; `from_lanes` that run into it; `passing` lanes that run by; `leaving` lanes that go
    on below it. `apart` labels stayed behind on their lanes; `joined` lanes came together here.
    """

    lane: int
    from_lanes: tuple[int, ...]
    passing: tuple[int, ...]
    leaving: tuple[int, ...]
    apart: int = 0
    joined: int = 0


@dataclass
class _Tracks:
    lanes: list[frozenset[str] | None] = field(default_factory=list)

    def free(self) -> int:
        """The first lane that nobody is on."""
        for number, labels in enumerate(self.lanes):
            if not labels:
                return number
        self.lanes.append(None)
        return len(self.lanes) - 1

    def busy(self) -> tuple[int, ...]:
        return tuple(number for number, labels in enumerate(self.lanes) if labels)


def lay_out(acts: Sequence[Act]) -> list[Placed]:
    """A row for each act, in their order."""
    tracks = _Tracks()
    return [_place(tracks, act) for act in acts]


def _place(tracks: _Tracks, act: Act) -> Placed:
    if not act.labels:
        busy = tracks.busy()
        lane = busy[0] if busy else 0
        return Placed(lane, busy[:1], busy[1:], busy)
    touched = [number for number in tracks.busy() if tracks.lanes[number] & act.labels]  # type: ignore[operator]
    rests = {number: (tracks.lanes[number] or frozenset()) - act.labels for number in touched}
    whole = [number for number in touched if not rests[number]]
    passing = tuple(number for number in tracks.busy() if number not in whole)
    for number in touched:
        tracks.lanes[number] = rests[number] or None
    lane = whole[0] if whole else tracks.free()
    tracks.lanes[lane] = (act.labels - act.ended) or None
    return Placed(
        lane=lane,
        from_lanes=tuple(touched),
        passing=passing,
        leaving=tracks.busy(),
        apart=sum(len(rest) for rest in rests.values()),
        joined=len(touched) if len(touched) > 1 else 0,
    )
