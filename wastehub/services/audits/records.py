"""Looking things up: batches by what people know of them, entries of the log, the log as a whole."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from ... import ledger
from ...domain import batch_lifecycle
from ...domain.actors import Actor
from ...domain.errors import NotFound
from ...models.batches import Batch, Container, short_code_is
from ...models.label_lives import RetiredLabel
from ...models.lots import LotItem
from ...models.manifests import Manifest
from ...models.organisations import Organisation
from ...models.paging import matching
from .differences import units_by_site

PLACES = {
    "enterprise": batch_lifecycle.AT_ENTERPRISE,
    "road": batch_lifecycle.ON_THE_ROAD,
    "platform": batch_lifecycle.AT_PLATFORM,
    "plant": batch_lifecycle.AT_PLANT,
    "treated": frozenset({"treated"}),
}
# What was voided was never there; what was poured into other containers is counted in theirs.
MASS_G = func.sum(case((Container.state.not_in(("void", "repacked")), Container.mass_g), else_=0))


def search_batches(
    session: Session,
    *,
    actor: Actor,
    text: str = "",
    county: str = "",
    code: str = "",
    state: str = "",
    **page: Any,
) -> tuple[list[Any], int, dict[str, int]]:
    """Batches by number, label, manifest, firm or code: rows of (Batch, Organisation, mass_g, containers).

    `state`: a key of PLACES; mass and count are then those of the containers there.
    """
    actor.require("county.view")
    query = (
        select(Batch, Organisation, MASS_G.label("mass_g"), func.count(Container.id).label("containers"))
        .join(Container, Container.batch_id == Batch.id)
        .join(Organisation, Organisation.id == Batch.enterprise_id)
        .group_by(Batch.id, Organisation.id)
    )
    if actor.county_code or county:
        query = query.where(Organisation.county_code == (actor.county_code or county))
    if text:
        query = query.where(_found_by(session, text))
    if code:
        query = query.where(Batch.waste_code == code)
    if state:
        query = query.where(Container.state.in_(PLACES[state]))
    return _page_of_groups(session, query, **page)


def _found_by(session: Session, text: str) -> ColumnElement[bool]:
    """Batches whose number, label, manifest or firm the text names; labels are often typed with blanks."""
    joined = "".join(text.split()).upper()
    coded = Container.label_code.contains(joined, autoescape=True) | short_code_is(text)
    labelled = select(Container.batch_id).where(coded)
    found = matching(text, Batch.batch_no, Organisation.name, Organisation.code) | Batch.id.in_(labelled)
    # A code that was replaced still leads to its fill.
    replaced = select(Container.batch_id).join(RetiredLabel, RetiredLabel.container_id == Container.id)
    found |= Batch.id.in_(replaced.where(RetiredLabel.code.contains(joined, autoescape=True)))
    papers = select(Manifest).where((Manifest.official_no == joined) | (Manifest.provisional_no == joined))
    for paper in session.scalars(papers):
        carried = select(Container.batch_id)
        if paper.trip_id is not None:
            aboard = carried.where(Container.trip_id == paper.trip_id)
            found |= Batch.id.in_(aboard) & (Batch.enterprise_id == paper.mover_out_id)
        else:
            items = LotItem.container_id == Container.id
            found |= Batch.id.in_(carried.join(LotItem, items).where(LotItem.lot_id == paper.lot_id))
    return found


def _page_of_groups(
    session: Session, query: Any, *, sort: str, descending: bool, limit: int, offset: int
) -> tuple[list[Any], int, dict[str, int]]:
    inner = query.order_by(None).subquery()
    count, total = session.execute(
        select(func.count(), func.coalesce(func.sum(inner.c.mass_g), 0)).select_from(inner)
    ).one()
    order: dict[str, Any] = {
        "batch_no": Batch.batch_no,
        "produced_on": Batch.produced_on,
        "enterprise": Organisation.name,
        "mass_g": MASS_G,
    }
    key = order[sort]
    query = query.order_by(key.desc() if descending else key.asc(), Batch.id)
    return list(session.execute(query.limit(limit).offset(offset))), int(count), {"mass_g": int(total)}


def ledger_page(
    session: Session, *, actor: Actor, text: str = "", before_idx: int | None = None, limit: int = 50
) -> list[ledger.Entry]:
    """Entries of the log, newest first: of one site, subject or label, or all.

    An enterprise, platform or plant sees the entries of its own site, a county's regulator those of the
    county's sites.
    """
    actor.require("ledger.view")
    sites = sites_of(session, actor)
    wanted = None if sites is None else sorted(sites)
    return ledger.latest(session, text=text.strip(), site=wanted, before_idx=before_idx, limit=limit)


def ledger_entry(session: Session, *, actor: Actor, idx: int) -> ledger.Entry:
    """One entry: of the actor's sites, or with lines about waste from or at them. Raises NotFound.

    Of an entry made elsewhere only those lines are shown.
    """
    actor.require("ledger.view")
    found = ledger.latest(session, before_idx=idx + 1, limit=1)
    if not found or found[0].idx != idx:
        raise NotFound("object.not_found")
    sites = sites_of(session, actor)
    event = found[0].event
    if sites is None or event.site in sites:
        return found[0]
    lines = tuple(line for line in event.lines if _concerns(line, sites))
    if not lines:
        raise NotFound("object.not_found")
    return replace(found[0], event=replace(event, lines=lines))


def unit_names(session: Session, sites: Collection[str]) -> dict[str, str]:
    """What the units behind some sites are called; vehicles and the service have no such name."""
    return {site: unit.name for site, unit in units_by_site(session, sites).items()}


def sites_of(session: Session, actor: Actor) -> frozenset[str] | None:
    """The sites whose part of the log the actor may read; None: all of it."""
    if actor.role == "admin" or (actor.role == "regulator" and actor.county_code is None):
        return None
    query = select(Organisation)
    if actor.role == "regulator":
        query = query.where(Organisation.county_code == actor.county_code)
    else:
        query = query.where(Organisation.id == actor.organisation_id)
    return frozenset(row.site for row in session.scalars(query))


def _concerns(line: ledger.Line, sites: Collection[str]) -> bool:
    return any(place in sites for place in (line.batch.partition("/")[0], line.place, line.to_place))


def verify_ledger(session: Session, *, actor: Actor, signature_every: int = 1) -> ledger.VerifyReport:
    """Walk the whole log and re-derive the books; every n-th signature is checked too."""
    actor.require("ledger.verify")
    return ledger.verify(session, signature_every=signature_every)
