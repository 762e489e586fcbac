"""How firms hand over at their gates: confirmations, one-time codes, standing consents, agreed changes."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, ForeignKey, Index, Integer, String, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from ..db import Base, Grams
from ..domain.handing_over import Consent, ShownCode
from .batches import Container
from .organisations import Organisation
from .route_plans import Stop
from .versioned import Versioned


class StandingConsent(Versioned, Base):
    """A firm lets its containers be fetched while nobody can sign 常年授权, until it withdraws (F60)."""

    __tablename__ = "standing_consents"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    person_name: Mapped[str] = mapped_column(String(40))
    person_role: Mapped[str] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(String(300), default="")
    valid_from_on: Mapped[date] = mapped_column(Date)
    valid_until_on: Mapped[date] = mapped_column(Date)
    given_by: Mapped[str] = mapped_column(String(60))
    given_at: Mapped[datetime]
    withdrawn_on: Mapped[date | None] = mapped_column(Date)  # from this day on it does not hold
    withdrawn_by: Mapped[str] = mapped_column(String(60), default="")
    withdrawn_at: Mapped[datetime | None]

    enterprise: Mapped[Organisation] = relationship(lazy="raise")

    @property
    def rule(self) -> Consent:
        return Consent(self.id, self.valid_from_on, self.valid_until_on, self.withdrawn_on)


class HandOverCode(Base):
    """A one-time code 交接码 that a firm's page showed for one stop (F61)."""

    __tablename__ = "hand_over_codes"
    __table_args__ = (Index("ix_hand_over_codes_stop_id_shown_at", "stop_id", "shown_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    stop_id: Mapped[UUID] = mapped_column(ForeignKey("stops.id"))
    code: Mapped[str] = mapped_column(String(6))
    shown_by: Mapped[str] = mapped_column(String(60))
    shown_name: Mapped[str] = mapped_column(String(60))
    shown_at: Mapped[datetime]
    valid_until_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    @property
    def rule(self) -> ShownCode:
        return ShownCode(self.id, self.code, self.shown_at, self.valid_until_at, self.used_at is not None)


class HandOver(Base):
    """The firm confirmed what it gave at a stop. `way`: glass, code, standing; the id is made on the phone.

    `containers`, `mass_g`: what was on board of this stop when it was confirmed. The photo of the signature
    may arrive later, so its hash refers to nothing. A stop may have several, each for what was on board then.
    """

    __tablename__ = "hand_overs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    stop_id: Mapped[UUID] = mapped_column(ForeignKey("stops.id"), index=True)
    way: Mapped[str] = mapped_column(String(8))
    person_name: Mapped[str] = mapped_column(String(40), default="")
    photo_sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    code_id: Mapped[UUID | None] = mapped_column(ForeignKey("hand_over_codes.id"))
    consent_id: Mapped[UUID | None] = mapped_column(ForeignKey("standing_consents.id"))
    containers: Mapped[int] = mapped_column(Integer)
    mass_g: Mapped[int] = mapped_column(Grams)
    confirmed_at: Mapped[datetime]
    received_at: Mapped[datetime]
    author: Mapped[str] = mapped_column(String(60))
    lon_e6: Mapped[int | None] = mapped_column(Integer)
    lat_e6: Mapped[int | None] = mapped_column(Integer)
    accuracy_m: Mapped[int | None] = mapped_column(Integer)

    stop: Mapped[Stop] = relationship(lazy="raise")
    code: Mapped[HandOverCode | None] = relationship(lazy="raise")
    consent: Mapped[StandingConsent | None] = relationship(lazy="raise")


class AgreedChange(Base):
    """Amount or packaging of a container, changed at the gate by driver and firm together (F67).

    `what`: amount (the grams say it), packaging (the types do).
    """

    __tablename__ = "agreed_changes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    container_id: Mapped[UUID] = mapped_column(ForeignKey("containers.id"), index=True)
    stop_id: Mapped[UUID] = mapped_column(ForeignKey("stops.id"), index=True)
    what: Mapped[str] = mapped_column(String(12))
    before_g: Mapped[int | None] = mapped_column(Grams)
    after_g: Mapped[int | None] = mapped_column(Grams)
    before_type: Mapped[str | None] = mapped_column(String(24))
    after_type: Mapped[str | None] = mapped_column(String(24))
    reason: Mapped[str] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(String(300), default="")
    firm_name: Mapped[str] = mapped_column(String(40))
    firm_role: Mapped[str] = mapped_column(String(12))
    crew_name: Mapped[str] = mapped_column(String(40))
    photo_sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    agreed_at: Mapped[datetime]
    received_at: Mapped[datetime]
    author: Mapped[str] = mapped_column(String(60))

    container: Mapped[Container] = relationship(lazy="raise")


def codes_of_stop(session: Session, stop_id: UUID) -> list[HandOverCode]:
    """The codes that were shown for a stop, the newest first."""
    query = select(HandOverCode).where(HandOverCode.stop_id == stop_id)
    return list(session.scalars(query.order_by(HandOverCode.shown_at.desc(), HandOverCode.id)))


def consents_of(session: Session, enterprise_ids: Iterable[UUID]) -> dict[UUID, list[StandingConsent]]:
    """Every consent that some firms ever gave, the newest first."""
    wanted = sorted(set(enterprise_ids), key=str)
    found: dict[UUID, list[StandingConsent]] = {}
    for start in range(0, len(wanted), 500):
        query = select(StandingConsent).where(StandingConsent.enterprise_id.in_(wanted[start : start + 500]))
        for row in session.scalars(query.order_by(StandingConsent.given_at.desc(), StandingConsent.id)):
            found.setdefault(row.enterprise_id, []).append(row)
    return found


def hand_overs_of(session: Session, stop_ids: Iterable[UUID]) -> dict[UUID, list[HandOver]]:
    """The confirmations of each stop, the first first, with code and consent."""
    wanted = sorted(set(stop_ids), key=str)
    found: dict[UUID, list[HandOver]] = {}
    for start in range(0, len(wanted), 500):
        query = (
            select(HandOver)
            .where(HandOver.stop_id.in_(wanted[start : start + 500]))
            .options(joinedload(HandOver.code), joinedload(HandOver.consent))
            .order_by(HandOver.confirmed_at, HandOver.id)
        )
        for row in session.scalars(query):
            found.setdefault(row.stop_id, []).append(row)
    return found


def changes_of(session: Session, stop_ids: Iterable[UUID]) -> dict[UUID, list[AgreedChange]]:
    """What was changed at each stop, the first first, with the container."""
    wanted = sorted(set(stop_ids), key=str)
    found: dict[UUID, list[AgreedChange]] = {}
    for start in range(0, len(wanted), 500):
        query = (
            select(AgreedChange)
            .where(AgreedChange.stop_id.in_(wanted[start : start + 500]))
            .options(joinedload(AgreedChange.container))
            .order_by(AgreedChange.agreed_at, AgreedChange.id)
        )
        for row in session.scalars(query):
            found.setdefault(row.stop_id, []).append(row)
    return found
