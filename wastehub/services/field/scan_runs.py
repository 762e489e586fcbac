"""A run of scans of one phone: one call of scans.record_scans, and what its verdicts mean for the events."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...domain import custody, label_seals, roles
from ...domain.actors import Actor
from ...domain.custody import Notice
from ...domain.errors import RuleViolation
from ...domain.field_conflicts import ALREADY_SO, of_act, of_scan, order_unknown
from ...domain.field_events import FieldEvent
from ...domain.field_intake import Outcome
from ...models import route_plans as round_rows
from ...models.batches import Container
from ...models.scans import Scan
from .. import scans
from .seals import Judge, Seals, text_read
from .standing import about, standing

KINDS: Mapping[str, custody.ScanKind] = {"load": "load", "refuse": "refuse", "unload_back": "unload_back"}
INT32 = 2**31 - 1
MASS_G_MAX = 10**12


@dataclass(frozen=True, slots=True)
class Scanned:
    """A scan on its way: the event, who acted, when by our clock, and the facts for its entry."""

    event: FieldEvent
    actor: Actor
    acted_at: datetime
    mark: Mapping[str, Any]


def record(session: Session, run: Sequence[Scanned], *, seals: Seals, now: datetime) -> list[Outcome]:
    """An answer for each scan, in order. What cannot be read or is nobody's round is answered here."""
    judge = seals.judge(session)
    outcomes: dict[int, Outcome] = {}
    reports: dict[int, scans.ScanReport] = {}
    rounds: set[UUID] = set()
    for at, scanned in enumerate(run):
        try:
            reports[at] = report_of(scanned, judge)
            rounds.add(reports[at].round_id)
        except RuleViolation as wrong:
            outcomes[at] = Outcome("refused", wrong.code, wrong.params, wrong.field)
    known = round_rows.rounds_by_id(session, sorted(rounds), lock=True)
    taken_off = _taken_off(session, reports.values())
    for at, report in list(reports.items()):
        stopped = _not_crew(session, run[at], report, known)
        if stopped is None and (report.kind == "unload_back" or report.code in taken_off):
            stopped = _out_of_order(session, run[at], report)
        if stopped is not None:
            outcomes[at] = stopped
            del reports[at]
    if reports:
        verdicts = scans.record_scans(session, reports=list(reports.values()), now=now)
        for at, verdict in zip(reports, verdicts, strict=True):
            outcomes[at] = _outcome(session, run[at], verdict)
    return [outcomes[at] for at in range(len(run))]


def report_of(scanned: Scanned, judge: Judge) -> scans.ScanReport:
    """What an event says of a container. Raises InvalidInput with the field at fault.

    A seal that came along is judged here; the phone's own word counts only where none did.
    """
    event, body = scanned.event, scanned.event.body
    place, read = event.place, text_read(body)
    return scans.ScanReport(
        actor=scanned.actor,
        scan_id=event.id,
        device_id=str(event.device),
        device_seq=event.seq,
        round_id=body.uuid("round_id"),
        kind=KINDS[event.kind],
        label_code=read,
        scanned_at=scanned.acted_at,
        measured_g=_measured_g(event),
        reason=body.text("reason", longest=40),
        note=body.text("note", longest=1000),
        photo_sha256=body.sha256_or_none("photo_sha256"),
        lon_e6=place.lon_e6 if place else None,
        lat_e6=place.lat_e6 if place else None,
        accuracy_m=place.accuracy_m if place else None,
        stop_id=body.uuid_or_none("stop_id"),
        seal=judge(body.choice("seal", ("", *label_seals.JUDGEMENTS), default=""), read),
        reported=_facts(scanned),
    )


def _measured_g(event: FieldEvent) -> int | None:
    """Net mass: as weighed, or gross less tare. Raises InvalidInput("scan.mass_does_not_add_up")."""
    body, bounds = event.body, {"lowest": -MASS_G_MAX, "highest": MASS_G_MAX}
    net = body.whole_or_none("measured_g", **bounds)
    gross, tare = body.whole_or_none("gross_g", **bounds), body.whole_or_none("tare_g", **bounds)
    if gross is None or tare is None:
        return net
    return gross - tare if net is None else net


def _facts(scanned: Scanned) -> dict[str, Any]:
    """Device, number and hash of the signed text; gross and tare as they were read off the scale."""
    found = dict(scanned.mark)
    for name in ("gross_g", "tare_g"):
        value = scanned.event.body.whole_or_none(name, lowest=-MASS_G_MAX, highest=MASS_G_MAX)
        if value is not None:
            found[name] = value
    # Drums that stood on one scale together: their masses are shares of one weighing.
    if (lot_id := scanned.event.body.uuid_or_none("lot_id")) is not None:
        found["weighed_together"] = str(lot_id)
    return found


def _not_crew(
    session: Session, scanned: Scanned, report: scans.ScanReport, known: Mapping[UUID, round_rows.Round]
) -> Outcome | None:
    """The answer when the round is not, or no longer, the person's; None when it is."""
    actor, event = scanned.actor, scanned.event
    try:
        roles.require(actor.role, "scan.record")
        round_rows.require_crew(known, report.round_id, actor)
    except RuleViolation as wrong:
        found = standing(session, event, actor, about(session, event.body), scanned.acted_at)
        kind = of_act(event.kind, wrong.code, found)
        if kind:
            return Outcome("conflict", "event.round_changed", kind=kind)
        return Outcome("refused", wrong.code, wrong.params, wrong.field)
    return None


def _taken_off(session: Session, reports: Collection[scans.ScanReport]) -> set[str]:
    """The labels of these whose container was taken off a vehicle on the same round: seldom any."""
    query = select(Scan.label_code).where(
        Scan.label_code.in_({report.code for report in reports}),
        Scan.round_id.in_({report.round_id for report in reports}),
        Scan.kind == "unload_back",
        Scan.outcome == "accepted",
    )
    return set(session.scalars(query))


def _out_of_order(session: Session, scanned: Scanned, report: scans.ScanReport) -> Outcome | None:
    """The answer when nobody can tell what came first; None in the usual case."""
    row = session.scalar(select(Container.id).where(Container.label_code == report.code))
    found = about(session, scanned.event.body, row)
    state = standing(session, scanned.event, scanned.actor, found, scanned.acted_at)
    if not order_unknown(report.kind, state):
        return None
    return Outcome("conflict", "event.order_unknown", kind="order_unknown")


def _outcome(session: Session, scanned: Scanned, verdict: scans.ScanVerdict) -> Outcome:
    """What a verdict means for the event: a contradiction goes to a person, the very same changes nothing."""
    if verdict.outcome == "accepted":
        return Outcome("accepted", warnings=verdict.warnings)
    event = scanned.event
    row = session.get(Scan, event.id)
    found = about(session, event.body, row.container_id if row else None)
    kind = of_scan(
        event.kind,
        verdict.outcome,
        verdict.code,
        measured_g=_measured_g(event),
        standing=standing(session, event, scanned.actor, found, scanned.acted_at),
    )
    if kind == ALREADY_SO:
        notice = Notice(verdict.code, dict(verdict.params))
        return Outcome("accepted", warnings=(notice, *verdict.warnings))
    if kind:
        return Outcome("conflict", verdict.code, verdict.params, warnings=verdict.warnings, kind=kind)
    return Outcome("refused", verdict.code, verdict.params, warnings=verdict.warnings)
