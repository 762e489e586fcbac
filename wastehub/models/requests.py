"""Pickup requests 收运申请."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, ForeignKey, Index, Integer, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship, selectinload

from ..db import Base
from .batches import Container
from .organisations import Organisation
from .versioned import Versioned


class PickupRequest(Versioned, Base):
    """An enterprise asks for containers to be fetched. `state`: see domain/request_lifecycle.

    `due_on` is kept for the request's whole life: sending it back to the pool does not renew it.
    """

    __tablename__ = "pickup_requests"
    __table_args__ = (
        UniqueConstraint("request_no"),
        Index("ix_pickup_requests_state_due_on", "state", "due_on"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_no: Mapped[str] = mapped_column(String(24))
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    platform_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)  # contract
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contracts.id"))
    state: Mapped[str] = mapped_column(String(16))
    ready_on: Mapped[date] = mapped_column(Date)
    due_on: Mapped[date] = mapped_column(Date)
    urgent: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(Integer, default=0)  # visits that came to nothing
    note: Mapped[str] = mapped_column(String(300), default="")
    closed_reason: Mapped[str] = mapped_column(String(40), default="")
    placed_by: Mapped[str] = mapped_column(String(60))
    placed_at: Mapped[datetime]

    windows: Mapped[list["RequestWindow"]] = relationship(
        lazy="raise", order_by="RequestWindow.open_s", cascade="all, delete-orphan"
    )
    enterprise: Mapped[Organisation] = relationship(lazy="raise", foreign_keys=[enterprise_id])
    platform: Mapped[Organisation] = relationship(lazy="raise", foreign_keys=[platform_id])
    containers: Mapped[list[Container]] = relationship(
        lazy="raise", viewonly=True, order_by=Container.label_code
    )


class RequestWindow(Base):
    """When the firm's gate is open for us, in seconds from local midnight."""

    __tablename__ = "request_windows"

    request_id: Mapped[UUID] = mapped_column(ForeignKey("pickup_requests.id"), primary_key=True)
    open_s: Mapped[int] = mapped_column(Integer, primary_key=True)
    close_s: Mapped[int] = mapped_column(Integer)


def open_requests(session: Session, *, ready_by: date) -> list[PickupRequest]:
    """The requests that wait in the pool and are ready on a day, the most pressing first."""
    query = (
        select(PickupRequest)
        .where(PickupRequest.state == "open", PickupRequest.ready_on <= ready_by)
        .options(
            joinedload(PickupRequest.enterprise),
            joinedload(PickupRequest.platform),
            selectinload(PickupRequest.windows),
        )
    )
    return list(session.scalars(query.order_by(PickupRequest.due_on, PickupRequest.request_no)))


def request_by_id(session: Session, request_id: UUID, *, lock: bool = False) -> PickupRequest | None:
    """A request with its firm, platform and windows. `lock`: nobody else changes it meanwhile."""
    query = (
        select(PickupRequest)
        .where(PickupRequest.id == request_id)
        .options(
            joinedload(PickupRequest.enterprise),
            joinedload(PickupRequest.platform),
            selectinload(PickupRequest.windows),
        )
        .execution_options(populate_existing=lock)
    )
    if lock:
        query = query.with_for_update(of=PickupRequest)
    return session.scalar(query)


def containers_on(session: Session, request_ids: list[UUID]) -> list[Container]:
    """The containers tied to some requests, with their batches, in the order of their labels."""
    found: list[Container] = []
    for start in range(0, len(request_ids), 500):
        query = (
            select(Container)
            .where(Container.request_id.in_(request_ids[start : start + 500]))
            .options(joinedload(Container.batch))
            .order_by(Container.label_code)
        )
        found.extend(session.scalars(query))
    return found
