"""What people look at: one count with its findings, today's places, and the days of every store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...domain import scales, stock_counts
from ...domain.actors import Actor
from ...domain.errors import NotFound
from ...domain.quantities import allowed_difference_g
from ...domain.stock_counts import DayState, PlaceCount
from ...models import batches, reference
from ...models.batches import Container
from ...models.organisations import Organisation, organisations_of
from ...models.reference import WasteCode
from ...models.scales import Scale, scales_of
from ...models.stock_counts import StockCount, StockCountLine, count_by_id, counts_between
from ...models.users import User
from ...models.zones import Zone, zones_of
from .finding import places_holding

DAYS_SHOWN = 14


@dataclass(frozen=True, slots=True)
class CountRow:
    """A line with what it is about. `allowed_g`: how far a weighing may differ; 0 when it is not expected."""

    line: StockCountLine
    waste: WasteCode | None
    firm: str
    container: Container | None
    allowed_g: int


@dataclass(frozen=True, slots=True)
class CountBoard:
    """A count with its lines in the order of a round through the store: by waste, then by label."""

    count: StockCount
    rows: list[CountRow]
    names: Mapping[str, str]  # author -> display name

    @property
    def expected(self) -> list[CountRow]:
        return [row for row in self.rows if row.line.expected_g is not None]

    @property
    def surplus(self) -> list[CountRow]:
        return [row for row in self.rows if row.line.expected_g is None]

    @property
    def seen(self) -> int:
        return sum(1 for row in self.expected if row.line.seen_at is not None)

    @property
    def differing(self) -> list[CountRow]:
        return [row for row in self.rows if row.line.finding in stock_counts.DIFFERENCES]

    @property
    def counters(self) -> set[str]:
        """Who may not sign, because they counted."""
        by = {self.count.opened_by, self.count.counted_by, *(row.line.seen_by for row in self.rows)}
        return by - {""}


def board(session: Session, *, actor: Actor, count_id: UUID) -> CountBoard:
    """Raises NotFound: no such count, or one of another unit or county."""
    actor.require("count.view")
    row = count_by_id(session, count_id)
    if row is None:
        raise NotFound("object.not_found")
    if actor.role != "regulator":
        actor.require_own(row.organisation_id)
    elif actor.county_code not in (None, row.organisation.county_code):
        raise NotFound("object.not_found")
    ids = [line.container_id for line in row.lines if line.container_id is not None]
    containers = batches.containers_by_id(session, ids)
    wastes = reference.waste_codes(session, {line.waste_code for line in row.lines if line.waste_code})
    limits = reference.legal_limits(session, row.counted_on)
    rule = scales.tolerance(limits, scale_class=row.scale.scale_class if row.scale else scales.CLASSES[0])
    rows = []
    for line in sorted(row.lines, key=lambda each: (each.waste_code, each.label_code)):
        container = containers.get(line.container_id) if line.container_id else None
        allowed_g = allowed_difference_g(line.expected_g, rule) if line.expected_g is not None else 0
        firm = container.batch.enterprise.short_name if container else ""
        rows.append(CountRow(line, wastes.get(line.waste_code), firm, container, allowed_g))
    authors = {row.opened_by, row.counted_by, row.signed_by, *(line.seen_by for line in row.lines)}
    return CountBoard(row, rows, _names(session, authors))


def _names(session: Session, authors: set[str]) -> dict[str, str]:
    ids = {author: UUID(author.partition(":")[2]) for author in authors if _is_user(author)}
    query = select(User.id, User.display_name).where(User.id.in_(list(ids.values())))
    names = {key: name for key, name in session.execute(query)}
    return {author: names[key] for author, key in ids.items() if key in names}


def _is_user(author: str) -> bool:
    try:
        UUID(author.partition(":")[2])
    except ValueError:
        return False
    return author.startswith("user:")


# --- today at one's own store --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlaceToday:
    """A place of the store, and today's last count of it. `zone` None: what stands in no zone."""

    zone: Zone | None
    containers: int
    count: StockCount | None

    @property
    def due(self) -> bool:
        return self.containers > 0 and (self.count is None or self.count.state != "signed")


@dataclass(frozen=True, slots=True)
class StoreToday:
    """The places to be counted today, the days before, and what earlier counts did not find."""

    unit: Organisation
    on: date
    places: list[PlaceToday]
    days: list[tuple[date, DayState]]
    earlier: list[StockCount]
    missing: list[Container]
    scales: list[Scale]

    @property
    def due(self) -> int:
        return sum(1 for place in self.places if place.due)


def today_board(session: Session, *, actor: Actor, today: date) -> StoreToday:
    """The actor's own store. Raises NotFound for somebody without a unit."""
    actor.require("count.record")
    unit = session.get(Organisation, actor.organisation_id) if actor.organisation_id else None
    if unit is None:
        raise NotFound("object.not_found")
    holding = places_holding(session, [unit.id])[unit.id]
    days = stock_counts.days_before(today, DAYS_SHOWN)
    found = counts_between(session, [unit.id], days[0], today)
    latest: dict[UUID | None, StockCount] = {}
    for row in found:
        if row.counted_on == today:
            latest.setdefault(row.zone_id, row)
    places: list[Zone | None] = [*zones_of(session, [unit.id])[unit.id], None]
    missing = select(Container).where(Container.holder_id == unit.id, Container.state == "missing")
    return StoreToday(
        unit=unit,
        on=today,
        places=[
            PlaceToday(zone, holding.get(key, 0), latest.get(key))
            for zone in places
            for key in [zone.id if zone is not None else None]
            if zone is not None or holding.get(None) or None in latest or len(places) == 1
        ],
        days=_days(found, days, today, holding, _begun(session, [unit.id]).get(unit.id)),
        earlier=[row for row in found if row.counted_on < today][:50],
        missing=list(session.scalars(missing.order_by(Container.label_code).limit(200))),
        scales=scales_of(session, [unit.id])[unit.id],
    )


def _begun(session: Session, organisation_ids: Sequence[UUID]) -> dict[UUID, date]:
    """The day of each store's first count of all."""
    query = select(StockCount.organisation_id, func.min(StockCount.counted_on)).group_by(
        StockCount.organisation_id
    )
    query = query.where(StockCount.organisation_id.in_(list(organisation_ids)), StockCount.state != "dropped")
    return {key: on for key, on in session.execute(query)}


def _days(
    counts: Sequence[StockCount],
    days: Sequence[date],
    today: date,
    holding: Mapping[UUID | None, int],
    begun: date | None,
) -> list[tuple[date, DayState]]:
    """Before a store counted for the first time nobody can say what it should have counted."""
    return [
        (on, "before" if on < min(begun or today, today) else _state(counts, on, today, holding))
        for on in days
    ]


def _state(
    counts: Sequence[StockCount], on: date, today: date, holding: Mapping[UUID | None, int]
) -> DayState:
    of_day = [
        PlaceCount(str(row.zone_id), row.state, row.places_due) for row in counts if row.counted_on == on
    ]
    state = stock_counts.day_state(of_day)
    if on != today:
        return state
    if not holding and state == "none":
        return "nothing"
    signed = {each.place for each in of_day if each.state == "signed"}
    # Since the last count something may have been put where nothing stood.
    return "partly" if state == "signed" and not {str(key) for key in holding} <= signed else state


# --- every store ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SiteDays:
    """The last days of a platform or plant."""

    unit: Organisation
    containers: int
    missing: int
    days: list[tuple[date, DayState]]

    @property
    def busy(self) -> bool:
        """Something stands there, is missing, or was counted."""
        quiet = ("none", "nothing", "before")
        return bool(self.containers or self.missing) or any(state not in quiet for _, state in self.days)

    @property
    def yesterday(self) -> DayState:
        return self.days[-2][1]

    @property
    def late(self) -> bool:
        """Something stood there, and yesterday has no complete signature."""
        return self.containers > 0 and self.yesterday != "signed"


def site_days(session: Session, *, actor: Actor, today: date, count: int = DAYS_SHOWN) -> list[SiteDays]:
    """Every store that the actor may look into: a regulator's county or city, or one's own."""
    actor.require("count.view")
    units = [
        unit
        for kind in ("platform", "plant")
        for unit in organisations_of(session, kind)
        if (
            actor.county_code in (None, unit.county_code)
            if actor.role in ("regulator", "admin")
            else unit.id == actor.organisation_id
        )
    ]
    ids = [unit.id for unit in units]
    holding = places_holding(session, ids)
    days, begun = stock_counts.days_before(today, count), _begun(session, ids)
    found: dict[UUID, list[StockCount]] = {key: [] for key in ids}
    for row in counts_between(session, ids, days[0], today):
        found[row.organisation_id].append(row)
    lost: dict[UUID, int] = {}
    query = select(Container.holder_id).where(Container.holder_id.in_(ids), Container.state == "missing")
    for holder in session.scalars(query):
        if holder is not None:
            lost[holder] = lost.get(holder, 0) + 1
    return [
        SiteDays(
            unit,
            sum(holding[unit.id].values()),
            lost.get(unit.id, 0),
            _days(found[unit.id], days, today, holding[unit.id], begun.get(unit.id)),
        )
        for unit in units
    ]


def unsigned_sites(session: Session, *, actor: Actor, today: date) -> list[SiteDays]:
    """Stores whose yesterday has no complete signed count."""
    return [row for row in site_days(session, actor=actor, today=today, count=2) if row.late]
