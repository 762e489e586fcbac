"""Transfer manifests 危险废物转移联单: who sees which, and the whole form with where each fact stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from ...domain import calendar, hazards, manifests, precautions, roles
from ...domain.actors import Actor
from ...domain.errors import NotFound
from ...models import reference
from ...models.batches import Batch, Container
from ...models.lots import Lot, LotItem
from ...models.manifests import DiscrepancyReport, Manifest, ManifestLine, ManifestPhoto
from ...models.organisations import Organisation
from ...models.paging import matching, page_of
from ...models.permits import Permit
from ...models.receptions import Reception
from ...models.route_plans import Round, Stop, Trip
from ...models.scans import Scan
from ...models.users import User
from ...models.vehicles import CrewMember, Vehicle

LATE_STATES = ("arrived", "discrepancy")
UNDECIDED = ("submitted", "loaded", "in_transit", "arrived", "discrepancy", "paper_pending")


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One manifest in a list. `mass_g`: accepted, else loaded, else declared."""

    id: UUID
    number: str
    official: bool
    leg: int
    state: str
    mover_out: str
    acceptor: str
    plate: str
    mass_g: int
    opened_at: datetime
    arrived_at: datetime | None
    confirm_due_on: date | None
    on_paper: bool
    backfill_due_on: date | None

    @property
    def due_on(self) -> date | None:
        """The day by which somebody has to act: enter the paper, or confirm (Art. 18, 20)."""
        if self.state == "paper_pending":
            return self.backfill_due_on
        return self.confirm_due_on if self.state in LATE_STATES else None


@dataclass(frozen=True, slots=True)
class FormLine:
    """One waste line with the reference rows it names."""

    line: ManifestLine
    waste: reference.WasteCode
    method: reference.MethodCode | None
    harmful: str


@dataclass(frozen=True, slots=True)
class ManifestForm:
    """Everything the form asks (Art. 10-13, 18), with the places where each fact comes from.

    `vehicle_from`, `vehicle_to`: addresses. `handler`: who confirmed for the acceptor. `round`, `lot`:
    what the manifest travels with, one of the two.
    """

    manifest: Manifest
    lines: list[FormLine]
    vehicle: Vehicle
    driver: CrewMember | None
    escort: CrewMember | None
    acceptor_permit: str
    carrier_permit: str
    precautions_zh: str
    precautions_en: str
    round: Round | None
    lot: Lot | None
    received_at: datetime | None
    handler: str
    containers: list[Container]
    may_number: bool
    report: DiscrepancyReport | None
    photos: list[str]
    acts: frozenset[str]  # what this person may do now: use_paper, backfill, hand_over, report
    positions: int  # places that phones reported while it was loaded: what there is of the track (Art. 11)
    recorders: Mapping[str, str]  # names behind the authors of what was recorded

    @property
    def declared_g(self) -> int:
        return sum(each.line.declared_g for each in self.lines)

    @property
    def loaded_g(self) -> int | None:
        return _sum(each.line.loaded_g for each in self.lines)

    @property
    def accepted_g(self) -> int | None:
        return _sum(each.line.accepted_g for each in self.lines)


def _sum(masses: Any) -> int | None:
    known = [each for each in masses if each is not None]
    return sum(known) if known else None


def _scope(actor: Actor, mover_out: Any, acceptor: Any) -> ColumnElement[bool]:
    """The manifests that somebody may see: one's own part in them, a county's regulator both ends."""
    own = actor.organisation_id
    if actor.role == "admin":
        return Manifest.id.is_not(None)
    if actor.role == "regulator":
        if actor.county_code is None:
            return Manifest.id.is_not(None)
        return or_(mover_out.county_code == actor.county_code, acceptor.county_code == actor.county_code)
    if actor.role == "enterprise":
        return Manifest.mover_out_id == own
    if actor.role == "plant":
        return Manifest.acceptor_id == own
    if actor.role == "driver" and actor.user_id is not None:
        me = select(CrewMember.id).where(CrewMember.user_id == actor.user_id).scalar_subquery()
        # Also what was handed over to this crew on the way: the form keeps the first vehicle and crew.
        carried = select(Trip.id).join(Trip.round).where(or_(Round.driver_id == me, Round.escort_id == me))
        crew = or_(Manifest.driver_id == me, Manifest.escort_id == me, Manifest.trip_id.in_(carried))
        return and_(Manifest.carrier_id == own, crew)
    return or_(Manifest.mover_out_id == own, Manifest.carrier_id == own, Manifest.acceptor_id == own)


def list_manifests(
    session: Session,
    *,
    actor: Actor,
    today: date,
    text: str = "",
    state: str = "",
    leg: str = "",
    from_on: date | None = None,
    until_on: date | None = None,
    sort: str = "opened_at",
    descending: bool = True,
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[ManifestRow], int, dict[str, int]]:
    """The manifests one may see, with count and mass of all that fit the filters.

    `state`: one of the states, "open" (not decided yet), "overdue" (to be confirmed or entered, past its
    day), "on_paper" (run on paper, entered or not).
    """
    actor.require("manifest.view")
    mover_out, acceptor = aliased(Organisation), aliased(Organisation)
    mass = (
        select(
            ManifestLine.manifest_id,
            func.sum(
                func.coalesce(ManifestLine.accepted_g, ManifestLine.loaded_g, ManifestLine.declared_g)
            ).label("g"),
        )
        .group_by(ManifestLine.manifest_id)
        .subquery()
    )
    query: Select[Any] = (
        select(Manifest, mover_out.name, acceptor.short_name, Vehicle.plate, mass.c.g)
        .join(mover_out, mover_out.id == Manifest.mover_out_id)
        .join(acceptor, acceptor.id == Manifest.acceptor_id)
        .join(Vehicle, Vehicle.id == Manifest.vehicle_id)
        .outerjoin(mass, mass.c.manifest_id == Manifest.id)
        .where(_scope(actor, mover_out, acceptor))
    )
    for condition in _filters(state, leg, today, from_on, until_on):
        query = query.where(condition)
    if text:
        query = query.where(
            matching(text, Manifest.provisional_no, Manifest.official_no, mover_out.name, Vehicle.plate)
        )
    order = {
        "number": func.coalesce(Manifest.official_no, Manifest.provisional_no),
        "mover_out": mover_out.name,
        "acceptor": acceptor.short_name,
        "plate": Vehicle.plate,
        "mass_g": mass.c.g,
        "opened_at": Manifest.opened_at,
        "confirm_due_on": Manifest.confirm_due_on,
        "due_on": func.coalesce(Manifest.backfill_due_on, Manifest.confirm_due_on),
    }
    found, count, sums = page_of(
        session,
        query,
        order=order,
        sort=sort,
        descending=descending,
        limit=limit,
        offset=offset,
        sums={"mass_g": mass.c.g},
        scalars=False,
    )
    return [_row(*each) for each in found], count, sums


@dataclass(frozen=True, slots=True)
class Waiting:
    """Manifests that wait for one's own unit: to confirm, to report, to enter from paper; `late` of them."""

    arrived: int = 0
    discrepancy: int = 0
    paper_pending: int = 0
    late: int = 0


def waiting(session: Session, *, actor: Actor, today: date) -> Waiting:
    """What a unit has to do about its manifests (Order 23, Art. 18, 20)."""
    actor.require("manifest.view")
    own = actor.organisation_id
    confirm = and_(Manifest.state.in_(LATE_STATES), Manifest.acceptor_id == own)
    enter = and_(
        Manifest.state == "paper_pending",
        Manifest.arrived_at.is_not(None),
        or_(Manifest.acceptor_id == own, Manifest.carrier_id == own),
    )
    counts = dict(
        session.execute(
            select(Manifest.state, func.count()).where(or_(confirm, enter)).group_by(Manifest.state)
        ).all()
    )
    late = select(func.count()).where(
        or_(
            and_(confirm, Manifest.confirm_due_on < today),
            and_(enter, Manifest.backfill_due_on < today),
        )
    )
    return Waiting(**{str(k): int(v) for k, v in counts.items()}, late=int(session.scalar(late) or 0))


def _filters(
    state: str, leg: str, today: date, from_on: date | None, until_on: date | None
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if state == "open":
        found.append(Manifest.state.in_(UNDECIDED))
    elif state == "overdue":
        unconfirmed = and_(Manifest.state.in_(LATE_STATES), Manifest.confirm_due_on < today)
        not_entered = and_(Manifest.state == "paper_pending", Manifest.backfill_due_on < today)
        found.append(or_(unconfirmed, not_entered))
    elif state == "on_paper":
        found.append(Manifest.paper_since_at.is_not(None))
    elif state:
        found.append(Manifest.state == state)
    if leg in ("1", "2"):
        found.append(Manifest.leg == int(leg))
    if from_on is not None:
        found.append(Manifest.opened_at >= calendar.at_time(from_on, 0))
    if until_on is not None:
        found.append(Manifest.opened_at <= calendar.at_time(until_on, 24 * 3600 - 1))
    return found


def _row(paper: Manifest, mover_out: str, acceptor: str, plate: str, mass_g: int | None) -> ManifestRow:
    return ManifestRow(
        id=paper.id,
        number=paper.number,
        official=paper.official_no is not None,
        leg=paper.leg,
        state=paper.state,
        mover_out=mover_out,
        acceptor=acceptor,
        plate=plate,
        mass_g=int(mass_g or 0),
        opened_at=paper.opened_at,
        arrived_at=paper.arrived_at,
        confirm_due_on=paper.confirm_due_on,
        on_paper=paper.on_paper,
        backfill_due_on=paper.backfill_due_on,
    )


_PARTS = (
    joinedload(Manifest.mover_out),
    joinedload(Manifest.carrier),
    joinedload(Manifest.acceptor),
    selectinload(Manifest.lines),
    selectinload(Manifest.carriages),
)


def visible(session: Session, actor: Actor, manifest_id: UUID, *, lock: bool = False) -> Manifest:
    """The manifest, if it is the actor's to see. Raises NotFound."""
    mover_out, acceptor = aliased(Organisation), aliased(Organisation)
    query = (
        select(Manifest)
        .join(mover_out, mover_out.id == Manifest.mover_out_id)
        .join(acceptor, acceptor.id == Manifest.acceptor_id)
        .where(Manifest.id == manifest_id, _scope(actor, mover_out, acceptor))
        .options(*_PARTS)
        .execution_options(populate_existing=lock)
    )
    if lock:
        query = query.with_for_update(of=Manifest)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound("object.not_found")
    return found


def manifest_view(session: Session, *, actor: Actor, manifest_id: UUID) -> ManifestForm:
    """The whole form. Raises NotFound for a manifest in which the actor has no part.

    Source: Transfer Measures (Order 23 of 2021), Art. 10-13, 18.
    """
    actor.require("manifest.view")
    paper = visible(session, actor, manifest_id)
    form = _form(session, paper)
    return replace(form, may_number=may_number(actor, paper), acts=_acts(actor, paper))


def manifest_of_load(session: Session, *, manifest_id: UUID) -> ManifestForm:
    """The form to read only, for whoever was shown the load's papers: nothing may be done with it.

    Raises NotFound. Whether the manifest is of that load is for the caller to know.
    """
    found = session.scalars(select(Manifest).where(Manifest.id == manifest_id).options(*_PARTS)).one_or_none()
    if found is None:
        raise NotFound("object.not_found")
    return _form(session, found)


def _form(session: Session, paper: Manifest) -> ManifestForm:
    on = calendar.on_date(paper.loaded_at or paper.opened_at)
    permits = _permit_numbers(session, {paper.acceptor_id, paper.carrier_id}, on)
    people = _people(session, paper)
    vehicle = session.get_one(Vehicle, paper.vehicle_id)
    reception, handler = _reception(session, paper)
    letters = [letter for line in paper.lines for letter in hazards.parse(line.hazards)]
    letters = list(dict.fromkeys(letters))
    containers = _containers(session, paper)
    report = session.get(DiscrepancyReport, paper.id)
    return ManifestForm(
        manifest=paper,
        lines=_lines(session, paper, containers),
        vehicle=vehicle,
        driver=people.get(paper.driver_id) if paper.driver_id else None,
        escort=people.get(paper.escort_id) if paper.escort_id else None,
        acceptor_permit=permits.get((paper.acceptor_id, False), ""),
        carrier_permit=permits.get((paper.carrier_id, True), ""),
        precautions_zh=precautions.precautions_zh(letters),
        precautions_en=precautions.precautions_en(letters),
        round=_round(session, paper),
        lot=session.get(Lot, paper.lot_id) if paper.lot_id else None,
        received_at=paper.decided_at if reception and paper.state != "void" else None,
        handler=handler,
        containers=containers,
        may_number=False,
        report=report,
        photos=_photos(session, paper),
        acts=frozenset(),
        positions=_positions(session, paper),
        recorders=_names(session, [paper.backfilled_by, report.recorded_by if report else ""]),
    )


def may_number(actor: Actor, paper: Manifest) -> bool:
    """Whether this person may enter the official number now: for pages that decide which buttons to show."""
    allowed = actor.role in ("dispatcher", "plant") and actor.organisation_id in parties(paper)
    return allowed and paper.state != "void" and not (paper.official_no and paper.state in manifests.CLOSED)


def _acts(actor: Actor, paper: Manifest) -> frozenset[str]:
    """What this person may do with the manifest now: for pages that decide which buttons to show."""
    moving = paper.loaded_at is not None and paper.arrived_at is None and paper.state != "void"
    possible = {
        "use_paper": manifests.may(paper.state, "use_paper"),
        "backfill": manifests.may(paper.state, "backfill") and paper.arrived_at is not None,
        "hand_over": moving and actor.organisation_id == paper.carrier_id,
        "report": paper.state == "discrepancy" and actor.organisation_id == paper.acceptor_id,
    }
    own = actor.organisation_id in parties(paper)
    return frozenset(
        act for act, now in possible.items() if now and own and roles.may(actor.role, f"manifest.{act}")
    )


def _positions(session: Session, paper: Manifest) -> int:
    query = select(func.count()).where(Scan.stop_id == paper.stop_id, Scan.lon_e6.is_not(None))
    return int(session.scalar(query) or 0) if paper.stop_id else 0


def _photos(session: Session, paper: Manifest) -> list[str]:
    query = select(ManifestPhoto.photo_sha256).where(ManifestPhoto.manifest_id == paper.id)
    return list(session.scalars(query.order_by(ManifestPhoto.page)))


def _names(session: Session, authors: list[str]) -> dict[str, str]:
    """The display names behind authors "user:<id>"; others stand for themselves."""
    found = {author: "" for author in authors if author}
    for author in found:
        try:
            user = session.get(User, UUID(author.removeprefix("user:")))
        except ValueError:
            continue
        found[author] = user.display_name if user else ""
    return found


def parties(paper: Manifest) -> tuple[UUID, UUID, UUID]:
    return paper.mover_out_id, paper.carrier_id, paper.acceptor_id


def _permit_numbers(session: Session, ids: set[UUID], on: date) -> dict[tuple[UUID, bool], str]:
    """The licence in force of each unit, keyed by unit and whether it is the transport permit."""
    query = (
        select(Permit)
        .where(Permit.organisation_id.in_(ids), Permit.valid_from_on <= on, Permit.valid_until_on >= on)
        .order_by(Permit.number)
    )
    return {(row.organisation_id, row.kind == "transport"): row.number for row in session.scalars(query)}


def _people(session: Session, paper: Manifest) -> Mapping[UUID, CrewMember]:
    ids = [each for each in (paper.driver_id, paper.escort_id) if each is not None]
    return {row.id: row for row in session.scalars(select(CrewMember).where(CrewMember.id.in_(ids)))}


def _round(session: Session, paper: Manifest) -> Round | None:
    if paper.trip_id is None:
        return None
    return session.scalar(select(Round).join(Trip, Trip.round_id == Round.id).where(Trip.id == paper.trip_id))


def _reception(session: Session, paper: Manifest) -> tuple[Reception | None, str]:
    """The reception that confirmed the manifest, and the name of whoever did."""
    key = Reception.trip_id == paper.trip_id if paper.trip_id else Reception.lot_id == paper.lot_id
    reception = session.scalar(select(Reception).where(key))
    if reception is None or not paper.opinion:
        return None, ""
    user_id = reception.operator.removeprefix("user:")
    try:
        user = session.get(User, UUID(user_id))
    except ValueError:
        user = None
    return reception, user.display_name if user else ""


def _containers(session: Session, paper: Manifest) -> list[Container]:
    """What rides or rode on the manifest, in the order of the labels."""
    query = select(Container).options(joinedload(Container.batch)).order_by(Container.label_code)
    if paper.lot_id is not None:
        query = query.join(LotItem, LotItem.container_id == Container.id)
        return list(
            session.scalars(query.where(LotItem.lot_id == paper.lot_id, LotItem.unpacked_at.is_(None)))
        )
    request_id = select(Stop.request_id).where(Stop.id == paper.stop_id).scalar_subquery()
    query = query.join(Batch, Batch.id == Container.batch_id)
    mine = and_(Container.trip_id == paper.trip_id, Batch.enterprise_id == paper.mover_out_id)
    return list(session.scalars(query.where(mine, Container.request_id == request_id)))


def _lines(session: Session, paper: Manifest, containers: list[Container]) -> list[FormLine]:
    wastes = reference.waste_codes(session, {line.waste_code for line in paper.lines})
    methods = reference.method_codes(session)
    harmful: dict[str, dict[str, None]] = {}
    for container in containers:
        if container.batch.harmful_components:
            harmful.setdefault(container.batch.waste_code, {})[container.batch.harmful_components] = None
    return [
        FormLine(
            line,
            wastes[line.waste_code],
            methods.get(line.method_code or ""),
            "；".join(harmful.get(line.waste_code, {})),
        )
        for line in paper.lines
    ]
