"""What phones send: each event checked, put in its place, carried out as far as the rules allow, answered.

An upload is cut into runs (domain/field_intake): a run of scans, or one other act. Each run is one
transaction: its events, their answers, the facts and the ledger's entries stand or fall together, in the
order of the device. Whatever breaks the line in between, the phone sends again and gets the same answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from ... import ledger
from ...domain import devices, field_events, field_intake
from ...domain.actors import Actor
from ...domain.custody import Notice
from ...domain.errors import InvalidInput
from ...domain.field_events import FieldEvent, Seen
from ...domain.field_intake import Outcome
from ...models import field as rows
from ...models.field import Device
from ...models.organisations import Organisation
from .book import FieldBook, keep_apart
from .deciding import settle_next, something_waits
from .devices import detail, mine
from .seals import Seals
from .signatures import Key, key_of

Opener = Callable[[], AbstractContextManager[Session]]
# A dispatcher may change a round at the same moment: then the run is read anew.
TRIES = 3


@dataclass(frozen=True, slots=True)
class Sent:
    """One event as it came: the text that was signed, and the signature in base64."""

    text: str
    sig: str


@dataclass(frozen=True, slots=True)
class Upload:
    """`sent_at`: what the phone's clock said when it sent all this."""

    device_id: UUID
    sent_at: datetime
    events: Sequence[Sent]

    def skew(self, now: datetime) -> timedelta:
        return field_events.skew(sent_at=self.sent_at, received_at=now)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one event. `id`, `seq` None: the text did not even say who it is."""

    id: UUID | None
    seq: int | None
    outcome: str
    code: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    field: str = ""
    warnings: tuple[Notice, ...] = ()
    conflict_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """`seen`: checkpoints that the events name, for whoever watches over the log."""

    received_at: datetime
    skew_s: int
    device_state: str
    verdicts: list[Verdict]
    seen: list[Seen]


@dataclass(frozen=True, slots=True)
class _Read:
    """What one text turned out to be: an event of this device, or something without a place in its chain."""

    sent: Sent
    event: FieldEvent | None
    why: str = ""
    wrong: InvalidInput | None = None


def take_in(
    reading: Opener,
    transaction: Opener,
    *,
    actor: Actor,
    upload: Upload,
    seals: Seals,
    hours: int,
    now: datetime,
) -> Answer:
    """Judge and keep what a phone sends: an answer for each event, in the given order.

    The sender must be registered on the phone; each event's `by` as well. Signatures are checked before
    anything is written. Never raises for one bad event. Raises Forbidden, NotFound("device.unknown").
    """
    actor.require("field_event.send")
    with reading() as session:
        device = mine(session, actor=actor, device_id=upload.device_id)
        key = key_of(device.algorithm, device.public_key)
    read = [_read(sent, upload.device_id, key) for sent in upload.events]
    desk = _Desk(transaction, actor, upload.device_id, read, seals, upload.skew(now), hours, now)
    return _taken(reading, desk)


def take_in_saved(
    reading: Opener,
    transaction: Opener,
    *,
    actor: Actor,
    device_id: UUID,
    events: Sequence[Sent],
    seals: Seals,
    now: datetime,
) -> Answer:
    """The same for what a phone saved as a file and its office hands in: no sign of life of the phone.

    Its clock was last off by what it was at its last upload. Raises Forbidden, NotFound("device.unknown").
    """
    actor.require("device.hand_in")
    with reading() as session:
        device = detail(session, actor=actor, device_id=device_id)
        key, skew = key_of(device.algorithm, device.public_key), timedelta(seconds=device.skew_s)
    read = [_read(sent, device_id, key) for sent in events]
    return _taken(reading, _Desk(transaction, actor, device_id, read, seals, skew, None, now))


def _taken(reading: Opener, desk: _Desk) -> Answer:
    answer = desk.answer()
    with reading() as session:
        waits = something_waits(session, desk.rounds)
    while waits:
        # One at a time: who locks a round never holds the log meanwhile.
        with desk.transaction() as session:
            waits = settle_next(session, round_ids=desk.rounds, seals=desk.seals, now=desk.now)
    return answer


def _read(sent: Sent, device_id: UUID, key: Key) -> _Read:
    """Parse and verify one text. What was signed keeps its place, event or not; all else has none."""
    wrong = None
    try:
        event: FieldEvent | None = field_events.parse(sent.text)
    except InvalidInput as fault:
        wrong = fault
        event = field_events.skeleton(sent.text, fault)
    if event is None:
        return _Read(sent, None, "unreadable", wrong)
    if event.device != device_id:
        other = InvalidInput("event.other_device", field="device")
        return _Read(sent, None, "other_device", other)
    if not key.signed(sent.text, sent.sig):
        return _Read(sent, None, "signature_wrong", InvalidInput("event.signature_wrong", field="sig"))
    return _Read(sent, event)


class _Desk:
    """One upload on its way through the transactions."""

    def __init__(
        self,
        transaction: Opener,
        actor: Actor,
        device_id: UUID,
        read: Sequence[_Read],
        seals: Seals,
        skew: timedelta,
        hours: int | None,
        now: datetime,
    ) -> None:
        """`hours`: how long the key counts on after this sign of life; None: it is none."""
        self.transaction, self.actor, self.device_id = transaction, actor, device_id
        self.read, self.seals, self.skew, self.hours, self.now = read, seals, skew, hours, now
        self.sent_by = actor.author
        self.verdicts: dict[int, Verdict] = {}
        self.state = ""
        self.rounds: set[UUID] = set()

    def answer(self) -> Answer:
        events = [(at, each.event) for at, each in enumerate(self.read) if each.event is not None]
        groups = list(field_intake.runs([event for _, event in events]))
        places = iter([at for at, _ in events])
        numbered = [[(next(places), event) for event in group] for group in groups]
        for each in numbered[:-1]:
            self._retried(each, last=False)
        self._retried(numbered[-1] if numbered else [], last=True)
        return Answer(
            received_at=self.now,
            skew_s=round(self.skew.total_seconds()),
            device_state=self.state,
            verdicts=[self.verdicts[at] for at in range(len(self.read))],
            seen=sorted({e.seen for _, e in events if e.seen is not None}, key=lambda s: (s.size, s.root)),
        )

    def _retried(self, group: Sequence[tuple[int, FieldEvent]], *, last: bool) -> None:
        for attempt in range(1, TRIES + 1):
            try:
                return self._take(group, last=last)
            except StaleDataError:
                if attempt == TRIES:
                    raise

    def _take(self, group: Sequence[tuple[int, FieldEvent]], *, last: bool) -> None:
        events = [event for _, event in group]
        signatures = {e.event.sha256: e.sent.sig for e in self.read if e.event is not None}
        with self.transaction() as session:
            device = rows.device_by_id(session, self.device_id, lock=True)
            assert device is not None, "a device is never deleted"
            book = FieldBook(
                session,
                device,
                events,
                signatures,
                seals=self.seals,
                sent_by=self.sent_by,
                skew=self.skew,
                now=self.now,
            )
            outcomes = field_intake.take(events, book) if events else []
            made = {
                at: _verdict(event, outcome, book.conflicts.get(event.id))
                for (at, event), outcome in zip(group, outcomes, strict=True)
            }
            self.rounds |= {row.round_id for row in book.new if row.round_id is not None}
            if last:
                made |= self._rejects(session)
                self._end(session, device, events)
            session.flush()
        self.verdicts |= made

    def _rejects(self, session: Session) -> dict[int, Verdict]:
        """What has no place in the chain: kept apart as evidence, and refused."""
        made = {}
        for at, each in enumerate(self.read):
            if each.event is None:
                assert each.wrong is not None
                keep_apart(session, self.device_id, each.sent.text, each.sent.sig, each.why, self)
                known, seq = field_events.named(each.sent.text)
                wrong = each.wrong
                made[at] = Verdict(known, seq, "refused", wrong.code, wrong.params, wrong.field)
        return made

    def _end(self, session: Session, device: Device, events: Sequence[FieldEvent]) -> None:
        """The sign of life, how much is still to come, and the upload's entry in the ledger."""
        claimed = [each.event.seq for each in self.read if each.event is not None]
        device.claimed_seq = max([device.claimed_seq, *claimed])
        if self.hours is not None:
            device.last_seen_at, device.skew_s = self.now, round(self.skew.total_seconds())
            if device.revoked_at is None and claimed:
                device.expires_at = max(device.expires_at, devices.renewed(self.now, hours=self.hours))
        self.state = devices.state(expires_at=device.expires_at, revoked_at=device.revoked_at, now=self.now)
        if device.reported_seq < device.last_seq:
            self._report(session, device)

    def _report(self, session: Session, device: Device) -> None:
        """The upload's entry, in the name of the device: from which number to which, and the head."""
        facts = {
            "first_seq": device.reported_seq + 1,
            "last_seq": device.last_seq,
            "events": device.last_seq - device.reported_seq,
            "head": device.head,
            "key": device.key_id,
            "skew_s": device.skew_s,
            "sent_by": self.sent_by,
        }
        event = ledger.Event(
            type="device.reported",
            author=f"device:{device.id}",
            site=session.get_one(Organisation, device.organisation_id).site,
            at=self.now,
            subject=str(device.id),
            facts=facts,
        )
        device.reported_seq = device.last_seq
        session.flush()
        ledger.append(session, [event], now=self.now)


def _verdict(event: FieldEvent, outcome: Outcome, conflict_id: UUID | None) -> Verdict:
    return Verdict(
        event.id,
        event.seq,
        outcome.outcome,
        outcome.code,
        outcome.params,
        outcome.field,
        outcome.warnings,
        conflict_id,
    )
