"""No request without contract and management plan (Order 23, Art. 10 and 14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from ... import ledger
from ...db import new_id
from ...domain import batch_lifecycle, calendar, permits, request_lifecycle, storage_limits, texts
from ...domain.actors import Actor
from ...domain.errors import Conflict, InvalidInput, NotFound, RuleViolation
from ...domain.permits import PermitView
from ...models import batches, organisations, reference
from ...models import permits as permit_rows
from ...models.batches import Container, batch_key
from ...models.numbers import take_numbers
from ...models.organisations import Contract, Organisation
from ...models.requests import PickupRequest, RequestWindow
from .times import checked_windows, require_ready_day

CONTAINERS_MAX = 60  # one ledger entry holds 16 KiB


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
    require_ready_day(order.ready_on, papers.today)
    codes = sorted({container.batch.waste_code for container in chosen})
    _require_planned(order, codes, papers)
    contract = _contract_for(order, codes, papers)
    firm = papers.firm(order.enterprise_id)
    windows = checked_windows(order.windows or ((firm.open_s, firm.close_s),))
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
