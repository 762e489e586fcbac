"""What phones report of containers: loaded, refused, taken off again. Kept whatever the verdict."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from .. import ledger
from ..domain import (
    batch_lifecycle,
    calendar,
    custody,
    label_doubts,
    labels,
    request_lifecycle,
    scales,
    texts,
    waste_codes,
)
from ..domain import label_lives as label_rules
from ..domain.actors import Actor
from ..domain.custody import ContainerFacts, Notice, ScanFacts, StopFacts, VehicleFacts, Verdict
from ..domain.errors import Conflict, InvalidInput
from ..domain.quantities import ToleranceRule
from ..domain.segregation import Load
from ..models import batches, forged_labels, label_lives, reference, stores
from ..models import manifests as manifest_rows
from ..models import requests as request_rows
from ..models import route_plans as round_rows
from ..models.batches import Container, batch_key
from ..models.manifests import Manifest
from ..models.route_plans import Round, Stop
from ..models.scans import Scan, photos_known
from ..models.vehicles import licensed_categories

NOTE_LONGEST = 300
READ_LONGEST = 400  # of what a camera read
# How far ahead of ours a phone's clock may be before its times say nothing.
CLOCK_AHEAD = timedelta(minutes=10)
# What a crew weighs with at the firm, as a class of domain/scales.
CREW_SCALE = "portable"


@dataclass(frozen=True)
class ScanReport:
    """One act at one container as the phone tells it. `scan_id` and `device_seq` are the phone's own.

    `label_code`: what the camera read, the 37 characters or the address around them.
    `stop_id`: the stop that the phone's screen shows; None: the stop that the container belongs to.
    `seal`: what the label's seal proved (domain/label_seals), to us or, when only the code came,
    to the phone.
    `reported`: facts of the signed text it was told in, for the ledger. `decided`: the office has decided
    that it still counts, although the crew has left the stop.
    """

    actor: Actor
    scan_id: UUID
    device_id: str
    device_seq: int
    round_id: UUID
    kind: custody.ScanKind
    label_code: str
    scanned_at: datetime
    measured_g: int | None = None
    reason: str = ""
    note: str = ""
    photo_sha256: str | None = None
    lon_e6: int | None = None
    lat_e6: int | None = None
    accuracy_m: int | None = None
    stop_id: UUID | None = None
    seal: str = ""
    reported: Mapping[str, Any] = field(default_factory=dict)
    decided: bool = False

    @property
    def code(self) -> str:
        """The bare code, or what was read when there is none in it."""
        try:
            return labels.code_from_payload(self.label_code)
        except InvalidInput:
            return _shown(self.label_code, 64)

    def digest(self) -> str:
        """What the report says, so that one id with two contents is noticed."""
        said = [
            str(self.round_id),
            self.kind,
            self.label_code,
            self.scanned_at.astimezone(UTC).isoformat(),
            self.measured_g,
            self.reason,
            self.note,
            self.photo_sha256,
            str(self.stop_id or ""),
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


@dataclass(frozen=True)
class ScanVerdict:
    """The answer to one report. `code` and `params` are put into words by web/explanations."""

    scan_id: UUID
    outcome: str
    code: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[Notice, ...] = ()


def record_scans(session: Session, *, reports: Sequence[ScanReport], now: datetime) -> list[ScanVerdict]:
    """Judge and keep what phones report: a verdict per report, in the given order.

    Never raises for one bad scan; a report that was answered before gets the same answer and changes
    nothing. Refusals are kept and logged too. Raises NotFound for a round that is not the actor's,
    Conflict("scan.id_reused") when a report's id is that of some other fact in the ledger.
    """
    desk = _Desk(session, reports, now)
    verdicts = [desk.answer(report) for report in reports]
    session.flush()
    for receipt in ledger.append(session, desk.events, now=now):
        if receipt.held_reason == "equivocation":
            raise Conflict("scan.id_reused", scan_id=str(receipt.event_id))
        assert receipt.posted, f"judged acceptable, held by the books: {receipt}"
    return verdicts


def _shown(text: str, longest: int) -> str:
    """What a camera read or a client sent, without what neither page nor ledger can hold."""
    return "".join(character for character in text.strip() if character.isprintable())[:longest]


def _answer_of(scan: Scan) -> ScanVerdict:
    """The verdict as it was given the first time."""
    warnings = tuple(Notice(each["code"], each["params"]) for each in scan.verdict.get("warnings", ()))
    return ScanVerdict(scan.id, scan.outcome, scan.outcome_code, scan.verdict.get("params", {}), warnings)


class _Desk:
    """Everything some reports are judged by, read once; what is accepted changes it for the next."""

    def __init__(self, session: Session, reports: Sequence[ScanReport], now: datetime) -> None:
        self.session = session
        self.now = now
        self.events: list[ledger.Event] = []
        self.rounds = round_rows.rounds_by_id(session, list({r.round_id for r in reports}), lock=True)
        for report in reports:
            report.actor.require("scan.record")
            round_rows.require_crew(self.rounds, report.round_id, report.actor)
        scanned = {r.code for r in reports}
        self.dead = label_lives.dead_labels(session, scanned)
        bound = label_lives.bound_codes(session, scanned)
        bound |= batches.labels_of_short_codes(session, scanned)
        wanted = batches.container_ids(session, sorted(scanned | set(bound.values())))
        locked = batches.containers_by_id(session, wanted, lock=True)
        self.containers = {row.label_code: row for row in locked.values()}
        # A number of a roll stands for the container that it was bound to.
        self.containers |= {text: self.containers[code] for text, code in bound.items()}
        self.photos = photos_known(session, {r.photo_sha256 for r in reports if r.photo_sha256})
        self._read_rules()
        self._read_stops_and_loads()
        self._read_earlier(reports)

    def _read_rules(self) -> None:
        session, on = self.session, calendar.on_date(self.now)
        self.matrix = stores.matrix(session)
        self.limits = reference.legal_limits(session, on)
        self.licences = licensed_categories(session, list({r.vehicle_id for r in self.rounds.values()}))

    def _tolerance(self, basis: str) -> ToleranceRule:
        return scales.tolerance(self.limits, scale_class=CREW_SCALE, basis=basis)

    def _read_stops_and_loads(self) -> None:
        """Stops by round and request; containers on board by trip."""
        self.stops: dict[tuple[UUID, UUID], Stop] = {}
        trip_ids: list[UUID] = []
        for row in self.rounds.values():
            for trip in row.trips:
                trip_ids.append(trip.id)
                for stop in trip.stops:
                    if stop.state != "cancelled":
                        self.stops[row.id, stop.request_id] = stop
        read = round_rows.stops_by_id(self.session, [s.id for s in self.stops.values()])
        self.owners = {key: stop.request.enterprise_id for key, stop in read.items()}
        self.papers: dict[UUID, Manifest] = {}
        self.trip_state = {t.id: t.state for row in self.rounds.values() for t in row.trips}
        self.board: dict[UUID, dict[UUID, tuple[Load, int]]] = defaultdict(dict)
        aboard = batches.containers_of_trips(self.session, trip_ids)
        rows = [*aboard, *self.containers.values()]
        self.codes = reference.waste_codes(self.session, {c.batch.waste_code for c in rows})
        for container in aboard:
            if container.state == "loaded" and container.trip_id is not None:
                self.board[container.trip_id][container.id] = (self._load(container), container.mass_g)

    def _read_earlier(self, reports: Sequence[ScanReport]) -> None:
        ids = [r.scan_id for r in reports]
        self.earlier: dict[UUID, Scan] = {}
        self.sequences: dict[tuple[str, int], UUID] = {}
        pairs = [(r.device_id, r.device_seq) for r in reports]
        for start in range(0, len(ids), 300):
            part = slice(start, start + 300)
            known = Scan.id.in_(ids[part]) | tuple_(Scan.device_id, Scan.device_seq).in_(pairs[part])
            for scan in self.session.scalars(select(Scan).where(known)):
                self._remember(scan)

    def _remember(self, scan: Scan) -> None:
        self.earlier[scan.id] = scan
        self.sequences[scan.device_id, scan.device_seq] = scan.id

    def _load(self, container: Container) -> Load:
        return stores.load_of(container.batch, self.codes[container.batch.waste_code])

    # -- one report ---------------------------------------------------------------------------------

    def answer(self, report: ScanReport) -> ScanVerdict:
        """The verdict on one report; an accepted act is carried out."""
        first = self.earlier.get(report.scan_id)
        if first is not None:
            if first.content_sha256 != report.digest():
                return ScanVerdict(report.scan_id, "refused", "scan.id_reused")
            return _answer_of(first)
        if (report.device_id, report.device_seq) in self.sequences:
            return ScanVerdict(report.scan_id, "refused", "scan.sequence_reused", {"seq": report.device_seq})
        row = self.rounds[report.round_id]
        container = self.containers.get(report.code)
        stop = self._stop_for(report, row, container)
        verdict = self._unreadable(report) or self._forged(report) or self._dead(report)
        verdict = verdict or self._judge(report, row, container, stop)
        if report.photo_sha256 and report.photo_sha256 not in self.photos:
            unseen = Notice("scan.photo_unknown", {})
            verdict = Verdict(verdict.outcome, verdict.reason, verdict.params, (*verdict.warnings, unseen))
        if verdict.outcome == "accepted":
            doubts = label_doubts.notices(report.kind, report.seal, report.code)
            verdict = Verdict("accepted", warnings=(*verdict.warnings, *doubts))
        scan = self._keep(report, container, stop, verdict)
        if verdict.outcome == "accepted":
            assert container is not None and stop is not None
            self._carry_out(report, row, container, stop)
        elif verdict.outcome == "refused":
            self._log_refusal(report, row, container, verdict)
            if verdict.reason == "label_forged":
                self._keep_evidence(report, row, container, stop, scan)
        self._remember(scan)
        return _answer_of(scan)

    def _unreadable(self, report: ScanReport) -> Verdict | None:
        """A report that says nothing usable, whatever it is about."""
        if report.scanned_at > self.now + CLOCK_AHEAD:
            return Verdict("refused", "clock_ahead", {"scanned_at": report.scanned_at.isoformat()})
        try:
            texts.clean(report.note, field="note", longest=NOTE_LONGEST)
        except InvalidInput:
            return Verdict("refused", "note_unreadable")
        return None

    def _forged(self, report: ScanReport) -> Verdict | None:
        """A label whose seal fails: whatever else is right or wrong, nothing is loaded under it."""
        return label_doubts.verdict_on(report.kind, report.seal, report.code)

    def _dead(self, report: ScanReport) -> Verdict | None:
        """A code that was replaced, or a roll's number that is free, returned or lost."""
        dead = self.dead.get(report.code)
        return label_rules.verdict_on(dead) if dead else None

    def _stop_for(self, report: ScanReport, row: Round, container: Container | None) -> Stop | None:
        """The stop that the phone shows, else the stop of this round that the container belongs to."""
        if container is None:
            return None
        shown = self._stop_on_screen(report, row)
        if shown is not None:
            return shown
        if container.request_id is not None and (row.id, container.request_id) in self.stops:
            return self.stops[row.id, container.request_id]
        owner = container.batch.enterprise_id
        own = [s for (rid, _), s in self.stops.items() if rid == row.id and self._owner_of(s) == owner]
        # One that is still to be served before one that was left.
        return min(own, key=lambda stop: stop.state != "planned", default=None)

    def _stop_on_screen(self, report: ScanReport, row: Round) -> Stop | None:
        stops = (stop for (round_id, _), stop in self.stops.items() if round_id == row.id)
        return next((stop for stop in stops if stop.id == report.stop_id), None)

    def _owner_of(self, stop: Stop) -> UUID:
        return self.owners[stop.id]

    def _judge(
        self, report: ScanReport, row: Round, container: Container | None, stop: Stop | None
    ) -> Verdict:
        facts = None
        stop_facts = None
        basis = "estimated"
        if container is not None:
            basis = container.batch.basis
            load = self._load(container)
            on_this_round = container.trip_id in {t.id for t in row.trips}
            facts = ContainerFacts(
                state=container.state,
                enterprise_id=container.batch.enterprise_id,
                label_code=container.label_code,
                declared_g=container.declared_g,
                request_id=self._request_of(container, stop),
                loaded_round_id=row.id if on_this_round else None,
                group=load.group,
                category=waste_codes.category(container.batch.waste_code),
                hazards=load.hazards,
                waste_code=container.batch.waste_code,
            )
        if stop is not None:
            is_open = self._was_open(report, row, stop)
            stop_facts = StopFacts(self._owner_of(stop), stop.request_id, is_open)
        elif row.state != "under_way" and container is not None:
            stop_facts = StopFacts(container.batch.enterprise_id, container.request_id, False)
        return custody.judge(
            ScanFacts(
                kind=report.kind,
                label_code=report.code,
                measured_g=report.measured_g,
                scanned_at=report.scanned_at,
                round_id=row.id,
                refuse_reason=report.reason or None,
                note=report.note,
                photos=1 if report.photo_sha256 else 0,
            ),
            facts,
            stop_facts,
            self._vehicle(row, stop),
            matrix=self.matrix,
            tolerance=self._tolerance(basis),
        )

    def _was_open(self, report: ScanReport, row: Round, stop: Stop) -> bool:
        """Whether the crew stood at the stop when it scanned, and the trip can still take it in.

        A second phone may report after the first one closed the stop: until the trip is back at the
        platform, what was loaded before the closing is added to the manifest.
        """
        if report.decided:
            return self._still_counts(report, row, stop)
        if row.state != "under_way" or self.trip_state[stop.trip_id] != "under_way":
            return False
        if calendar.on_date(report.scanned_at) < row.service_on:
            return False
        return stop.state == "planned" or self._is_late(report, stop)

    def _still_counts(self, report: ScanReport, row: Round, stop: Stop) -> bool:
        """By decision of the office, until the load is received; what a manifest has sealed stays on it."""
        if row.state not in ("under_way", "finished"):
            return False
        if self.trip_state[stop.trip_id] not in ("under_way", "arrived"):
            return False
        left = stop.state in ("done", "partly_done") and report.kind != "unload_back"
        return stop.state == "planned" or left

    def _is_late(self, report: ScanReport, stop: Stop) -> bool:
        if report.kind == "unload_back" or stop.state not in ("done", "partly_done"):
            return False
        return stop.closed_at is not None and report.scanned_at <= stop.closed_at

    def _request_of(self, container: Container, stop: Stop | None) -> UUID | None:
        """The request of a container; closing the stop has untied what seemed left behind."""
        if container.request_id is None and stop is not None and stop.state == "partly_done":
            return stop.request_id if container.trip_id == stop.trip_id else None
        return container.request_id

    def _vehicle(self, row: Round, stop: Stop | None) -> VehicleFacts:
        aboard = self.board[stop.trip_id].values() if stop is not None else ()
        return VehicleFacts(
            licensed_categories=self.licences[row.vehicle_id],
            groups_on_board=tuple(load for load, _ in aboard),
            mass_on_board_g=sum(mass_g for _, mass_g in aboard),
            capacity_g=row.vehicle.capacity_g,
            partitioned=row.vehicle.partitioned,
        )

    def _keep(
        self, report: ScanReport, container: Container | None, stop: Stop | None, verdict: Verdict
    ) -> Scan:
        scan = Scan(
            id=report.scan_id,
            device_id=report.device_id,
            device_seq=report.device_seq,
            round_id=report.round_id,
            stop_id=stop.id if stop else None,
            container_id=container.id if container else None,
            label_code=report.code,
            kind=report.kind,
            measured_g=report.measured_g,
            reason=_shown(report.reason, 40),
            note=_shown(report.note, NOTE_LONGEST),
            photo_sha256=report.photo_sha256 if report.photo_sha256 in self.photos else None,
            lon_e6=report.lon_e6,
            lat_e6=report.lat_e6,
            accuracy_m=report.accuracy_m,
            scanned_at=report.scanned_at,
            received_at=self.now,
            outcome=verdict.outcome,
            outcome_code=verdict.code or "",
            verdict={
                "params": dict(verdict.params),
                "warnings": [{"code": each.code, "params": dict(each.params)} for each in verdict.warnings],
            },
            author=report.actor.author,
            content_sha256=report.digest(),
        )
        self.session.add(scan)
        return scan

    def _carry_out(self, report: ScanReport, row: Round, container: Container, stop: Stop) -> None:
        enterprise = container.batch.enterprise
        facts: dict[str, Any] = {"round": row.round_no, "scanned_at": report.scanned_at.isoformat()}
        facts |= report.reported
        if label_doubts.notices(report.kind, report.seal, report.code):
            facts["seal"] = report.seal
        if report.lon_e6 is not None and report.lat_e6 is not None:
            facts |= {"lon_e6": report.lon_e6, "lat_e6": report.lat_e6}
        if report.photo_sha256:
            facts["photo_sha256"] = report.photo_sha256
        line = ledger.Line(
            label=container.label_code,
            batch=batch_key(enterprise, container.batch),
            code=container.batch.waste_code,
        )
        if report.kind == "refuse":
            facts |= {"reason": report.reason, "note": _shown(report.note, NOTE_LONGEST)}
            self._log("container.load_refused", report, row, enterprise.site, (line,), facts)
        elif report.kind == "unload_back":
            self._unload(report, row, container, stop, line, facts)
        else:
            self._load_up(report, row, container, stop, line, facts)
            if stop.state != "planned":
                self._add_to_manifest(report, row, container, stop)

    def _load_up(
        self,
        report: ScanReport,
        row: Round,
        container: Container,
        stop: Stop,
        line: ledger.Line,
        facts: dict[str, Any],
    ) -> None:
        assert report.measured_g is not None
        container.state = batch_lifecycle.next_state(container.state, "load")
        container.mass_before_load_g = container.mass_g
        container.measured_g = container.mass_g = report.measured_g
        container.trip_id = stop.trip_id
        container.holder_id = None
        self.board[stop.trip_id][container.id] = (self._load(container), container.mass_g)
        facts |= scales.tolerance_facts(self.limits, scale_class=CREW_SCALE)
        weighed = ledger.Line(
            label=line.label,
            batch=line.batch,
            code=line.code,
            mass_g=report.measured_g,
            basis="weighed",
            to_place=row.vehicle.site,
        )
        site = container.batch.enterprise.site
        self._log("container.loaded", report, row, site, (weighed,), facts)

    def _add_to_manifest(self, report: ScanReport, row: Round, container: Container, stop: Stop) -> None:
        """What one phone reports after the other closed the stop belongs on the sealed manifest, too."""
        if stop.id not in self.papers:
            self.papers |= manifest_rows.manifests_of_stops(self.session, [stop.id])
        paper, request = self.papers[stop.id], stop.request
        container.request_id = stop.request_id
        for line in paper.lines:
            if line.waste_code == container.batch.waste_code:
                line.containers += 1
                line.loaded_g = (line.loaded_g or 0) + container.mass_g
        self.session.flush()
        tied = request_rows.containers_on(self.session, [stop.request_id])
        loaded = [c for c in tied if c.state == "loaded" and c.trip_id == stop.trip_id]
        names = reference.container_type_names(self.session)
        for line in paper.lines:
            taken = [c.container_type for c in loaded if c.batch.waste_code == line.waste_code]
            line.packaging = manifest_rows.packed(taken, names)
        if len(loaded) == stop.containers_planned:
            stop.state = "done"
            request.state = request_lifecycle.next_state(request.state, "collect")
        self.events.append(
            ledger.Event(
                type="manifest.loaded",
                author=report.actor.author,
                site=container.batch.enterprise.site,
                at=min(report.scanned_at, self.now),
                subject=paper.provisional_no,
                facts={
                    "vehicle": row.vehicle.plate,
                    "request": request.request_no,
                    "containers": len(loaded),
                    "mass_g": sum(c.mass_g for c in loaded),
                    "left_behind": stop.containers_planned - len(loaded),
                    "added_late": container.label_code,
                },
            )
        )

    def _unload(
        self,
        report: ScanReport,
        row: Round,
        container: Container,
        stop: Stop,
        line: ledger.Line,
        facts: dict[str, Any],
    ) -> None:
        container.state = batch_lifecycle.next_state(container.state, "unload_back")
        assert container.mass_before_load_g is not None
        container.mass_g = container.mass_before_load_g
        container.measured_g = container.mass_before_load_g = None
        container.trip_id = None
        container.holder_id = container.batch.enterprise_id
        self.board[stop.trip_id].pop(container.id, None)
        site = container.batch.enterprise.site
        self._log("container.load_undone", report, row, site, (line,), facts)

    def _log_refusal(
        self, report: ScanReport, row: Round, container: Container | None, verdict: Verdict
    ) -> None:
        """A refused scan is a fact too: who tried what, and which rule stood against it."""
        site = container.batch.enterprise.site if container else row.platform.site
        facts = {"round": row.round_no, "verdict": verdict.reason or "", "tried": report.kind}
        facts |= report.reported
        lines = (ledger.Line(label=container.label_code),) if container else ()
        if container is None:
            facts["scanned"] = report.code
        if verdict.reason == "label_forged":
            facts |= {"seal": report.seal, "read": _shown(report.label_code, READ_LONGEST)}
        self._log("container.load_refused", report, row, site, lines, facts)

    def _keep_evidence(
        self, report: ScanReport, row: Round, container: Container | None, stop: Stop | None, scan: Scan
    ) -> None:
        """The county gets a forged label to see to, once while that is open."""
        # A code of no container has no stop of its own: the crew stands at the one that its screen shows.
        gate = stop or self._stop_on_screen(report, row)
        problem = forged_labels.keep(
            self.session,
            scan=scan,
            read=_shown(report.label_code, READ_LONGEST),
            at_round=row,
            container=container,
            owner_id=self._owner_of(gate) if gate else None,
            now=self.now,
        )
        if problem is None:
            return
        facts = {"kind": problem.kind, "source": problem.source, "scan": str(scan.id)}
        self.events.append(
            ledger.Event(
                type="problem.found",
                author=report.actor.author,
                site=container.batch.enterprise.site if container else row.platform.site,
                at=self.now,
                subject=problem.problem_no,
                lines=(ledger.Line(label=container.label_code),) if container else (),
                facts=facts,
            )
        )

    def _log(
        self,
        kind: str,
        report: ScanReport,
        row: Round,
        site: str,
        lines: tuple[ledger.Line, ...],
        facts: Mapping[str, Any],
    ) -> None:
        self.events.append(
            ledger.Event(
                id=report.scan_id,
                type=kind,
                author=report.actor.author,
                site=site,
                at=min(report.scanned_at, self.now),
                subject=row.round_no,
                lines=lines,
                facts=facts,
            )
        )
