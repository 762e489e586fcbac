"""What stands in the firm's store, and how long it may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from ...domain import calendar, storage_limits
from ...domain.actors import Actor
from ...domain.label_codes import is_right
from ...models import reference
from ...models.batches import Batch, Container, short_code_is
from ...models.reference import ContainerType
from ...models.requests import PickupRequest
from .conditions import StorageClock, free, kept_by, own_firm


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
    firm = own_firm(session, actor)
    today = calendar.on_date(now)
    watch = StorageClock(reference.legal_limits(session, today), today)
    conditions = [kept_by(firm.id), *_stock_conditions(q, step, clock, watch)]
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


def _stock_conditions(q: str, step: str, clock: str, watch: StorageClock) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for word in [q] if is_right(q) else q.split():
        conditions.append(
            or_(
                short_code_is(word),
                *(
                    column.icontains(word, autoescape=True)
                    for column in (
                        Batch.batch_no,
                        Batch.internal_name,
                        Batch.waste_code,
                        Container.label_code,
                    )
                ),
            )
        )
    if step == "print":
        conditions.append(Container.state == "registered")
    elif step == "request":
        conditions.append(free())
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
    watch: StorageClock,
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
