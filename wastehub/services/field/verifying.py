"""What an auditor checks of phones, from the database alone: texts, signatures, chains, and the log's word.

From a ledger entry to the text that a person's phone signed, and from each text to the entry of its upload:
nobody can have changed, dropped or slipped in an act without one of these saying so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ... import ledger
from ...domain import devices, field_events, lost_records
from ...domain.errors import InvalidInput, NotFound
from ...ledger import integrating
from ...ledger.integrating import LedgerDamaged
from ...models.field import Device, DeviceEvent, DeviceUser
from ...models.route_plans import Round
from .signatures import Key, key_of


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be. `seq` 0: about the phone itself."""

    device: UUID
    seq: int
    what: str


@dataclass(slots=True)
class FieldReport:
    """What was checked, and what is wrong. `notes`: breaks and losses that were told as they came."""

    devices: int = 0
    events: int = 0
    signatures: int = 0
    entries: int = 0
    findings: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.findings


def verify_round(session: Session, round_no: str) -> FieldReport:
    """The phones that reported on a round. Raises NotFound("object.not_found")."""
    round_id = session.scalar(select(Round.id).where(Round.round_no == round_no))
    if round_id is None:
        raise NotFound("object.not_found")
    query = select(DeviceEvent.device_id).where(DeviceEvent.round_id == round_id).distinct()
    ids = sorted(session.scalars(query), key=str)
    report = verify_devices(session, ids)
    for entry in ledger.entries_for(session, subject=round_no):
        if "device_event" in entry.event.facts:
            _check_entry(session, entry, report)
    return report


def verify_devices(session: Session, device_ids: Sequence[UUID]) -> FieldReport:
    """Phones by their ids. Raises NotFound("device.unknown")."""
    report = FieldReport()
    for device_id in device_ids:
        row = session.get(Device, device_id)
        if row is None:
            raise NotFound("device.unknown")
        _Device(session, row, report).check()
    return report


def all_devices(session: Session) -> list[UUID]:
    return list(session.scalars(select(Device.id).order_by(Device.registered_at, Device.id)))


def _check_entry(session: Session, entry: ledger.Entry, report: FieldReport) -> None:
    """From an entry of the log to the signed text."""
    facts = entry.event.facts
    report.entries += 1
    device_id, seq = UUID(facts["device"]), int(facts["device_seq"])
    query = select(DeviceEvent.text).where(DeviceEvent.device_id == device_id, DeviceEvent.seq == seq)
    text = session.scalar(query)
    if text is None:
        report.findings.append(Finding(device_id, seq, f"entry {entry.idx} names it, but it is not kept"))
    elif field_events.sha256(text) != facts["device_event"]:
        report.findings.append(Finding(device_id, seq, f"entry {entry.idx} names another text"))


class _Device:
    """One phone: its key, its events in order, its uploads in the log."""

    def __init__(self, session: Session, row: Device, report: FieldReport) -> None:
        self.session, self.row, self.report = session, row, report
        self.hashes: dict[int, str] = {}

    def wrong(self, what: str, seq: int = 0) -> None:
        self.report.findings.append(Finding(self.row.id, seq, what))

    def check(self) -> None:
        self.report.devices += 1
        try:
            key = key_of(self.row.algorithm, self.row.public_key)
        except InvalidInput:
            return self.wrong("its public key cannot be read")
        self._check_people(key)
        for row in self._events():
            self._check_event(row, key)
        if self.row.last_seq != len(self.hashes) or self.row.head != self.hashes.get(self.row.last_seq, ""):
            self.wrong(f"its last number is {self.row.last_seq}, {len(self.hashes)} events are kept")
        self._check_log()
        return None

    def _check_people(self, key: Key) -> None:
        """Everybody who uses the phone registered with its key."""
        query = select(DeviceUser).where(DeviceUser.device_id == self.row.id)
        for person in self.session.scalars(query):
            self.report.signatures += 1
            if not key.signed(person.text, person.sig):
                self.wrong("a registration was not signed with its key")
                continue
            said = devices.parse_registration(person.text)
            if (said.device, said.by) != (self.row.id, person.user_id):
                self.wrong("a registration speaks of another phone or person")

    def _events(self) -> Iterator[DeviceEvent]:
        query = select(DeviceEvent).where(DeviceEvent.device_id == self.row.id).order_by(DeviceEvent.seq)
        yield from self.session.scalars(query.execution_options(yield_per=500))

    def _check_event(self, row: DeviceEvent, key: Key) -> None:
        self.report.events += 1
        self.report.signatures += 1
        if field_events.sha256(row.text) != row.sha256:
            self.wrong("its text has another hash than the one kept", row.seq)
        if not key.signed(row.text, row.sig):
            self.wrong("its signature is not by the phone's key", row.seq)
        if row.seq != len(self.hashes) + 1:
            self.wrong(f"number {len(self.hashes) + 1} is missing before it", row.seq)
        self._check_said(row)
        self.hashes[row.seq] = field_events.sha256(row.text)

    def _check_said(self, row: DeviceEvent) -> None:
        """The columns say what the text says; a broken chain was marked when it came."""
        try:
            event = field_events.parse(row.text)
        except InvalidInput as fault:
            found = field_events.skeleton(row.text, fault)
            if found is None:
                return self.wrong("its text cannot be read", row.seq)
            event = found
        told = (event.id, event.device, event.seq, event.at)
        if told != (row.id, row.device_id, row.seq, row.said_at):
            self.wrong("the row says something else than the text", row.seq)
        if event.prev != self.hashes.get(row.seq - 1, ""):
            if row.chained:
                self.wrong("it does not follow the event before it", row.seq)
            else:
                self.report.notes.append(Finding(row.device_id, row.seq, "the chain was broken when it came"))
        if event.kind == lost_records.KIND and event.fault is None:
            self._note_lost(event)
        if event.seen is not None:
            self._check_seen(event.seen, row.seq)
        return None

    def _note_lost(self, event: field_events.FieldEvent) -> None:
        """The phone said itself that it had lost records: no fault of the log, but nobody should miss it."""
        try:
            lost = lost_records.read(event.body)
        except InvalidInput:
            return  # refused when it came
        if lost.device != self.row.id or lost.first == event.seq:
            said = f"records {lost.first} to {lost.last} of {lost.device} were no longer on the phone"
            self.report.notes.append(Finding(self.row.id, event.seq, said))

    def _check_seen(self, seen: field_events.Seen, seq: int) -> None:
        if seen.size > ledger.size(self.session):
            return self.wrong(f"it was shown {seen.size} entries, the log has fewer", seq)
        try:
            root = integrating.root_at(self.session, seen.size).hex() if seen.size else seen.root
        except LedgerDamaged as damage:
            return self.wrong(f"the log cannot be read: {damage}", seq)
        if root != seen.root:
            self.wrong(f"it was shown another log of {seen.size} entries", seq)
        return None

    def _check_log(self) -> None:
        """The log registered this key, and has every upload with the head of the chain."""
        registered, reported = False, 0
        for entry in ledger.entries_for(self.session, subject=str(self.row.id)):
            facts = entry.event.facts
            self.report.entries += 1
            if entry.event.type == "device.registered":
                registered = registered or facts["public_key"] == self.row.public_key
            elif entry.event.type == "device.reported":
                if facts["first_seq"] != reported + 1:
                    self.wrong(f"entry {entry.idx} begins at {facts['first_seq']}, not at {reported + 1}")
                reported = facts["last_seq"]
                if self.hashes.get(reported) != facts["head"]:
                    self.wrong(f"entry {entry.idx} has another head for number {reported}", reported)
        if not registered:
            self.wrong("the log never registered its key")
        if reported < len(self.hashes):
            self.wrong(f"the log has its uploads up to {reported} only", len(self.hashes))
