"""Outbound lots: containers of one code leave a platform together, each keeping its origin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from .. import ledger
from ..db import new_id
from ..domain import batch_lifecycle, batch_numbers, calendar, permits, texts, waste_codes, waybills
from ..domain.actors import Actor
from ..domain.errors import Conflict, InvalidInput, NotFound
from ..models import batches, lots, organisations, reference
from ..models import permits as permit_rows
from ..models import waybills as waybill_rows
from ..models.batches import Container, batch_key
from ..models.lots import Lot, LotItem
from ..models.manifests import Manifest, ManifestLine
from ..models.numbers import take_numbers
from ..models.organisations import Organisation
from ..models.vehicles import CrewMember, Vehicle, licensed_categories
from ..models.versioned import require_version

CONTAINERS_MAX = 400


@dataclass(frozen=True)
class LotDraft:
    """`planned_method` empty: what the plant is registered to do with this waste."""

    actor: Actor
    platform_id: UUID
    plant_id: UUID
    waste_code: str
    container_ids: tuple[UUID, ...]
    planned_method: str = ""


@dataclass(frozen=True)
class Shipment:
    """A lot leaves on a vehicle with driver and escort, once the five checks at loading have passed."""

    actor: Actor
    lot_id: UUID
    vehicle_id: UUID
    driver_id: UUID
    escort_id: UUID
    checks: Mapping[str, str] = field(default_factory=dict)  # the five of domain/waybills
    check_note: str = ""
    on_paper: str = ""  # why the manifest is run on paper (Order 23, Art. 20); empty: it is not


def _line(container: Container, **more: Any) -> ledger.Line:
    batch = container.batch
    return ledger.Line(
        label=container.label_code, batch=batch_key(batch.enterprise, batch), code=batch.waste_code, **more
    )


def _events(
    kind: str,
    actor: Actor,
    lot: Lot,
    containers: Sequence[Container],
    now: datetime,
    facts: Mapping[str, Any],
    **places: str,
) -> list[ledger.Event]:
    event = ledger.Event(
        type=kind,
        author=actor.author,
        site=lot.platform.site,
        at=now,
        subject=lot.lot_no,
        lines=tuple(_line(c, **places) for c in containers),
        facts=facts,
    )
    return ledger.in_parts(event)


def open_lots(session: Session, *, drafts: Sequence[LotDraft], now: datetime) -> list[Lot]:
    """Put stored containers of one code together for one plant.

    Raises NotFound, InvalidInput (lot.no_containers, lot.too_many_containers, lot.method_unknown),
    Conflict (lot.mixed_codes, lot.plant_cannot, permit.*, container.act_not_allowed).
    Source: HJ 1259-2022, table B.3; Order 23, Art. 10 (acceptor's licence is checked first).
    """
    on = calendar.on_date(now)
    units = organisations.organisations_by_id(
        session, list({d.platform_id for d in drafts} | {d.plant_id for d in drafts})
    )
    held = permit_rows.permits_of(session, [u.id for u in units.values() if u.kind == "plant"])
    methods = reference.plant_methods(session, [u.id for u in units.values() if u.kind == "plant"])
    rows = batches.containers_by_id(session, [key for d in drafts for key in d.container_ids], lock=True)
    numbers = _lot_numbers(session, [units.get(d.platform_id) for d in drafts], on)
    made, events = [], []
    for draft, number in zip(drafts, numbers, strict=True):
        platform, plant = _parties(draft, units)
        permits.covering(held.get(plant.id, []), waste_code=draft.waste_code, on=on)
        method = _method(draft, methods.get(plant.id, {}))
        lot = Lot(
            id=new_id(session, now),
            lot_no=number,
            platform_id=platform.id,
            plant_id=plant.id,
            waste_code=draft.waste_code,
            planned_method=method,
            state="open",
            opened_by=draft.actor.author,
            opened_at=now,
        )
        lot.platform, lot.plant = platform, plant
        session.add(lot)
        session.flush()
        containers = _pack(session, lot, draft.container_ids, rows, now)
        facts = {"plant": plant.code, "method": method, "mass_g": sum(c.mass_g for c in containers)}
        events += _events("lot.opened", draft.actor, lot, containers, now, facts)
        made.append(lot)
    session.flush()
    ledger.append(session, events, now=now)
    return made


def _lot_numbers(session: Session, platforms: Sequence[Organisation | None], on: date) -> list[str]:
    """HWCK numbers: running per platform and day (HJ 1259, notes under table B.3)."""
    series = []
    for platform in platforms:
        if platform is None:
            raise NotFound("object.not_found", field="platform_id")
        series.append(f"HWCK/{platform.code}/{on:%Y%m%d}")
    taken = {name: iter(numbers) for name, numbers in take_numbers(session, Counter(series)).items()}
    return [batch_numbers.batch_number("outbound", on, next(taken[name])) for name in series]


def _parties(draft: LotDraft, units: Mapping[UUID, Organisation]) -> tuple[Organisation, Organisation]:
    draft.actor.require("lot.create")
    draft.actor.require_own(draft.platform_id)
    plant = units.get(draft.plant_id)
    if plant is None or plant.kind != "plant" or not plant.active:
        raise NotFound("object.not_found", field="plant_id")
    platform = units[draft.platform_id]
    if platform.demo and not plant.demo_flows:
        # Invented kilograms never go to a real firm.
        raise Conflict("lot.real_plant_in_demo", field="plant_id", name=plant.short_name)
    return platform, plant


def _method(draft: LotDraft, known: Mapping[str, str]) -> str:
    fitting = waste_codes.methods_for(draft.waste_code, known)
    if not fitting:
        raise Conflict("lot.plant_cannot", field="plant_id", waste_code=draft.waste_code)
    if draft.planned_method and draft.planned_method not in fitting:
        raise InvalidInput("lot.method_unknown", field="planned_method", given=draft.planned_method[:10])
    return draft.planned_method or fitting[0]


def _pack(
    session: Session, lot: Lot, ids: Sequence[UUID], rows: Mapping[UUID, Container], now: datetime
) -> list[Container]:
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        raise InvalidInput("lot.no_containers", field="container_ids")
    packed = {
        item.container_id: item for item in session.scalars(select(LotItem).where(LotItem.lot_id == lot.id))
    }
    inside = sum(1 for item in packed.values() if item.unpacked_at is None)
    if inside + len(wanted) > CONTAINERS_MAX:
        raise InvalidInput("lot.too_many_containers", field="container_ids", most=CONTAINERS_MAX)
    chosen = []
    for key in wanted:
        container = rows.get(key)
        if container is None or container.holder_id != lot.platform_id:
            raise NotFound("object.not_found", field="container_ids")
        if container.batch.waste_code != lot.waste_code:
            raise Conflict(
                "lot.mixed_codes",
                field="container_ids",
                waste_code=lot.waste_code,
                other_code=container.batch.waste_code,
            )
        container.state = batch_lifecycle.next_state(container.state, "put_in_lot")
        container.lot_id = lot.id
        chosen.append(container)
    for container in chosen:
        again = packed.get(container.id)
        if again is None:
            session.add(
                LotItem(lot_id=lot.id, container_id=container.id, mass_g=container.mass_g, packed_at=now)
            )
        else:
            again.mass_g, again.packed_at, again.unpacked_at = container.mass_g, now, None
    return chosen


def _own_open_lot(session: Session, actor: Actor, lot_id: UUID, version: int | None) -> Lot:
    actor.require("lot.create")
    lot = lots.lots_by_id(session, [lot_id], lock=True).get(lot_id)
    if lot is None:
        raise NotFound("object.not_found")
    actor.require_own(lot.platform_id)
    require_version(lot, version)
    if lot.state != "open":
        raise Conflict("lot.not_open", state=lot.state)
    return lot


def _touch(lot: Lot) -> None:
    """Another content is another version of the lot: a form opened before must be read again."""
    flag_modified(lot, "state")


def pack(
    session: Session,
    *,
    actor: Actor,
    lot_id: UUID,
    container_ids: Sequence[UUID],
    version: int | None,
    now: datetime,
) -> Lot:
    """Add containers to an open lot. Raises as `open_lots`, and Conflict("lot.not_open")."""
    lot = _own_open_lot(session, actor, lot_id, version)
    rows = batches.containers_by_id(session, list(container_ids), lock=True)
    containers = _pack(session, lot, container_ids, rows, now)
    _touch(lot)
    session.flush()
    facts = {"mass_g": sum(c.mass_g for c in containers)}
    ledger.append(session, _events("lot.packed", actor, lot, containers, now, facts), now=now)
    return lot


def unpack(
    session: Session,
    *,
    actor: Actor,
    lot_id: UUID,
    container_ids: Sequence[UUID],
    version: int | None,
    now: datetime,
) -> Lot:
    """Take containers out of an open lot again; they stand in the store as before.

    Raises NotFound, InvalidInput("lot.no_containers"), Conflict("lot.not_open").
    """
    lot = _own_open_lot(session, actor, lot_id, version)
    wanted = list(dict.fromkeys(container_ids))
    if not wanted:
        raise InvalidInput("lot.no_containers", field="container_ids")
    rows = batches.containers_by_id(session, wanted, lock=True)
    for key in wanted:
        container = rows.get(key)
        if container is None or container.lot_id != lot.id:
            raise NotFound("object.not_found", field="container_ids")
        container.state = batch_lifecycle.next_state(container.state, "take_from_lot")
        container.lot_id = None
    gone = update(LotItem).where(LotItem.lot_id == lot.id, LotItem.container_id.in_(wanted))
    session.execute(gone.values(unpacked_at=now))
    _touch(lot)
    session.flush()
    chosen = [rows[key] for key in wanted]
    ledger.append(session, _events("lot.unpacked", actor, lot, chosen, now, {}), now=now)
    return lot


def cancel(session: Session, *, actor: Actor, lot_id: UUID, version: int | None, now: datetime) -> Lot:
    """Dissolve an open lot: everything goes back to the store."""
    lot = _own_open_lot(session, actor, lot_id, version)
    containers = lots.containers_of_lots(session, [lot.id])[lot.id]
    for container in containers:
        container.state = batch_lifecycle.next_state(container.state, "take_from_lot")
        container.lot_id = None
    gone = update(LotItem).where(LotItem.lot_id == lot.id, LotItem.unpacked_at.is_(None))
    session.execute(gone.values(unpacked_at=now))
    lot.state = "cancelled"
    session.flush()
    ledger.append(session, _events("lot.unpacked", actor, lot, containers, now, {"cancelled": True}), now=now)
    return lot


def ship(session: Session, *, shipments: Sequence[Shipment], now: datetime) -> list[Lot]:
    """Lots leave for their plants: the second manifest is opened, loaded and on the road.

    Raises NotFound, Conflict (lot.not_open, lot.empty, vehicle.*, crew.*, permit.*: the plant's licence;
    waybill.check_failed), InvalidInput (waybill.*: a check that nobody made).
    Source: Order 23, Art. 10, 11, 16: the platform is the mover-out of this leg; Order 29 of 2019, Art. 27.
    """
    on = calendar.on_date(now)
    found = lots.lots_by_id(session, [s.lot_id for s in shipments], lock=True)
    contents = lots.containers_of_lots(session, list(found))
    vehicles = _by_id(session, Vehicle, [s.vehicle_id for s in shipments])
    crew = _by_id(session, CrewMember, [k for s in shipments for k in (s.driver_id, s.escort_id)])
    licences = licensed_categories(session, list(vehicles))
    wastes = reference.waste_codes(session, {lot.waste_code for lot in found.values()})
    held = permit_rows.permits_of(session, list({lot.plant_id for lot in found.values()}))
    series = f"manifest/{on:%Y%m%d}"  # one series with the manifests of the first leg
    numbers = take_numbers(session, {series: len(shipments)})[series]
    waybill_numbers = waybill_rows.issue(session, count=len(shipments), now=now)
    events: list[ledger.Event] = []
    for shipment, running, waybill_no in zip(shipments, numbers, waybill_numbers, strict=True):
        lot = _shippable(shipment, found)
        containers = contents[lot.id]
        if not containers:
            raise Conflict("lot.empty", lot_no=lot.lot_no)
        # Weeks may lie between packing and leaving: the licence is looked at again.
        permits.covering(held.get(lot.plant_id, []), waste_code=lot.waste_code, on=on)
        vehicle = vehicles.get(shipment.vehicle_id)
        if vehicle is None or vehicle.platform_id != lot.platform_id or not vehicle.active:
            raise NotFound("object.not_found", field="vehicle_id")
        _require_vehicle(vehicle, lot, containers, licences[vehicle.id], on)
        for field_name, kind in (("driver_id", "driver"), ("escort_id", "escort")):
            _require_person(crew.get(getattr(shipment, field_name)), kind, field_name, lot, on)
        people = [crew[shipment.driver_id], crew[shipment.escort_id]]
        events.append(_check(session, shipment, lot, vehicle, people, containers, waybill_no, now))
        lot.state, lot.shipped_at = "shipped", now
        lot.vehicle_id, lot.driver_id, lot.escort_id = vehicle.id, shipment.driver_id, shipment.escort_id
        for container in containers:
            container.state = batch_lifecycle.next_state(container.state, "ship")
            container.holder_id = container.zone_id = None
        number = f"WH{on:%Y%m%d}{running:06d}"
        paper = _open_manifest(session, lot, vehicle, containers, wastes[lot.waste_code], number, now)
        facts = {"plant": lot.plant.code, "manifest": number, "mass_g": sum(c.mass_g for c in containers)}
        if shipment.on_paper.strip():
            paper.state = "paper_pending"
            paper.paper_since_at = now
            paper.paper_reason = texts.clean(shipment.on_paper, field="on_paper", longest=300)
            facts["on_paper"] = paper.paper_reason
        events += _events("lot.shipped", shipment.actor, lot, containers, now, facts, to_place=vehicle.site)
        for kind in ("manifest.opened", "manifest.loaded"):
            events.append(
                ledger.Event(
                    type=kind,
                    author=shipment.actor.author,
                    site=lot.platform.site,
                    at=now,
                    subject=number,
                    facts=facts | {"lot": lot.lot_no, "leg": 2},
                )
            )
    session.flush()
    for receipt in ledger.append(session, events, now=now):
        assert receipt.posted, f"judged acceptable, held by the books: {receipt}"
    return [found[s.lot_id] for s in shipments]


def _check(
    session: Session,
    shipment: Shipment,
    lot: Lot,
    vehicle: Vehicle,
    people: Sequence[CrewMember],
    containers: Sequence[Container],
    waybill_no: str,
    now: datetime,
) -> ledger.Event:
    """The five checks of this load, written on its waybill; nothing leaves when one of them failed."""
    on = calendar.on_date(now)
    records = waybills.Records(
        vehicle.plate,
        vehicle.permit_valid_until_on,
        tuple(person.certificate_valid_until_on for person in people),
        sum(c.mass_g for c in containers),
        vehicle.capacity_g,
    )
    note = texts.clean(shipment.check_note, field="note", longest=waybills.NOTE_LONGEST)
    waybills.require_answers(shipment.checks, note=note, records=records, on=on)
    waybills.require_departure(shipment.checks)
    waybill_rows.write_checks(
        session,
        None,
        number=waybill_no,
        owner={
            "lot_id": lot.id,
            "carrier_id": lot.platform_id,
            "vehicle_id": vehicle.id,
            "driver_id": shipment.driver_id,
            "escort_id": shipment.escort_id,
        },
        answers=shipment.checks,
        note=note,
        author=shipment.actor.author,
        at=now,
    )
    return ledger.Event(
        type="waybill.checked",
        author=shipment.actor.author,
        site=lot.platform.site,
        at=now,
        subject=waybill_no,
        facts={"lot": lot.lot_no, "vehicle": vehicle.plate, "checks": dict(shipment.checks)},
    )


def _by_id(session: Session, table: type[Any], ids: Sequence[UUID]) -> dict[UUID, Any]:
    return {row.id: row for row in session.scalars(select(table).where(table.id.in_(ids)))}


def _shippable(shipment: Shipment, found: Mapping[UUID, Lot]) -> Lot:
    shipment.actor.require("lot.ship")
    lot = found.get(shipment.lot_id)
    if lot is None:
        raise NotFound("object.not_found")
    shipment.actor.require_own(lot.platform_id)
    if lot.state != "open":
        raise Conflict("lot.not_open", state=lot.state)
    return lot


def _require_vehicle(
    vehicle: Vehicle, lot: Lot, containers: Sequence[Container], licences: frozenset[str], on: date
) -> None:
    if vehicle.permit_valid_until_on < on:
        raise Conflict(
            "vehicle.permit_expired",
            field="vehicle_id",
            plate=vehicle.plate,
            until_on=vehicle.permit_valid_until_on,
        )
    category = waste_codes.category(lot.waste_code)
    if category not in licences:
        raise Conflict("vehicle.not_licensed", field="vehicle_id", plate=vehicle.plate, category=category)
    mass_g = sum(c.mass_g for c in containers)
    if mass_g > vehicle.capacity_g:
        raise Conflict(
            "vehicle.overloaded",
            field="vehicle_id",
            plate=vehicle.plate,
            load_g=mass_g,
            capacity_g=vehicle.capacity_g,
        )


def _require_person(person: CrewMember | None, kind: str, field: str, lot: Lot, on: date) -> None:
    if person is None or person.platform_id != lot.platform_id or person.kind != kind or not person.active:
        raise NotFound("object.not_found", field=field)
    if person.certificate_valid_until_on < on:
        raise Conflict("crew.certificate_expired", field=field, until_on=person.certificate_valid_until_on)


def _open_manifest(
    session: Session,
    lot: Lot,
    vehicle: Vehicle,
    containers: Sequence[Container],
    waste: reference.WasteCode,
    number: str,
    now: datetime,
) -> Manifest:
    """Opened, loaded and departed in one moment: the vehicle stands at the platform's own gate."""
    mass_g = sum(c.mass_g for c in containers)
    manifest = Manifest(
        id=new_id(session, now),
        provisional_no=number,
        leg=2,
        state="in_transit",
        mover_out_id=lot.platform_id,
        carrier_id=lot.platform_id,
        acceptor_id=lot.plant_id,
        lot_id=lot.id,
        vehicle_id=vehicle.id,
        driver_id=lot.driver_id,
        escort_id=lot.escort_id,
        opened_at=now,
        loaded_at=now,
    )
    session.add(manifest)
    session.flush()
    types = reference.container_types(session, calendar.on_date(now))
    packaging = "、".join(sorted({types[c.container_type].name_zh for c in containers}))
    session.add(
        ManifestLine(
            manifest_id=manifest.id,
            line_no=1,
            waste_code=lot.waste_code,
            waste_name=waste.name_zh[:60],
            hazards=waste.hazards[:16],
            form=containers[0].batch.form,
            packaging=packaging[:60],
            containers=len(containers),
            declared_g=mass_g,
            loaded_g=mass_g,
            method_code=lot.planned_method,
        )
    )
    return manifest
