"""What the parties of a manifest do with it: number, paper and its entry, hand-over, report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ... import ledger
from ...domain import calendar, manifests, texts
from ...domain.actors import Actor
from ...domain.errors import Conflict, InvalidInput
from ...models import manifests as rows
from ...models import reference, scans
from ...models.manifests import DiscrepancyReport, Manifest, ManifestCarriage, ManifestPhoto
from ...models.versioned import require_version
from .views import parties, visible

PHOTOS_MAX = 12
TEXT, SHORT = 300, 60


def record_official_number(
    session: Session, *, actor: Actor, manifest_id: UUID, number: str, version: int | None, now: datetime
) -> Manifest:
    """Enter the number that the national system has issued; it may be corrected until the manifest is closed.

    Raises NotFound, StaleVersion, InvalidInput (manifest.number_*), Conflict: manifest.number_taken,
    manifest.number_sealed, manifest.act_not_allowed (a void manifest).
    Source: Transfer Measures Art. 15.
    """
    actor.require("manifest.number")
    paper = visible(session, actor, manifest_id, lock=True)
    actor.require_own(*parties(paper))
    require_version(paper, version)
    if paper.state == "void":
        raise Conflict("manifest.act_not_allowed", state=paper.state, act="number")
    province, city = _origin(session, paper)
    plain = manifests.official_number(
        number, year=calendar.on_date(paper.opened_at).year, province=province, city=city
    )
    if plain == paper.official_no:
        return paper
    if paper.official_no and paper.state in manifests.CLOSED:
        raise Conflict("manifest.number_sealed", field="official_number", number=paper.official_no)
    if session.scalar(select(Manifest.id).where(Manifest.official_no == plain)) is not None:
        raise Conflict("manifest.number_taken", field="official_number", number=plain)
    before, paper.official_no = paper.official_no or "", plain
    session.flush()
    event = ledger.Event(
        type="manifest.numbered",
        author=actor.author,
        site=paper.mover_out.site,
        at=now,
        subject=paper.provisional_no,
        facts={"official_no": plain, "before": before},
    )
    ledger.append(session, [event], now=now)
    return paper


def _origin(session: Session, paper: Manifest) -> tuple[str, str]:
    """Province and city of origin as they stand in the number: the mover-out's county, else the region pack.

    Source: Order 23, Art. 15.
    """
    county = paper.mover_out.county_code or ""
    if len(county) >= 4:
        return county[:2], county[2:4]
    region = session.scalars(select(reference.Region).order_by(reference.Region.code)).first()
    assert region is not None, "an installation without a region"
    return region.province_code, region.city_code


@dataclass(frozen=True)
class Handover:
    """The next carrier takes over on the way 联运.

    `verified`: it has checked mover-out, former carrier and waste data.
    """

    actor: Actor
    manifest_id: UUID
    carrier_name: str
    carrier_permit_number: str
    vehicle_plate: str
    vehicle_certificate_number: str
    driver_name: str
    escort_name: str
    place: str
    handed_over_at: datetime
    driver_phone: str = ""
    verified: bool = False


_LENGTHS = {
    "carrier_name": 120,
    "carrier_permit_number": 60,
    "vehicle_plate": 16,
    "vehicle_certificate_number": 40,
    "driver_name": 40,
    "escort_name": 40,
    "place": 200,
}


def hand_over(session: Session, *, handover: Handover, now: datetime) -> Manifest:
    """Part 2 of the form once more: the next carrier's, with place and time of the hand-over.

    The books keep the load on the account of the first vehicle until the acceptor weighs it in.
    Raises NotFound, InvalidInput (text.*, manifest.not_verified, manifest.handover_too_early,
    manifest.time_in_future), Conflict(manifest.not_on_the_road). Source: Order 23, Art. 17.
    """
    handover.actor.require("manifest.hand_over")
    paper = visible(session, handover.actor, handover.manifest_id, lock=True)
    handover.actor.require_own(paper.carrier_id)
    if paper.loaded_at is None or paper.arrived_at is not None or paper.state == "void":
        raise Conflict("manifest.not_on_the_road", state=paper.state)
    said = {
        name: texts.clean(getattr(handover, name), field=name, longest=longest, required=True)
        for name, longest in _LENGTHS.items()
    }
    if not handover.verified:
        raise InvalidInput("manifest.not_verified", field="verified")
    before = max([paper.loaded_at, *(c.handed_over_at for c in paper.carriages)])
    _require_moment(handover.handed_over_at, "handed_over_at", after=before, now=now)
    carriage = ManifestCarriage(
        manifest_id=paper.id,
        seq=2 + len(paper.carriages),
        driver_phone=texts.clean(handover.driver_phone, field="driver_phone", longest=30),
        handed_over_at=handover.handed_over_at,
        verified=True,
        recorded_at=now,
        recorded_by=handover.actor.author,
        **said,
    )
    paper.carriages.append(carriage)
    facts = {"seq": carriage.seq, "at": handover.handed_over_at.isoformat()}
    facts |= {k: said[k] for k in ("carrier_name", "vehicle_plate", "place")}
    _log(session, "manifest.handed_over", handover.actor, paper, paper.mover_out.site, facts, now)
    return paper


def _require_moment(at: datetime, field: str, *, after: datetime | None, now: datetime) -> None:
    if at > now:
        raise InvalidInput("manifest.time_in_future", field=field, given=at)
    if after is not None and at < after:
        raise InvalidInput("manifest.time_too_early", field=field, given=at, earliest=after)


def use_paper(
    session: Session, *, actor: Actor, manifest_id: UUID, reason: str, paper_no: str, now: datetime
) -> Manifest:
    """The electronic manifest cannot be used: it runs on paper, and is entered afterwards.

    Raises NotFound, InvalidInput (text.*), Conflict(manifest.act_not_allowed) once it is loaded.
    Source: Order 23, Art. 20.
    """
    actor.require("manifest.use_paper")
    paper = visible(session, actor, manifest_id, lock=True)
    actor.require_own(paper.mover_out_id, paper.carrier_id)
    state = manifests.next_state(paper.state, "use_paper")
    why = texts.clean(reason, field="reason", longest=TEXT, required=True)
    printed = texts.clean(paper_no, field="paper_no", longest=40)
    paper.state, paper.paper_reason, paper.paper_no, paper.paper_since_at = state, why, printed, now
    facts = {"reason": why, "paper_no": printed}
    _log(session, "manifest.on_paper", actor, paper, paper.mover_out.site, facts, now)
    return paper


def backfill(
    session: Session,
    *,
    actor: Actor,
    manifest_id: UUID,
    paper_no: str,
    photos: Sequence[str],
    loaded_g: Mapping[int, int] | None = None,
    version: int | None,
    now: datetime,
) -> Manifest:
    """Enter a manifest that was run on paper, with a photo of each page; late entry is accepted and shown.

    `loaded_g`: by line number what the paper says was moved out; it must agree with what was weighed.
    The entry decides the manifest at once when the acceptor has already decided.
    Raises NotFound, StaleVersion, InvalidInput (text.*, manifest.photo_missing, manifest.too_many_photos,
    manifest.photo_unknown, manifest.paper_differs), Conflict (manifest.act_not_allowed,
    manifest.paper_unfinished: it has not arrived). Source: Order 23, Art. 20.
    """
    actor.require("manifest.backfill")
    paper = visible(session, actor, manifest_id, lock=True)
    actor.require_own(*parties(paper))
    require_version(paper, version)
    manifests.next_state(paper.state, "backfill")
    if paper.arrived_at is None:
        raise Conflict("manifest.paper_unfinished", state=paper.state)
    _require_photos(session, photos)
    for line in paper.lines:
        said_g = (loaded_g or {}).get(line.line_no)
        if said_g is not None and said_g != line.loaded_g:
            raise InvalidInput(
                "manifest.paper_differs",
                field=f"loaded_{line.line_no}",
                waste_code=line.waste_code,
                paper_g=said_g,
                weighed_g=line.loaded_g or 0,
            )
    paper.paper_no = texts.clean(paper_no, field="paper_no", longest=40, required=True)
    paper.state = manifests.next_state(paper.state, "backfill")
    paper.backfilled_at, paper.backfilled_by = now, actor.author
    for page, sha256 in enumerate(dict.fromkeys(photos), 1):
        session.add(ManifestPhoto(manifest_id=paper.id, page=page, photo_sha256=sha256))
    due_on = paper.backfill_due_on
    facts = {
        "paper_no": paper.paper_no,
        "photos": list(dict.fromkeys(photos)),
        "due_on": due_on.isoformat() if due_on else "unknown",
        "late": due_on is not None and calendar.on_date(now) > due_on,
    }
    _log(session, "manifest.backfilled", actor, paper, paper.acceptor.site, facts, now)
    if paper.opinion:
        _log(session, rows.close(paper, reported=False), actor, paper, paper.acceptor.site, _said(paper), now)
    return paper


def _require_photos(session: Session, photos: Sequence[str]) -> None:
    if not photos:
        raise InvalidInput("manifest.photo_missing", field="photo")
    if len(photos) > PHOTOS_MAX:
        raise InvalidInput("manifest.too_many_photos", field="photo", most=PHOTOS_MAX)
    if set(photos) - scans.photos_known(session, photos):
        raise InvalidInput("manifest.photo_unknown", field="photo")


def _said(paper: Manifest) -> dict[str, Any]:
    accepted_g = sum(line.accepted_g or 0 for line in paper.lines)
    return {"opinion": paper.opinion, "accepted_g": accepted_g, "note": paper.opinion_note}


@dataclass(frozen=True)
class Report:
    """What the acceptor did about a difference. `kinds`: of domain/manifests.DIFFERENCES."""

    actor: Actor
    manifest_id: UUID
    kinds: tuple[str, ...]
    found: str
    told_whom: str
    told_at: datetime
    decision_note: str
    authority: str
    reported_at: datetime
    report_no: str = ""
    version: int | None = None


def report_differences(session: Session, *, reports: Sequence[Report], now: datetime) -> list[Manifest]:
    """The mover-out was told, the acceptor has decided, the authority has the report: the manifest closes.

    Raises NotFound, StaleVersion, InvalidInput (manifest.difference_*, manifest.report_incomplete,
    manifest.time_*, text.*), Conflict(manifest.act_not_allowed). Source: Order 23, Art. 18.
    """
    made = []
    for report in reports:
        report.actor.require("manifest.report")
        paper = visible(session, report.actor, report.manifest_id, lock=True)
        report.actor.require_own(paper.acceptor_id)
        require_version(paper, report.version)
        if paper.state != "discrepancy" or not paper.opinion:
            raise Conflict("manifest.act_not_allowed", state=paper.state, act="report_differences")
        row = _written(report, paper, now)
        session.add(row)
        facts = {
            "kinds": row.kinds.split(","),
            "told_at": row.told_at.isoformat(),
            "decision": row.decision,
            "reported_at": row.reported_at.isoformat(),
            "authority": row.authority,
            "report_no": row.report_no,
        }
        _log(session, "manifest.reported", report.actor, paper, paper.acceptor.site, facts, now)
        kind = rows.close(paper, reported=True)
        _log(session, kind, report.actor, paper, paper.acceptor.site, _said(paper), now)
        made.append(paper)
    session.flush()
    return made


def _written(report: Report, paper: Manifest, now: datetime) -> DiscrepancyReport:
    said = {
        name: texts.clean(getattr(report, name), field=name, longest=longest)
        for name, longest in (
            ("found", TEXT), ("told_whom", SHORT), ("decision_note", TEXT), ("authority", 120),
            ("report_no", SHORT),
        )
    }  # fmt: skip
    kinds = tuple(dict.fromkeys(report.kinds))
    manifests.require_report(kinds=kinds, **{k: v for k, v in said.items() if k != "report_no"})
    for name in ("told_at", "reported_at"):
        _require_moment(getattr(report, name), name, after=paper.arrived_at, now=now)
    return DiscrepancyReport(
        manifest_id=paper.id,
        kinds=",".join(kinds),
        told_at=report.told_at,
        decision=paper.opinion,
        reported_at=report.reported_at,
        recorded_at=now,
        recorded_by=report.actor.author,
        **said,
    )


def _log(
    session: Session,
    kind: str,
    actor: Actor,
    paper: Manifest,
    site: str,
    facts: Mapping[str, Any],
    now: datetime,
) -> None:
    session.flush()
    event = ledger.Event(
        type=kind, author=actor.author, site=site, at=now, subject=paper.provisional_no, facts=facts
    )
    ledger.append(session, [event], now=now)
