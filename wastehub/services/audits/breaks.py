"""Breaks of traceability: where the next link of the chain is missing (F86). Flagged, never silent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from ...domain import batch_lifecycle, calendar
from ...ledger import Entry, inquiries, reading
from ...models.batches import Batch, Container
from ...models.lots import Lot
from ...models.manifests import Manifest
from ...models.open_loops import answers_to
from ...models.organisations import Organisation
from ...models.repackings import Repacking, oldest_origins
from ...models.route_plans import Round, Trip
from .differences import units_by_site
from .fates import fates_by_origin
from .loop_desk import Desk

Origin = aliased(Organisation)


def _on_the_road(desk: Desk) -> None:
    """Loaded for a platform, or refused there, and not received anywhere yet."""
    query = (
        select(Container.label_code, Container.mass_g, Batch, Origin, Organisation)
        .join(Batch, Batch.id == Container.batch_id)
        .join(Origin, Origin.id == Batch.enterprise_id)
        .join(Trip, Trip.id == Container.trip_id)
        .join(Round, Round.id == Trip.round_id)
        .join(Organisation, Organisation.id == Round.platform_id)
        .where(Container.state.in_(("loaded", "refused_on_arrival")))
    )
    rows = list(desk.session.execute(desk.scoped(query, Organisation, county_of=Origin)))
    _moving(desk, "road", rows, desk.days("loop_road_days"))


def _to_the_plant(desk: Desk) -> None:
    """Shipped from a platform and not received at the plant yet."""
    query = (
        select(Container.label_code, Container.mass_g, Batch, Origin, Organisation)
        .join(Batch, Batch.id == Container.batch_id)
        .join(Origin, Origin.id == Batch.enterprise_id)
        .join(Lot, Lot.id == Container.lot_id)
        .join(Organisation, Organisation.id == Lot.platform_id)
        .where(Container.state == "shipped")
    )
    rows = list(desk.session.execute(desk.scoped(query, Organisation, county_of=Origin)))
    _moving(desk, "transfer", rows, desk.days("loop_transfer_days"))


def _moving(desk: Desk, kind: str, rows: Sequence[Any], own_days: int) -> None:
    """One row per batch and carrier; the clock runs from the last act of the books on a container."""
    moved_at = inquiries.last_act_at(desk.session, [row[0] for row in rows])
    groups: dict[tuple[UUID, UUID, date], list[Any]] = defaultdict(list)
    for row in rows:
        if row[0] in moved_at:
            groups[row[2].id, row[4].id, calendar.on_date(moved_at[row[0]])].append(row)
    for (batch_id, unit_id, since_on), found in groups.items():
        _label, _mass_g, batch, origin, unit = found[0]
        desk.add_break(
            kind, batch.batch_no, unit, since_on, key=f"{batch_id}:{unit_id}:{since_on}", own_days=own_days,
            mass_g=sum(row[1] for row in found), batch_id=batch_id, batch=f"{origin.site}/{batch.batch_no}",
        )  # fmt: skip


def _without_paper(desk: Desk) -> None:
    """Lots that left a platform without a second manifest (Order 23, Art. 16: one per transfer)."""
    paper = select(Manifest.lot_id).where(Manifest.lot_id.is_not(None), Manifest.state != "void")
    query = (
        select(Lot, Organisation, func.sum(Container.mass_g))
        .join(Organisation, Organisation.id == Lot.platform_id)
        .outerjoin(Container, Container.lot_id == Lot.id)
        .where(Lot.state.in_(("shipped", "arrived", "received")), Lot.id.not_in(paper))
        .group_by(Lot.id, Organisation.id)
    )
    for lot, unit, mass_g in desk.session.execute(desk.scoped(query, Organisation)):
        assert lot.shipped_at is not None
        # Due before it left: the paper goes with the load.
        desk.add_break(
            "second_manifest", lot.lot_no, unit, calendar.on_date(lot.shipped_at), key=str(lot.id),
            own_days=-1, mass_g=int(mass_g or 0), lot_id=lot.id,
        )  # fmt: skip


def _untreated(desk: Desk) -> None:
    """Received at a plant and neither used nor disposed of within the limit."""
    own_days = desk.days("loop_plant_days")
    query = (
        select(Batch, Origin, Organisation, func.min(Container.stored_since_on), func.sum(Container.mass_g))
        .join(Container, Container.batch_id == Batch.id)
        .join(Origin, Origin.id == Batch.enterprise_id)
        .join(Organisation, Organisation.id == Container.holder_id)
        .where(
            Container.state.in_(batch_lifecycle.AT_PLANT), Container.stored_since_on < desk.before(own_days)
        )
        .group_by(Batch.id, Origin.id, Organisation.id)
    )
    rows = desk.session.execute(desk.scoped(query, Organisation, county_of=Origin))
    for batch, origin, unit, since_on, mass_g in rows:
        desk.add_break(
            "untreated", batch.batch_no, unit, since_on, key=f"{batch.id}:{unit.id}:{since_on}",
            own_days=own_days, mass_g=int(mass_g), batch_id=batch.id,
            batch=f"{origin.site}/{batch.batch_no}",
        )  # fmt: skip


def _held(desk: Desk) -> None:
    """Facts that the books refuse, until somebody has explained them."""
    facts = reading.held_facts(desk.session)
    explained = {
        key
        for key, answers in answers_to(desk.session, [f"held:{fact.idx}" for fact in facts]).items()
        if any(answer.answer == "explained" for answer in answers)
    }
    batches = {fact.idx: _batch_of(fact) for fact in facts}
    sites = {fact.event.site for fact in facts} | {key.partition("/")[0] for key in batches.values()}
    units = units_by_site(desk.session, sites)
    for fact in facts:
        batch = batches[fact.idx]
        unit = units.get(fact.event.site) or units.get(batch.partition("/")[0])
        county_code = unit.county_code if unit else None
        if f"held:{fact.idx}" in explained or not desk.wants(unit, county_code):
            continue
        desk.add_break(
            "held", fact.event.subject or str(fact.idx), unit, calendar.on_date(fact.recorded_at),
            key=str(fact.idx), own_days=desk.days("loop_held_days"), entry_idx=fact.idx, batch=batch,
        )  # fmt: skip


def _batch_of(fact: Entry) -> str:
    return next((line.batch for line in fact.event.lines if line.batch), "")


def _unexplained(desk: Desk) -> None:
    """Units whose kilograms do not add up: the books themselves are at fault."""
    faulty = {site: fate for site, fate in fates_by_origin(desk.session).items() if fate.unexplained_g}
    for site, unit in units_by_site(desk.session, faulty).items():
        if desk.wants(unit, unit.county_code):
            desk.add_break(
                "unexplained", unit.short_name, unit, desk.today, key=site, own_days=-1,
                mass_g=faulty[site].unexplained_g,
            )  # fmt: skip


def _without_end(desk: Desk) -> None:
    """Batches whose kilograms have not ended within the limit of the whole chain.

    Pouring them into other containers does not start it anew: what came out is as old as the oldest in it.
    """
    own_days = desk.days("loop_chain_days")
    old_or_made_of_others = or_(
        Batch.produced_on < desk.before(own_days),
        Batch.id.in_(select(Repacking.batch_id).where(Repacking.undone_at.is_(None))),
    )
    query = (
        select(Batch, Organisation, func.sum(Container.mass_g))
        .join(Container, Container.batch_id == Batch.id)
        .join(Organisation, Organisation.id == Batch.enterprise_id)
        .where(Container.state.not_in(batch_lifecycle.CLOSED), old_or_made_of_others)
        .group_by(Batch.id, Organisation.id)
    )
    rows = list(desk.session.execute(desk.scoped(query, Organisation)))
    oldest = oldest_origins(desk.session, [row.Batch.id for row in rows])
    for batch, unit, mass_g in rows:
        since_on = min(batch.produced_on, oldest.get(batch.id, batch.produced_on))
        desk.add_break(
            "chain", batch.batch_no, unit, since_on, key=str(batch.id), own_days=own_days,
            mass_g=int(mass_g), batch_id=batch.id, batch=f"{unit.site}/{batch.batch_no}",
        )  # fmt: skip


LOOKS: tuple[Callable[[Desk], None], ...] = (
    _on_the_road, _to_the_plant, _without_paper, _untreated, _held, _unexplained, _without_end,
)  # fmt: skip
