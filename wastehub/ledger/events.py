"""What services hand to the ledger and what they get back. Plain values, no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from . import canonical
from .vocabulary import TYPES

# 2: a held fact is tried again when what it needs is posted, and `after` gates the posting.
SCHEMA_VERSION = 2
VERSIONS = (1, 2)
LINE_TEXTS = ("label", "batch", "code", "place", "to_place", "basis", "reason")
# The widths of the columns beside the leaf.
LENGTHS_MAX = {
    "author": 120,
    "site": 120,
    "subject": 120,
    "label": 120,
    "batch": 160,
    "code": 20,
    "place": 120,
    "to_place": 120,
}


class UnknownEventType(ValueError):
    """A type that vocabulary.TYPES does not list: a fault of the caller."""


class LeafTooLarge(ValueError):
    """The entry would exceed 16 KiB: send fewer lines per event (see `in_parts`), files by their hash."""


@dataclass(frozen=True, slots=True)
class Line:
    """One container in an event.

    `label`    identification code of the container: one fill, lives once
    `batch`    unit-scoped batch key "<site>/<batch_no>"; needed at registration, elsewhere checked when given
    `code`     national waste code; needed at registration, elsewhere checked when given
    `mass_g`   whole grams, >= 0
    `place`    where the act finds it; `to_place` where it goes. Empty: the event's facts "place"/"to_place",
               then the event's site (for the end of the move that lies at the site)
    `basis`    "weighed" | "estimated" | "recorded" (mass_g only repeats the books). Empty: facts
               "basis", then "estimated" at registration, else "weighed" when mass_g > 0, else "recorded"
    `reason`   plain words or a code, where a rule asks for one
    """

    label: str = ""
    batch: str = ""
    code: str = ""
    mass_g: int = 0
    place: str = ""
    to_place: str = ""
    basis: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One fact. `id` is made by whoever created the fact; None lets `append` make one.

    `after`: the facts it rests on; its mass is posted once all of them are. `v`: the version of its rules.
    """

    type: str
    author: str
    site: str
    at: datetime
    id: UUID | None = None
    lines: tuple[Line, ...] = ()
    subject: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    after: tuple[UUID, ...] = ()
    personal: Mapping[str, str] = field(default_factory=dict)
    v: int = SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where the fact stands in the log, and what the books said.

    `posted` is True also for acts that move no mass; `held_reason` is a code of accounts.REASONS or
    "equivocation"; `replayed` is True when the very same fact was there before. While the projector stands
    still (projector.py) nothing is refused: `posted` is True and `held_reason` "projector.stopped" until it
    goes on.
    """

    idx: int
    event_id: UUID
    posted: bool
    held_reason: str | None = None
    replayed: bool = False


def body(event: Event, event_id: UUID | None = None) -> dict[str, Any]:
    """The checked content of an event without its sequence fields, ready for canonical.dumps.

    `event_id`: for an event that does not name its own. Raises UnknownEventType, canonical.NotCanonical.
    """
    if event.type not in TYPES:
        raise UnknownEventType(event.type)
    if event.v not in VERSIONS:
        raise canonical.NotCanonical(f"{event.type}: no rules of version {event.v}")
    if not event.author or not event.site:
        raise canonical.NotCanonical(f"{event.type}: author and site are needed")
    return {
        "v": event.v,
        "id": str(event.id or event_id),
        "type": event.type,
        "eventTime": canonical.instant(event.at),
        "author": _text("author", event.author),
        "site": _text("site", event.site),
        "subject": _text("subject", event.subject),
        "lines": [_line_body(line, at) for at, line in enumerate(event.lines)],
        "facts": canonical.clean(event.facts, path="facts"),
        "after": [str(parent) for parent in event.after],
    }


def _text(name: str, text: str, path: str = "event") -> str:
    text = canonical.clean_text(text, path=f"{path}.{name}")
    if len(text) > LENGTHS_MAX.get(name, canonical.LEAF_BYTES_MAX):
        raise canonical.NotCanonical(f"{path}.{name}: longer than {LENGTHS_MAX[name]} characters")
    return text


def _line_body(line: Line, at: int) -> dict[str, Any]:
    """A line's fields that say something: empty texts are left out, so is a mass nobody stated."""
    path = f"lines.{at}"
    if type(line.mass_g) is not int or not 0 <= line.mass_g <= canonical.INTEGER_MAX:
        raise canonical.NotCanonical(f"{path}.mass_g: {line.mass_g!r} is not a mass in whole grams")
    made: dict[str, Any] = {}
    for name in LINE_TEXTS:
        text = getattr(line, name)
        if text:
            made[name] = _text(name, text, path)
    if line.mass_g or line.basis:
        made["mass_g"] = line.mass_g
    return made


def from_body(ev: Mapping[str, Any], *, personal: Mapping[str, str] | None = None) -> Event:
    """The event that a leaf's `ev` object tells; personal values are not in it.

    Raises KeyError, TypeError, ValueError when `ev` is not one of ours.
    """
    return Event(
        type=ev["type"],
        author=ev["author"],
        site=ev["site"],
        at=datetime.fromisoformat(ev["eventTime"]),
        id=UUID(ev["id"]),
        lines=tuple(Line(**line) for line in ev["lines"]),
        subject=ev["subject"],
        facts=ev["facts"],
        after=tuple(UUID(parent) for parent in ev["after"]),
        personal=personal or {},
        v=ev["v"],
    )


def in_parts(event: Event, *, lines_max: int = 60) -> list[Event]:
    """The event cut into events of at most `lines_max` lines, numbered by the facts "part" and "parts".

    Ids of later parts are left to `append`; a caller that must be able to repeat itself sets them.
    """
    if len(event.lines) <= lines_max:
        return [event]
    cuts: Sequence[tuple[Line, ...]] = [
        event.lines[at : at + lines_max] for at in range(0, len(event.lines), lines_max)
    ]
    return [
        replace(
            event,
            id=event.id if number == 1 else None,
            lines=lines,
            facts={**event.facts, "part": number, "parts": len(cuts)},
        )
        for number, lines in enumerate(cuts, 1)
    ]
