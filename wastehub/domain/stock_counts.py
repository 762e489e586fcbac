"""日盘点: what the books say stands in a place, beside what somebody found there.

Each container gets one finding. What the scale says is compared within the tolerance of its class; a
container that is not there is compared with nothing: all of its content becomes a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from .errors import Conflict
from .quantities import ToleranceRule, weighing_difference

Finding = Literal["same", "within", "mass", "missing", "wrong_zone", "elsewhere", "unknown", "found_again"]
# Findings that the person who signs has to look at; the others agree with the books.
DIFFERENCES: tuple[Finding, ...] = (
    "missing", "mass", "wrong_zone", "elsewhere", "unknown", "found_again",
)  # fmt: skip
# A container in these states stands in somebody's store.
HERE = ("stored", "in_lot", "at_plant")
NOTE_LONGEST = 300

DayState = Literal["signed", "unsigned", "partly", "none", "nothing", "before"]


@dataclass(frozen=True, slots=True)
class Books:
    """What the books say of a label: `here` in this very place, `store` in this unit's store.

    `missing`: a count before could not find it.
    """

    mass_g: int
    here: bool = False
    store: bool = False
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """`difference_g` is counted minus books: negative when mass is missing."""

    finding: Finding
    difference_g: int = 0


def judge(books: Books | None, *, seen: bool, weighed_g: int | None, rule: ToleranceRule) -> Judged:
    """The finding on one label. `books` None: no container of this label is known.

    Precondition: it was seen, or the books have it here.
    """
    if books is None:
        return Judged("unknown")
    if books.missing:
        return Judged("found_again", weighed_g if weighed_g is not None else 0)
    if not seen:
        assert books.here, "neither seen nor expected"
        return Judged("missing", -books.mass_g)
    if not books.here:
        return Judged("wrong_zone" if books.store else "elsewhere")
    if weighed_g is None or weighed_g == books.mass_g:
        return Judged("same")
    found = weighing_difference(books.mass_g, weighed_g, rule)
    return Judged("within" if found.within else "mass", found.difference_g)


def require_second_person(*, signer: str, counted: Iterable[str]) -> None:
    """Whoever counted does not sign. Raises Conflict("count.second_person_needed")."""
    if signer in counted:
        raise Conflict("count.second_person_needed")


@dataclass(frozen=True, slots=True)
class PlaceCount:
    """A count of one place on a day. `places_due`: places that held something when it was opened."""

    place: str
    state: str
    places_due: int


def day_state(counts: Sequence[PlaceCount]) -> DayState:
    """How far a store got with the counts of one day.

    signed: every place that held something has a signed count. unsigned: all were counted, signatures lack.
    partly: some places. none: nothing was counted.
    """
    done = [each for each in counts if each.state in ("counted", "signed")]
    if not done:
        return "none"
    due = max(each.places_due for each in done)
    if len({each.place for each in done if each.state == "signed"}) >= due:
        return "signed"
    return "unsigned" if len({each.place for each in done}) >= due else "partly"


def days_before(today: date, count: int) -> list[date]:
    """The last days, today included, oldest first."""
    return [date.fromordinal(today.toordinal() - back) for back in range(count - 1, -1, -1)]
