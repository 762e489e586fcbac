"""What the next days would look like 预排: a forecast binds nobody."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    select,
)
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from ..db import Base, Grams
from .organisations import Organisation
from .requests import PickupRequest


class Forecast(Base):
    """Several days of all platforms planned together; the newest is the one that counts.

    `written` is the plan as the planner wrote it (routing.horizon.json_io) without the ways between its
    `places`, which are (lon_e6, lat_e6) in the plan's numbering and give the ways again. `digest`: SHA-256
    of both.
    """

    __tablename__ = "forecasts"
    __table_args__ = (Index("ix_forecasts_made_at", "made_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("planning_runs.id"), unique=True)
    first_on: Mapped[date] = mapped_column(Date)
    last_on: Mapped[date] = mapped_column(Date)
    seed: Mapped[int] = mapped_column(Integer)
    cost_fen: Mapped[int] = mapped_column(BigInteger)
    distance_m: Mapped[int] = mapped_column(Integer)
    requests_placed: Mapped[int] = mapped_column(Integer)
    requests_left: Mapped[int] = mapped_column(Integer)
    made_by: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[datetime]
    digest: Mapped[str] = mapped_column(String(64))
    written: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True)
    places: Mapped[list[list[int]]] = mapped_column(JSON, deferred=True)


class ForecastDay(Base):
    """One platform on one day. `fill_permille`: mass collected against what its vehicles in use carry.

    `store_g` is what the store holds in the evening, what is on its way counted; `store_max_g` None:
    no limit is known.
    """

    __tablename__ = "forecast_days"

    forecast_id: Mapped[UUID] = mapped_column(ForeignKey("forecasts.id"), primary_key=True)
    service_on: Mapped[date] = mapped_column(Date, primary_key=True)
    platform_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    requests: Mapped[int] = mapped_column(Integer)
    mass_g: Mapped[int] = mapped_column(Grams)
    vehicles: Mapped[int] = mapped_column(Integer)
    vehicles_used: Mapped[int] = mapped_column(Integer)
    fill_permille: Mapped[int] = mapped_column(Integer)
    distance_m: Mapped[int] = mapped_column(Integer)
    cost_fen: Mapped[int] = mapped_column(BigInteger)
    store_g: Mapped[int] = mapped_column(Grams)
    store_max_g: Mapped[int | None] = mapped_column(Grams)


class ForecastRequest(Base):
    """Where a request would go, or why it has no day (`reason` of the planner, `later` when it may wait)."""

    __tablename__ = "forecast_requests"

    forecast_id: Mapped[UUID] = mapped_column(ForeignKey("forecasts.id"), primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("pickup_requests.id"), primary_key=True)
    service_on: Mapped[date | None] = mapped_column(Date)
    platform_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    reason: Mapped[str] = mapped_column(String(40), default="")
    numbers: Mapped[dict[str, Any]] = mapped_column(JSON)

    request: Mapped[PickupRequest] = relationship(lazy="raise")


class ForecastTransfer(Base):
    """A run of a large vehicle from a platform's store to a plant. `load`: waste code -> grams."""

    __tablename__ = "forecast_transfers"
    __table_args__ = (UniqueConstraint("forecast_id", "service_on", "plate", "run"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    forecast_id: Mapped[UUID] = mapped_column(ForeignKey("forecasts.id"))
    service_on: Mapped[date] = mapped_column(Date)
    plate: Mapped[str] = mapped_column(String(16))
    run: Mapped[int] = mapped_column(Integer)
    platform_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    plant_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    load: Mapped[dict[str, int]] = mapped_column(JSON)
    mass_g: Mapped[int] = mapped_column(Grams)
    distance_m: Mapped[int] = mapped_column(Integer)
    cost_fen: Mapped[int] = mapped_column(BigInteger)

    platform: Mapped[Organisation] = relationship(lazy="raise", foreign_keys=[platform_id])
    plant: Mapped[Organisation] = relationship(lazy="raise", foreign_keys=[plant_id])


class ForecastPassing(Base):
    """A vehicle of a platform comes near a firm on a day; `detour_m` there and back (F35)."""

    __tablename__ = "forecast_passings"

    forecast_id: Mapped[UUID] = mapped_column(ForeignKey("forecasts.id"), primary_key=True)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    service_on: Mapped[date] = mapped_column(Date, primary_key=True)
    platform_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    detour_m: Mapped[int] = mapped_column(Integer)
    at_s: Mapped[int] = mapped_column(Integer)

    enterprise: Mapped[Organisation] = relationship(lazy="raise", foreign_keys=[enterprise_id])


def current(session: Session, *, on: date) -> Forecast | None:
    """The newest forecast, unless its last day is over."""
    query = select(Forecast).order_by(Forecast.made_at.desc(), Forecast.id.desc()).limit(1)
    found = session.scalars(query).one_or_none()
    return found if found is not None and found.last_on > on else None


def days_of(session: Session, forecast_id: UUID) -> list[ForecastDay]:
    """A line for each day and platform, by day."""
    query = select(ForecastDay).where(ForecastDay.forecast_id == forecast_id)
    return list(session.scalars(query.order_by(ForecastDay.service_on, ForecastDay.platform_id)))


def transfers_of(session: Session, forecast_id: UUID) -> list[ForecastTransfer]:
    """The proposed runs to plants with both ends, by day."""
    query = (
        select(ForecastTransfer)
        .where(ForecastTransfer.forecast_id == forecast_id)
        .options(joinedload(ForecastTransfer.platform), joinedload(ForecastTransfer.plant))
    )
    order = (ForecastTransfer.service_on, ForecastTransfer.plate, ForecastTransfer.run)
    return list(session.scalars(query.order_by(*order)))


def left_of(session: Session, forecast_id: UUID) -> list[ForecastRequest]:
    """What has no day, with request and firm, the most pressing first."""
    query = (
        select(ForecastRequest)
        .join(ForecastRequest.request)
        .where(ForecastRequest.forecast_id == forecast_id, ForecastRequest.service_on.is_(None))
        .options(
            joinedload(ForecastRequest.request).joinedload(PickupRequest.enterprise),
            joinedload(ForecastRequest.request).joinedload(PickupRequest.platform),
        )
        .order_by(PickupRequest.due_on, PickupRequest.request_no)
    )
    return list(session.scalars(query))


def day_of_requests(session: Session, forecast_id: UUID) -> dict[UUID, date | None]:
    """The day of every request that the forecast knows; None for those on no day."""
    query = select(ForecastRequest.request_id, ForecastRequest.service_on)
    rows = session.execute(query.where(ForecastRequest.forecast_id == forecast_id))
    return {request_id: service_on for request_id, service_on in rows}


def day_of(session: Session, request_id: UUID) -> date | None:
    """The day that the newest forecast gives a request."""
    query = (
        select(ForecastRequest.service_on)
        .join(Forecast, Forecast.id == ForecastRequest.forecast_id)
        .where(ForecastRequest.request_id == request_id)
        .order_by(Forecast.made_at.desc(), Forecast.id.desc())
    )
    return session.scalars(query.limit(1)).first()
