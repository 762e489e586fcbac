"""A firm asks for containers to be fetched: no request without contract and management plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased

from .. import ledger
from ..db import new_id
from ..domain import batch_lifecycle, calendar, permits, reasons, request_lifecycle, storage_limits, texts
from ..domain.actors import Actor
from ..domain.errors import Conflict, InvalidInput, NotFound, RuleViolation
from ..domain.permits import PermitView
from ..models import batches, organisations, reference
from ..models import permits as permit_rows
from ..models import requests as request_rows
from ..models.batches import Container, batch_key
from ..models.numbers import take_numbers
from ..models.organisations import Contract, Organisation
from ..models.requests import PickupRequest, RequestWindow
from ..models.route_plans import Round, Stop, Trip
from ..models.vehicles import CrewMember, Vehicle
from ..models.versioned import require_version

CONTAINERS_MAX = 60  # one ledger entry holds 16 KiB
READY_AHEAD_MAX_DAYS = 90
WINDOW_MIN_S = 1800
WINDOWS_MAX = 4


@dataclass(frozen=True)
class RequestOrder:
    """`windows`: (open_s, close_s) from local midnight; none means the firm's opening hours."""

    actor: Actor
    enterprise_id: UUID
    container_ids: tuple[UUID, ...]
    ready_on: date
    windows: tuple[tuple[int, int], ...] = ()
    urgent: bool = False
    note: str = ""


def place(session: Session, *, orders: Sequence[RequestOrder], now: datetime) -> list[PickupRequest]:
    """Place pickup requests 收运申请.

    Raises Forbidden, NotFound, InvalidInput (request.no_containers, request.too_many_containers,
    request.ready_on_past, request.ready_on_far, window.*), Conflict (request.no_contract,
    request.code_not_on_plan, container.not_labelled, container.not_at_enterprise,
    container.on_request, permit.*). Source: Order 23, Art. 10 and 14.
    """
    papers = _Papers(session, orders, calendar.on_date(now))
    containers = batches.containers_by_id(
        session, [key for order in orders for key in order.container_ids], lock=True
    )
    numbers = _request_numbers(session, len(orders), calendar.on_date(now))
    made = []
    events = []
    for order, number in zip(orders, numbers, strict=True):
        _require_may_order(order, papers)
        chosen = _chosen(order, containers)
        row = _request(session, order, number, chosen, papers, now)
        for container in chosen:
            container.request_id = row.id
        made.append(row)
        events.append(_placed_event(order, row, chosen, papers, now))
    session.add_all(made)
    session.flush()
    ledger.append(session, events, now=now)
    return made


class _Papers:
    """Firms, contracts, plans, permits and limits that some orders are judged by, read once."""

    def __init__(self, session: Session, orders: Sequence[RequestOrder], today: date) -> None:
        ids = list({order.enterprise_id for order in orders})
        self.today = today
        self.limits = reference.legal_limits(session, today)
        self.firms = organisations.organisations_by_id(session, ids)
        days = {order.ready_on for order in orders}
        self.contracts = {
            day: organisations.contracts_in_force(session, enterprise_ids=ids, on=day) for day in days
        }
        self.planned = {
            year: organisations.planned_codes(session, enterprise_ids=ids, year=year)
            for year in {day.year for day in days}
        }
        platforms = {
            contract.platform_id
            for found in self.contracts.values()
            for held in found.values()
            for contract in held
        }
        self.platforms = organisations.organisations_by_id(session, platforms)
        self.permits = permit_rows.permits_of(session, list(platforms))

    def firm(self, enterprise_id: UUID) -> Organisation:
        firm = self.firms.get(enterprise_id)
        if firm is None or firm.kind != "enterprise":
            raise NotFound("object.not_found")
        return firm

    def partners(self, order: RequestOrder) -> list[Contract]:
        """Contracts in force on the ready day; of a platform's order only its own."""
        held = self.contracts[order.ready_on].get(order.enterprise_id, [])
        if order.actor.role == "dispatcher":
            return [c for c in held if c.platform_id == order.actor.organisation_id]
        return held


def _require_may_order(order: RequestOrder, papers: _Papers) -> None:
    order.actor.require("request.place")
    if order.actor.role != "dispatcher":
        order.actor.require_own(order.enterprise_id)
    elif not papers.partners(order):
        # A platform knows only the firms under its own contracts.
        raise NotFound("object.not_found")
    firm = papers.firm(order.enterprise_id)
    if not firm.active:
        raise Conflict("organisation.inactive", name=firm.short_name)


def _chosen(order: RequestOrder, containers: Mapping[UUID, Container]) -> list[Container]:
    ids = list(dict.fromkeys(order.container_ids))
    if not ids:
        raise InvalidInput("request.no_containers", field="container_ids")
    if len(ids) > CONTAINERS_MAX:
        raise InvalidInput(
            "request.too_many_containers", field="container_ids", given=len(ids), most=CONTAINERS_MAX
        )
    chosen = []
    for container_id in ids:
        row = containers.get(container_id)
        if row is None or row.batch.enterprise_id != order.enterprise_id:
            raise NotFound("object.not_found", field="container_ids")
        if row.state not in batch_lifecycle.AT_ENTERPRISE or row.holder_id != order.enterprise_id:
            raise Conflict("container.not_at_enterprise", field="container_ids", label_code=row.label_code)
        if row.state != "labelled":
            raise Conflict("container.not_labelled", field="container_ids", label_code=row.label_code)
        if row.request_id is not None:
            raise Conflict("container.on_request", field="container_ids", label_code=row.label_code)
        chosen.append(row)
    return chosen


def _request_numbers(session: Session, count: int, today: date) -> list[str]:
    if not count:
        return []
    series = f"request/{today:%Y%m%d}"
    return [f"SQ{today:%Y%m%d}{n:05d}" for n in take_numbers(session, {series: count})[series]]


def _request(
    session: Session,
    order: RequestOrder,
    number: str,
    chosen: list[Container],
    papers: _Papers,
    now: datetime,
) -> PickupRequest:
    _require_ready_day(order.ready_on, papers.today)
    codes = sorted({container.batch.waste_code for container in chosen})
    _require_planned(order, codes, papers)
    contract = _contract_for(order, codes, papers)
    firm = papers.firm(order.enterprise_id)
    windows = _windows(order.windows or ((firm.open_s, firm.close_s),))
    return PickupRequest(
        id=new_id(session, now),
        request_no=number,
        enterprise_id=firm.id,
        platform_id=contract.platform_id,
        contract_id=contract.id,
        state=request_lifecycle.next_state(None, "place"),
        ready_on=order.ready_on,
        due_on=_due_on(chosen, order.ready_on, papers.limits),
        urgent=order.urgent,
        attempts=0,
        note=texts.clean(order.note, field="note", longest=300),
        placed_by=order.actor.author,
        placed_at=now,
        windows=[RequestWindow(open_s=open_s, close_s=close_s) for open_s, close_s in windows],
    )


def _require_ready_day(ready_on: date, today: date) -> None:
    if ready_on < today:
        raise InvalidInput("request.ready_on_past", field="ready_on", ready_on=ready_on, today=today)
    if ready_on > today + timedelta(days=READY_AHEAD_MAX_DAYS):
        raise InvalidInput(
            "request.ready_on_far", field="ready_on", ready_on=ready_on, days=READY_AHEAD_MAX_DAYS
        )


def _require_planned(order: RequestOrder, codes: Sequence[str], papers: _Papers) -> None:
    """Every code stands on the registered management plan of the year (Order 23, Art. 14)."""
    planned = papers.planned[order.ready_on.year].get(order.enterprise_id, set())
    missing = [code for code in codes if code not in planned]
    if missing:
        raise Conflict(
            "request.code_not_on_plan",
            field="container_ids",
            waste_codes=", ".join(missing),
            year=order.ready_on.year,
        )


def _contract_for(order: RequestOrder, codes: Sequence[str], papers: _Papers) -> Contract:
    """The contract whose platform is licensed for every code (Order 23, Art. 10)."""
    held = papers.partners(order)
    if not held:
        raise Conflict("request.no_contract", field="ready_on", ready_on=order.ready_on)
    refusal: RuleViolation | None = None
    for contract in held:
        try:
            _require_licensed(papers.permits.get(contract.platform_id, []), codes, order.ready_on)
        except Conflict as unlicensed:
            refusal = refusal or unlicensed
        else:
            return contract
    assert refusal is not None
    raise refusal


def _require_licensed(held: Sequence[PermitView], codes: Sequence[str], on: date) -> None:
    for code in codes:
        permits.covering(held, waste_code=code, on=on)


def _windows(windows: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The windows in order of time. Raises InvalidInput: window.empty, .too_short, .overlap, .too_many."""
    if len(windows) > WINDOWS_MAX:
        raise InvalidInput("window.too_many", field="windows", most=WINDOWS_MAX)
    ordered = sorted(windows)
    for at, (open_s, close_s) in enumerate(ordered):
        if not 0 <= open_s < close_s <= 86_400:
            raise InvalidInput("window.empty", field=f"windows.{at}", open_s=open_s, close_s=close_s)
        if close_s - open_s < WINDOW_MIN_S:
            raise InvalidInput("window.too_short", field=f"windows.{at}", minutes=WINDOW_MIN_S // 60)
        if at and open_s < ordered[at - 1][1]:
            raise InvalidInput("window.overlap", field=f"windows.{at}")
    return ordered


def _due_on(chosen: Sequence[Container], ready_on: date, limits: Mapping[str, int]) -> date:
    """The day by which the oldest container must have left: its storage limit, or the service promise."""
    oldest = min(row.stored_since_on or row.batch.produced_on for row in chosen)
    legal = storage_limits.due_on(oldest, limits["enterprise_storage_limit_days"])
    return min(legal, ready_on + timedelta(days=limits["request_due_days"]))


def _placed_event(
    order: RequestOrder,
    row: PickupRequest,
    chosen: Sequence[Container],
    papers: _Papers,
    now: datetime,
) -> ledger.Event:
    firm = papers.firm(row.enterprise_id)
    return ledger.Event(
        type="request.placed",
        author=order.actor.author,
        site=firm.site,
        at=now,
        subject=row.request_no,
        lines=tuple(
            ledger.Line(
                label=container.label_code,
                batch=batch_key(firm, container.batch),
                code=container.batch.waste_code,
                mass_g=container.mass_g,
                basis="recorded",
            )
            for container in chosen
        ),
        facts={
            "platform": papers.platforms[row.platform_id].site,
            "ready_on": row.ready_on.isoformat(),
            "due_on": row.due_on.isoformat(),
            "urgent": row.urgent,
            "windows": [[window.open_s, window.close_s] for window in row.windows],
        },
    )


def cancel(
    session: Session,
    *,
    actor: Actor,
    request_id: UUID,
    reason: str,
    note: str,
    version: int | None,
    now: datetime,
) -> PickupRequest:
    """Withdraw an open request; its containers can be requested again.

    Raises Forbidden, NotFound, StaleVersion, InvalidInput (reason.*), Conflict
    (request.already_scheduled, request.act_not_allowed).
    """
    actor.require("request.cancel")
    row = _own_request(session, actor, request_id, version)
    reasons.require("cancellation", reason, note=note)
    _require_not_scheduled(row)
    row.state = request_lifecycle.next_state(row.state, "cancel")
    row.closed_reason = reason
    released = request_rows.containers_on(session, [row.id])
    for container in released:
        container.request_id = None
    session.flush()
    ledger.append(
        session,
        [
            _changed_event(
                "request.cancelled",
                actor,
                row,
                released,
                {"reason": reason, "note": texts.clean(note, field="note", longest=300)},
                now,
            )
        ],
        now=now,
    )
    return row


def reschedule(
    session: Session,
    *,
    actor: Actor,
    request_id: UUID,
    ready_on: date,
    windows: Sequence[tuple[int, int]],
    version: int | None,
    now: datetime,
) -> PickupRequest:
    """Give an open request another ready day and windows; the due date stays.

    What a round left behind of a request is offered again in the same way.
    Raises Forbidden, NotFound, StaleVersion, InvalidInput (request.ready_on_*, window.*), Conflict
    (request.already_scheduled, request.act_not_allowed, request.nothing_left, request.no_contract).
    """
    actor.require("request.place")
    row = _own_request(session, actor, request_id, version)
    _require_not_scheduled(row)
    waiting = [c for c in request_rows.containers_on(session, [row.id]) if c.state == "labelled"]
    if row.state != "open":
        row.state = request_lifecycle.next_state(row.state, "place")
    if not waiting:
        raise Conflict("request.nothing_left", request_no=row.request_no)
    _require_ready_day(ready_on, calendar.on_date(now))
    held = organisations.contracts_in_force(session, enterprise_ids=[row.enterprise_id], on=ready_on)
    if row.contract_id not in {contract.id for contract in held.get(row.enterprise_id, [])}:
        raise Conflict("request.no_contract", field="ready_on", ready_on=ready_on)
    firm = row.enterprise
    asked = _windows(tuple(windows) or ((firm.open_s, firm.close_s),))
    former_on, row.ready_on = row.ready_on, ready_on
    if [(w.open_s, w.close_s) for w in row.windows] != asked:
        row.windows = [RequestWindow(open_s=open_s, close_s=close_s) for open_s, close_s in asked]
    session.flush()
    facts = {
        "former_ready_on": former_on.isoformat(),
        "ready_on": ready_on.isoformat(),
        "due_on": row.due_on.isoformat(),
        "windows": [list(window) for window in asked],
    }
    ledger.append(session, [_changed_event("request.rescheduled", actor, row, waiting, facts, now)], now=now)
    return row


def _own_request(session: Session, actor: Actor, request_id: UUID, version: int | None) -> PickupRequest:
    row = request_rows.request_by_id(session, request_id, lock=True)
    if row is None:
        raise NotFound("object.not_found")
    actor.require_own(row.enterprise_id, row.platform_id)
    require_version(row, version)
    return row


def _require_not_scheduled(row: PickupRequest) -> None:
    if row.state == "scheduled":
        raise Conflict("request.already_scheduled", request_no=row.request_no)


def _changed_event(
    type_: str,
    actor: Actor,
    row: PickupRequest,
    containers: Sequence[Container],
    facts: Mapping[str, object],
    now: datetime,
) -> ledger.Event:
    return ledger.Event(
        type=type_,
        author=actor.author,
        site=row.enterprise.site,
        at=now,
        subject=row.request_no,
        lines=tuple(
            ledger.Line(
                label=container.label_code,
                batch=batch_key(row.enterprise, container.batch),
                code=container.batch.waste_code,
            )
            for container in containers
        ),
        facts=facts,
    )


@dataclass(frozen=True)
class RequestView:
    """One request with what its firm and its platform want to know."""

    row: PickupRequest
    contract: Contract
    containers: list[Container]
    visits: list[tuple[Stop, Round, Vehicle, CrewMember | None]]
    entries: list[ledger.Entry]
    names: Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class RequestRow:
    """A line of the list of requests."""

    id: UUID
    request_no: str
    enterprise: str
    platform: str
    state: str
    ready_on: date
    due_on: date
    urgent: bool
    containers: int
    mass_g: int
    placed_at: datetime
    service_on: date | None
    arrive_s: int | None
    plate: str | None


def view(session: Session, *, actor: Actor, request_id: UUID) -> RequestView:
    """A request with its containers, visits and story. Raises Forbidden, NotFound."""
    actor.require("request.view")
    row = request_rows.request_by_id(session, request_id)
    if row is None:
        raise NotFound("object.not_found")
    _require_may_see(actor, row)
    entries = ledger.entries_for(session, subject=row.request_no)
    asked = [line.label for entry in entries[:1] for line in entry.event.lines]
    containers = batches.containers_by_label(session, asked)
    return RequestView(
        row=row,
        contract=session.get_one(Contract, row.contract_id),
        containers=[containers[label] for label in asked if label in containers],
        visits=_visits(session, [row.id]),
        entries=entries,
        names=reference.container_type_names(session),
    )


def _require_may_see(actor: Actor, row: PickupRequest) -> None:
    if actor.role == "regulator":
        if actor.county_code not in (None, row.enterprise.county_code):
            raise NotFound("object.not_found")
        return
    actor.require_own(row.enterprise_id, row.platform_id)


def _visits(
    session: Session, request_ids: Sequence[UUID]
) -> list[tuple[Stop, Round, Vehicle, CrewMember | None]]:
    """Every stop that was ever planned for some requests, the latest first."""
    query = (
        select(Stop, Round, Vehicle, CrewMember)
        .join(Trip, Trip.id == Stop.trip_id)
        .join(Round, Round.id == Trip.round_id)
        .join(Vehicle, Vehicle.id == Round.vehicle_id)
        .outerjoin(CrewMember, CrewMember.id == Round.driver_id)
        .where(Stop.request_id.in_(request_ids), Round.state != "planned")
        .order_by(Round.service_on.desc(), Stop.arrive_s.desc())
    )
    return [(stop, round_, vehicle, crew) for stop, round_, vehicle, crew in session.execute(query)]


def list_requests(
    session: Session,
    *,
    actor: Actor,
    q: str = "",
    state: str = "",
    sort: str = "placed_at",
    descending: bool = True,
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[RequestRow], int, dict[str, int]]:
    """The requests that the actor may see: rows, count, and sums of all that fit.

    `state`: a state, or "waiting" for open and scheduled.
    """
    actor.require("request.view")
    firm, platform = aliased(Organisation), aliased(Organisation)
    grams = func.coalesce(func.sum(Container.mass_g), 0)
    query = (
        select(
            PickupRequest,
            firm.short_name,
            platform.short_name,
            func.count(Container.id).label("containers"),
            grams.label("mass_g"),
        )
        .join(firm, firm.id == PickupRequest.enterprise_id)
        .join(platform, platform.id == PickupRequest.platform_id)
        .outerjoin(Container, Container.request_id == PickupRequest.id)
        .where(*_visible(actor, firm), *_asked(q, state, firm))
        .group_by(PickupRequest.id, firm.id, platform.id)
    )
    inner = query.subquery()
    count, total_g = session.execute(select(func.count(), func.coalesce(func.sum(inner.c.mass_g), 0))).one()
    order: Any = {
        "request_no": PickupRequest.request_no,
        "enterprise": firm.short_name,
        "ready_on": PickupRequest.ready_on,
        "due_on": PickupRequest.due_on,
        "mass_g": grams,
    }.get(sort, PickupRequest.placed_at)
    page = query.order_by(order.desc() if descending else order, PickupRequest.request_no.desc())
    found = session.execute(page.limit(limit).offset(offset)).all()
    next_visit: dict[UUID, tuple[Stop, Round, Vehicle, CrewMember | None]] = {}
    for visit in reversed(_visits(session, [row[0].id for row in found])):
        if visit[0].state == "planned":
            next_visit[visit[0].request_id] = visit
    rows = [
        _row(request, enterprise, by, number, grams_on, next_visit.get(request.id))
        for request, enterprise, by, number, grams_on in found
    ]
    return rows, count, {"mass_g": int(total_g)}


def _visible(actor: Actor, firm: type[Organisation]) -> list[ColumnElement[bool]]:
    """Whose requests the actor sees: the firm its own, the platform its own, supervision its county."""
    if actor.role == "enterprise":
        return [PickupRequest.enterprise_id == actor.organisation_id]
    if actor.role == "dispatcher":
        return [PickupRequest.platform_id == actor.organisation_id]
    if actor.role == "regulator" and actor.county_code:
        return [firm.county_code == actor.county_code]
    return []


def _asked(q: str, state: str, firm: type[Organisation]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        or_(
            PickupRequest.request_no.icontains(word, autoescape=True),
            firm.name.icontains(word, autoescape=True),
        )
        for word in q.split()
    ]
    if state == "waiting":
        conditions.append(PickupRequest.state.in_(sorted(request_lifecycle.WAITING)))
    elif state in request_lifecycle.STATES:
        conditions.append(PickupRequest.state == state)
    return conditions


def _row(
    request: PickupRequest,
    enterprise: str,
    platform: str,
    containers: int,
    mass_g: int,
    visit: tuple[Stop, Round, Vehicle, CrewMember | None] | None,
) -> RequestRow:
    return RequestRow(
        id=request.id,
        request_no=request.request_no,
        enterprise=enterprise,
        platform=platform,
        state=request.state,
        ready_on=request.ready_on,
        due_on=request.due_on,
        urgent=request.urgent,
        containers=int(containers),
        mass_g=int(mass_g),
        placed_at=request.placed_at,
        service_on=visit[1].service_on if visit else None,
        arrive_s=visit[0].arrive_s if visit else None,
        plate=visit[2].plate if visit else None,
    )
