"""How the events of one phone become answers: the order of decisions, without a database.

`take` decides with whatever `Book` it is given: the tables (services/field/book.py), or a few dictionaries in
tests that play thousands of histories through it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from wastehub.domain import field_events, labels
from wastehub.domain.custody import Notice
from wastehub.domain.errors import InvalidInput
from wastehub.domain.field_events import Chain, FieldEvent, Known

# Runs of these are judged together: what one takes on board counts for the next.
SCAN_KINDS = frozenset({"load", "refuse", "unload_back"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to an event: accepted, refused, conflict or waiting. `kind`: of domain/field_conflicts."""

    outcome: str
    code: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    field: str = ""
    warnings: tuple[Notice, ...] = ()
    kind: str = ""


class Book(Protocol):
    """What is kept of a device, and what can be done with an event."""

    @property
    def chain(self) -> Chain: ...

    def known(self, event: FieldEvent) -> tuple[Known | None, Known | None]:
        """What is kept under the event's id, and under its device and number."""

    def answered(self, event: FieldEvent) -> Outcome:
        """The answer that this very event got the first time."""

    def objection(self, event: FieldEvent) -> Outcome | None:
        """Why the event cannot be carried out as it is: its key, its person, its kind."""

    def perform(self, events: Sequence[FieldEvent]) -> Sequence[Outcome]:
        """Carry out one act, or a run of scans; each as a whole or not at all."""

    def keep(self, event: FieldEvent, outcome: Outcome, *, chained: bool) -> None:
        """Write the event down with its answer; the chain ends with it from now on."""

    def keep_apart(self, event: FieldEvent, why: str) -> None:
        """Keep what got no place in the chain, as evidence."""


def subject(event: FieldEvent) -> str:
    """The label that a scan is about, so far as it can be read; "" for all other acts.

    What a phone did to one container stays in its order: while an earlier act on it waits for a decision or
    for another phone, the later ones wait as well.
    """
    said = event.body.values.get("label_code") if event.kind in SCAN_KINDS else ""
    if type(said) is not str:
        return ""
    try:
        return labels.code_from_payload(said)
    except InvalidInput:
        return said.strip()


def runs(events: Sequence[FieldEvent]) -> Iterator[list[FieldEvent]]:
    """The events cut into what is done at once: runs of scans, and every other act by itself."""
    run: list[FieldEvent] = []
    for event in events:
        if run and not (event.kind in SCAN_KINDS and run[-1].kind in SCAN_KINDS):
            yield run
            run = []
        run.append(event)
    if run:
        yield run


def take(run: Sequence[FieldEvent], book: Book) -> list[Outcome]:
    """An answer for each event of a run, in its order; what is new is carried out and kept."""
    return _Taking(book).answers(run)


class _Taking:
    def __init__(self, book: Book) -> None:
        self.book = book
        self.chain = book.chain
        self.ready: list[tuple[int, FieldEvent]] = []
        self.pending: set[object] = set()
        self.made: dict[int, Outcome] = {}

    def answers(self, run: Sequence[FieldEvent]) -> list[Outcome]:
        for at, event in enumerate(run):
            if not self.pending.isdisjoint(_marks(event)):
                self._settle()
            self._place(at, event)
        self._settle()
        return [self.made[at] for at in range(len(run))]

    def _place(self, at: int, event: FieldEvent) -> None:
        same_id, same_seq = self.book.known(event)
        placing = field_events.placed(event, self.chain, same_id=same_id, same_seq=same_seq)
        if placing == "replay":
            self.made[at] = self.book.answered(event)
        elif placing == "waiting":
            missing = self.chain.last_seq + 1
            self.made[at] = Outcome("waiting", "event.earlier_missing", {"missing": missing})
        elif placing in ("id_reused", "sequence_reused"):
            self.book.keep_apart(event, placing)
            self.made[at] = Outcome("refused", f"event.{placing}", {"seq": event.seq})
        else:
            self._take_place(at, event, chained=placing == "next")

    def _take_place(self, at: int, event: FieldEvent, *, chained: bool) -> None:
        objection = _faulty(event) or _broken(chained) or self.book.objection(event)
        if objection is None:
            self.ready.append((at, event))
            self.pending.update(_marks(event))
        else:
            self._settle()
            self.book.keep(event, objection, chained=chained)
            self.made[at] = objection
        self.chain = self.chain.after(event)

    def _settle(self) -> None:
        """Carry out what waits, in its order."""
        ready, self.ready, self.pending = self.ready, [], set()
        if not ready:
            return
        outcomes = self.book.perform([event for _, event in ready])
        assert len(outcomes) == len(ready), "an event without an answer"
        for (at, event), outcome in zip(ready, outcomes, strict=True):
            self.book.keep(event, outcome, chained=True)
            self.made[at] = outcome


def _marks(event: FieldEvent) -> set[object]:
    """Of two events that share one of these the first is answered before the second is looked at."""
    about = subject(event)
    return {event.id, event.seq} | ({about} if about else set())


def _faulty(event: FieldEvent) -> Outcome | None:
    if event.fault is None:
        return None
    return Outcome("refused", event.fault.code, event.fault.params, event.fault.field)


def _broken(chained: bool) -> Outcome | None:
    """The number is the next one, but the event before it is another than the phone says."""
    return None if chained else Outcome("conflict", "event.chain_broken", kind="chain_broken")
