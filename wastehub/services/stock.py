"""What a generator keeps, how long it may, and where the rest of its waste has gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from .. import ledger
from ..domain import batch_lifecycle, calendar, storage_limits
from ..domain.actors import Actor
from ..domain.errors import NotFound
from ..models import batches, organisations, reference
from ..models.batches import Batch, Container, batch_key
from ..models.organisations import Contract, ManagementPlan, Organisation
from ..models.receptions import ReceptionLine
from ..models.reference import ContainerType, WasteCode
from ..models.requests import PickupRequest
from ..models.route_plans import Round, Stop, Trip
from ..models.scans import Scan
from ..models.vehicles import CrewMember, Vehicle

CONTRACT_WARN_DAYS = 30


@dataclass(frozen=True)
class StockRow:
    """One container in the firm's own store, with its clock."""

    container_id: UUID
    batch_id: UUID
    batch_no: str
    label_code: str
    running: int
    waste_code: str
    waste_name: str
    container_zh: str
    container_en: str
    mass_g: int
    produced_on: date
    stored_since_on: date
    age_days: int
    due_on: date
    clock: str
    state: str
    request_id: UUID | None
    request_no: str | None
    request_state: str | None
    version: int

    @property
    def id(self) -> UUID:
        return self.container_id

    @property
    def step(self) -> str:
        """What the firm has to do with it next: print, request, wait."""
        if self.state == "registered":
            return "print"
        return "wait" if self.request_id else "request"


@dataclass(frozen=True)
class Visit:
    """A round that comes, as the firm needs to know it."""

    request_id: UUID
    request_no: str
    service_on: date
    arrive_s: int
    depart_s: int
    plate: str
    driver: str
    round_state: str
    stop_state: str


@dataclass(frozen=True)
class Check:
    """One point of the firm's own compliance check. `tone`: good, warn, bad."""

    key: str
    tone: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Overview:
    """The home of a generator: what has to be done now, and how full the store is."""

    firm: Organisation
    stock_g: int
    stock_containers: int
    limit_g: int | None
    to_print: int
    to_request: int
    to_request_g: int
    near_limit: int
    overdue: int
    first_due_on: date | None
    visits: list[Visit]
    returned: int
    open_requests: int
    checks: list[Check]


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


def overview(session: Session, *, actor: Actor, now: datetime) -> Overview:
    """The firm's home. Raises Forbidden, NotFound."""
    firm = _own_firm(session, actor)
    today = calendar.on_date(now)
    limits = reference.legal_limits(session, today)
    clock = _Clock(limits, today)
    row = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Container.mass_g), 0),
            _count_if(Container.state == "registered"),
            _count_if(_free()),
            func.coalesce(func.sum(case((_free(), Container.mass_g), else_=0)), 0),
            _count_if(clock.warned()),
            _count_if(clock.late()),
            func.min(Container.stored_since_on),
        )
        .select_from(Container)
        .where(_kept_by(firm.id))
    ).one()
    count, stock_g, to_print, to_request, to_request_g, near, late, oldest = row
    return Overview(
        firm=firm,
        stock_g=int(stock_g),
        stock_containers=count,
        limit_g=limits["storage_point_max_g"] if firm.storage_kind == "point" else None,
        to_print=int(to_print),
        to_request=int(to_request),
        to_request_g=int(to_request_g),
        near_limit=int(near),
        overdue=int(late),
        first_due_on=storage_limits.due_on(oldest, clock.limit_days) if oldest else None,
        visits=visits(session, firm.id, today),
        returned=_returned(session, firm.id),
        open_requests=session.scalar(
            select(func.count())
            .select_from(PickupRequest)
            .where(PickupRequest.enterprise_id == firm.id, PickupRequest.state == "open")
        )
        or 0,
        checks=_checks(session, firm, today, limits),
    )


def _own_firm(session: Session, actor: Actor) -> Organisation:
    actor.require("stock.view")
    firm = session.get(Organisation, actor.organisation_id) if actor.organisation_id else None
    if firm is None or firm.kind != "enterprise":
        raise NotFound("object.not_found")
    return firm


class _Clock:
    """The firm's storage clock as conditions and as words (configuration with effective dates)."""

    def __init__(self, limits: Mapping[str, int], today: date) -> None:
        self.today = today
        self.warn_days = limits["enterprise_storage_warn_days"]
        self.limit_days = limits["enterprise_storage_limit_days"]

    def warned(self) -> ColumnElement[bool]:
        """Warned but not yet late."""
        since = Container.stored_since_on
        return and_(since <= self.today - timedelta(days=self.warn_days), ~self.late())

    def late(self) -> ColumnElement[bool]:
        return Container.stored_since_on < self.today - timedelta(days=self.limit_days)

    def state(self, since_on: date) -> str:
        return storage_limits.storage_state(since_on, self.today, self.warn_days, self.limit_days)

    def due_on(self, since_on: date) -> date:
        return storage_limits.due_on(since_on, self.limit_days)


def _kept_by(enterprise_id: UUID) -> ColumnElement[bool]:
    return and_(
        Container.holder_id == enterprise_id, Container.state.in_(sorted(batch_lifecycle.AT_ENTERPRISE))
    )


def _free() -> ColumnElement[bool]:
    """Labelled and on no request yet."""
    return and_(Container.state == "labelled", Container.request_id.is_(None))


def _count_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def visits(session: Session, enterprise_id: UUID, from_on: date) -> list[Visit]:
    """Published rounds that come to a firm from a day on, the next first."""
    query = (
        select(PickupRequest, Stop, Round, Vehicle.plate, CrewMember.name)
        .join(Stop, Stop.request_id == PickupRequest.id)
        .join(Trip, Trip.id == Stop.trip_id)
        .join(Round, Round.id == Trip.round_id)
        .join(Vehicle, Vehicle.id == Round.vehicle_id)
        .outerjoin(CrewMember, CrewMember.id == Round.driver_id)
        .where(
            PickupRequest.enterprise_id == enterprise_id,
            Round.service_on >= from_on,
            Round.state.in_(("published", "under_way")),
            Stop.state == "planned",
        )
        .order_by(Round.service_on, Stop.arrive_s)
    )
    return [
        Visit(
            request_id=request.id,
            request_no=request.request_no,
            service_on=round_.service_on,
            arrive_s=stop.arrive_s,
            depart_s=stop.depart_s,
            plate=plate,
            driver=driver or "",
            round_state=round_.state,
            stop_state=stop.state,
        )
        for request, stop, round_, plate, driver in session.execute(query)
    ]


def _returned(session: Session, enterprise_id: UUID) -> int:
    """Containers that a platform or a driver refused and that are with the firm or on their way back."""
    refused_at_gate = select(ReceptionLine.container_id).where(ReceptionLine.decision == "refused")
    refused_at_pickup = select(Scan.container_id).where(
        Scan.kind == "refuse", Scan.outcome == "accepted", Scan.container_id.is_not(None)
    )
    query = (
        select(func.count())
        .select_from(Container)
        .join(Batch, Batch.id == Container.batch_id)
        .where(
            Batch.enterprise_id == enterprise_id,
            or_(
                Container.state == "refused_on_arrival",
                and_(
                    _kept_by(enterprise_id),
                    Container.request_id.is_(None),
                    or_(Container.id.in_(refused_at_gate), Container.id.in_(refused_at_pickup)),
                ),
            ),
        )
    )
    return session.scalar(query) or 0


def stock_list(
    session: Session,
    *,
    actor: Actor,
    q: str = "",
    step: str = "",
    clock: str = "",
    sort: str = "produced_on",
    descending: bool = False,
    limit: int = 50,
    offset: int = 0,
    now: datetime,
) -> tuple[list[StockRow], int, dict[str, int]]:
    """The containers in the firm's own store: rows, count, and sum of grams of all that fit.

    `step`: print, request, wait. `clock`: ok, warning, overdue.
    """
    firm = _own_firm(session, actor)
    today = calendar.on_date(now)
    watch = _Clock(reference.legal_limits(session, today), today)
    conditions = [_kept_by(firm.id), *_stock_conditions(q, step, clock, watch)]
    base = select(Container).join(Batch, Batch.id == Container.batch_id).where(*conditions)
    count, total_g = _count_and_grams(session, base)
    order = {
        "label_code": Container.label_code,
        "batch_no": Batch.batch_no,
        "waste": Batch.waste_code,
        "mass_g": Container.mass_g,
        "produced_on": Batch.produced_on,
        "due_on": Container.stored_since_on,
    }.get(sort, Batch.produced_on)
    query = (
        select(Container, Batch, ContainerType, PickupRequest)
        .join(Batch, Batch.id == Container.batch_id)
        .join(ContainerType, ContainerType.code == Container.container_type)
        .outerjoin(PickupRequest, PickupRequest.id == Container.request_id)
        .where(*conditions)
        .order_by(order.desc() if descending else order, Container.label_code)
        .limit(limit)
        .offset(offset)
    )
    rows = [
        _stock_row(container, batch, kind, request, watch)
        for container, batch, kind, request in session.execute(query)
    ]
    return rows, count, {"mass_g": total_g}


def _stock_conditions(q: str, step: str, clock: str, watch: _Clock) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for word in q.split():
        conditions.append(
            or_(
                *(
                    column.icontains(word, autoescape=True)
                    for column in (
                        Batch.batch_no,
                        Batch.internal_name,
                        Batch.waste_code,
                        Container.label_code,
                    )
                )
            )
        )
    if step == "print":
        conditions.append(Container.state == "registered")
    elif step == "request":
        conditions.append(_free())
    elif step == "wait":
        conditions.append(Container.request_id.is_not(None))
    if clock == "warning":
        conditions.append(watch.warned())
    elif clock == "overdue":
        conditions.append(watch.late())
    elif clock == "ok":
        conditions.append(~or_(watch.warned(), watch.late()))
    return conditions


def _count_and_grams(session: Session, query: Select[Container]) -> tuple[int, int]:
    found = query.with_only_columns(func.count(), func.coalesce(func.sum(Container.mass_g), 0))
    count, total_g = session.execute(found).one()
    return int(count), int(total_g)


def _stock_row(
    container: Container,
    batch: Batch,
    kind: ContainerType,
    request: PickupRequest | None,
    watch: _Clock,
) -> StockRow:
    since = container.stored_since_on or batch.produced_on
    return StockRow(
        container_id=container.id,
        batch_id=batch.id,
        batch_no=batch.batch_no,
        label_code=container.label_code,
        running=container.running,
        waste_code=batch.waste_code,
        waste_name=batch.internal_name,
        container_zh=kind.name_zh,
        container_en=kind.name_en,
        mass_g=container.mass_g,
        produced_on=batch.produced_on,
        stored_since_on=since,
        age_days=storage_limits.age_days(since, watch.today),
        due_on=watch.due_on(since),
        clock=watch.state(since),
        state=container.state,
        request_id=container.request_id,
        request_no=request.request_no if request else None,
        request_state=request.state if request else None,
        version=container.version,
    )


def requestable(session: Session, *, actor: Actor, now: datetime) -> list[StockRow]:
    """All containers that could be requested now, the oldest first."""
    rows, _, _ = stock_list(session, actor=actor, step="request", sort="produced_on", limit=500, now=now)
    return rows


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
    firm = _own_firm(session, actor)
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
            _count_if(Container.state != "void").label("containers"),
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
    return rows, totals[0], sums


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
    watch = _Clock(reference.legal_limits(session, today), today)
    key = batch_key(batch.enterprise, batch)
    books = [row for row in ledger.balances(session, batch=key) if row.kind != "GEN" and row.balance_g]
    entries = ledger.entries_for(session, batch=key)
    sites = {row.place for row in books} | {entry.event.site for entry in entries}
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
        fate=[(row.kind, row.place, row.balance_g) for row in books],
        entries=entries,
        places=place_names(session, sites),
        due_on=watch.due_on(oldest),
        clock=watch.state(oldest) if kept_since else "ok",
    )


def place_names(session: Session, sites: set[str]) -> dict[str, str]:
    """What people call some places of the ledger: a unit's name, a vehicle's plate."""
    codes = {site.partition(":")[2]: site for site in sites if not site.startswith("veh:")}
    query = select(Organisation.code, Organisation.short_name).where(Organisation.code.in_(codes))
    names = {codes[code]: name for code, name in session.execute(query)}
    return {site: names.get(site, site.partition(":")[2] or site) for site in sites}


@dataclass(frozen=True)
class Papers:
    """The firm's contracts and its plan of a year with what has been generated against it."""

    firm: Organisation
    contracts: list[tuple[Contract, Organisation]]
    plan: ManagementPlan | None
    year: int
    names: Mapping[str, WasteCode]
    made_g: Mapping[str, int]
    sent_g: Mapping[str, int]
    checks: list[Check]


def papers(session: Session, *, actor: Actor, year: int, now: datetime) -> Papers:
    """Contracts and the management plan of a year. Raises Forbidden, NotFound."""
    firm = _own_firm(session, actor)
    today = calendar.on_date(now)
    plan = organisations.plans_of(session, enterprise_ids=[firm.id], year=year).get(firm.id)
    made = _grams_by_code(session, firm.id, year, left=False)
    codes = {line.waste_code for line in plan.lines} | made.keys() if plan else set(made)
    found = session.scalars(select(WasteCode).where(WasteCode.code.in_(codes)))
    return Papers(
        firm=firm,
        contracts=organisations.contracts_of(session, firm.id),
        plan=plan,
        year=year,
        names={row.code: row for row in found},
        made_g=made,
        sent_g=_grams_by_code(session, firm.id, year, left=True),
        checks=_paper_checks(session, firm, today),
    )


def _grams_by_code(session: Session, enterprise_id: UUID, year: int, *, left: bool) -> dict[str, int]:
    """Grams generated in a year by code, all of them or what has left the firm."""
    query = (
        select(Batch.waste_code, func.sum(Container.mass_g))
        .join(Container, Container.batch_id == Batch.id)
        .where(
            Batch.enterprise_id == enterprise_id,
            Batch.produced_on.between(date(year, 1, 1), date(year, 12, 31)),
            Container.state != "void",
        )
        .group_by(Batch.waste_code)
    )
    if left:
        query = query.where(Container.state.not_in(sorted(batch_lifecycle.AT_ENTERPRISE)))
    return {code: int(grams) for code, grams in session.execute(query)}


def compliance(session: Session, *, actor: Actor, now: datetime) -> tuple[Organisation, list[Check]]:
    """What is missing, late or odd, before an inspector sees it (F16, first form)."""
    firm = _own_firm(session, actor)
    today = calendar.on_date(now)
    return firm, _checks(session, firm, today, reference.legal_limits(session, today))


def _checks(session: Session, firm: Organisation, today: date, limits: Mapping[str, int]) -> list[Check]:
    return [*_paper_checks(session, firm, today), *_store_checks(session, firm, today, limits)]


def _paper_checks(session: Session, firm: Organisation, today: date) -> list[Check]:
    """Contract and plan (Order 23, Art. 10 and 14; HJ 1259-2022)."""
    held = organisations.contracts_in_force(session, enterprise_ids=[firm.id], on=today).get(firm.id, [])
    checks = []
    if not held:
        checks.append(Check("contract_missing", "bad"))
    else:
        until = max(contract.valid_until_on for contract in held)
        soon = until <= today + timedelta(days=CONTRACT_WARN_DAYS)
        key = "contract_ending" if soon else "contract_ok"
        checks.append(Check(key, "warn" if soon else "good", {"until_on": until}))
    plan = organisations.plans_of(session, enterprise_ids=[firm.id], year=today.year).get(firm.id)
    if plan is None:
        checks.append(Check("plan_missing", "bad", {"year": today.year}))
        return checks
    checks.append(Check("plan_ok", "good", {"year": today.year, "filing_no": plan.filing_no}))
    planned = {line.waste_code: line.planned_g for line in plan.lines}
    in_store = select(Batch.waste_code).join(Container, Container.batch_id == Batch.id)
    unplanned = sorted(set(session.scalars(in_store.where(_kept_by(firm.id)))) - planned.keys())
    if unplanned:
        checks.append(Check("codes_not_planned", "bad", {"codes": "、".join(unplanned)}))
    made = _grams_by_code(session, firm.id, today.year, left=False)
    over = sorted(code for code, grams in made.items() if code in planned and grams > planned[code])
    if over:
        checks.append(Check("plan_exceeded", "warn", {"codes": "、".join(over)}))
    return checks


def _store_checks(
    session: Session, firm: Organisation, today: date, limits: Mapping[str, int]
) -> list[Check]:
    """The store (GB 18597-2023, 8.3.5; HJ 1276-2022 labels; storage clock)."""
    watch = _Clock(limits, today)
    row = session.execute(
        select(
            func.coalesce(func.sum(Container.mass_g), 0),
            _count_if(Container.state == "registered"),
            _count_if(watch.warned()),
            _count_if(watch.late()),
        )
        .select_from(Container)
        .where(_kept_by(firm.id))
    ).one()
    stock_g, unlabelled, warned, late = (int(value) for value in row)
    checks = []
    if firm.storage_kind == "point":
        limit_g = limits["storage_point_max_g"]
        tone = "bad" if stock_g > limit_g else "warn" if stock_g * 10 >= limit_g * 8 else "good"
        checks.append(Check(f"point_{tone}", tone, {"stock_g": stock_g, "limit_g": limit_g}))
    days = {"warn_days": watch.warn_days, "limit_days": watch.limit_days}
    if late:
        checks.append(Check("storage_overdue", "bad", {"count": late, **days}))
    if warned:
        checks.append(Check("storage_warned", "warn", {"count": warned, **days}))
    if not late and not warned:
        checks.append(Check("storage_ok", "good", days))
    key, tone = ("unlabelled", "warn") if unlabelled else ("labels_ok", "good")
    checks.append(Check(key, tone, {"count": unlabelled}))
    return checks


def worst(checks: Sequence[Check]) -> str:
    """The tone of the worst point."""
    tones = {check.tone for check in checks}
    return next(tone for tone in ("bad", "warn", "good") if tone in tones or tone == "good")
