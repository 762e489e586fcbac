"""Lost numbers in drawn histories: however it is sent, acts are done once, and gaps are told."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import pytest

from wastehub.domain import field_events, field_intake, lost_records
from wastehub.domain.errors import InvalidInput
from wastehub.domain.field_events import Body, Chain, FieldEvent, Known
from wastehub.domain.field_intake import Outcome
from wastehub.domain.lost_records import Lost

DEVICE, PERSON = UUID(int=1), UUID(int=2)
HISTORIES = 400


@dataclass
class Book:
    """What a server keeps of one phone, in memory; every act is carried out."""

    chain: Chain = field(default_factory=Chain)
    kept: dict[UUID, tuple[FieldEvent, Outcome]] = field(default_factory=dict)
    done: list[UUID] = field(default_factory=list)

    def known(self, event: FieldEvent) -> tuple[Known | None, Known | None]:
        found = [each for each, _ in self.kept.values()]
        same = [Known(each.id, each.device, each.seq, each.sha256) for each in found]
        return (
            next((each for each in same if each.id == event.id), None),
            next((each for each in same if each.seq == event.seq), None),
        )

    def answered(self, event: FieldEvent) -> Outcome:
        return self.kept[event.id][1]

    def objection(self, event: FieldEvent) -> Outcome | None:
        return None

    def perform(self, events: Sequence[FieldEvent]) -> Sequence[Outcome]:
        self.done += [event.id for event in events]
        return [Outcome("accepted") for _ in events]

    def keep(self, event: FieldEvent, outcome: Outcome, *, chained: bool) -> None:
        assert chained, "the chain must never break"
        self.kept[event.id] = (event, outcome)
        self.chain = self.chain.after(event)

    def keep_apart(self, event: FieldEvent, why: str) -> None:
        pass


def event(number: int, seq: int, prev: str, kind: str, body: dict[str, object]) -> FieldEvent:
    at = datetime(2026, 3, 17, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    said = {
        "v": 1, "id": str(UUID(int=100 + number)), "device": str(DEVICE), "seq": seq, "prev": prev,
        "kind": kind, "at": at, "by": str(PERSON), "body": body,
    }  # fmt: skip
    return field_events.parse(field_events.canonical(said))


def chained(count: int) -> list[FieldEvent]:
    made: list[FieldEvent] = []
    for seq in range(1, count + 1):
        made.append(event(seq, seq, made[-1].sha256 if made else "", "trip_arrive", {"trip_id": str(seq)}))
    return made


def mended(held: dict[int, FieldEvent], chain: Chain, given: int) -> list[FieldEvent]:
    """As frontend/src/outbox_mend.js."""
    made: list[FieldEvent] = []
    prev, first = chain.head, chain.last_seq + 1
    for seq in range(chain.last_seq + 1, given + 1):
        if seq in held:
            old = held[seq]
            new = event(old.id.int - 100, seq, prev, old.kind, dict(old.body.values))
            first = seq + 1
        else:
            last = min((each for each in held if each > seq), default=given + 1) - 1
            body = {"device": str(DEVICE), "first": first, "last": last}
            new = event(1000 + seq, seq, prev, lost_records.KIND, dict(body))
        made.append(new)
        prev = new.sha256
    return made


def send(book: Book, events: Sequence[FieldEvent], chance: random.Random) -> None:
    """In order, in parts of any size, parts sent twice; old texts in between."""
    at = 0
    while at < len(events):
        size = chance.randint(1, 4)
        for _ in range(chance.choice((1, 1, 2))):
            field_intake.take(events[at : at + size], book)
        at += size


@pytest.mark.parametrize("seed", range(4))
def test_what_is_left_is_done_once_and_what_is_lost_is_told(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(HISTORIES // 4):
        book, events = Book(), chained(chance.randint(1, 12))
        arrived = chance.randint(0, len(events))
        send(book, events[:arrived], chance)
        # The answers to some of them were lost: the phone still holds these.
        answered = chance.randint(0, arrived)
        rest = events[answered:]
        held = {each.seq: each for each in rest if chance.random() < 0.6}
        anew = mended({seq: each for seq, each in held.items() if seq > arrived}, book.chain, len(events))
        send(book, [each for each in rest if each.seq <= arrived and each.seq in held] + anew, chance)
        # Out of an old file all of the first texts come once more.
        field_intake.take(events, book)
        survived = {each.id for each in events[:arrived]} | {each.id for each in held.values()}
        acts = [key for key in book.done if key.int < 1000]
        assert sorted(acts) == sorted(survived), "each act that is left is done, and once"
        assert book.chain.last_seq == len(events)
        told = [
            lost_records.read(each.body) for each, _ in book.kept.values() if each.kind == lost_records.KIND
        ]
        missing = set(range(arrived + 1, len(events) + 1)) - set(held)
        assert {n for lost in told for n in range(lost.first, lost.last + 1)} == missing


def test_an_event_of_a_gap_stands_in_for_one_of_its_numbers() -> None:
    lost = Lost(DEVICE, 3, 5)
    assert [lost_records.require_place(lost, device=DEVICE, seq=seq) for seq in (3, 4, 5)] == [
        True,
        False,
        False,
    ]
    assert lost_records.require_place(lost, device=UUID(int=9), seq=70), "the gap of another phone"
    for seq in (2, 6):
        with pytest.raises(InvalidInput):
            lost_records.require_place(lost, device=DEVICE, seq=seq)
    assert (lost.count, lost.numbers, Lost(DEVICE, 3, 3).numbers) == (3, "3–5", "3")
    with pytest.raises(InvalidInput) as wrong:
        lost_records.read(Body({"device": str(DEVICE), "first": 3, "last": 2}))
    assert wrong.value.field == "last"


@pytest.mark.parametrize(
    ("code", "rests"),
    [
        ("scan.round_not_open", True),
        ("scan.label_unknown", True),  # its binding may be lost
        ("stop.already_closed", True),
        ("hand_over.code_wrong", True),
        ("scan.label_forged", False),
        ("scan.mass_missing", False),
        ("event.field_wrong", False),
        ("text.too_long", False),
    ],
)
def test_only_what_the_missing_act_may_have_changed_waits_for_a_person(code: str, rests: bool) -> None:
    assert lost_records.may_rest_on_it(code) is rests
