"""The tables behind the intake of one phone: what is kept, and how an event is carried out."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from ... import ledger
from ...domain import custody, devices, field_events, lost_records
from ...domain.actors import Actor
from ...domain.errors import RuleViolation
from ...domain.field_conflicts import ALREADY_SO, of_act
from ...domain.field_events import Chain, FieldEvent, Known
from ...domain.field_intake import SCAN_KINDS, Outcome, subject
from ...models import field as rows
from ...models.field import Device, DeviceEvent, DeviceReject
from ...models.users import User
from . import scan_runs
from .acts import Act, NeedsDecision
from .conflicts import open_conflict
from .handlers import HANDLERS
from .lost_records import undecided as gap_undecided
from .scan_runs import Scanned
from .seals import Seals
from .standing import about, round_of, standing, undecided_labels

log = logging.getLogger("wastehub.field")
# Not the event's fault: the phone asks again, and nothing has happened.
PASSING = (OperationalError, InterfaceError, StaleDataError, ledger.NoSigner)
PARAM_LONGEST = 200
# Of one phone: enough evidence for anybody, and no way to fill the disk.
REJECTS_MAX = 2_000


class FieldBook:
    """What is kept of one device. See domain/field_intake.Book; one for each transaction."""

    def __init__(
        self,
        session: Session,
        device: Device,
        events: Sequence[FieldEvent],
        signatures: Mapping[str, str],
        *,
        seals: Seals,
        sent_by: str,
        skew: timedelta,
        now: datetime,
    ) -> None:
        """`signatures`: by the hash of the text."""
        self.session, self.device, self.seals, self.now = session, device, seals, now
        self.signatures, self.sent_by, self.skew = signatures, sent_by, skew
        self.conflicts: dict[UUID, UUID] = {}
        self._rows: dict[UUID, DeviceEvent] = {}
        self._by_seq: dict[int, DeviceEvent] = {}
        for row in rows.known_events(session, device.id, [e.id for e in events], [e.seq for e in events]):
            self._remember(row)
        self._people: dict[UUID, User] | None = None
        self._undecided: list[tuple[str, int]] | None = None
        self._gap: bool | None = None
        self._rounds: dict[tuple[str, ...], UUID | None] = {}
        self.new: list[DeviceEvent] = []

    def _remember(self, row: DeviceEvent) -> None:
        self._rows[row.id] = row
        if row.device_id == self.device.id:
            self._by_seq[row.seq] = row

    # -- what is kept -------------------------------------------------------------------------------------

    @property
    def chain(self) -> Chain:
        return self.device.chain

    def known(self, event: FieldEvent) -> tuple[Known | None, Known | None]:
        same_id, same_seq = self._rows.get(event.id), self._by_seq.get(event.seq)
        return (
            rows.as_known(same_id) if same_id else None,
            rows.as_known(same_seq) if same_seq else None,
        )

    def answered(self, event: FieldEvent) -> Outcome:
        row = self._rows[event.id]
        said = row.verdict
        if said.get("conflict_id"):
            self.conflicts[row.id] = UUID(said["conflict_id"])
        return Outcome(
            row.outcome,
            row.outcome_code,
            said.get("params", {}),
            said.get("field", ""),
            tuple(custody.Notice(each["code"], each["params"]) for each in said.get("warnings", ())),
            said.get("kind", ""),
        )

    def keep_apart(self, event: FieldEvent, why: str) -> None:
        keep_apart(self.session, self.device.id, event.text, self.signatures[event.sha256], why, self)

    # -- what may be carried out --------------------------------------------------------------------------

    def acted_at(self, event: FieldEvent) -> datetime:
        return field_events.corrected(event.at, skew=self.skew, now=self.now)

    def person(self, event: FieldEvent) -> User | None:
        """Who acted: one of those who are registered on this phone."""
        if self._people is None:
            ids = [person.user_id for person in self.device.people]
            found = self.session.scalars(select(User).where(User.id.in_(ids)))
            self._people = {user.id: user for user in found}
        return self._people.get(event.by)

    def objection(self, event: FieldEvent) -> Outcome | None:
        person = self.person(event)
        if person is None:
            return Outcome("refused", "event.person_unknown", field="by")
        if event.kind not in HANDLERS and event.kind not in SCAN_KINDS:
            return Outcome("refused", "event.kind_unknown", {"kind": event.kind}, "kind")
        device = self.device
        why = devices.counts(self.acted_at(event), expires_at=device.expires_at, revoked_at=device.revoked_at)
        if why:
            return Outcome("conflict", f"event.{why}", kind=why)
        if not person.active:
            return Outcome("conflict", "event.person_inactive", kind="device_revoked")
        if (label := subject(event)) and self._waits(label, event.seq):
            return Outcome("conflict", "event.after_conflict", kind="not_yet")
        return None

    def _waits(self, label: str, seq: int) -> bool:
        """Whether an earlier act of this phone on the same container waits for somebody."""
        if self._undecided is None:
            self._undecided = undecided_labels(self.session, self.device.id)
        return any(each == label and earlier < seq for each, earlier in self._undecided)

    def _round_of(self, event: FieldEvent) -> UUID | None:
        named = tuple(event.body.values.get(name) for name in ("round_id", "stop_id", "trip_id"))
        key = tuple(each if type(each) is str else "" for each in named)
        if key not in self._rounds:
            self._rounds[key] = round_of(self.session, event.body)
        return self._rounds[key]

    # -- carrying out -------------------------------------------------------------------------------------

    def perform(self, events: Sequence[FieldEvent]) -> Sequence[Outcome]:
        """Scans in one call, another act by its handler; what fails leaves no trace but its answer."""
        scanned = events[0].kind in SCAN_KINDS
        outcomes = self._scans(events) if scanned else [self._act(event) for event in events]
        return [self._after_gap(outcome) for outcome in outcomes]

    def _after_gap(self, outcome: Outcome) -> Outcome:
        """A refusal behind a gap that nobody has looked at may come from it: a person decides."""
        if outcome.outcome != "refused" or not lost_records.may_rest_on_it(outcome.code):
            return outcome
        if self._gap is None:
            self._gap = gap_undecided(self.session, self.device.id)
        return replace(outcome, outcome="conflict", kind="not_yet", field="") if self._gap else outcome

    def _scans(self, events: Sequence[FieldEvent]) -> Sequence[Outcome]:
        run = [self._scanned(event) for event in events]
        try:
            with self.session.begin_nested():
                return scan_runs.record(self.session, run, seals=self.seals, now=self.now)
        except PASSING:
            raise
        except Exception as broken:
            if len(events) > 1:
                # One of them breaks: each by itself, so that it takes no other along.
                return [outcome for event in events for outcome in self._scans([event])]
            return [self._failed(events[0], broken)]

    def _act(self, event: FieldEvent) -> Outcome:
        act = self.act(event)
        try:
            with self.session.begin_nested(), ledger.reported(self.session, mark(event)):
                done = HANDLERS[event.kind](act)
                self.session.flush()
        except NeedsDecision as needed:
            return Outcome("conflict", needed.code, _plain(needed.params), kind=needed.kind)
        except RuleViolation as wrong:
            return self._refused(event, act.actor, wrong)
        except PASSING:
            raise
        except Exception as broken:
            return self._failed(event, broken)
        return Outcome("accepted", warnings=done.warnings if done else ())

    def _refused(self, event: FieldEvent, actor: Actor, wrong: RuleViolation) -> Outcome:
        found = about(self.session, event.body)
        state = standing(self.session, event, actor, found, self.acted_at(event))
        kind = of_act(event.kind, wrong.code, state)
        params = _plain(wrong.params)
        if kind == ALREADY_SO:
            return Outcome("accepted", warnings=(custody.Notice("event.already_so", {}),))
        if kind:
            code = "event.round_changed" if wrong.code == "object.not_found" else wrong.code
            return Outcome("conflict", code, params, kind=kind)
        return Outcome("refused", wrong.code, params, wrong.field)

    def _failed(self, event: FieldEvent, broken: Exception) -> Outcome:
        """Our fault: the act is kept and a person looks, so that the phone can go on."""
        if isinstance(broken, RuleViolation):
            return Outcome("refused", broken.code, _plain(broken.params), broken.field)
        log.exception("an event of a phone could not be carried out: %s %s", event.kind, event.id)
        return Outcome("conflict", "event.server_failed", kind="server_failed")

    def act(self, event: FieldEvent, *, decided: bool = False) -> Act:
        """The event as a handler sees it."""
        return Act(
            session=self.session,
            actor=self._actor(event),
            id=event.id,
            device_id=event.device,
            seq=event.seq,
            kind=event.kind,
            at=self.acted_at(event),
            said_at=event.at,
            now=self.now,
            body=event.body,
            place=event.place,
            sha256=event.sha256,
            decided=decided,
        )

    def _scanned(self, event: FieldEvent) -> Scanned:
        return Scanned(event, self._actor(event), self.acted_at(event), mark(event))

    def _actor(self, event: FieldEvent) -> Actor:
        person = self.person(event)
        assert person is not None, "an act of nobody"
        return actor_of(person)

    # -- writing down -------------------------------------------------------------------------------------

    def keep(self, event: FieldEvent, outcome: Outcome, *, chained: bool) -> None:
        said: dict[str, Any] = {"params": _plain(outcome.params)}
        if outcome.warnings:
            said["warnings"] = [{"code": n.code, "params": _plain(n.params)} for n in outcome.warnings]
        if outcome.field:
            said["field"] = outcome.field[:120]
        conflict_id = None
        if outcome.kind:
            conflict_id = self.session.info["new_id"](self.now)
            said |= {"kind": outcome.kind, "conflict_id": str(conflict_id)}
        row = DeviceEvent(
            id=event.id,
            device_id=self.device.id,
            seq=event.seq,
            sha256=event.sha256,
            text=event.text,
            sig=self.signatures[event.sha256],
            kind=event.kind,
            author=f"user:{event.by}",
            sent_by=self.sent_by,
            said_at=event.at,
            acted_at=self.acted_at(event),
            received_at=self.now,
            skew_s=round(self.skew.total_seconds()),
            chained=chained,
            outcome=outcome.outcome,
            outcome_code=outcome.code,
            verdict=said,
            round_id=self._round_of(event),
            photo_sha256=_photo(event),
        )
        self.session.add(row)
        self.device.last_seq, self.device.head = event.seq, event.sha256
        self.device.claimed_seq = max(self.device.claimed_seq, event.seq)
        self._remember(row)
        self.new.append(row)
        if conflict_id is not None:
            self.session.flush()
            self.conflicts[event.id] = conflict_id
            if self._undecided is not None:
                self._undecided.append((subject(event), event.seq))
            open_conflict(self.session, conflict_id, row, event, outcome, self.device, now=self.now)


def actor_of(person: User) -> Actor:
    return Actor(
        author=person.author,
        role=person.role,
        user_id=person.id,
        organisation_id=person.organisation_id,
        county_code=person.county_code,
    )


def mark(event: FieldEvent) -> dict[str, Any]:
    """The facts by which an auditor goes from an entry to the signed text."""
    return {"device": str(event.device), "device_seq": event.seq, "device_event": event.sha256}


def _plain(params: Mapping[str, Any]) -> dict[str, Any]:
    """Params as JSON: numbers, truths, texts, and lists of them."""
    return {name: _value(value) for name, value in params.items()}


def _value(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, list | tuple):
        return [_value(each) for each in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    shown = str(value).encode("utf-8", "replace").decode()
    return shown.replace("\x00", "")[:PARAM_LONGEST]


def _photo(event: FieldEvent) -> str:
    try:
        return event.body.sha256_or_none("photo_sha256") or ""
    except RuleViolation:
        return ""


def keep_apart(session: Session, device_id: UUID, text: str, sig: str, why: str, sent: Any) -> None:
    """Keep what got no place in a chain, once. `sent`: who sent it, and when (a FieldBook)."""
    shown = text.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")
    values = {
        "device_id": device_id,
        "why": why,
        "sha256": field_events.sha256(shown),
        "text": shown[: 2 * field_events.TEXT_BYTES_MAX],
        "sig": sig.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")[:200],
        "sent_by": sent.sent_by,
        "received_at": sent.now,
    }
    known = select(DeviceReject.id).where(
        DeviceReject.device_id == device_id,
        DeviceReject.sha256 == values["sha256"],
        DeviceReject.why == why,
    )
    so_far = select(func.count()).select_from(DeviceReject).where(DeviceReject.device_id == device_id)
    if session.scalar(known) is None and (session.scalar(so_far) or 0) < REJECTS_MAX:
        session.add(DeviceReject(**values))
        session.flush()
