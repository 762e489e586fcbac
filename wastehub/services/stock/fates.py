"""Where each kilogram of a batch is now (F14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from ... import ledger
from ...domain import batch_lifecycle, calendar
from ...domain.actors import Actor
from ...domain.errors import NotFound
from ...models import batches, reference
from ...models.batches import Batch, Container, batch_key
from ...models.organisations import Organisation
from ...models.reference import ContainerType, WasteCode
from ...models.requests import PickupRequest
from .conditions import StorageClock, count_if, own_firm


@dataclass(frozen=True)
class FateRow:
    """A batch and where its grams are now (F14)."""

    id: UUID
    batch_no: str
    waste_code: str
    waste_name: str
    produced_on: date
    containers: int
    declared_g: int
    kept_g: int
    moving_g: int
    platform_g: int
    plant_g: int
    treated_g: int
    difference_g: int


@dataclass(frozen=True)
class BatchView:
    """Everything about one batch for the firm that made it."""

    batch: Batch
    waste: WasteCode
    types: Mapping[str, ContainerType]
    requests: Mapping[UUID, PickupRequest]
    fate: list[tuple[str, str, int]]
    entries: list[ledger.Entry]
    places: Mapping[str, str]
    due_on: date
    clock: str
    elsewhere: Mapping[str, int]


def fate_list(
    session: Session,
    *,
    actor: Actor,
    q: str = "",
    where: str = "",
    from_on: str = "",
    until_on: str = "",
    sort: str = "produced_on",
    descending: bool = True,
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[FateRow], int, dict[str, int]]:
    """The firm's batches and where their kilograms are (F14): rows, count and sums of all that fit.

    `where`: kept, moving, platform, plant, treated.
    """
    firm = own_firm(session, actor)
    grams = {
        "kept_g": _grams_in(batch_lifecycle.AT_ENTERPRISE),
        "moving_g": _grams_in(batch_lifecycle.ON_THE_ROAD),
        "platform_g": _grams_in(batch_lifecycle.AT_PLATFORM),
        "plant_g": _grams_in(batch_lifecycle.AT_PLANT),
        "treated_g": _grams_in({"treated"}),
        "declared_g": func.sum(case((Container.state != "void", Container.declared_g), else_=0)),
    }
    query = (
        select(
            Batch,
            count_if(Container.state != "void").label("containers"),
            *(column.label(name) for name, column in grams.items()),
        )
        .join(Container, Container.batch_id == Batch.id)
        .where(Batch.enterprise_id == firm.id)
        .group_by(Batch.id)
    )
    for word in q.split():
        query = query.where(
            or_(
                *(
                    column.icontains(word, autoescape=True)
                    for column in (Batch.batch_no, Batch.internal_name, Batch.waste_code)
                )
            )
        )
    for text, condition in ((from_on, Batch.produced_on.__ge__), (until_on, Batch.produced_on.__le__)):
        if day := _day(text):
            query = query.where(condition(day))
    if f"{where}_g" in grams:
        query = query.having(grams[f"{where}_g"] > 0)
    inner = query.subquery()
    totals = session.execute(
        select(func.count(), *(func.coalesce(func.sum(inner.c[name]), 0) for name in grams))
    ).one()
    order: Any = {
        "batch_no": Batch.batch_no,
        "waste": Batch.waste_code,
        **grams,
    }.get(sort, Batch.produced_on)
    page = query.order_by(order.desc() if descending else order, Batch.batch_no.desc())
    rows = [_fate_row(*row) for row in session.execute(page.limit(limit).offset(offset))]
    sums = {name: int(value) for name, value in zip(grams, totals[1:], strict=True)}
    poured = select(Batch.batch_no).join(inner, inner.c.id == Batch.id)
    poured = poured.join(Container, Container.batch_id == Batch.id).where(Container.state == "repacked")
    shares = _repacked(session, [f"{firm.site}/{number}" for number in session.scalars(poured.distinct())])
    for share in shares.values():
        for name, mass_g in share.items():
            sums[name] += mass_g
    return [_with_share(row, shares.get(f"{firm.site}/{row.batch_no}", {})) for row in rows], totals[0], sums


def _with_share(row: FateRow, share: Mapping[str, int]) -> FateRow:
    """The row with its grams in the platform's own containers, which the firm's containers do not tell."""
    if not share:
        return row
    more = {name: getattr(row, name) + mass_g for name, mass_g in share.items()}
    return replace(row, **more, difference_g=row.difference_g + sum(share.values()))


def _grams_in(states: frozenset[str] | set[str]) -> Any:
    return func.sum(case((Container.state.in_(sorted(states)), Container.mass_g), else_=0))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _fate_row(
    batch: Batch,
    containers: int,
    kept_g: int,
    moving_g: int,
    platform_g: int,
    plant_g: int,
    treated_g: int,
    declared_g: int,
) -> FateRow:
    present = int(kept_g) + int(moving_g) + int(platform_g) + int(plant_g) + int(treated_g)
    return FateRow(
        id=batch.id,
        batch_no=batch.batch_no,
        waste_code=batch.waste_code,
        waste_name=batch.internal_name,
        produced_on=batch.produced_on,
        containers=int(containers),
        declared_g=int(declared_g),
        kept_g=int(kept_g),
        moving_g=int(moving_g),
        platform_g=int(platform_g),
        plant_g=int(plant_g),
        treated_g=int(treated_g),
        difference_g=present - int(declared_g),
    )


def batch_view(session: Session, *, actor: Actor, batch_id: UUID, now: datetime) -> BatchView:
    """One batch with its containers, its story and where each gram is by the books.

    Raises Forbidden, NotFound.
    """
    actor.require("stock.view")
    batch = batches.batch_by_id(session, batch_id)
    if batch is None:
        raise NotFound("object.not_found")
    actor.require_own(batch.enterprise_id)
    today = calendar.on_date(now)
    watch = StorageClock(reference.legal_limits(session, today), today)
    key = batch_key(batch.enterprise, batch)
    books = _where_now(session, key)
    entries = ledger.entries_for(session, batch=key)
    sites = {place for _, place in books} | {entry.event.site for entry in entries}
    kept_since = [
        row.stored_since_on
        for row in batch.containers
        if row.state in batch_lifecycle.AT_ENTERPRISE and row.stored_since_on
    ]
    oldest = min(kept_since, default=batch.produced_on)
    ids = {row.request_id for row in batch.containers if row.request_id}
    found = session.scalars(select(PickupRequest).where(PickupRequest.id.in_(ids)))
    return BatchView(
        batch=batch,
        waste=session.get_one(WasteCode, batch.waste_code),
        types={row.code: row for row in session.scalars(select(ContainerType))},
        requests={row.id: row for row in found},
        fate=[(kind, place, grams) for (kind, place), grams in books.items()],
        entries=entries,
        places=place_names(session, sites),
        due_on=watch.due_on(oldest),
        clock=watch.state(oldest) if kept_since else "ok",
        elsewhere=_repacked(session, [key]).get(key, {}),
    )


# Where grams of a mixture are -> the column of the fate list.
_COLUMNS = {"TRANS": "moving_g", "DONE": "treated_g", "plat": "platform_g", "plant": "plant_g"}


def _repacked(session: Session, keys: Sequence[str]) -> dict[str, dict[str, int]]:
    """Grams of batches that a platform poured into containers of its own, by column of the fate list."""
    made: dict[str, dict[str, int]] = {}
    for key, rows in ledger.traced(session, keys).items():
        for row in rows:
            place = row.place.partition(":")[0] if row.kind == "STOCK" else row.kind
            if row.batch != key and place in _COLUMNS:
                found = made.setdefault(key, {})
                found[_COLUMNS[place]] = found.get(_COLUMNS[place], 0) + row.balance_g
    return made


def _where_now(session: Session, key: str) -> dict[tuple[str, str], int]:
    """Grams of a batch by kind of account and place, also where they were poured into other batches."""
    made: dict[tuple[str, str], int] = {}
    for row in ledger.traced(session, [key])[key]:
        if row.kind != "GEN":
            made[row.kind, row.place] = made.get((row.kind, row.place), 0) + row.balance_g
    return made


def place_names(session: Session, sites: set[str]) -> dict[str, str]:
    """What people call some places of the ledger: a unit's name, a vehicle's plate."""
    codes = {site.partition(":")[2]: site for site in sites if not site.startswith("veh:")}
    query = select(Organisation.code, Organisation.short_name).where(Organisation.code.in_(codes))
    names = {codes[code]: name for code, name in session.execute(query)}
    return {site: names.get(site, site.partition(":")[2] or site) for site in sites}
