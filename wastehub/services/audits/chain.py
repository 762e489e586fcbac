"""The chain of one batch: every station, act and paper from its generation to its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import func, select, union
from sqlalchemy.orm import Session, joinedload, selectinload

from ... import ledger
from ...domain.actors import Actor
from ...domain.errors import NotFound
from ...models import batches, organisations, reference
from ...models.batches import Batch, Container, batch_key
from ...models.lots import Lot, LotItem, Treatment, TreatmentLine
from ...models.manifests import Manifest
from ...models.organisations import Organisation
from ...models.receptions import Reception, ReceptionLine
from ...models.reference import WasteCode
from ...models.repackings import containers_below
from ...models.route_plans import Stop
from ...models.scans import Scan
from .fates import Fate, fate_of_batches


@dataclass(frozen=True)
class Trace:
    """The whole life of a batch: what it is, where it is, every act, every paper."""

    batch: Batch
    enterprise: Organisation
    waste: WasteCode
    containers: list[Container]
    holders: dict[UUID, Organisation]
    entries: list[ledger.Entry]
    fate: Fate
    manifests: list[Manifest]
    lots: list[Lot]
    treatments: list[tuple[Treatment, int]]
    cases: list[ledger.OpenCase]


def trace(session: Session, *, actor: Actor, batch_id: UUID) -> Trace:
    """The chain of a batch from generation to its end. Raises NotFound.

    An enterprise sees its own batches, a platform or plant those whose containers it has handled, a
    regulator those of its county.
    """
    actor.require("audit.trace")
    batch = batches.batch_by_id(session, batch_id)
    if batch is None:
        raise NotFound("object.not_found")
    key = batch_key(batch.enterprise, batch)
    entries = ledger.entries_for(session, batch=key)
    _require_may_see(session, actor, batch, entries)
    return Trace(
        batch=batch,
        enterprise=batch.enterprise,
        waste=reference.waste_code(session, batch.waste_code),
        containers=batch.containers,
        holders=organisations.organisations_by_id(
            session, [c.holder_id for c in batch.containers if c.holder_id is not None]
        ),
        entries=_with_mixtures(session, key, entries),
        fate=fate_of_batches(session, [key]),
        manifests=_manifests(session, batch),
        lots=_lots(session, batch),
        treatments=_treatments(session, batch),
        cases=ledger.open_cases(session, batch=key),
    )


def _require_may_see(session: Session, actor: Actor, batch: Batch, entries: Sequence[ledger.Entry]) -> None:
    if actor.role == "regulator":
        if actor.county_code in (None, batch.enterprise.county_code):
            return
    elif actor.organisation_id == batch.enterprise_id:
        return
    elif actor.organisation_id is not None:
        own = session.get(Organisation, actor.organisation_id)
        lines = [line for entry in entries for line in entry.event.lines]
        places = {entry.event.site for entry in entries}
        places.update(place for line in lines for place in (line.place, line.to_place))
        if own is not None and own.site in places:
            return
    raise NotFound("object.not_found")


def _with_mixtures(session: Session, key: str, entries: Sequence[ledger.Entry]) -> list[ledger.Entry]:
    """The batch's entries, and those of the mixtures that its kilograms were poured into, in log order."""
    found = {entry.idx: _about(entry, key) for entry in entries}
    for child in ledger.below(session, key):
        for entry in ledger.entries_for(session, batch=child):
            mine = found.get(entry.idx)
            about = _about(entry, child)
            if mine is not None:
                kept = {line.label for line in mine.event.lines}
                more = tuple(line for line in about.event.lines if line.label not in kept)
                about = replace(mine, event=replace(mine.event, lines=mine.event.lines + more))
            found[entry.idx] = about
    return [found[idx] for idx in sorted(found)]


def _about(entry: ledger.Entry, key: str) -> ledger.Entry:
    """The entry without the lines of other batches: an act at a plant may concern many units' waste."""
    lines = tuple(line for line in entry.event.lines if line.batch in ("", key))
    return replace(entry, event=replace(entry.event, lines=lines))


def _manifests(session: Session, batch: Batch) -> list[Manifest]:
    """Manifests of the batch: of stops where it waits or was loaded, of its lots, repacked or not."""
    ids = containers_below(session, [c.id for c in batch.containers])
    trips = union(
        select(Container.trip_id).where(Container.id.in_(ids), Container.trip_id.is_not(None)),
        select(Reception.trip_id)
        .join(ReceptionLine, ReceptionLine.reception_id == Reception.id)
        .where(ReceptionLine.container_id.in_(ids), Reception.trip_id.is_not(None)),
    )
    loaded = select(Scan.stop_id).where(
        Scan.container_id.in_(ids), Scan.kind == "load", Scan.outcome == "accepted", Scan.stop_id.is_not(None)
    )
    requests = [c.request_id for c in batch.containers if c.request_id]
    stops = select(Stop.id).where(
        Stop.trip_id.in_(trips), Stop.id.in_(loaded) | Stop.request_id.in_(requests)
    )
    lots = select(LotItem.lot_id).where(LotItem.container_id.in_(ids), LotItem.unpacked_at.is_(None))
    query = (
        select(Manifest)
        .where(Manifest.stop_id.in_(stops) | Manifest.lot_id.in_(lots), Manifest.state != "void")
        .options(joinedload(Manifest.mover_out), joinedload(Manifest.acceptor), selectinload(Manifest.lines))
        .order_by(Manifest.opened_at)
    )
    return list(session.scalars(query))


def _lots(session: Session, batch: Batch) -> list[Lot]:
    ids = containers_below(session, [c.id for c in batch.containers])
    query = (
        select(Lot)
        .where(
            Lot.id.in_(
                select(LotItem.lot_id).where(LotItem.container_id.in_(ids), LotItem.unpacked_at.is_(None))
            )
        )
        .options(joinedload(Lot.platform), joinedload(Lot.plant))
        .order_by(Lot.opened_at)
    )
    return list(session.scalars(query))


def _treatments(session: Session, batch: Batch) -> list[tuple[Treatment, int]]:
    query = (
        select(Treatment, func.sum(TreatmentLine.mass_g))
        .join(TreatmentLine, TreatmentLine.treatment_id == Treatment.id)
        .where(TreatmentLine.container_id.in_([c.id for c in batch.containers]))
        .options(joinedload(Treatment.plant))
        .group_by(Treatment.id)
        .order_by(Treatment.treated_at)
    )
    return [(treatment, int(mass_g)) for treatment, mass_g in session.execute(query)]
