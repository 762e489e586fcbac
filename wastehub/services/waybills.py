"""Waybills 危险货物运单: the five checks before a vehicle leaves, and what the paper says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from .. import ledger
from ..domain import calendar, hazards, segregation, texts, waybills
from ..domain.actors import Actor
from ..domain.errors import Conflict, InvalidInput, NotFound
from ..models import reference
from ..models import requests as request_rows
from ..models import route_plans as round_rows
from ..models import waybills as rows
from ..models.lots import Lot
from ..models.manifests import Manifest, ManifestLine
from ..models.organisations import Organisation
from ..models.permits import Permit
from ..models.route_plans import Round, Trip
from ..models.users import User
from ..models.vehicles import CrewMember, Vehicle
from ..models.waybills import TransportClass, Waybill

REPORT_LATEST = timedelta(days=3)
CLASS_LENGTHS = {"un_number": 6, "shipping_name": 120, "hazard_class": 20, "packing_group": 4}


@dataclass(frozen=True)
class Checking:
    """Somebody has gone round the vehicle. `answers`: the five of domain/waybills.CHECKS."""

    actor: Actor
    trip_id: UUID
    answers: Mapping[str, str]
    note: str = ""


def record_checks(
    session: Session,
    *,
    checkings: Sequence[Checking],
    now: datetime,
    at: datetime | None = None,
    late: bool = False,
) -> list[Waybill]:
    """Write down the five checks of trips; the first time they open the trip's waybill.

    A failed check is kept, too: it is made again when it has been put right. `at`: when, if the phone could
    report it only later; `late`: it counts however old it is. Raises NotFound, InvalidInput (waybill.*,
    text.*), Conflict: waybill.too_late (the trip has left), round.report_too_old, and the code of a record of
    ours that says otherwise.
    Source: Order 29 of 2019, Art. 25-27.
    """
    happened_at = _happened_at(at, now, late=late)
    desk = _Desk(session, [c.trip_id for c in checkings], calendar.on_date(happened_at))
    new = sum(1 for c in checkings if c.trip_id not in desk.waybills)
    numbers = iter(rows.issue(session, count=new, now=happened_at) if new else ())
    made, events = [], []
    for checking in checkings:
        trip, row = desk.trip_of(checking)
        note = texts.clean(checking.note, field="note", longest=waybills.NOTE_LONGEST)
        waybills.require_answers(checking.answers, note=note, records=desk.records(row, trip), on=desk.on)
        known = desk.waybills.get(trip.id)
        owner = {"trip_id": trip.id, "carrier_id": row.platform_id, "vehicle_id": row.vehicle_id}
        waybill = rows.write_checks(
            session,
            known,
            number=known.waybill_no if known else next(numbers),
            owner=owner | {"driver_id": row.driver_id, "escort_id": row.escort_id},
            answers=checking.answers,
            note=note,
            author=checking.actor.author,
            at=happened_at,
        )
        desk.waybills[trip.id] = waybill
        made.append(waybill)
        events.append(_checked(checking, waybill, row, trip, note, happened_at))
    session.flush()
    ledger.append(session, events, now=now)
    return made


def _happened_at(at: datetime | None, now: datetime, *, late: bool) -> datetime:
    if at is not None and at < now - REPORT_LATEST and not late:
        raise Conflict("round.report_too_old", acted_at=at)
    return now if at is None else min(at, now)


def _checked(
    checking: Checking, waybill: Waybill, row: Round, trip: Trip, note: str, at: datetime
) -> ledger.Event:
    facts = {"round": row.round_no, "trip": trip.seq, "vehicle": row.vehicle.plate}
    return ledger.Event(
        type="waybill.checked",
        author=checking.actor.author,
        site=row.platform.site,
        at=at,
        subject=waybill.waybill_no,
        facts=facts | {"checks": dict(checking.answers), "note": note},
    )


class _Desk:
    """Rounds, loads and licences of some trips, read once."""

    def __init__(self, session: Session, trip_ids: Sequence[UUID], on: date) -> None:
        self.session, self.on = session, on
        self.trips = round_rows.trips_by_id(session, list(dict.fromkeys(trip_ids)))
        ids = list({trip.round_id for trip in self.trips.values()})
        self.rounds = round_rows.rounds_by_id(session, ids, lock=True)
        self.waybills = rows.waybills_of_trips(session, list(self.trips), lock=True)
        requests = {s.request_id: t.id for t in self.trips.values() for s in t.stops if s.state == "planned"}
        self.load_g: dict[UUID, int] = defaultdict(int)
        for container in request_rows.containers_on(session, list(requests)):
            if container.request_id is not None:
                self.load_g[requests[container.request_id]] += container.mass_g

    def trip_of(self, checking: Checking) -> tuple[Trip, Round]:
        checking.actor.require("waybill.check")
        trip = self.trips.get(checking.trip_id)
        if trip is None:
            raise NotFound("object.not_found")
        row = round_rows.require_crew(self.rounds, trip.round_id, checking.actor)
        if trip.state != "planned" or row.state not in ("published", "under_way"):
            raise Conflict("waybill.too_late", state=trip.state)
        return trip, row

    def records(self, row: Round, trip: Trip) -> waybills.Records:
        people = [person for person in (row.driver, row.escort) if person is not None]
        return waybills.Records(
            plate=row.vehicle.plate,
            vehicle_until_on=row.vehicle.permit_valid_until_on,
            crew_until_on=tuple(person.certificate_valid_until_on for person in people),
            load_g=self.load_g[trip.id],
            capacity_g=row.vehicle.capacity_g,
        )


def planned_trips(session: Session, *, actor: Actor, round_id: UUID) -> list[UUID]:
    """The trips of a round that have not left yet: a walk round the vehicle speaks for all of them.

    Raises NotFound.
    """
    actor.require("waybill.check")
    found = round_rows.rounds_by_id(session, [round_id])
    row = round_rows.require_crew(found, round_id, actor)
    return [trip.id for trip in row.trips if trip.state == "planned"]


@dataclass(frozen=True, slots=True)
class TripPaper:
    """A trip with its waybill, if any. `fit`: whether it may leave with vehicle and crew as they are."""

    trip: Trip
    waybill: Waybill | None
    fit: bool

    @property
    def failed(self) -> list[str]:
        """The checks that did not pass."""
        outcomes = self.waybill.outcomes if self.waybill else {}
        return [key for key, outcome in outcomes.items() if outcome == waybills.FAILED]


def papers_of(session: Session, row: Round) -> list[TripPaper]:
    """The trips of a round that somebody may look at, each with its waybill."""
    trips = [trip for trip in row.trips if trip.state != "cancelled"]
    found = rows.waybills_of_trips(session, [trip.id for trip in trips])
    on_board = {"vehicle_id": row.vehicle_id, "driver_id": row.driver_id, "escort_id": row.escort_id}
    return [
        TripPaper(trip, found.get(trip.id), rows.is_fit(found.get(trip.id), **on_board)) for trip in trips
    ]


@dataclass(frozen=True, slots=True)
class Goods:
    """One waste on the waybill. `transport`: how it travels, as far as the consignor has decided it."""

    waste: reference.WasteCode
    packaging: str
    containers: int
    mass_g: int
    hazards: str
    form: str
    transport: TransportClass | None

    @property
    def group(self) -> str | None:
        """Its segregation group, None: it travels alone."""
        return self.waste.group_for(self.form)


@dataclass(frozen=True, slots=True)
class Apart:
    """A group of the load and one that may never ride with it, as the reference pair gives the reason."""

    own: reference.SegregationGroup
    other: reference.SegregationGroup
    pair: reference.SegregationPair


@dataclass(frozen=True, slots=True)
class WaybillView:
    """Everything the waybill and the safety card of a trip or lot print.

    `waybill` None: nobody has checked the vehicle yet, so none is issued. `checkers`: names by author.
    `fit`: whether the vehicle may leave now (or might when it left). `apart`: what no load like this may
    meet; `ungrouped`: its wastes that travel alone, because nobody has given them a group.
    """

    waybill: Waybill | None
    trip: Trip | None
    round: Round | None
    lot: Lot | None
    carrier: Organisation
    carrier_permit: str
    consignee: Organisation
    vehicle: Vehicle
    driver: CrewMember | None
    escort: CrewMember | None
    departs_at: datetime
    departed: bool
    manifests: list[Manifest]
    goods: list[Goods]
    checkers: Mapping[str, str] = field(default_factory=dict)
    fit: bool = False
    apart: Sequence[Apart] = ()

    @property
    def ungrouped(self) -> list[reference.WasteCode]:
        return [each.waste for each in self.goods if each.group is None]

    @property
    def number(self) -> str:
        return self.waybill.waybill_no if self.waybill else ""

    @property
    def consignor(self) -> Organisation:
        """Who hires the carrier (Order 23, Art. 31): in the platform's model the platform itself."""
        return self.carrier

    @property
    def loading_places(self) -> list[str]:
        """Where it is loaded, in the order of the manifests."""
        return list(dict.fromkeys(p.mover_out.address or p.mover_out.name for p in self.manifests))

    @property
    def containers(self) -> int:
        return sum(each.containers for each in self.goods)

    @property
    def mass_g(self) -> int:
        return sum(each.mass_g for each in self.goods)

    @property
    def hazards(self) -> list[str]:
        letters = [letter for each in self.goods for letter in hazards.parse(each.hazards)]
        return [letter for letter in hazards.PROPERTIES if letter in letters]


def waybill_of_trip(session: Session, *, actor: Actor, trip_id: UUID) -> WaybillView:
    """The waybill of a trip, with its manifests. Raises NotFound unless it is the actor's to see."""
    actor.require("waybill.view")
    found = session.get(Trip, trip_id)
    if found is None:
        raise NotFound("object.not_found")
    row = round_rows.rounds_by_id(session, [found.round_id])[found.round_id]
    papers = _papers(session, Manifest.trip_id == trip_id)
    _require_may_see(session, actor, row.platform, papers)
    if actor.role == "driver" and not round_rows.on_crew(row, actor):
        raise NotFound("object.not_found")
    return trip_view(session, row, trip_id, papers)


def trip_view(
    session: Session, row: Round, trip_id: UUID, papers: list[Manifest] | None = None
) -> WaybillView:
    """The waybill of a trip of a round, for whoever may see it by another right. Raises NotFound."""
    trip = next((each for each in row.trips if each.id == trip_id), None)
    if trip is None:
        raise NotFound("object.not_found")
    papers = _papers(session, Manifest.trip_id == trip_id) if papers is None else papers
    goods = _goods(session, papers)
    waybill = rows.waybills_of_trips(session, [trip.id]).get(trip.id)
    planned_at = calendar.at_time(row.service_on, trip.leave_s)
    on_board = {"vehicle_id": row.vehicle_id, "driver_id": row.driver_id, "escort_id": row.escort_id}
    return WaybillView(
        waybill=waybill,
        trip=trip,
        round=row,
        lot=None,
        carrier=row.platform,
        carrier_permit=_transport_permit(session, row.platform_id, row.service_on),
        consignee=row.platform,
        vehicle=row.vehicle,
        driver=row.driver,
        escort=row.escort,
        departs_at=row.started_at if row.started_at and trip.seq == 1 else planned_at,
        departed=trip.state not in ("planned", "cancelled"),
        manifests=papers,
        goods=goods,
        checkers=_checkers(session, waybill),
        fit=rows.is_fit(waybill, **on_board),
        apart=_apart(session, goods),
    )


def waybill_of_lot(session: Session, *, actor: Actor, lot_id: UUID) -> WaybillView:
    """The waybill of a lot that has left. Raises NotFound."""
    actor.require("waybill.view")
    lot = session.scalars(
        select(Lot).where(Lot.id == lot_id).options(joinedload(Lot.platform), joinedload(Lot.plant))
    ).one_or_none()
    if lot is None:
        raise NotFound("object.not_found")
    view = lot_view(session, lot)
    _require_may_see(session, actor, lot.platform, view.manifests)
    crew = {person.user_id for person in (view.driver, view.escort) if person is not None}
    if actor.role == "driver" and actor.user_id not in {None, *crew}:
        raise NotFound("object.not_found")
    return view


def lot_view(session: Session, lot: Lot) -> WaybillView:
    """The waybill of a lot, for whoever may see it by another right. Raises NotFound before it has left."""
    if lot.shipped_at is None or lot.vehicle_id is None:
        raise NotFound("object.not_found")
    papers = _papers(session, Manifest.lot_id == lot.id)
    waybill = rows.waybills_of_lots(session, [lot.id]).get(lot.id)
    goods = _goods(session, papers)
    return WaybillView(
        waybill=waybill,
        trip=None,
        round=None,
        lot=lot,
        carrier=lot.platform,
        carrier_permit=_transport_permit(session, lot.platform_id, calendar.on_date(lot.shipped_at)),
        consignee=lot.plant,
        vehicle=session.get_one(Vehicle, lot.vehicle_id),
        driver=session.get(CrewMember, lot.driver_id) if lot.driver_id else None,
        escort=session.get(CrewMember, lot.escort_id) if lot.escort_id else None,
        departs_at=lot.shipped_at,
        departed=True,
        manifests=papers,
        goods=goods,
        checkers=_checkers(session, waybill),
        fit=waybill is not None and waybills.may_depart(waybill.outcomes),
        apart=_apart(session, goods),
    )


def _papers(session: Session, condition: object) -> list[Manifest]:
    query = (
        select(Manifest)
        .where(condition, Manifest.state != "void")  # type: ignore[arg-type]
        .options(joinedload(Manifest.mover_out), joinedload(Manifest.acceptor), selectinload(Manifest.lines))
        .order_by(Manifest.provisional_no)
    )
    return list(session.scalars(query))


def _require_may_see(
    session: Session, actor: Actor, carrier: Organisation, papers: Sequence[Manifest]
) -> None:
    """The carrier's people, the acceptor, the county's regulator: a waybill names several movers-out."""
    if actor.role == "regulator":
        counties = {carrier.county_code, *(p.mover_out.county_code for p in papers)}
        counties |= {p.acceptor.county_code for p in papers}
        if actor.county_code is None or actor.county_code in counties:
            return
        raise NotFound("object.not_found")
    actor.require_own(carrier.id, *(p.acceptor_id for p in papers))


def _transport_permit(session: Session, carrier_id: UUID, on: date) -> str:
    query = select(Permit.number).where(
        Permit.organisation_id == carrier_id,
        Permit.kind == "transport",
        Permit.valid_from_on <= on,
        or_(Permit.valid_until_on.is_(None), Permit.valid_until_on >= on),
    )
    return session.scalars(query.order_by(Permit.number)).first() or ""


def _goods(session: Session, papers: Sequence[Manifest]) -> list[Goods]:
    """The lines of all manifests, added up by waste code, packaging and form."""
    lines = [line for paper in papers for line in paper.lines]
    wastes = reference.waste_codes(session, {line.waste_code for line in lines})
    known = rows.transport_classes(session, list(wastes))
    sums: dict[str, Goods] = {}
    for line in sorted(lines, key=lambda each: each.waste_code):
        mass_g = line.declared_g if line.loaded_g is None else line.loaded_g
        before = sums.get(line.waste_code)
        packaging = line.packaging if before is None else _packed([before.packaging, line.packaging])
        sums[line.waste_code] = Goods(
            waste=wastes[line.waste_code],
            packaging=packaging,
            containers=line.containers + (before.containers if before else 0),
            mass_g=mass_g + (before.mass_g if before else 0),
            hazards=",".join(
                dict.fromkeys(hazards.parse(line.hazards) + (hazards.parse(before.hazards) if before else ()))
            ),
            form=line.form,
            transport=known.get(line.waste_code),
        )
    return list(sums.values())


def _apart(session: Session, goods: Sequence[Goods]) -> list[Apart]:
    """What may never ride with the groups of a load, in the order of its goods."""
    own = [each.group for each in goods if each.group is not None]
    if not own:
        return []
    named = {row.code: row for row in reference.segregation_groups(session)}
    pairs = reference.matrix(session)
    matrix = segregation.Matrix({key: segregation.Relation(value) for key, value in pairs.items()})
    return [Apart(named[a], named[b], reference.pair(session, a, b)) for a, b in matrix.never_with(own)]


def _packed(packagings: Sequence[str]) -> str:
    """Kinds of packaging "200 L 开口钢桶×2、吨袋" of several lines, the numbers of a kind added up."""
    counts: dict[str, int] = defaultdict(int)
    for part in "、".join(packagings).split("、"):
        name, _sign, count = part.rpartition("×")
        if name and count.isdigit():
            counts[name] += int(count)
        elif part:
            counts[part] += 0
    return "、".join(f"{name}×{count}" if count else name for name, count in counts.items())


def _checkers(session: Session, waybill: Waybill | None) -> dict[str, str]:
    """The names behind the authors of checks, as far as they are people of this installation."""
    if waybill is None:
        return {}
    authors = {row.checked_by for row in waybill.checks}
    ids: dict[UUID, str] = {}
    for author in authors:
        try:
            ids[UUID(author.removeprefix("user:"))] = author
        except ValueError:
            continue
    found = session.execute(select(User.id, User.display_name).where(User.id.in_(ids)))
    return {ids[key]: name for key, name in found}


def transport_class_list(
    session: Session, *, actor: Actor
) -> list[tuple[reference.WasteCode, TransportClass | None]]:
    """Every waste that was on a manifest, with how it travels; those without an answer first."""
    actor.require("transport_class.view")
    codes = set(session.scalars(select(ManifestLine.waste_code).distinct()))
    wastes = reference.waste_codes(session, codes)
    known = rows.transport_classes(session, list(codes))
    listed = [(wastes[code], known.get(code)) for code in sorted(codes)]
    return sorted(listed, key=lambda each: each[1] is not None and bool(each[1].un_number))


def decide_transport_class(
    session: Session, *, actor: Actor, waste_code: str, values: Mapping[str, str], now: datetime
) -> TransportClass:
    """The consignor says how a waste travels as dangerous goods (Order 23, Art. 13).

    Empty is allowed: the paper then says that it is for the consignor to fill in.
    Raises NotFound(waste_code.unknown), InvalidInput(transport.un_number_malformed), text.*.
    """
    actor.require("transport_class.decide")
    waste = reference.waste_code(session, waste_code)
    plain = {
        name: texts.clean(values.get(name, ""), field=name, longest=longest)
        for name, longest in CLASS_LENGTHS.items()
    }
    number = plain["un_number"].upper().removeprefix("UN").strip()
    if number and not (len(number) == 4 and number.isascii() and number.isdigit()):
        raise InvalidInput("transport.un_number_malformed", field="un_number", given=plain["un_number"])
    plain["un_number"] = f"UN{number}" if number else ""
    row = session.get(TransportClass, waste.code)
    if row is None:
        row = TransportClass(waste_code=waste.code, set_at=now, set_by=actor.author)
        session.add(row)
    for name, value in plain.items():
        setattr(row, name, value)
    row.set_at, row.set_by = now, actor.author
    session.flush()
    own = session.get(Organisation, actor.organisation_id) if actor.organisation_id else None
    event = ledger.Event(
        type="transport_class.decided",
        author=actor.author,
        site=own.site if own else "service",
        at=now,
        subject=waste.code,
        facts=plain,
    )
    ledger.append(session, [event], now=now)
    return row
